"""Rows of objects and of what names them, on a database without a Hub around it."""

import asyncio
from dataclasses import replace

from surefoot.hub.db.sqlite import SqliteDatabase
from surefoot.hub.objects import store
from surefoot.hub.objects.store import ANNOUNCED, Stored

ADA, EVE, BOB = "a" * 24, "e" * 24, "b" * 24
A, B, C, D = ("a" * 64, "b" * 64, "c" * 64, "d" * 64)
OBJECT = Stored(ADA, A, "app/a", "application/octet-stream", 7, ANNOUNCED, 0, 0)
INSERT_ACCOUNT = """INSERT INTO accounts (id, nick, email, password, created, modified)
    VALUES (?, ?, ?, 'x', 0, 0)"""


def on_rows(tmp_path, work):
    """What `work(database)` returns; there are three accounts."""

    async def run():
        database = SqliteDatabase(tmp_path / "hub.db")
        try:
            await database.migrate()
            for id in (ADA, EVE, BOB):
                await database.run(INSERT_ACCOUNT, id, id, f"{id}@example.org")
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


async def has(db, owner, *shas):
    for sha in shas:
        await store.prove(db, replace(OBJECT, owner=owner, sha=sha))


async def post(db, owner, device, *shas, rev=0, public=False):
    """A step of the owner's device that names them."""
    await db.run(
        "INSERT INTO devices (id, nick, owner, secret, public, created, modified)"
        " VALUES (?, ?, ?, 'x', ?, 0, 0) ON CONFLICT (id) DO NOTHING",
        *(device, device, owner, int(public)),
    )
    await db.run(
        "INSERT INTO trails (id, owner, created, touched, insync) VALUES (?, ?, 0, 0, 0)"
        " ON CONFLICT (id) DO NOTHING",
        *(device, owner),
    )
    await db.run(
        "INSERT INTO steps (trail, rev, commit_msg, state, state_sha, status, progress, step_time,"
        " created, modified) VALUES (?, ?, '', '{}', '', 'DONE', '{}', 0, 0, 0)",
        *(device, rev),
    )
    for sha in shas:
        sql = "INSERT INTO step_objects (trail, rev, sha) VALUES (?, ?, ?)"
        await db.run(sql, device, rev, sha)


async def hide(db, device):
    await db.run("UPDATE devices SET public = 0 WHERE id = ?", device)


async def age(db, micros):
    """All rows are older by this."""
    await db.run(
        "UPDATE objects SET modified = modified - ?, created = created - ?", micros, micros
    )
