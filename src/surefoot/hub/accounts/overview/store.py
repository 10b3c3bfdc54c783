"""Counts, and the few columns of other rooms' rows that an overview shows."""

from dataclasses import dataclass

from surefoot.hub.accounts.store import held_bytes
from surefoot.hub.db.protocol import Row, Tx

TOP = 5


@dataclass(frozen=True)
class Recent:
    """A device and how far its newest step is; `progress`: the report as it came, "" for none.
    `seen`: microseconds, 0 for never."""

    id: str
    nick: str
    seen: int
    status: str
    progress: str


@dataclass(frozen=True)
class Use:
    """What an account has: devices, objects that it sent or linked, their bytes."""

    devices: int
    objects: int
    bytes: int


@dataclass(frozen=True)
class Profile:
    """An account as others see it. `devices`: its public ones."""

    id: str
    nick: str
    created: int
    devices: int


async def answers(db: Tx) -> None:
    """Raises what the database raises."""
    await db.one("SELECT 1")


async def recent(db: Tx, owner: str) -> list[Recent]:
    """The devices that were here last, at most five."""
    sql = "SELECT id, nick, seen FROM devices WHERE owner = ? ORDER BY seen DESC, id LIMIT ?"
    return [await _recent(db, row) for row in await db.all(sql, owner, TOP)]


async def _recent(db: Tx, device: Row) -> Recent:
    sql = (
        "SELECT status, progress FROM steps WHERE trail = ? AND status <> 'NEW'"
        " ORDER BY rev DESC LIMIT 1"
    )
    step = await db.one(sql, device["id"])
    status, progress = (step["status"], step["progress"]) if step else ("", "")
    return Recent(device["id"], device["nick"], device["seen"], status, progress)


async def use(db: Tx, owner: str) -> Use:
    devices = await _number(db, "SELECT COUNT(*) AS n FROM devices WHERE owner = ?", owner)
    sql = "SELECT COUNT(*) AS n FROM objects WHERE owner = ? AND present > 0"
    return Use(devices, await _number(db, sql, owner), await held_bytes(db, owner))


async def profiles(db: Tx, reader: str, prefix: str, most: int) -> list[Profile]:
    """Accounts with public devices, and the reader's own; nicks that begin with `prefix`, whatever
    the case."""
    sql = (
        "SELECT id, nick, created,"
        " (SELECT COUNT(*) FROM devices WHERE owner = accounts.id AND public = 1) AS devices"
        " FROM accounts WHERE LOWER(SUBSTR(nick, 1, LENGTH(?))) = LOWER(?)"
        " AND (id = ? OR EXISTS (SELECT 1 FROM devices WHERE owner = accounts.id AND public = 1))"
        " ORDER BY nick LIMIT ?"
    )
    rows = await db.all(sql, prefix, prefix, reader, most)
    return [Profile(row["id"], row["nick"], row["created"], row["devices"]) for row in rows]


async def counts(db: Tx, seen_since: int) -> dict[str, int]:
    """Everything that is counted, by the name of its metric. `seen_since`: microseconds."""
    numbers = {
        "accounts": await _number(db, "SELECT COUNT(*) AS n FROM accounts"),
        "devices": await _number(db, "SELECT COUNT(*) AS n FROM devices"),
        "devices_unclaimed": await _number(
            db, "SELECT COUNT(*) AS n FROM devices WHERE owner IS NULL"
        ),
        "devices_online": await _number(
            db, "SELECT COUNT(*) AS n FROM devices WHERE seen >= ?", seen_since
        ),
    }
    distinct = (
        "FROM (SELECT sha, MAX(size) AS size FROM objects WHERE present = 1 GROUP BY sha) AS o"
    )
    numbers["objects"] = await _number(db, f"SELECT COUNT(*) AS n {distinct}")
    numbers["object_bytes"] = await _number(db, f"SELECT COALESCE(SUM(size), 0) AS n {distinct}")
    return numbers


async def steps_by_status(db: Tx) -> dict[str, int]:
    rows = await db.all("SELECT status, COUNT(*) AS n FROM steps GROUP BY status ORDER BY status")
    return {row["status"]: row["n"] for row in rows}


async def _number(db: Tx, sql: str, *values: str | int) -> int:
    row = await db.one(sql, *values)
    return int(row["n"]) if row else 0
