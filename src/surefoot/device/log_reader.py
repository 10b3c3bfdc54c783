"""Reads the logs while they are written: the last lines of one, and what is added to it.

A rotation (`log_rotation`) moves lines from the log to its newest numbered copy. Both readers go
through the copies, so that no line is missed and none comes twice.
"""

import fcntl
from collections.abc import Callable, Iterator
from pathlib import Path

from surefoot.device.log_rotation import copies, turn

BLOCK_BYTES = 32 * 1024
READ_MAX_BYTES = 1024 * 1024
LINE_MAX_BYTES = 64 * 1024


def tail(path: Path, count: int) -> list[str]:
    """The last `count` lines, oldest first, without line ends; fewer when there are fewer.
    A log that is not there has none. A last line without its end is a line too."""
    follower = Follower(path, count)
    lines = follower.begin() + follower.unfinished()
    return lines[max(0, len(lines) - count) :]


class Follower:
    """The lines of one log as they come: `begin` once, then `read` whenever time has passed.

    Never waits for a line. A log that is not there yet, or no more, has no lines.
    """

    def __init__(self, path: Path, count: int = 0, read_max_bytes: int = READ_MAX_BYTES) -> None:
        self._path = path
        self._count = count
        self._read_max_bytes = read_max_bytes
        self._offset = 0
        self._newest_copy = 0
        self._rest = b""

    @property
    def position(self) -> tuple[int, int]:
        """The newest copy that was read, and the bytes of the log behind the last whole line; for
        `resume`, also in a later life."""
        return self._newest_copy, max(0, self._offset - len(self._rest))

    def resume(self, position: tuple[int, int]) -> None:
        """In place of `begin`: goes on from there; (0, 0) is the beginning of all that is kept."""
        self._newest_copy, self._offset = position
        self._rest = b""

    def begin(self) -> list[str]:
        """The last lines before now; what comes after them is for `read`."""
        lines = self._finished(self._locked(self._last))
        return lines[max(0, len(lines) - self._count) :]

    def read(self) -> list[str]:
        """The lines that were finished since the last call, at most about 1 MiB of them (or what
        was asked for)."""
        return self._finished(self._locked(lambda: b"".join(self._added())))

    def unfinished(self) -> list[str]:
        """The line that has no end yet, if there is one."""
        return [_text(self._rest)] if self._rest else []

    def _finished(self, data: bytes) -> list[str]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LINE_MAX_BYTES:
            lines.append(self._rest)
            self._rest = b""
        return [_text(line) for line in lines]

    def _locked(self, read: Callable[[], bytes]) -> bytes:
        try:
            with turn(self._path.parent, fcntl.LOCK_SH):
                return read()
        except FileNotFoundError:  # the directory is not there: its revision is gone, or to come
            return b""

    def _last(self) -> bytes:
        older = copies(self._path)
        self._newest_copy = max(older, default=0)
        self._offset = _size(self._path)
        return _last_lines([self._path, *reversed(older.values())], self._offset, self._count)

    def _added(self) -> Iterator[bytes]:
        """From where we were in the log, through the copies made since, to its end now."""
        left = self._read_max_bytes
        for number, copy in copies(self._path).items():
            if number > self._newest_copy:
                data = _part(copy, self._offset, left)
                yield data
                left -= len(data)
                self._offset += len(data)
                if left <= 0:
                    return
                self._newest_copy, self._offset = number, 0
        if _size(self._path) < self._offset:  # cut without a copy, on a full disk
            self._offset = 0
        data = _part(self._path, self._offset, left)
        self._offset += len(data)
        yield data


def _last_lines(sources: list[Path], live_end: int, count: int) -> bytes:
    """The end of the sources (newest first), with `count` whole lines where they have as many."""
    data = b""
    for number, path in enumerate(sources):
        end = live_end if number == 0 else _size(path)
        while end > 0 and data.count(b"\n") <= count and len(data) < READ_MAX_BYTES:
            start = max(0, end - BLOCK_BYTES)
            data = _part(path, start, end - start) + data
            end = start
    return data


def _part(path: Path, offset: int, size: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(size)
    except FileNotFoundError:
        return b""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _text(line: bytes) -> str:
    return line.removesuffix(b"\r").decode(errors="replace")
