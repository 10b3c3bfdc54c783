"""Whom the demonstration is told to. The door prints; a test listens."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from surefoot.client.wait import Entry


class Side(StrEnum):
    """Where it happens; the owner's desk is at the Hub's side."""

    DEVICE = "device"
    HUB = "hub"


@dataclass(frozen=True)
class Record:
    """One revision in the end. `at_hub`: the status that the Hub holds, empty for what it does not
    know. `seconds`: from its first row to its last on the device; None for what it never ran."""

    revision: str
    on_device: str
    at_hub: str
    message: str
    seconds: float | None


class Audience(Protocol):
    """Told by several threads at once."""

    def act(self, number: str, title: str, what: str) -> None:
        """A scene begins; the last one, of the record, has no number."""

    def says(self, side: Side, text: str) -> None:
        """What the demonstration does there, or what it sees."""

    def entry(self, entry: Entry) -> None:
        """One line of the device's record, as it happens."""

    def command(self, words: Sequence[str]) -> None:
        """`surefoot` with these words is called at the Hub's side."""

    def prints(self, text: str) -> None:
        """A line that such a command prints."""

    def differs(self, text: str) -> None:
        """What was seen is not what the script says."""

    def records(self, records: Sequence[Record]) -> None:
        """At the end: all revisions, as device and Hub remember them."""
