"""Which files differ between two states."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from surefoot.revision.document import State


class ChangeKind(StrEnum):
    ADDED = "added"
    MODIFIED = "modified"
    REMOVED = "removed"


@dataclass(frozen=True)
class Change:
    path: str
    kind: ChangeKind


def diff(old: State, new: State) -> tuple[Change, ...]:
    """Changes from `old` to `new`, by path. Inline JSON is compared by value: blanks, the order of
    members and the form of numbers never matter (device.md 3)."""
    before, after = old.contents, new.contents
    return tuple(
        Change(path, _kind(path, before, after))
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    )


def _kind(path: str, before: Mapping[str, str], after: Mapping[str, str]) -> ChangeKind:
    if path not in before:
        return ChangeKind.ADDED
    return ChangeKind.MODIFIED if path in after else ChangeKind.REMOVED
