"""Disk space that is held while all is well, and spent when the disk is full.

So the agent can still write down how an update ended, and still collect garbage, on a disk without
a free byte (`peers` 3: balena-supervisor#674, meta-balena#2130).
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from surefoot.errors import NoRoom
from surefoot.files import durable
from surefoot.files.steps import Kind, announce, room, sync_dir

T = TypeVar("T")


class Reserve:
    def __init__(self, path: Path, size: int = 1 << 20) -> None:
        """`size` in bytes."""
        self.path = path
        self.size = size

    def held(self) -> bool:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return False
        return found.st_blocks * 512 >= self.size

    def hold(self) -> bool:
        """Takes the space, unless it is held. False when the disk has no room for it: that is no
        error, the agent must run on a full disk too."""
        if self.held():
            return True
        try:
            self._take()
        except NoRoom:
            self.spend()
            return False
        return True

    def spend(self) -> None:
        """The space is free, for whoever comes first. Twice is harmless."""
        durable.remove(self.path)

    def lend(self, work: Callable[[], T]) -> T:
        """Does `work`; when the disk is full, once more with the reserve spent. Raises NoRoom when
        that does not help either."""
        try:
            return work()
        except NoRoom:
            self.spend()
            return work()

    def _take(self) -> None:
        with room(self.path):
            announce(Kind.CREATE, self.path)
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                announce(Kind.WRITE, self.path, self.size)
                os.posix_fallocate(fd, 0, self.size)
                announce(Kind.SYNC_FILE, self.path)
                os.fsync(fd)
            finally:
                os.close(fd)
            sync_dir(self.path.parent)
