"""Short signed tokens (JWT, HS256). The key is in the database, so that every process has it."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import jwt

from surefoot.hub.db.protocol import Database
from surefoot.hub.frame.problems import Unauthenticated

KEY = "token-key"
ALGORITHM = "HS256"
REMEMBERED = 20_000
# Checked here (time, by our clock), or never in a token of ours.
NOT_ASKED = ("verify_exp", "verify_iat", "verify_nbf", "verify_aud", "verify_sub", "verify_jti")


class Tokens:
    """`clock`: seconds since 1970. Tokens that were checked are remembered while they are good:
    checking one anew costs half of a poll."""

    def __init__(self, key: str, clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._clock = clock
        self._known: OrderedDict[str, Mapping[str, Any]] = OrderedDict()

    def sign(self, claims: Mapping[str, Any], lifetime_s: int) -> str:
        """`claims` with `exp` added. Well below the 1000 bytes that a device can send (hub-wire
        0.2); the names in it are bounded where they are made."""
        body = {**claims, "exp": int(self._clock()) + lifetime_s}
        return jwt.encode(body, self._key, ALGORITHM)

    def read(self, token: str) -> Mapping[str, Any]:
        """The claims. Raises Unauthenticated."""
        claims = self._known.get(token) or self._verified(token)
        if claims["exp"] <= self._clock():
            raise Unauthenticated("The token has expired; log in again")
        return claims

    def _verified(self, token: str) -> Mapping[str, Any]:
        options: Any = {"require": ["exp"], **dict.fromkeys(NOT_ASKED, False)}
        try:
            claims = jwt.decode(token, self._key, [ALGORITHM], options)
        except (jwt.PyJWTError, UnicodeError, RecursionError) as error:
            # The reason may have the caller's bytes in it.
            raise Unauthenticated("The token is not one of this Hub; log in again") from error
        if not isinstance(claims["exp"], int):
            raise Unauthenticated("The token is not one of this Hub; log in again")
        self._remember(token, claims)
        return claims

    def _remember(self, token: str, claims: Mapping[str, Any]) -> None:
        self._known[token] = claims
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


async def load_key(database: Database, name: str = KEY) -> str:
    """The secret of this Hub; made once, also when several processes start at the same time."""
    fresh = secrets.token_urlsafe(48)
    await database.run(
        "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING", name, fresh
    )
    row = await database.one("SELECT value FROM settings WHERE key = ?", name)
    assert row is not None
    return str(row["value"])
