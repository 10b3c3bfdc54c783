"""The single steps of which every durable change is made, and who may watch them.

`durable` and `trees` are made of these; nobody else calls them, but for `observe`, `room` and
`together`.
"""

import errno
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from surefoot.errors import NoRoom

TEMPORARY = ".surefoot-tmp"
PART = 1 << 20


class Kind(StrEnum):
    CREATE = "create"
    WRITE = "write"
    SYNC_FILE = "sync-file"
    SYNC_DIR = "sync-dir"
    RENAME = "rename"
    EXCHANGE = "exchange"
    LINK = "link"
    REMOVE = "remove"
    MAKE_DIR = "make-dir"
    REMOVE_DIR = "remove-dir"


@dataclass(frozen=True)
class Step:
    """What is about to happen to `path` (of a rename or exchange: the place that changes).
    `size` in bytes, of a write only."""

    kind: Kind
    path: Path
    size: int = 0


Observer = Callable[[Step], None]


@dataclass
class _Watch:
    observer: Observer | None = None
    part: int = PART


_watch = _Watch()


@contextmanager
def observe(callback: Observer, part: int = PART) -> Iterator[None]:
    """Within it, `callback` is called before every step of this process, in the thread that makes
    it, and data is written in parts of `part` bytes. Raising keeps the step from happening."""
    before = _watch.observer, _watch.part
    _watch.observer, _watch.part = callback, part
    try:
        yield
    finally:
        _watch.observer, _watch.part = before


def announce(kind: Kind, path: Path, size: int = 0) -> None:
    if _watch.observer is not None:
        _watch.observer(Step(kind, path, size))


def part_size() -> int:
    return _watch.part


@contextmanager
def room(what: object) -> Iterator[None]:
    """A full disk (or quota) within it raises NoRoom instead of OSError."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise NoRoom(f"No room on the disk for {what}; free some and try again") from error


def temporary(path: Path) -> Path:
    """A fresh temporary name beside `path`, never longer than a file system takes (255 bytes)."""
    stem = path.name.encode("utf-8", "surrogateescape")[:160].decode("utf-8", "ignore")
    return path.with_name(f"{stem}.{os.urandom(4).hex()}{TEMPORARY}")


class _Pending(threading.local):
    directories: dict[Path, None] | None = None


_pending = _Pending()


@contextmanager
def together() -> Iterator[None]:
    """The changes that this thread makes within it become durable when it ends, each directory
    synced once. Each single change is still whole at any cut. Directories that were changed must
    not be moved before it ends."""
    if _pending.directories is not None:
        yield
        return
    _pending.directories = {}
    try:
        yield
        waiting = list(_pending.directories)
    finally:
        _pending.directories = None
    for directory in waiting:
        sync_dir(directory)


def sync_dir(path: Path) -> None:
    """The names in `path` are on disk. A directory that is gone has none."""
    if _pending.directories is not None:
        _pending.directories.pop(path, None)
        _pending.directories[path] = None
    elif path.is_dir():
        with room(path):
            announce(Kind.SYNC_DIR, path)
            _sync_dir(path)


def _sync_dir(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    except OSError as error:
        # Some file systems have no such call for directories: they promise nothing anyway.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(fd)


def move(source: Path, target: Path) -> None:
    announce(Kind.RENAME, target)
    source.rename(target)


def unlink(path: Path) -> None:
    announce(Kind.REMOVE, path)
    path.unlink(missing_ok=True)


def remove_dir(path: Path) -> None:
    announce(Kind.REMOVE_DIR, path)
    path.rmdir()
