"""Garbage collection on the disk: reads what `garbage.plan` must know, and carries out its plan.

`gather`, `plan` and `collect` under one lock: a step that is stored in between would not be seen.
"""

import logging
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from surefoot.device import trail as one_trail
from surefoot.device.garbage import Facts, Keep, Kind, Plan, PoolObject, Removal, Trail, plan
from surefoot.device.layout import FACTORY
from surefoot.device.storage import Storage
from surefoot.errors import Corrupt, NoRoom, NotFound
from surefoot.files import durable
from surefoot.files.objects import ObjectStore
from surefoot.revision import StateError, is_local, parse
from surefoot.update.tables import FINAL
from surefoot.wire.progress import Status

__all__ = ["Facts", "Keep", "Plan", "collect", "gather", "plan", "sweep_partials"]

log = logging.getLogger(__name__)


def gather(storage: Storage) -> Facts:
    """Reads what is in the storage; hashes nothing."""
    found = {sha: storage.objects.path(sha).lstat() for sha, _ in storage.objects.list()}
    pool = {stat.st_ino: sha for sha, stat in found.items()}
    return Facts(
        trails=tuple(_trail(storage, revision, pool) for revision in storage.all_trails()),
        objects=tuple(
            PoolObject(sha, _allocated(stat), stat.st_nlink, stat.st_mtime_ns)
            for sha, stat in found.items()
        ),
        logs={name: _tree_size(storage.revision_logs(name)) for name in storage.logged()},
        disks={name: _tree_size(storage.revision_disks(name)) for name in storage.with_disks()},
    )


def collect(storage: Storage, what: Plan) -> int:
    """Removes what the plan says, durably; gives the bytes that this freed. Works on a full disk,
    from the reserve. What cannot be removed now is logged, and is found again next time."""
    freed = 0
    for removal in what.removals:
        try:
            freed += storage.reserve.lend(partial(_remove, storage, removal))
        except (OSError, NoRoom) as error:
            log.warning("%s %s stays: %s", removal.kind, removal.name, error)
    storage.reserve.hold()
    return freed


def sweep_partials(storage: Storage) -> int:
    """What has begun to come for revisions that were given up, or are gone, is gone too (R14);
    gives the bytes that this freed. Never raises for what is on the disk."""
    freed = 0
    for sha, size in ObjectStore(storage.partial).list():
        if not storage.is_wanted(sha):
            try:
                durable.remove(storage.partial / sha)
                freed += size
            except (OSError, NoRoom) as error:
                log.warning("the beginning of object %s stays: %s", sha, error)
    return freed


def _remove(storage: Storage, removal: Removal) -> int:
    name = removal.name
    if removal.kind is Kind.OBJECT:
        return _remove_object(storage, removal)
    if removal.kind is Kind.TRAIL:
        storage.delete_trail(name)
    elif removal.kind is Kind.LOGS:
        durable.remove_tree(storage.revision_logs(name))
    else:
        durable.remove_tree(storage.revision_disks(name))
    return removal.size


def _remove_object(storage: Storage, removal: Removal) -> int:
    """One that a trail still links stays, whatever the plan says: that trail could not go."""
    if not storage.objects.has(removal.name) or storage.objects.links(removal.name) > 1:
        return 0
    storage.objects.remove(removal.name)
    return removal.size


def _trail(storage: Storage, revision: str, pool: Mapping[int, str]) -> Trail:
    place = storage.trail(revision)
    links: Counter[str] = Counter()
    own = 0
    for stat in _files(place):
        if stat.st_ino in pool:
            links[pool[stat.st_ino]] += 1
        else:
            own += _size(stat)
    state = place / one_trail.STATE
    return Trail(
        revision=revision,
        stored_ns=(state if state.exists() else place).stat().st_mtime_ns,
        size=own,
        names=_named(storage, revision),
        links=links,
        waiting=_is_waiting(storage, revision),
    )


def _named(storage: Storage, revision: str) -> frozenset[str]:
    """Of a state that cannot be parsed: all that looks like an object, so that none is lost."""
    try:
        text = storage.read_state_text(revision)
    except (NotFound, Corrupt):
        return frozenset()
    try:
        return frozenset(parse(text).objects.values())
    except StateError:
        return frozenset(found.decode() for found in re.findall(rb"[0-9a-f]{64}", text))


def _is_waiting(storage: Storage, revision: str) -> bool:
    """A damaged record counts as none: what was perhaps never run only goes for room. A step of the
    Hub waits until it has come to its end: it may be so new that nobody has it in a queue yet."""
    if revision == FACTORY or storage.is_done(revision):
        return False
    try:
        progress = storage.read_progress(revision)
    except Corrupt:
        return is_local(revision)
    if progress is None:
        return is_local(revision)
    waits = (Status.NEW,) if is_local(revision) else tuple(set(Status) - FINAL)
    return progress.status in waits


def _tree_size(root: Path) -> int:
    return sum(_size(stat) for stat in _files(root))


def _size(stat: os.stat_result) -> int:
    """What the disk gets back when this name goes."""
    return _allocated(stat) if stat.st_nlink == 1 else 0


def _allocated(stat: os.stat_result) -> int:
    """The holes of a sparse file take no room."""
    return min(stat.st_size, stat.st_blocks * 512)


def _files(root: Path) -> Iterator[os.stat_result]:
    """Everything below that is no directory, whatever containers nested there; links are not
    followed, and what cannot be looked at has no size."""
    waiting = [str(root)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        yield entry.stat(follow_symlinks=False)
        except OSError as error:
            log.debug("not counted: %s", error)
