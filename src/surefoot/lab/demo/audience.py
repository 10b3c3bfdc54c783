"""Whom the demonstration is told to. The door prints; a test listens."""

from collections.abc import Mapping
from typing import Any, Protocol

from surefoot.client.wait import Entry


class Audience(Protocol):
    def act(self, number: str, title: str, what: str) -> None:
        """A scene begins; the last one, of the record, has no number."""

    def says(self, text: str) -> None:
        """What the demonstration does, or what it sees on the machine."""

    def entry(self, entry: Entry) -> None:
        """One line of the device's record, as it happens."""

    def differs(self, text: str) -> None:
        """What was seen is not what the script says."""

    def record(self, change: Mapping[str, Any]) -> None:
        """At the end: one change, as the device itself remembers it."""
