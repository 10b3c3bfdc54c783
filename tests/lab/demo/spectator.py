"""An audience that keeps what it is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from surefoot.client.wait import Entry


@dataclass
class Spectator:
    acts: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    changes: list[Mapping[str, Any]] = field(default_factory=list)

    def act(self, number: str, title: str, what: str) -> None:
        self.acts.append(f"{number} {title} {what}")

    def says(self, text: str) -> None:
        self.said.append(text)

    def entry(self, entry: Entry) -> None:
        self.entries.append(entry)

    def differs(self, text: str) -> None:
        self.differences.append(text)

    def record(self, change: Mapping[str, Any]) -> None:
        self.changes.append(change)
