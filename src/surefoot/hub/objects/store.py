"""Rows of objects: which owner may have which content, and how he came to that.

An owner *has* an object when he sent its bytes himself, or linked it while a public device's step
named it. What was only announced (`ANNOUNCED`) opens nothing. The account's sum of bytes goes with
the rows of what its owner has.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from surefoot.hub.accounts import store as accounts
from surefoot.hub.db.protocol import Row, Tx, Value
from surefoot.hub.frame.call import now

ANNOUNCED, PROVED, LINKED = 0, 1, 2  # the column `present`
REFRESH_EVERY = 60 * 1_000_000
AT_ONCE = 500  # SQLite takes a bounded number of values in a statement

_HELD = "SELECT * FROM objects WHERE owner = ? AND present > 0 AND sha IN (?*)"
# Somebody's object that a step of his names, on a device that everybody may read. From the devices
# on (SQLite keeps the order of a CROSS JOIN): few are public, and steps that name it may be very
# many.
_SHARED = """
    SELECT o.* FROM objects o
    WHERE o.sha IN (?*) AND o.present > 0 AND EXISTS (
        SELECT 1 FROM devices d CROSS JOIN step_objects s
        WHERE d.owner = o.owner AND d.public = 1 AND s.sha = o.sha AND s.trail = d.id)
    ORDER BY o.created"""
_INSERT = """
    INSERT INTO objects (owner, sha, name, mime, size, present, created, modified)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (owner, sha) DO UPDATE SET """
_ANNOUNCE = (
    _INSERT
    + """name = excluded.name, mime = excluded.mime, size = excluded.size,
    modified = excluded.modified WHERE objects.present = 0"""
)
_LINK = (
    _INSERT
    + """size = excluded.size, present = excluded.present,
    modified = excluded.modified WHERE objects.present = 0"""
)
_PROVE = (
    _INSERT
    + """size = excluded.size, present = excluded.present,
    modified = excluded.modified"""
)
# No step of its owner's names it.
_UNNAMED = """NOT EXISTS (
    SELECT 1 FROM step_objects s JOIN trails t ON t.id = s.trail
    WHERE s.sha = objects.sha AND t.owner = objects.owner)"""
_DELETE = "DELETE FROM objects WHERE owner = ? AND sha = ? AND UNNAMED".replace("UNNAMED", _UNNAMED)
_DELETE_OLD = f"{_DELETE} AND modified < ?"
_PAGE = """
    SELECT owner, sha, (modified < ? AND UNNAMED) AS is_old FROM objects
    WHERE (owner, sha) > (?, ?) ORDER BY owner, sha LIMIT ?""".replace("UNNAMED", _UNNAMED)
Key = tuple[str, str]  # owner, sha


@dataclass(frozen=True)
class Stored:
    """`size` in bytes, times in microseconds. `present`: ANNOUNCED, PROVED or LINKED."""

    owner: str
    sha: str
    name: str
    mime: str
    size: int
    present: int
    created: int
    modified: int


async def lacking(tx: Tx, owner_id: str, shas: Iterable[str]) -> list[str]:
    """Those, sorted, that the owner neither has nor could link."""
    missing = set(shas)
    missing -= {row["sha"] for row in await _each(tx, _HELD, missing, owner_id)}
    missing -= {row["sha"] for row in await _each(tx, _SHARED, missing)}
    return sorted(missing)


async def link(tx: Tx, owner_id: str, shas: Iterable[str]) -> int:
    """Makes those of `shas` that the owner can link his own for good: when the public device is
    not public any more, his steps still have them. What he has already stays as it is. By how many
    bytes he has more."""
    wanted = set(shas)
    wanted -= {row["sha"] for row in await _each(tx, _HELD, wanted, owner_id)}
    # Of several who share the same, the first.
    found = {row["sha"]: _stored(row) for row in reversed(await _each(tx, _SHARED, wanted))}
    for shared in found.values():
        await _put(tx, _LINK, replace(shared, owner=owner_id, present=LINKED))
    added = sum(shared.size for shared in found.values())
    await accounts.add_bytes(tx, owner_id, added)
    return added


# ---- one object --------------------------------------------------------------------------------


async def get(db: Tx, owner_id: str, sha: str) -> Stored | None:
    row = await db.one("SELECT * FROM objects WHERE owner = ? AND sha = ?", owner_id, sha)
    return _stored(row) if row else None


async def shared(db: Tx, sha: str) -> Stored | None:
    """Somebody's, which everybody who is logged in may read."""
    rows = await _each(db, _SHARED, [sha])
    return _stored(rows[0]) if rows else None


async def announce(tx: Tx, wanted: Stored) -> None:
    """What is there already keeps its name and size; only its time is new, so that what was
    answered to be here stays until it can be posted."""
    moment = now()
    await _put(tx, _ANNOUNCE, wanted)
    await tx.run(
        "UPDATE objects SET modified = ? WHERE owner = ? AND sha = ? AND modified < ?",
        *(moment, wanted.owner, wanted.sha, moment - REFRESH_EVERY),
    )


async def prove(tx: Tx, stored: Stored) -> None:
    """Its owner has sent its bytes. Raises Orphan when he has no account any more."""
    before = await _counted(tx, stored.owner, stored.sha)
    await _put(tx, _PROVE, replace(stored, present=PROVED))
    await accounts.add_bytes(tx, stored.owner, stored.size - before)


async def rename(tx: Tx, owner_id: str, sha: str, name: str) -> None:
    sql = "UPDATE objects SET name = ?, modified = ? WHERE owner = ? AND sha = ?"
    await tx.run(sql, name, now(), owner_id, sha)


async def delete(tx: Tx, owner_id: str, sha: str) -> bool:
    """False: a step of the owner's names it, or it is not there."""
    return await _drop(tx, _DELETE, (owner_id, sha)) > 0


# ---- many --------------------------------------------------------------------------------------


async def listed(db: Tx, owner_id: str, size: int, offset: int = 0) -> list[Stored]:
    """What the owner has, the oldest first."""
    rows = await db.all(
        "SELECT * FROM objects WHERE owner = ? AND present > 0"
        " ORDER BY created, sha LIMIT ? OFFSET ?",
        *(owner_id, size, offset),
    )
    return [_stored(row) for row in rows]


async def held(db: Tx, owner_id: str, shas: Iterable[str]) -> dict[str, Stored]:
    """By sha, those of `shas` that the owner has."""
    rows = await _each(db, _HELD, set(shas), owner_id)
    return {row["sha"]: _stored(row) for row in rows}


async def page(db: Tx, after: Key, before: int, size: int) -> tuple[Key | None, list[Key]]:
    """One look through `size` rows behind `after`: the last of them (None: that was the end), and
    which of them no step names and are older than `before` (microseconds)."""
    rows = await db.all(_PAGE, before, *after, size)
    last = (rows[-1]["owner"], rows[-1]["sha"]) if len(rows) == size else None
    return last, [(row["owner"], row["sha"]) for row in rows if row["is_old"]]


async def drop_old(tx: Tx, key: Key, before: int) -> int:
    """Removes the row if that still holds; how many that were."""
    return await _drop(tx, _DELETE_OLD, key, before)


async def ownerless(db: Tx, shas: Iterable[str]) -> list[str]:
    """Those of `shas`, sorted, that nobody has or has announced."""
    wanted = set(shas)
    rows = await _each(db, "SELECT DISTINCT sha FROM objects WHERE sha IN (?*)", wanted)
    return sorted(wanted - {row["sha"] for row in rows})


# ---- within ------------------------------------------------------------------------------------


async def _put(tx: Tx, sql: str, stored: Stored) -> None:
    """A new row, or what `sql` says of the old one."""
    moment = now()
    values = (stored.sha, stored.name, stored.mime, stored.size, stored.present, moment, moment)
    await tx.run(sql, stored.owner, *values)


async def _drop(tx: Tx, sql: str, key: Key, *more: Value) -> int:
    size = await _counted(tx, *key)
    dropped = await tx.run(sql, *key, *more)
    if dropped:
        await accounts.add_bytes(tx, key[0], -size)
    return dropped


async def _counted(tx: Tx, owner_id: str, sha: str) -> int:
    """The bytes by which this object is in its owner's sum."""
    found = await get(tx, owner_id, sha)
    return found.size if found and found.present else 0


def _stored(row: Row) -> Stored:
    return Stored(**{key: row[key] for key in Stored.__dataclass_fields__})


async def _each(tx: Tx, sql: str, shas: Iterable[str], *first: Value) -> list[Row]:
    """The rows of `sql` for all `shas`, which stand where it says `(?*)`, after `first`."""
    left, rows = sorted(shas), []
    while left:
        part, left = left[:AT_ONCE], left[AT_ONCE:]
        marks = ", ".join("?" for _ in part)
        rows += await tx.all(sql.replace("?*", marks), *first, *part)
    return rows
