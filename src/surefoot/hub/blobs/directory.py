"""Blobs in a directory, through `files/`: no byte stands under a name before it was hashed."""

import asyncio
import time
from pathlib import Path

from surefoot.files.objects import ObjectStore, Receiver


class DirectoryBlobs:
    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._store = ObjectStore(root)

    def recover(self) -> None:
        """At a start, before anything is received: removes what interrupted uploads left."""
        self._store.recover()

    async def has(self, sha: str) -> bool:
        return self._store.has(sha)

    async def size(self, sha: str) -> int:
        return self._store.size(sha)

    async def receive(self, sha: str) -> "DirectoryUpload":
        return DirectoryUpload(await asyncio.to_thread(self._store.receive, sha))

    async def path(self, sha: str) -> Path:
        self._store.size(sha)
        return self._store.path(sha)

    async def age_s(self, sha: str) -> float:
        self._store.size(sha)
        return time.time() - self._store.path(sha).stat().st_mtime

    async def remove(self, sha: str) -> None:
        await asyncio.to_thread(self._store.remove, sha)

    async def all(self) -> list[tuple[str, int]]:
        return await asyncio.to_thread(self._store.list)


class DirectoryUpload:
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    @property
    def received(self) -> int:
        return self._receiver.received

    async def write(self, chunk: bytes) -> None:
        """In a thread: neither the hash nor the disk holds up other calls."""
        await asyncio.to_thread(self._receiver.write, chunk)

    async def commit(self) -> None:
        await asyncio.to_thread(self._receiver.commit)

    async def drop(self) -> None:
        await asyncio.to_thread(self._receiver.__exit__)
