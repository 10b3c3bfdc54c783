"""Bodies of devices and of join tokens, in the order of hub-wire 3.

A device takes the first string that equals the wanted name, key or value, at any depth (hub-wire
0.5): so every plain member stands before the two maps, and `hub/devices/names.py` refuses nicks
that are names of members.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class DeviceBody:
    """`owner`: a PRN, "" while unclaimed. `owner_nick`, `secret`, `challenge`: left out when "".
    `user_meta`, `device_meta`: JSON objects as text. Times as text."""

    id: str
    prn: str
    nick: str
    owner: str
    owner_nick: str
    secret: str
    created: str
    modified: str
    challenge: str
    public: bool
    user_meta: str
    device_meta: str
    garbage: bool = False


@dataclass(frozen=True)
class TokenBody:
    """`token`: only when it was made just now, else "" and left out."""

    id: str
    prn: str
    nick: str
    owner: str
    token: str
    user_meta: str
    disabled: bool
    created: str
    modified: str


def device(body: DeviceBody) -> bytes:
    """One device."""
    return _object(
        ("id", _text(body.id)),
        ("prn", _text(body.prn)),
        ("nick", _text(body.nick)),
        ("owner", _text(body.owner)),
        ("owner-nick", _optional(body.owner_nick)),
        ("secret", _optional(body.secret)),
        ("time-created", _text(body.created)),
        ("time-modified", _text(body.modified)),
        ("challenge", _optional(body.challenge)),
        ("public", _flag(body.public)),
        ("user-meta", body.user_meta),
        ("device-meta", body.device_meta),
        ("garbage", _flag(body.garbage)),
        ("mark_public_processed", "false"),
    )


def token(body: TokenBody) -> bytes:
    """One join token."""
    return _object(
        ("id", _text(body.id)),
        ("prn", _text(body.prn)),
        ("nick", _text(body.nick)),
        ("owner", _text(body.owner)),
        ("token", _optional(body.token)),
        ("default-user-meta", body.user_meta),
        ("disabled", _flag(body.disabled)),
        ("time-created", _text(body.created)),
        ("time-modified", _text(body.modified)),
    )


def array(bodies: Iterable[bytes]) -> bytes:
    return b"[" + b",".join(bodies) + b"]"


def _object(*members: tuple[str, str]) -> bytes:
    """`members`: names with their values as JSON text; "" leaves the member out."""
    text = ",".join(f'"{name}":{value}' for name, value in members if value)
    return f"{{{text}}}".encode()


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _optional(value: str) -> str:
    return _text(value) if value else ""


def _flag(value: bool) -> str:
    return "true" if value else "false"
