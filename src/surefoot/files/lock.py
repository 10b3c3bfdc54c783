"""One holder at a time, held by an open file: a holder that dies leaves no lock behind."""

import fcntl
import os
from pathlib import Path

from surefoot.errors import Busy, NotFound
from surefoot.files.steps import room


class Lock:
    """The file stays; only the open file counts. Its text, the holder's process id, is a hint for
    people. `peers` 3: balena-supervisor#1758."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = -1

    def acquire(self) -> None:
        """Raises Busy, naming the holder; NotFound when the directory of the lock is not there;
        NoRoom when the file must be made and cannot."""
        assert self._fd < 0, "held already"
        try:
            with room(self.path):
                fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        except FileNotFoundError as error:
            raise NotFound(f"{self.path.parent} is not there") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(fd, 20, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(fd)
            raise Busy(f"{self.path} is held by process {holder}; end that one first") from error
        self._fd = fd
        self._sign()

    def release(self) -> None:
        """Harmless when it is not held."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def __enter__(self) -> "Lock":
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _sign(self) -> None:
        try:
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)
        except OSError:
            pass  # a full disk keeps nobody from holding the lock; only the hint is missing
