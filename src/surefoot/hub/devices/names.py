"""Nicks, challenges, secrets: what they may be, and new ones."""

import re
import secrets
import string

from surefoot.errors import InvalidInput
from surefoot.hub.devices.words import QUALITIES, THINGS
from surefoot.wire.hub import prn

NICK = re.compile(r"[A-Za-z0-9_\-+%]{1,64}\Z")
# Names of members that a device looks for by their first match (hub-wire 0.5), and words that stand
# at a nick's place in a path.
_RESERVED = """
id prn nick owner owner-nick secret challenge public user-meta device-meta garbage
time-created time-modified mark_public_processed tokens np register auth_status
"""
RESERVED = frozenset(_RESERVED.split())
SECRET_LENGTH = 15  # 77 bits; as long as the reference's, which devices are known to take
SECRET_LETTERS = string.ascii_lowercase + string.digits
SECRET_MIN, SECRET_MAX = 12, 128


def require_nick(nick: str) -> str:
    """The nick itself. Raises InvalidInput."""
    if not NICK.match(nick):
        raise InvalidInput("A nick has 1 to 64 of these: letters, digits and _ - + %")
    if prn.is_id(nick) or nick in RESERVED:
        raise InvalidInput(f"{nick!r} has a meaning of its own here; choose another nick")
    return nick


def require_secret(secret: str) -> str:
    """A secret that somebody chose. Raises InvalidInput."""
    if not SECRET_MIN <= len(secret) <= SECRET_MAX:
        raise InvalidInput(f"A secret has {SECRET_MIN} to {SECRET_MAX} characters")
    return secret


def make_nick() -> str:
    return "_".join(_three_words())


def make_unregistered_nick() -> str:
    return f"__unregistered__{secrets.choice(THINGS)}_{secrets.token_hex(5)}"


def make_challenge() -> str:
    """24 bits, for people to type. Of use only to who knows the device's id, 96 bits more."""
    return "-".join(_three_words())


def make_secret() -> str:
    return "".join(secrets.choice(SECRET_LETTERS) for _ in range(SECRET_LENGTH))


def _three_words() -> tuple[str, str, str]:
    return secrets.choice(QUALITIES), secrets.choice(QUALITIES), secrets.choice(THINGS)
