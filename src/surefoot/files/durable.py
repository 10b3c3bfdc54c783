"""Changes on disk that survive a power cut.

Each function is durable when it returns, leaves the old or the new state at any cut, and does no
harm when it is done again. What it has not finished bears a name that ends with `TEMPORARY`;
`sweep` removes such leftovers at the next start. A full disk raises NoRoom, and nothing is then
half-written under a final name.

`observe` announces every single step before it is made: that is where tests and the lab cut the
power, or let the disk be full.
"""

import os
from pathlib import Path

from surefoot.files.steps import (
    TEMPORARY,
    Kind,
    Step,
    announce,
    move,
    observe,
    part_size,
    room,
    sync_dir,
    temporary,
    together,
    unlink,
)
from surefoot.files.trees import recover, remove_tree, rename, replace_tree, sweep

__all__ = [
    "TEMPORARY",
    "Draft",
    "Kind",
    "Step",
    "link",
    "make_dirs",
    "observe",
    "recover",
    "remove",
    "remove_tree",
    "rename",
    "replace_tree",
    "room",
    "sweep",
    "sync_dir",
    "temporary",
    "together",
    "write",
]


def write(path: Path, data: bytes, mode: int = 0o644) -> None:
    """`path` holds exactly `data`. Its directory must be there."""
    with Draft(path, mode) as draft:
        draft.write(data)
        draft.finish(path)


def remove(path: Path) -> None:
    """There is no file `path`. Twice is harmless."""
    with room(path):
        unlink(path)
        # Also when it was not there: a crash may have come between its removal and the sync.
        sync_dir(path.parent)


def link(source: Path, target: Path) -> None:
    """`target` is a further name of the file `source`; an older file there is replaced at once."""
    with room(target):
        if not _same_file(source, target):
            _link(source, target)
        sync_dir(target.parent)


def make_dirs(path: Path, mode: int = 0o755) -> None:
    """`path` is a directory, with all those above it."""
    missing = [place for place in (path, *path.parents) if not place.is_dir()]
    with room(path):
        for place in reversed(missing):
            announce(Kind.MAKE_DIR, place)
            place.mkdir(mode, exist_ok=True)
            sync_dir(place.parent)


# Written back on the way, so that the sync at the end is short: somebody waits for it. It promises
# nothing: before `finish` a draft is a leftover.
SYNC_EVERY = 8 << 20


class Draft:
    """A file under a temporary name beside `near`, until `finish`; without it nothing is kept."""

    def __init__(self, near: Path, mode: int = 0o644) -> None:
        self.path = temporary(near)
        self._near = near
        self._unsynced = 0
        with room(near):
            announce(Kind.CREATE, self.path)
            self._fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        os.fchmod(self._fd, mode)  # whatever the umask is

    def __enter__(self) -> "Draft":
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()

    def write(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        with room(self._near):
            while view:
                part = view[: part_size()]
                announce(Kind.WRITE, self.path, len(part))
                size = os.write(self._fd, part)
                view = view[size:]
                self._unsynced += size
            if self._unsynced >= SYNC_EVERY:
                os.fdatasync(self._fd)
                self._unsynced = 0

    def finish(self, target: Path) -> None:
        """All that was written is `target`, which lies in the same directory."""
        with room(target):
            announce(Kind.SYNC_FILE, self.path)
            os.fsync(self._fd)
            self._close()
            rename(self.path, target)

    def drop(self) -> None:
        """Nothing of it is left; harmless after `finish`, and twice."""
        self._close()
        if self.path.exists():
            unlink(self.path)  # not synced: after a cut it is a leftover

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1


def _same_file(one: Path, other: Path) -> bool:
    try:
        return os.path.samestat(one.lstat(), other.lstat())
    except FileNotFoundError:
        return False


def _link(source: Path, target: Path) -> None:
    fresh = temporary(target) if os.path.lexists(target) else target
    announce(Kind.LINK, fresh)
    os.link(source, fresh, follow_symlinks=False)
    if fresh == target:
        return
    try:
        move(fresh, target)
    except OSError:
        unlink(fresh)
        raise
