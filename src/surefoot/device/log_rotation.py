"""Keeps the logs within PV_LOG_DIR_MAXSIZE.

The reference's arithmetic: the *gap* is the maximum divided by PV_LOG_HYSTERESIS_FACTOR. A log is
rotated once it is larger than the gap divided by PV_LOG_ROTATE_FACTOR. When all logs together pass
95 % of the maximum, old ones are removed until they are at the maximum less the gap. So by default
(16 MiB, 4, 5): rotated at 820 KiB, cleaned up from 15.2 MiB down to 12 MiB.

A runtime keeps a console log open and appends to it, so a log is rotated by copying it to
`console.log.<n>` (a higher number is newer) and cutting the original to nothing: what a container
writes in the microseconds between the last read and the cut is lost, which is the price of not
stopping it. Readers and rotation exclude each other by a lock on the directory (`turn`), so that a
reader sees a rotation whole or not at all.
"""

import fcntl
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from surefoot.device.config import Config
from surefoot.device.config_keys import Size

COPY_BYTES = 64 * 1024
ROTATE_MIN_BYTES = 4096
AUTO_PERCENT, AUTO_TMPFS_PERCENT = 10, 100  # what a maximum of 0 means

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes: a single log's, and of all together where cleaning begins and ends."""

    rotate_bytes: int
    high_bytes: int
    low_bytes: int


def limits(config: Config, disk_bytes: int, on_tmpfs: bool = False) -> Limits:
    """What the configuration asks for, on a file system of `disk_bytes`."""
    size = config.size("PV_LOG_DIR_MAXSIZE")
    if not size.number:
        size = Size(AUTO_TMPFS_PERCENT if on_tmpfs else AUTO_PERCENT, is_percent=True)
    maximum = size.bytes_of(disk_bytes)
    gap = maximum // config.integer("PV_LOG_HYSTERESIS_FACTOR")
    rotate_bytes = max(gap // config.integer("PV_LOG_ROTATE_FACTOR"), ROTATE_MIN_BYTES)
    return Limits(rotate_bytes, maximum * 95 // 100, maximum - gap)


def tidy(root: Path, config: Config, running: str) -> int:
    """Rotates what is large and removes what is too much. Returns the bytes that are left.

    Logs of `running` are the last to go, the ones in use only lose their contents. Never raises
    for a full disk: then there is nothing to copy to, and room is what it makes.
    """
    if not root.is_dir():
        return 0
    bounds = limits(config, shutil.disk_usage(root).total, _is_tmpfs(root))
    for path in live_logs(root):
        if _size(path) > bounds.rotate_bytes:
            rotate(path, bounds.rotate_bytes)
    return _clean(root, bounds, root / running)


def rotate(path: Path, size_bytes: int) -> None:
    """Moves what is in a log to its next numbered copy; not while somebody reads. On a full disk
    it stays until it is twice its size; then it is dropped, so that it takes not the last room."""
    failure = None
    try:
        with turn(path.parent, fcntl.LOCK_EX | fcntl.LOCK_NB):
            number = max(copies(path), default=0) + 1
            target = path.with_name(f"{path.name}.{number}")
            try:
                _copy(path, target)
                os.truncate(path, 0)
            except OSError as error:
                failure = error
                target.unlink(missing_ok=True)
                if _size(path) > 2 * size_bytes:
                    os.truncate(path, 0)
    except (BlockingIOError, FileNotFoundError):
        log.debug("%s is being read, or gone; it is rotated later", path)
    # Only now: the agent's own log takes a turn too.
    if failure is not None:
        log.warning("%s could not be rotated: %s", path, failure)


def live_logs(root: Path) -> list[Path]:
    """The logs that are being written, of all revisions."""
    return [path for path in _files(root) if path.suffix == ".log"]


def copies(path: Path) -> dict[int, Path]:
    """The numbered copies of a log, oldest first."""
    numbered = {
        int(copy.suffix[1:]): copy
        for copy in path.parent.glob(f"{path.name}.*")
        if copy.suffix[1:].isdecimal()
    }
    return dict(sorted(numbered.items()))


@contextmanager
def turn(directory: Path, mode: int) -> Iterator[None]:
    """Within it no rotation happens (`LOCK_SH`), or nobody reads (`LOCK_EX`)."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, mode)
        yield
    finally:
        os.close(fd)


def _copy(path: Path, target: Path) -> None:
    with path.open("rb", buffering=0) as source, target.open("wb", buffering=0) as copy:
        os.fchmod(copy.fileno(), os.fstat(source.fileno()).st_mode & 0o777)
        # Read to the very end: the cut comes right after the read that finds nothing more.
        while part := source.read(COPY_BYTES):
            _write_all(copy.fileno(), part)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _clean(root: Path, bounds: Limits, running: Path) -> int:
    files = {path: _size(path) for path in _files(root)}
    total = sum(files.values())
    if total <= bounds.high_bytes:
        return total
    for path in sorted(files, key=lambda path: _last_to_go(path, running)):
        if total <= bounds.low_bytes:
            break
        _remove(path, running)
        total -= files[path]
    return total


def _last_to_go(path: Path, running: Path) -> tuple[bool, float]:
    """Sorts copies and other revisions' logs by age, then the logs that are in use."""
    return _is_in_use(path, running), _modified(path)


def _is_in_use(path: Path, running: Path) -> bool:
    return path.suffix == ".log" and path.is_relative_to(running)


def _remove(path: Path, running: Path) -> None:
    try:
        if _is_in_use(path, running):
            os.truncate(path, 0)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s could not be removed to make room: %s", path, error)


def _files(root: Path) -> list[Path]:
    """All files below; directories that go away meanwhile have none."""
    found = (Path(folder, name) for folder, _, names in os.walk(root) for name in names)
    return [path for path in found if path.is_file() and not path.is_symlink()]


def _is_tmpfs(root: Path) -> bool:
    device = root.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        mount, _, filesystem = line.partition(" - ")
        if mount.split()[2] == number:
            return filesystem.split()[0] == "tmpfs"
    return False


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # a revision went away meanwhile
        return 0


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0
