"""Rows of auto-join tokens."""

import base64
import hashlib
import secrets
from dataclasses import dataclass

from surefoot.hub.db.protocol import Row, Tx

TOKEN_BYTES = 24


@dataclass(frozen=True)
class JoinToken:
    """`owner`: an account's id. `token`: its hash. `user_meta`: what its devices begin with, a JSON
    object as text. Times in microseconds."""

    id: str
    owner: str
    nick: str
    token: str
    user_meta: str
    disabled: bool
    created: int
    modified: int


def make_text() -> str:
    """A token as devices send it: 32 characters, well below the 64 that fit (hub-wire 3.3)."""
    return base64.b64encode(secrets.token_bytes(TOKEN_BYTES)).decode()


def digest(text: str) -> str:
    """The same with and without padding: the mocker cuts a token at its first "="."""
    return hashlib.sha256(text.partition("=")[0].encode("utf-8", "replace")).hexdigest()


async def insert(tx: Tx, token: JoinToken) -> None:
    await tx.run(
        "INSERT INTO join_tokens (id, owner, nick, token, user_meta, disabled, created, modified)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        token.id,
        token.owner,
        token.nick,
        token.token,
        token.user_meta,
        int(token.disabled),
        token.created,
        token.modified,
    )


async def by_text(db: Tx, text: str) -> JoinToken | None:
    """Looked up by its hash: how long that takes says nothing about the token."""
    row = await db.one("SELECT * FROM join_tokens WHERE token = ?", digest(text))
    return _token(row) if row else None


async def of_owner(db: Tx, owner: str) -> list[JoinToken]:
    """Oldest first."""
    sql = "SELECT * FROM join_tokens WHERE owner = ? ORDER BY created, id"
    return [_token(row) for row in await db.all(sql, owner)]


async def disable(tx: Tx, owner: str, id: str, moment: int) -> bool:
    """False: this owner has no such token. Twice is harmless."""
    sql = "UPDATE join_tokens SET disabled = 1, modified = ? WHERE id = ? AND owner = ?"
    return await tx.run(sql, moment, id, owner) > 0


async def disable_all(tx: Tx, owner: str, moment: int) -> int:
    """How many were good until now."""
    sql = "UPDATE join_tokens SET disabled = 1, modified = ? WHERE owner = ? AND disabled = 0"
    return await tx.run(sql, moment, owner)


def _token(row: Row) -> JoinToken:
    return JoinToken(
        id=row["id"],
        owner=row["owner"],
        nick=row["nick"],
        token=row["token"],
        user_meta=row["user_meta"],
        disabled=bool(row["disabled"]),
        created=row["created"],
        modified=row["modified"],
    )
