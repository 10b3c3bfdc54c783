"""Bodies and claims of logins and accounts (hub-wire 2). Key order is part of the format."""

import json
from typing import Any

from surefoot.wire.hub import prn

_SCOPES = "prn:pantahub.com:apis:/base/"
EVERYTHING = f"{_SCOPES}all"
READING = " ".join(f"{_SCOPES}{of}.readonly" for of in ("devices", "objects", "trails"))
# A token must fit into 1000 bytes (hub-wire 0.2), whatever nick a device was given.
NICK_IN_TOKEN = 64


def token_answer(token: str) -> bytes:
    """Exactly one key, nothing after it: the device takes the last text as its token
    (hub-wire 0.1)."""
    return _compact({"token": token})


def user_claims(id: str, nick: str, admin: bool, generation: int) -> dict[str, Any]:
    """hub-wire 2.2; `gen` is ours: a token of an older generation is void."""
    role = "admin" if admin else "user"
    claims = _claims(nick, prn.account(id), "USER", role)
    return {**claims, "gen": generation}


def device_claims(id: str, nick: str, owner: str, generation: int) -> dict[str, Any]:
    """`owner`: an account's id, or "" while it is unclaimed."""
    claims = _claims(nick, prn.device(id), "DEVICE", "device")
    claims["id"] = prn.device(id)
    return {**claims, "owner": prn.account(owner) if owner else "", "gen": generation}


def anonymous_claims() -> dict[str, Any]:
    return {**_claims("anonymous", prn.ANONYMOUS, "USER", "user"), "scopes": READING}


def account_body(nick: str, email: str, name: str, created: str, modified: str) -> dict[str, Any]:
    """hub-wire 2.5. `name`: its PRN; times as text."""
    return {
        "type": "USER",
        "email": email,
        "nick": nick,
        "prn": name,
        "time-created": created,
        "time-modified": modified,
    }


def _claims(nick: str, name: str, kind: str, role: str) -> dict[str, Any]:
    nick = nick[:NICK_IN_TOKEN]
    return {
        "id": nick,
        "nick": nick,
        "prn": name,
        "roles": role,
        "type": kind,
        "scopes": EVERYTHING,
    }


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
