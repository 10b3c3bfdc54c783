"""A database and blobs with one device, whose step 1 names one object; and ways to spoil them."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from surefoot.hub.blobs.directory import DirectoryBlobs
from surefoot.hub.check.examine import Visit, examine
from surefoot.hub.db.sqlite import SqliteDatabase
from surefoot.hub.holding import database
from surefoot.hub.settings import Layout

T = TypeVar("T")
BODY = b"the kernel"
SHA = hashlib.sha256(BODY).hexdigest()
OTHER_BODY = b"that nobody names"
OTHER = hashlib.sha256(OTHER_BODY).hexdigest()
ROWS = (
    f"INSERT INTO accounts VALUES ('a1', 'ada', NULL, 'argon2', 0, 0, 1, 1, {len(BODY)})",
    "INSERT INTO devices VALUES ('d1', 'gate', 'a1', 's', NULL, 0, '{}', '{}', 0, 1, 1, 0, '')",
    "INSERT INTO trails VALUES ('d1', 'a1', 1, 1, 1)",
    (
        "INSERT INTO steps (trail, rev, commit_msg, state, state_sha, status, progress, step_time,"
        " created, modified) VALUES ('d1', 1, '', '{}', '', 'NEW', '{}', 1, 1, 1)"
    ),
    f"INSERT INTO step_objects VALUES ('d1', 1, '{SHA}')",
    (
        "INSERT INTO objects (owner, sha, name, mime, size, present, created, modified) VALUES"
        f" ('a1', '{SHA}', 'bsp/kernel', 'x/y', {len(BODY)}, 1, 1, 1)"
    ),
)


class World:
    def __init__(self, place: Path) -> None:
        self.layout = Layout(place / "hub")
        self.blobs = DirectoryBlobs(self.layout.blobs)
        self.on(self._fill)

    def on(self, work: Callable[[SqliteDatabase], Awaitable[T]]) -> T:
        async def whole() -> T:
            async with database(self.layout) as opened:
                return await work(opened)

        return asyncio.run(whole())

    async def _fill(self, opened: SqliteDatabase) -> None:
        for sql in ROWS:
            await opened.run(sql)
        await self.put(SHA, BODY)

    async def put(self, sha: str, body: bytes) -> None:
        upload = await self.blobs.receive(sha)
        await upload.write(body)
        await upload.commit()

    def sql(self, text: str) -> None:
        async def run(opened: SqliteDatabase) -> None:
            await opened.run(text)

        self.on(run)

    def unnamed(self) -> None:
        asyncio.run(self.put(OTHER, OTHER_BODY))

    def lose_bytes(self) -> None:
        (self.layout.blobs / SHA).unlink()

    def spoil_bytes(self) -> None:
        (self.layout.blobs / SHA).write_bytes(b"THE KERNEL")

    def examine(self, *, mends: bool = False, reads_all: bool = True) -> Visit:
        return asyncio.run(examine(self.layout, mends=mends, reads_all=reads_all))
