"""Rows of devices. A secret is kept as its hash only; a challenge stays readable, since the device
asks for it again and again."""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from surefoot.errors import Busy, NoRoom
from surefoot.hub.db.protocol import Row, Tx, Value
from surefoot.hub.frame.call import now

log = logging.getLogger(__name__)
TOUCH_EVERY = 30 * 1_000_000
TOUCH_PATIENCE_S = 0.5
REMOVED_AT_ONCE = 100
FIRST = "SELECT id FROM devices WHERE "
LAST = " ORDER BY created, id LIMIT ? OFFSET ?"


class Match(StrEnum):
    IS = "is"
    IS_NOT = "is not"
    BEGINS = "begins"  # whatever the case


# By the name of a query's key (hub-wire 3). BEGINS takes its value twice.
CONDITIONS: dict[tuple[str, Match], str] = {
    **{(key, Match.IS): f"{key} = ?" for key in ("id", "nick", "owner", "public")},
    **{(key, Match.IS_NOT): f"{key} <> ?" for key in ("id", "nick", "owner", "public")},
    **{
        (key, Match.BEGINS): f"LOWER(SUBSTR({key}, 1, LENGTH(?))) = LOWER(?)"
        for key in ("id", "nick")
    },
}
Wanted = tuple[str, Match, str | int]


@dataclass(frozen=True)
class Device:
    """`owner`: an account's id, "" while unclaimed. `secret`: what `digest` makes of it.
    `challenge`: "" once claimed. Metas: compact JSON objects as text. Tokens of another
    `generation` are void. Times in microseconds, `seen` 0 for never."""

    id: str
    nick: str
    owner: str
    secret: str
    challenge: str
    public: bool
    user_meta: str
    device_meta: str
    generation: int
    created: int
    modified: int
    seen: int
    address: str


def digest(secret: str) -> str:
    """Good for long random secrets; what people choose is asked to be as long."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def require_secret(device: Device, secret: str) -> bool:
    """Whether it is the device's; takes the same time for each wrong one."""
    return hmac.compare_digest(device.secret, digest(secret))


# ---- reading -----------------------------------------------------------------------------------


async def get(db: Tx, id: str) -> Device | None:
    row = await db.one("SELECT * FROM devices WHERE id = ?", id)
    return _device(row) if row else None


async def by_nick(db: Tx, owner_id: str, nick: str) -> Device | None:
    sql = "SELECT * FROM devices WHERE owner = ? AND nick = ?"
    row = await db.one(sql, owner_id, nick)
    return _device(row) if row else None


async def find(db: Tx, wanted: Sequence[Wanted], size: int, offset: int = 0) -> list[str]:
    """Ids of those for which all of `wanted` hold, oldest first; `size` of them at most, after
    `offset`. Raises KeyError for what CONDITIONS has not."""
    conditions = " AND ".join(CONDITIONS[key, match] for key, match, _ in wanted) or "1 = 1"
    values = [value for _, match, value in wanted for _ in range(1 + (match is Match.BEGINS))]
    rows = await db.all(FIRST + conditions + LAST, *values, size, offset)
    return [row["id"] for row in rows]


async def count_of(db: Tx, owner_id: str) -> int:
    row = await db.one("SELECT count(*) AS n FROM devices WHERE owner = ?", owner_id)
    return int(row["n"]) if row else 0


def _device(row: Row) -> Device:
    return Device(
        id=row["id"],
        nick=row["nick"],
        owner=row["owner"] or "",
        secret=row["secret"],
        challenge=row["challenge"] or "",
        public=bool(row["public"]),
        user_meta=row["user_meta"],
        device_meta=row["device_meta"],
        generation=row["generation"],
        created=row["created"],
        modified=row["modified"],
        seen=row["seen"],
        address=row["address"],
    )


# ---- writing -----------------------------------------------------------------------------------


async def insert(tx: Tx, device: Device) -> None:
    """Raises Taken when its owner has another of this nick."""
    sql = (
        "INSERT INTO devices (id, nick, owner, secret, challenge, public, user_meta, device_meta,"
        " generation, created, modified, seen, address)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    await tx.run(sql, device.id, *_values(device), device.generation, device.created,
                 device.modified, device.seen, device.address)  # fmt: skip


def _values(device: Device) -> tuple[Value, ...]:
    """No owner is NULL: nicks of unclaimed devices need not differ."""
    return (
        device.nick,
        device.owner or None,
        device.secret,
        device.challenge or None,
        int(device.public),
        device.user_meta,
        device.device_meta,
    )


async def save(tx: Tx, device: Device) -> None:
    """All that may change of a device, but when it was seen. Raises Taken as `insert` does."""
    sql = (
        "UPDATE devices SET nick = ?, owner = ?, secret = ?, challenge = ?, public = ?,"
        " user_meta = ?, device_meta = ?, generation = ?, modified = ? WHERE id = ?"
    )
    await tx.run(sql, *_values(device), device.generation, device.modified, device.id)


async def save_user_meta(db: Tx, id: str, text: str) -> bool:
    """False: there is no such device."""
    sql = "UPDATE devices SET user_meta = ?, modified = ? WHERE id = ?"
    return await db.run(sql, text, now(), id) > 0


async def save_device_meta(db: Tx, id: str, text: str, address: str) -> bool:
    """In one statement: each device does it every few seconds. False: there is no such device."""
    sql = "UPDATE devices SET device_meta = ?, modified = ?, seen = ?, address = ? WHERE id = ?"
    moment = now()
    return await db.run(sql, text, moment, moment, address, id) > 0


async def saw(db: Tx, device: Device, address: str) -> None:
    """As `touch`, of a device that was just read."""
    await touch(db, device.id, device.seen, address)


async def touch(db: Tx, id: str, seen: int, address: str) -> None:
    """Notes that the device was here, and from where; at most every 30 s: polls write seldom.
    `seen`: its last visit, as it was just read.

    Never fails nor holds up a poll: a device that is answered anything but 200 registers anew
    (hub-wire 0.9), and it will be here again.
    """
    moment = now()
    # A clock that was put back notes it too.
    if abs(moment - seen) < TOUCH_EVERY:
        return
    try:
        async with asyncio.timeout(TOUCH_PATIENCE_S):
            await db.run(
                "UPDATE devices SET seen = ?, address = ? WHERE id = ?", moment, address, id
            )
    except (TimeoutError, Busy, NoRoom) as error:
        log.info("A visit of the device %s was not noted (%s)", id, error)


async def remove(tx: Tx, id: str) -> None:
    """With its trail, steps and logs. Twice is harmless."""
    await tx.run("DELETE FROM devices WHERE id = ?", id)


async def expire_unclaimed(db: Tx, before: int) -> int:
    """Removes devices that nobody claimed and that were last here before this time (microseconds);
    how many. One that still polls is kept: it would register anew, under another challenge
    (hub-wire 0.9). A few at a time: others write meanwhile."""
    sql = """DELETE FROM devices WHERE id IN (
        SELECT id FROM devices WHERE owner IS NULL AND created < ? AND seen < ? LIMIT ?)"""
    removed = 0
    while count := await db.run(sql, before, before, REMOVED_AT_ONCE):
        removed += count
        await asyncio.sleep(0)
    return removed
