"""An audience that keeps what it is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from surefoot.client.wait import Entry
from surefoot.lab.demo.audience import Record, Side


@dataclass
class Spectator:
    acts: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    remembered: list[Record] = field(default_factory=list)

    def act(self, number: str, title: str, what: str) -> None:
        self.acts.append(f"{number} {title} {what}")

    def says(self, side: Side, text: str) -> None:
        self.said.append(f"{side}: {text}")

    def entry(self, entry: Entry) -> None:
        self.entries.append(entry)

    def command(self, words: Sequence[str]) -> None:
        self.commands.append(" ".join(words))

    def prints(self, text: str) -> None:
        self.printed.append(text)

    def differs(self, text: str) -> None:
        self.differences.append(text)

    def records(self, records: Sequence[Record]) -> None:
        self.remembered.extend(records)
