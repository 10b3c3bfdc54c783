"""Rows of accounts, of refused logins, and the few columns that say whom a token stands for."""

import secrets
from dataclasses import dataclass

from surefoot.hub.db.protocol import Database, Row, Tx
from surefoot.hub.frame.call import now
from surefoot.wire.hub import prn

SELECT = "SELECT * FROM accounts "


@dataclass(frozen=True)
class Account:
    """`password`: what can check it (argon2). `email`: "" when there is none. Times in
    microseconds."""

    id: str
    nick: str
    email: str
    password: str
    admin: bool
    generation: int
    created: int
    modified: int


@dataclass(frozen=True)
class Holder:
    """Whom a token names, as the database has it now. `owner`: "" for an unclaimed device, the
    own id for an account. `seen`: a device's, in microseconds, 0 for never."""

    id: str
    nick: str
    owner: str
    generation: int
    admin: bool = False
    seen: int = 0


@dataclass(frozen=True)
class Failures:
    """Refused logins in a row; `until`: no further try before this time (microseconds)."""

    count: int = 0
    until: int = 0


# ---- accounts ----------------------------------------------------------------------------------


async def get(db: Tx, id: str) -> Account | None:
    return _account(await db.one(SELECT + "WHERE id = ?", id))


async def by_nick(db: Tx, nick: str) -> Account | None:
    return _account(await db.one(SELECT + "WHERE nick = ?", nick))


async def by_login(db: Tx, username: str) -> Account | None:
    """By nick, e-mail address or PRN. No nick has an @ or a colon in it: one name, one account."""
    if prn.is_account(username):
        return await get(db, prn.id_of(username))
    if "@" in username:
        wanted = username.lower()
        return _account(await db.one(SELECT + "WHERE email = ?", wanted))
    return await by_nick(db, username)


async def everybody(db: Tx) -> list[Account]:
    rows = await db.all(SELECT + "ORDER BY nick")
    return [account for row in rows if (account := _account(row))]


async def create(tx: Tx, nick: str, email: str, password: str, admin: bool = False) -> Account:
    """`password`: already hashed. Raises Taken when the nick or the address is somebody's."""
    at = now()
    account = Account(secrets.token_hex(12), nick, email.lower(), password, admin, 0, at, at)
    await tx.run(
        "INSERT INTO accounts (id, nick, email, password, admin, generation, created, modified)"
        " VALUES (?, ?, ?, ?, ?, 0, ?, ?)",
        account.id,
        nick,
        account.email or None,
        password,
        int(admin),
        at,
        at,
    )
    return account


async def set_password(tx: Tx, id: str, password: str) -> None:
    """`password`: already hashed. Voids every token that was given out before."""
    await tx.run(
        "UPDATE accounts SET password = ?, generation = generation + 1, modified = ? WHERE id = ?",
        password,
        now(),
        id,
    )


async def remove(tx: Tx, id: str) -> bool:
    """With all that the account owns."""
    return await tx.run("DELETE FROM accounts WHERE id = ?", id) > 0


# ---- how much an account holds -----------------------------------------------------------------


async def held_bytes(db: Tx, id: str) -> int:
    """Of all objects that the account has; 0 when it is not there."""
    row = await db.one("SELECT bytes FROM accounts WHERE id = ?", id)
    return int(row["bytes"]) if row else 0


async def add_bytes(tx: Tx, id: str, count: int) -> None:
    """In the transaction in which an object comes (or goes: a negative `count`)."""
    if count:
        await tx.run("UPDATE accounts SET bytes = bytes + ? WHERE id = ?", count, id)


# ---- holders of tokens: asked with every call, so only what is needed is read ------------------


async def user_holder(db: Tx, id: str) -> Holder | None:
    row = await db.one("SELECT nick, admin, generation FROM accounts WHERE id = ?", id)
    return Holder(id, row["nick"], id, row["generation"], bool(row["admin"])) if row else None


async def device_holder(db: Tx, id: str) -> Holder | None:
    row = await db.one("SELECT nick, owner, generation, seen FROM devices WHERE id = ?", id)
    if row is None:
        return None
    return Holder(id, row["nick"], row["owner"] or "", row["generation"], seen=row["seen"])


# ---- refused logins ----------------------------------------------------------------------------


async def failures(db: Tx, key: str) -> Failures:
    row = await db.one("SELECT count, until FROM failures WHERE key = ?", key)
    return Failures(row["count"], row["until"]) if row else Failures()


async def set_failures(tx: Tx, key: str, found: Failures) -> None:
    await tx.run(
        "INSERT INTO failures (key, count, until) VALUES (?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET count = excluded.count, until = excluded.until",
        key,
        found.count,
        found.until,
    )


async def clear_failures(db: Database, key: str) -> None:
    """Costs no write when there is nothing to clear."""
    if await db.one("SELECT 1 FROM failures WHERE key = ?", key):
        await db.run("DELETE FROM failures WHERE key = ?", key)


async def forget_failures(tx: Tx, before: int) -> None:
    """Those that nobody added to since `before` (microseconds)."""
    await tx.run("DELETE FROM failures WHERE until < ?", before)


def _account(row: Row | None) -> Account | None:
    if row is None:
        return None
    return Account(
        row["id"],
        row["nick"],
        row["email"] or "",
        row["password"],
        bool(row["admin"]),
        row["generation"],
        row["created"],
        row["modified"],
    )
