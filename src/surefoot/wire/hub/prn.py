"""Names on the wire: `prn:::accounts:/<id>`, `prn:::devices:/<id>` (hub-wire.md 1)."""

import re

_ID = re.compile(r"[0-9a-f]{24}\Z")
_ACCOUNTS = "prn:::accounts:/"
_DEVICES = "prn:::devices:/"
_JOIN_TOKENS = "prn:::devices-tokens:/"
ANONYMOUS = "prn:pantahub.com:auth:/anon"


def account(id: str) -> str:
    return _ACCOUNTS + id


def device(id: str) -> str:
    return _DEVICES + id


def join_token(id: str) -> str:
    return _JOIN_TOKENS + id


def is_device(prn: str) -> bool:
    return prn.startswith(_DEVICES)


def is_account(prn: str) -> bool:
    return prn.startswith(_ACCOUNTS)


def id_of(prn: str) -> str:
    """The text after the first slash; the whole of what has none."""
    return prn.partition("/")[2] or prn


def is_id(text: str) -> bool:
    """24 lower-case hex digits: what tells ids from nicks."""
    return _ID.match(text) is not None
