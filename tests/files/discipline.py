"""What a list of steps must look like for its work to be durable when it has ended."""

from collections.abc import Iterable
from pathlib import Path

from surefoot.files.steps import TEMPORARY, Kind, Step

GONE = {Kind.REMOVE, Kind.REMOVE_DIR}
NAMES = {*GONE, Kind.CREATE, Kind.RENAME, Kind.EXCHANGE, Kind.LINK, Kind.MAKE_DIR}


def check(seen: Iterable[Step]) -> None:
    """Every change of a name is followed by a sync of its directory, and no name is given to data
    that is not synced. What happens to leftovers does not matter."""
    dirty: set[Path] = set()
    unsynced: set[Path] = set()
    for step in seen:
        if step.kind is Kind.WRITE:
            dirty.add(step.path)
        elif step.kind is Kind.SYNC_FILE:
            dirty.discard(step.path)
        elif step.kind is Kind.SYNC_DIR:
            unsynced.discard(step.path)
        elif step.kind in NAMES and not _of_leftovers(step):
            unsynced.add(step.path.parent)
        if step.kind in GONE:
            dirty.discard(step.path)
            unsynced.discard(step.path)
        if step.kind in {Kind.RENAME, Kind.EXCHANGE}:
            assert not {path for path in dirty if path.parent == step.path.parent}, step
    assert not dirty
    assert not unsynced


def _of_leftovers(step: Step) -> bool:
    inside = any(place.name.endswith(TEMPORARY) for place in step.path.parents)
    itself = step.path.name.endswith(TEMPORARY)
    return (step.kind in GONE and (inside or itself)) or (inside and step.kind is Kind.RENAME)
