"""One answer of ours against the recorded one, by a row of the table of what is read."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.interop.read_table import Kind, Row, Shape
from tests.interop.recordings import Exchange
from tests.support.c_device_json import elements, find, find_token, members
from tests.support.hub_process import Answer

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
MISSING = object()


@dataclass(frozen=True)
class Compared:
    """`recorded`: the recorded body with our ids in it, or what describes it. `base`: the address
    of the door that the request came in by."""

    client: str
    exchange: Exchange
    answer: Answer
    recorded: Any
    base: str

    @property
    def text(self) -> str:
        return self.answer.body.decode()

    @property
    def wanted(self) -> Any:
        try:
            return json.loads(self.recorded)
        except (TypeError, ValueError):
            return MISSING


def compare(seen: Compared, row: Row, unread: frozenset[str], blob: bytes) -> Iterator[str]:
    """Complaints."""
    yield from _headers(seen, row)
    yield from SHAPES[row.shape](seen, row, unread, blob)


def _headers(seen: Compared, row: Row) -> Iterator[str]:
    for name, kind in row.headers.items():
        found = seen.answer.headers.get(name)
        if kind is Kind.CHALLENGE:
            wanted = f'JWT realm="pantahub services", ph-aeps="{seen.base}/auth"'
            if found != wanted:
                yield f"{name} is {found!r}, wanted {wanted!r}"
        elif name in seen.exchange.answer_headers and not found:
            yield f"no {name}"


# --- shapes -----------------------------------------------------------------------------------


def _status(seen: Compared, *_: Any) -> Iterator[str]:
    try:
        json.loads(seen.answer.body or b"{}")
    except ValueError:
        yield f"the body is not JSON: {seen.answer.body[:100]!r}"


def _token(seen: Compared, *_: Any) -> Iterator[str]:
    said = json.loads(seen.text)
    if list(said) != ["token"] or not _is_text(said["token"]):
        yield f"a login answers a token alone, not {seen.text[:100]}"
    read = find_token(seen.text)
    if seen.client == "device" and (read != said.get("token") or len(f"Bearer {read}") > 1000):
        yield f"the device would take {read!r} for its token"


def _blob(seen: Compared, _row: Row, _unread: Any, blob: bytes) -> Iterator[str]:
    if seen.answer.body != blob:
        yield f"{len(seen.answer.body)} other bytes than the {len(blob)} wanted"
    if seen.answer.headers.get("content-length") != str(len(blob)):
        yield f"Content-Length is {seen.answer.headers.get('content-length')}"


def _whole(seen: Compared, *_: Any) -> Iterator[str]:
    found = json.loads(seen.text)
    if seen.wanted is not MISSING and found != seen.wanted:
        yield f"{found!r}, wanted {seen.wanted!r}"


def _meta(seen: Compared, *_: Any) -> Iterator[str]:
    found = {key: value for key, value in json.loads(seen.text).items() if value is not None}
    wanted = {key: value for key, value in seen.wanted.items() if value is not None}
    if found != wanted:
        yield f"{found!r}, wanted {wanted!r}"


def _count(seen: Compared, *_: Any) -> Iterator[str]:
    found, wanted = elements(seen.text), elements(seen.recorded)
    if bool(found) != bool(wanted):
        yield f"{len(found)} elements, wanted {len(wanted)}"


def _first(seen: Compared, row: Row, unread: frozenset[str], _: bytes) -> Iterator[str]:
    yield from _count(seen)
    found, wanted = elements(seen.text)[:1], elements(seen.recorded)[:1]
    if found and wanted:
        yield from _fields(seen, found[0], json.loads(wanted[0]), row, unread)
        yield from _state_text(found[0], wanted[0])


def _state_text(found: str, wanted: str) -> Iterator[str]:
    """The device compares states as text; blanks alone would reboot it."""
    if (text := find(found, "state")) != members(wanted)["state"]:
        yield f"the state's text is {text!r:.300}"


def _object(seen: Compared, row: Row, unread: frozenset[str], _: bytes) -> Iterator[str]:
    yield from _fields(seen, seen.text, seen.wanted, row, unread)


SHAPES = {
    Shape.STATUS: _status,
    Shape.TOKEN: _token,
    Shape.BLOB: _blob,
    Shape.META: _meta,
    Shape.WHOLE: _whole,
    Shape.COUNT: _count,
    Shape.FIRST: _first,
    Shape.OBJECT: _object,
}


# --- fields -----------------------------------------------------------------------------------


def _fields(
    seen: Compared, text: str, wanted: Any, row: Row, unread: frozenset[str]
) -> Iterator[str]:
    found = json.loads(text)
    for name, kind in row.fields.items():
        if name not in unread:
            yield from _field(seen, name, kind, found, wanted)
            if seen.client == "device":
                yield from _first_match(text, name, found)


def _first_match(text: str, name: str, found: Any) -> Iterator[str]:
    """What the C device takes for the field must be the field (0.5)."""
    for part in name.split("."):
        read, found = find(text, part), _part(found, part)
        if found is MISSING:
            return
        if read != _as_text(found) and not isinstance(found, dict):
            yield f"the device reads {read!r:.200} for {name}, which is {found!r:.200}"
            return
        text = read or ""


def _as_text(value: Any) -> str:
    return json.dumps(value)[1:-1] if isinstance(value, str) else json.dumps(value)


def _field(seen: Compared, name: str, kind: Kind, found: Any, wanted: Any) -> Iterator[str]:
    rows = list(_walk(found, name.split("."), name))
    expected = dict(_walk(wanted, name.split("."), name)) if wanted is not MISSING else {}
    if wanted is not MISSING and "*" in name and len(rows) != len(expected):
        yield f"{len(rows)} of {name}, wanted {len(expected)}"
    for place, value in rows:
        complaint = _complaint(seen, kind, value, expected.get(place, MISSING))
        if complaint:
            yield f"{place} {complaint}"


def _walk(value: Any, parts: list[str], name: str, at: str = "") -> Iterator[tuple[str, Any]]:
    """Each value that the name stands for, with its place."""
    if not parts:
        yield at[1:], value
    elif parts[0] == "*":
        if isinstance(value, list):
            for number, entry in enumerate(_sorted(value)):
                yield from _walk(entry, parts[1:], name, f"{at}.{number}")
    else:
        yield from _walk(_part(value, parts[0]), parts[1:], name, f"{at}.{parts[0]}")


def _sorted(rows: list[Any]) -> list[Any]:
    """Objects of a step come in any order."""
    is_objects = all(isinstance(row, dict) and "objectname" in row for row in rows)
    return sorted(rows, key=lambda row: row["objectname"]) if is_objects else rows


def _part(value: Any, name: str) -> Any:
    return value.get(name, MISSING) if isinstance(value, dict) else MISSING


def _complaint(seen: Compared, kind: Kind, value: Any, wanted: Any) -> str:
    """ "" when the value is good."""
    if kind is Kind.SAME:
        if wanted is MISSING or wanted == value:
            return ""
        said = "is not there" if value is MISSING else f"is {value!r:.300}"
        return f"{said}, wanted {wanted!r:.300}"
    if CHECKS[kind](value, seen.base):
        return ""
    return "is not there" if value is MISSING else f"is {value!r:.300}, which is no {kind.name}"


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_put_url(value: Any, _: str) -> bool:
    return _is_text(value) and "/local-s3/" in value


def _is_get_url(value: Any, base: str) -> bool:
    return _is_text(value) and value.startswith(f"{base}/") and "?" not in value


CHECKS = {
    Kind.TEXT: lambda value, _: _is_text(value),
    Kind.STRING: lambda value, _: isinstance(value, str),
    Kind.NUMBER: lambda value, _: type(value) is int,
    Kind.TIME: lambda value, _: isinstance(value, str) and TIME.fullmatch(value) is not None,
    Kind.OBJECT: lambda value, _: isinstance(value, dict),
    Kind.NOT_EMPTY: lambda value, _: value is MISSING or (value is not None and value != ""),
    Kind.NOT_NULL: lambda value, _: value is not None,
    Kind.PUT_URL: _is_put_url,
    Kind.GET_URL: _is_get_url,
}
