"""What a client reads of a Hub's answers, and nothing else: unknown members are let pass.

Every reader takes the body as it came and raises InvalidInput for what it cannot use. A state is
never made anew from its value: signatures cover its text (pvr.md 4.3), so it stays as it was sent.
Sources: hub-wire.md 2 to 6, and `recorded/` for what real Hubs leave out.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from surefoot.errors import InvalidInput
from surefoot.wire import progress
from surefoot.wire.progress import Progress, Status

_BLANKS = re.compile(r"[ \t\n\r]*")
_TOKEN = re.compile(r"[!-~]{1,8192}")


class _Number(str):
    """Its digits: no number is so long that reading it could fail, or take its time."""

    __slots__ = ()


_DECODER = json.JSONDecoder(parse_int=_Number, parse_float=_Number)


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
    id, prn, secret = (_text(members, key, "registration") for key in ("id", "prn", "secret"))
    return Registered(id, prn, secret, _optional(members, "challenge"))


def seen(body: bytes) -> Seen:
    members = _members(body, "device")
    return Seen(
        _text(members, "id", "device"),
        _optional(members, "owner"),
        _optional(members, "challenge"),
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
    raw = _as_text(text)
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
        value = json.loads(_as_text(body))
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


def member_text(text: str, key: str) -> str | None:
    """The raw text of one member of a JSON object, exactly as it stands there; None without it.
    Raises InvalidInput when the text is no JSON object, or has the name twice."""
    found = None
    for name, start, end in _member_places(text):
        if name == key:
            if found is not None:
                raise InvalidInput(f"The name '{key}' stands twice in one JSON object")
            found = text[start:end]
    return found


def _member_places(text: str) -> Iterator[tuple[str, int, int]]:
    """Name, beginning and end of the value of each member."""
    at = _after(text, 0, "{")
    if _is_at(text, at, "}"):
        _end(text, at + 1)
        return
    while True:
        name, at = _value(text, at)
        if not isinstance(name, str):
            raise _no_json(text, at)
        start = _after(text, at, ":")
        _, end = _value(text, start)
        yield name, start, end
        at = _skip(text, end)
        if _is_at(text, at, "}"):
            _end(text, at + 1)
            return
        at = _after(text, at, ",")


def _elements(body: bytes, what: str) -> list[str]:
    """The raw text of each element of a JSON list."""
    text = _as_text(body)
    try:
        return [text[start:end] for start, end in _element_places(text)]
    except InvalidInput as error:
        raise InvalidInput(f"The Hub's list of {what}: {error}") from error


def _element_places(text: str) -> Iterator[tuple[int, int]]:
    at = _after(text, 0, "[")
    if _is_at(text, at, "]"):
        _end(text, at + 1)
        return
    while True:
        _, end = _value(text, at)
        yield at, end
        at = _skip(text, end)
        if _is_at(text, at, "]"):
            _end(text, at + 1)
            return
        at = _after(text, at, ",")


def _value(text: str, at: int) -> tuple[object, int]:
    try:
        value, end = _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"It is no JSON: {error}") from error
    return value, end


def _skip(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    return blanks.end() if blanks else at


def _is_at(text: str, at: int, sign: str) -> bool:
    return text[at : at + 1] == sign


def _after(text: str, at: int, sign: str) -> int:
    """Where the next value begins, behind `sign`."""
    at = _skip(text, at)
    if not _is_at(text, at, sign):
        raise _no_json(text, at)
    return _skip(text, at + 1)


def _end(text: str, at: int) -> None:
    if _skip(text, at) != len(text):
        raise _no_json(text, at)


def _no_json(text: str, at: int) -> InvalidInput:
    return InvalidInput(f"It is no JSON from character {at} on: {text[at : at + 20]!r}")


def _as_text(body: str | bytes) -> str:
    if isinstance(body, str):
        return body
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"The Hub's answer is not UTF-8 ({error})") from error


def _members(body: str | bytes, what: str) -> dict[str, Any]:
    """Of a JSON object, with numbers as text."""
    text = _as_text(body)
    try:
        value, end = _value(text, _skip(text, 0))
        _end(text, end)
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


def _optional(members: dict[str, Any], key: str) -> str:
    found = members.get(key)
    return found if isinstance(found, str) and not isinstance(found, _Number) else ""


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
