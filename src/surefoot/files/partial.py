"""Bytes of one object that came so far: kept over cuts of the line, of the agent and of the power.

A partial is a file named by the sha256 that the whole must have, in a directory of its own on the
pool's file system. What a power cut leaves in it may be wrong at its end: that is known only when
all of it was hashed, so nothing is trusted before `commit`.
Source: seed "DOWNLOADING", R15; `peers` 3: rauc-hawkbit-updater#223, balena-supervisor#1575.
"""

import fcntl
import hashlib
import os
import stat
from pathlib import Path

from surefoot.errors import Busy, Corrupt, NotFound
from surefoot.files import durable
from surefoot.files.objects import ObjectStore, chunks
from surefoot.files.steps import Kind, announce, part_size, room, sync_dir, unlink

SYNC_EVERY = 8 << 20
"""Bytes that a power cut may take at most."""


class Partial:
    """One at a time for each object. `received`: bytes that are here; `unsynced`: of these, the
    ones that a power cut would take; `resumed`: some of them came in an earlier life."""

    def __init__(self, directory: Path, pool: ObjectStore, sha: str) -> None:
        """Raises InvalidInput for what is no name of an object."""
        self.sha = pool.path(sha).name
        self.received = 0
        self.unsynced = 0
        self.resumed = False
        self._path = directory / self.sha
        self._pool = pool
        self._running = hashlib.sha256()
        self._fd = -1

    @property
    def is_open(self) -> bool:
        return self._fd >= 0

    def open(self) -> None:
        """Reads and hashes what is here already; all later bytes are hashed as they come. Raises
        NoRoom; Busy when another one writes the same object."""
        assert not self.is_open, "open already"
        durable.make_dirs(self._path.parent)
        if os.path.lexists(self._path) and not stat.S_ISREG(self._path.lstat().st_mode):
            durable.remove_tree(self._path)
        with room(self._path):
            if not self._path.exists():
                announce(Kind.CREATE, self._path)
            self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        try:
            sync_dir(self._path.parent)
            self._claim()
            self._read()
        except BaseException:
            self.close()
            raise

    def write(self, chunk: bytes | memoryview) -> None:
        """Raises NoRoom; what had room is kept then, and counted."""
        view = memoryview(chunk)
        with room(self._path):
            while view:
                part = view[: part_size()]
                announce(Kind.WRITE, self._path, len(part))
                size = os.write(self._fd, part)
                self._running.update(part[:size])
                self.received += size
                self.unsynced += size
                view = view[size:]
        if self.unsynced >= SYNC_EVERY:
            self.sync()

    def sync(self) -> None:
        """What has come stays, whatever happens. May be called in another thread than `write`, but
        not beside `restart`, `commit` or `close`. Raises NoRoom."""
        unsynced = self.unsynced
        with room(self._path):
            announce(Kind.SYNC_FILE, self._path)
            os.fdatasync(self._fd)
        self.unsynced -= unsynced

    def restart(self) -> None:
        """None of it counts any more; the next byte is the first. Raises NoRoom."""
        with room(self._path):
            announce(Kind.WRITE, self._path)
            os.ftruncate(self._fd, 0)
        os.lseek(self._fd, 0, os.SEEK_SET)
        self._running = hashlib.sha256()
        self.received = self.unsynced = 0
        self.resumed = False

    def commit(self) -> None:
        """The object is in the pool, in place of an older file of that name, and this partial is
        closed. Raises Corrupt when the bytes are not those of its name: then nothing is kept, and
        `open` begins anew. Raises NoRoom."""
        found = self._running.hexdigest()
        if found != self.sha:
            self._drop()
            raise Corrupt(f"Object {self.sha} came with other bytes (sha256 {found})")
        self.sync()
        durable.make_dirs(self._pool.root)
        durable.rename(self._path, self._pool.path(self.sha))
        self.close()

    def close(self) -> None:
        """The bytes stay for a later `open`. Twice is harmless."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def _claim(self) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(f"Object {self.sha} is on its way already; wait for that") from error

    def _read(self) -> None:
        self._running = hashlib.sha256()
        self.received = self.unsynced = 0
        try:
            for chunk in chunks(self._path):
                self._running.update(chunk)
                self.received += len(chunk)
        except (Corrupt, NotFound):  # a disk that lost some of it
            self.restart()
        os.fchmod(self._fd, 0o644)  # whatever the umask is
        os.lseek(self._fd, self.received, os.SEEK_SET)
        self.resumed = self.received > 0

    def _drop(self) -> None:
        unlink(self._path)  # not synced: after a cut it is found wrong again
        self.close()
