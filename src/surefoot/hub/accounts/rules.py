"""What a nick, an e-mail address and a password must be."""

import re

from surefoot.errors import InvalidInput
from surefoot.wire.hub import prn

# hub-wire 2.5: 3 to 23 characters; the alphabet is that of device nicks.
NICK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+-]{2,22}\Z")
EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}\Z")
SHORTEST, LONGEST = 8, 1024
# Words of the API: `/<owner>/<device>` is served too (hub.md "What the device does", at its end).
TAKEN_WORDS = """
    anon anonymous api apps audit auth callbacks changes cron dash devices exports healthz local-s3
    logs metrics objects openapi plog profiles s3 subscriptions swagger tokens trails
"""
TAKEN = frozenset(TAKEN_WORDS.split())


def require_nick(nick: str) -> None:
    """Raises InvalidInput."""
    if not NICK.match(nick) or nick.lower() in TAKEN or prn.is_id(nick):
        raise InvalidInput(
            "A nick has 3 to 23 letters, digits, _, + and -, and is no word of the Hub's paths;"
            " choose another"
        )


def require_email(email: str) -> None:
    """`""`: none is given. Raises InvalidInput."""
    if email and not EMAIL.match(email):
        raise InvalidInput("This is no e-mail address; give one like name@example.org")


def require_password(password: str) -> None:
    """Raises InvalidInput."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidInput(f"A password has {SHORTEST} to {LONGEST} characters; choose another")
    if not password.isprintable():
        raise InvalidInput("A password has no control characters; choose another")
