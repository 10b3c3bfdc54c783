"""What a client reads of a Hub's answers, and nothing else: unknown members are let pass.

Every reader takes the body as it came and raises InvalidInput for what it cannot use. A state is
never made anew from its value: signatures cover its text (pvr.md 4.3), so it stays as it was sent.
Sources: hub-wire.md 2 to 6, and `recorded/` for what real Hubs leave out.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from surefoot.errors import InvalidInput
from surefoot.wire import progress
from surefoot.wire.hub.raw import Number, as_text, elements, member_text, whole
from surefoot.wire.progress import Progress, Status

__all__ = [
    "ObjectPlace",
    "Offered",
    "Registered",
    "Seen",
    "complaint",
    "held",
    "loaded",
    "member_text",
    "meta",
    "offered",
    "place",
    "registered",
    "seen",
    "step",
    "token",
    "trails",
]

_TOKEN = re.compile(r"[!-~]{1,8192}")
_WORD = re.compile(r"[!-~]{1,1024}")


@dataclass(frozen=True)
class Registered:
    """`challenge` is empty for a device that was owned at once (an auto-join token)."""

    id: str
    prn: str
    secret: str
    challenge: str


@dataclass(frozen=True)
class Seen:
    """`owner`: a PRN, empty while nobody has claimed the device."""

    id: str
    owner: str
    challenge: str


@dataclass(frozen=True)
class Offered:
    """`state`: its text, empty when the step has none. `progress`: None when the Hub's cannot be
    understood, which is as if nothing had happened yet."""

    revision: str
    state: bytes
    message: str
    progress: Progress | None


@dataclass(frozen=True)
class ObjectPlace:
    """`size` in bytes; URLs are empty where none was given. `present`: the Hub has the bytes."""

    sha: str
    size: int
    get_url: str
    put_url: str
    present: bool


def token(body: bytes) -> str:
    """Of a login; opaque, but it must fit into a header."""
    found = _text(_members(body, "login"), "token", "login")
    if not _TOKEN.fullmatch(found):
        raise InvalidInput("The Hub's login has a token that cannot be sent back")
    return found


def registered(body: bytes) -> Registered:
    members = _members(body, "registration")
    id, prn, secret = (_word(members, key) for key in ("id", "prn", "secret"))
    return Registered(id, prn, secret, _challenge(members))


def seen(body: bytes) -> Seen:
    members = _members(body, "device")
    return Seen(
        _text(members, "id", "device"),
        _optional(members, "owner"),
        _challenge(members),
    )


def trails(body: bytes) -> list[str]:
    """The ids of all that are listed."""
    return [_text(_members(one, "trail"), "id", "trail") for one in _elements(body, "trails")]


def offered(body: bytes) -> Offered | None:
    """The first step of a list, which is the only one that counts (hub-wire.md 4.2)."""
    first = next(iter(_elements(body, "steps")), None)
    return None if first is None else step(first)


def step(text: str | bytes) -> Offered:
    """Of one step, as the body of an answer or out of a list."""
    members = _members(text, "step")
    raw = as_text(text)
    return Offered(
        revision=str(int(_number(members.get("rev"), "rev", "step"))),
        state=(member_text(raw, "state") or "").encode(),
        message=_optional(members, "commit-msg"),
        progress=_progress(member_text(raw, "progress")),
    )


def held(body: bytes) -> Status | None:
    """The status in the answer to a report: what the Hub holds now (R14). None when the answer
    does not say."""
    try:
        return progress.decode(body).status
    except InvalidInput:
        return None


def place(body: bytes, *, present: bool) -> ObjectPlace:
    members = _members(body, "object")
    size = members.get("size")
    return ObjectPlace(
        sha=_text(members, "sha256sum" if "sha256sum" in members else "id", "object"),
        size=int(_number(members.get("sizeint") if size is None else size, "size", "object")),
        get_url=_optional(members, "signed-geturl"),
        put_url=_optional(members, "signed-puturl"),
        present=present,
    )


def meta(body: bytes) -> dict[str, Any]:
    """User or device metadata: a flat object with values of any kind."""
    return loaded(body, "metadata")


def loaded(body: bytes, what: str) -> dict[str, Any]:
    """A whole JSON object, for what has no shape of its own here."""
    try:
        value = json.loads(as_text(body))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"The Hub's {what} is no JSON ({error})") from error
    if not isinstance(value, dict):
        raise InvalidInput(f"The Hub's {what} is no JSON object")
    return value


def complaint(body: bytes) -> str:
    """What an answer with an error says, for people; empty when it says nothing that can be
    shown. Knows the body of the reference, of its framework, and of our Hub."""
    try:
        members = _members(body, "complaint")
    except InvalidInput:
        return ""
    found = [_optional(members, key) for key in ("msg", "Error", "error")]
    return next((text for text in found if text), "")[:500]


def _elements(body: bytes, what: str) -> list[str]:
    try:
        return elements(as_text(body))
    except InvalidInput as error:
        raise InvalidInput(f"The Hub's list of {what}: {error}") from error


def _members(body: str | bytes, what: str) -> dict[str, Any]:
    """Of a JSON object, with numbers as text."""
    try:
        value = whole(as_text(body))
    except InvalidInput as error:
        raise InvalidInput(f"The Hub's {what}: {error}") from error
    if not isinstance(value, dict):
        raise InvalidInput(f"The Hub's {what} is no JSON object")
    return value


def _text(members: dict[str, Any], key: str, what: str) -> str:
    found = _optional(members, key)
    if not found:
        raise InvalidInput(f"The Hub's {what} has no '{key}'")
    return found


def _word(members: dict[str, Any], key: str) -> str:
    """One that is kept as a line of configuration: no line break in it may begin another."""
    found = _text(members, key, "registration")
    if not _WORD.fullmatch(found):
        raise InvalidInput(f"The Hub's registration has a '{key}' that cannot be kept")
    return found


def _challenge(members: dict[str, Any]) -> str:
    """Empty without one. It is shown as it is."""
    found = _optional(members, "challenge")
    if not found.isprintable():
        raise InvalidInput("The Hub's 'challenge' cannot be shown")
    return found


def _optional(members: dict[str, Any], key: str) -> str:
    found = members.get(key)
    return found if isinstance(found, str) and not isinstance(found, Number) else ""


def _number(found: object, key: str, what: str) -> str:
    """A whole number, 0 or more, as its digits; the wire has some of them as text."""
    if not isinstance(found, str) or not re.fullmatch(r"[0-9]{1,18}", found):
        raise InvalidInput(f"The Hub's {what} has no whole number in '{key}'")
    return found


def _progress(text: str | None) -> Progress | None:
    try:
        return progress.decode((text or "").encode())
    except InvalidInput:
        return None
