"""What the doctor reads of objects and steps, a page at a time, and the rows that it mends."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from surefoot.hub.db.protocol import Database, Tx
from surefoot.hub.frame.call import now
from surefoot.hub.objects.store import ANNOUNCED, PROVED

PAGE = 1000
_OBJECTS = """
    SELECT owner, sha, size FROM objects WHERE present > 0 AND (owner, sha) > (?, ?)
    ORDER BY owner, sha LIMIT ?"""
# Steps whose owner has no such object. An owner's account keeps what its steps name.
_LOST = """
    SELECT s.trail, s.rev, s.sha, t.owner FROM step_objects s JOIN trails t ON t.id = s.trail
    LEFT JOIN objects o ON o.owner = t.owner AND o.sha = s.sha AND o.present > 0
    WHERE o.sha IS NULL AND (s.trail, s.rev, s.sha) > (?, ?, ?)
    ORDER BY s.trail, s.rev, s.sha LIMIT ?"""
_GIVE = """
    INSERT INTO objects (owner, sha, name, mime, size, present, created, modified)
    VALUES (?, ?, ?, 'application/octet-stream', ?, ?, ?, ?)
    ON CONFLICT (owner, sha) DO UPDATE SET present = excluded.present, size = excluded.size"""


_SUM = """(SELECT COALESCE(SUM(o.size), 0) FROM objects o
    WHERE o.owner = accounts.id AND o.present > 0)"""


@dataclass(frozen=True)
class Held:
    """An object that an account has. `size` in bytes."""

    owner: str
    sha: str
    size: int


@dataclass(frozen=True)
class Lost:
    """A step that names an object which its owner's account has not."""

    trail: str
    rev: int
    sha: str
    owner: str


async def held(database: Database) -> AsyncIterator[Held]:
    last = ("", "")
    while rows := await database.all(_OBJECTS, *last, PAGE):
        for row in rows:
            yield Held(row["owner"], row["sha"], row["size"])
        last = (rows[-1]["owner"], rows[-1]["sha"])


async def lost(database: Database) -> AsyncIterator[Lost]:
    last: tuple[str, int, str] = ("", -1, "")
    while rows := await database.all(_LOST, *last, PAGE):
        for row in rows:
            yield Lost(row["trail"], row["rev"], row["sha"], row["owner"])
        last = (rows[-1]["trail"], rows[-1]["rev"], rows[-1]["sha"])


async def wrong_sums(database: Database) -> list[str]:
    """Accounts whose bytes are not those of their objects; in one statement, which sees no half of
    another's transaction."""
    rows = await database.all(f"SELECT id FROM accounts WHERE bytes <> {_SUM} ORDER BY id")  # noqa: S608
    return [row["id"] for row in rows]


async def add_up(tx: Tx) -> None:
    """The bytes of every account, from its objects."""
    await tx.run(f"UPDATE accounts SET bytes = {_SUM} WHERE bytes <> {_SUM}")  # noqa: S608


async def size_of(tx: Tx, owner: str, sha: str) -> int | None:
    """As it is noted; None when the account has it not."""
    sql = "SELECT size FROM objects WHERE owner = ? AND sha = ? AND present > 0"
    row = await tx.one(sql, owner, sha)
    return int(row["size"]) if row else None


async def is_named(tx: Tx, sha: str) -> bool:
    return await tx.one("SELECT 1 AS found FROM objects WHERE sha = ?", sha) is not None


async def withdraw(tx: Tx, sha: str) -> None:
    """Nobody has it any more: it is asked for when it is announced again."""
    sql = "UPDATE objects SET present = ?, modified = ? WHERE sha = ?"
    await tx.run(sql, ANNOUNCED, now(), sha)


async def note_size(tx: Tx, owner: str, sha: str, size: int) -> None:
    await tx.run("UPDATE objects SET size = ? WHERE owner = ? AND sha = ?", size, owner, sha)


async def give(tx: Tx, owner: str, sha: str, size: int) -> None:
    moment = now()
    await tx.run(_GIVE, owner, sha, sha, size, PROVED, moment, moment)
