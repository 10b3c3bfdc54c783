"""JSON whose parts keep their text: what was signed or stored is never made anew (pvr.md 4.3).

Raises InvalidInput for all that is no JSON, however large or deep.
"""

import json
import re
from collections.abc import Iterator

from surefoot.errors import InvalidInput

_BLANKS = re.compile(r"[ \t\n\r]*")


class Number(str):
    """Its digits: no number is so long that reading it could fail, or take its time."""

    __slots__ = ()


_DECODER = json.JSONDecoder(parse_int=Number, parse_float=Number)


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


def elements(text: str) -> list[str]:
    """The raw text of each element of a JSON list."""
    return [text[start:end] for start, end in _element_places(text)]


def whole(text: str) -> object:
    """The value of a JSON text, with each number as `Number`."""
    value, end = _value(text, _skip(text, 0))
    _end(text, end)
    return value


def as_text(body: str | bytes) -> str:
    if isinstance(body, str):
        return body
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"It is not UTF-8: {error}") from error


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
