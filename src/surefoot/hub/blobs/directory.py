"""Blobs in a directory, through `files/`: no byte stands under a name before it was hashed."""

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

from surefoot.errors import NotFound
from surefoot.files import durable
from surefoot.files.objects import ObjectStore, Receiver


class DirectoryBlobs:
    def __init__(self, root: Path) -> None:
        durable.make_dirs(root, 0o700)
        self._store = ObjectStore(root)

    def recover(self) -> None:
        """At a start, before anything is received: removes what interrupted uploads left."""
        self._store.recover()

    async def has(self, sha: str) -> bool:
        return self._store.has(sha)

    async def size(self, sha: str) -> int:
        return self._store.size(sha)

    async def receive(self, sha: str) -> "DirectoryUpload":
        """Makes its file here and now: in a thread, one whose caller is cancelled would be lost."""
        return DirectoryUpload(self._store.receive(sha))

    async def path(self, sha: str) -> Path:
        self._store.size(sha)
        return self._store.path(sha)

    async def age_s(self, sha: str) -> float:
        try:
            return time.time() - self._store.path(sha).stat().st_mtime
        except FileNotFoundError as error:
            raise NotFound(f"Object {sha} is not here") from error

    async def remove(self, sha: str) -> None:
        await asyncio.to_thread(self._store.remove, sha)

    async def all(self) -> list[tuple[str, int]]:
        return await asyncio.to_thread(self._store.list)

    async def verify(self, sha: str) -> bool:
        return await asyncio.to_thread(self._store.verify, sha)


class DirectoryUpload:
    """Neither the hash nor the disk holds up other calls: threads do them, one at a time."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        # A task that is cancelled leaves its thread at work: what comes next waits for that.
        self._turn = threading.Lock()
        self._is_open = True

    @property
    def received(self) -> int:
        return self._receiver.received

    async def write(self, chunk: bytes) -> None:
        await asyncio.to_thread(self._in_turn, self._receiver.write, chunk)

    async def commit(self) -> None:
        await asyncio.to_thread(self._in_turn, self._receiver.commit)
        self._is_open = False

    async def drop(self) -> None:
        if self._is_open:
            await asyncio.to_thread(self._drop)

    def _in_turn(self, work: Callable[..., object], *values: object) -> None:
        with self._turn:
            assert self._is_open, "the upload has ended"
            work(*values)

    def _drop(self) -> None:
        with self._turn:
            self._is_open = False
            self._receiver.__exit__()
