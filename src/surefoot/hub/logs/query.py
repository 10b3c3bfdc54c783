"""What a reader wants to see: from the query of a call, or out of a cursor. Pure.

`pvr device logs` asks from the last time that it saw, cut to whole seconds: it would print the last
second again and again. Its queries are therefore read by whole seconds (`whole_seconds`): after
that second, and of the running second nothing yet.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import msgspec

from surefoot.hub.frame.problems import Malformed

SECOND = 1_000_000
PAGE, PAGE_MAX = 50, 10_000
# What is skipped is read all the same; who wants to go deeper has the cursor.
START_MAX = 10_000
MOST_VALUES = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Micros = Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)]
Texts = Annotated[tuple[str, ...], msgspec.Meta(max_length=MOST_VALUES)]


class Column(StrEnum):
    """What may be sorted by: the name in a query, and that of the table's column."""

    DEV = "dev"
    REV = "rev"
    PLAT = "plat"
    LVL = "lvl"
    TSEC = "tsec"
    TNANO = "tnano"
    CREATED = "time-created"
    SRC = "src"

    @property
    def field(self) -> str:
        return {"dev": "device", "time-created": "created"}.get(self, str(self))

    @property
    def is_number(self) -> bool:
        return self in (Column.TSEC, Column.TNANO, Column.CREATED)


class Order(msgspec.Struct, frozen=True, omit_defaults=True):
    by: Column
    down: bool = False


NEWEST_FIRST = (Order(Column.CREATED, down=True),)


class Query(msgspec.Struct, frozen=True, omit_defaults=True):
    """`devices`: ids, none for all of the owner's. Of `rev`, `src`, `lvl`, `plat` one value must
    fit, if there is any. `before`, `after`: microseconds, both without the moment itself."""

    devices: Texts = ()
    rev: Texts = ()
    src: Texts = ()
    lvl: Texts = ()
    plat: Texts = ()
    before: Micros | None = None
    after: Micros | None = None
    sort: Annotated[tuple[Order, ...], msgspec.Meta(min_length=1, max_length=8)] = NEWEST_FIRST
    start: Annotated[int, msgspec.Meta(ge=0, le=START_MAX)] = 0
    page: Annotated[int, msgspec.Meta(ge=1, le=PAGE_MAX)] = PAGE
    whole_seconds: bool = False


def parse(asked: Mapping[str, str], devices: tuple[str, ...]) -> Query:
    """`devices`: ids of those that `dev` names. Raises Malformed."""
    sort, after = _sort(asked.get("sort", "")), asked.get("after", "")
    follows = wants_cursor(asked) and sort[0] == Order(Column.CREATED)
    by_seconds = follows and after != "" and _micros(after, "after") % SECOND == 0
    return Query(
        devices=devices,
        rev=values(asked, "rev"),
        src=values(asked, "src"),
        lvl=values(asked, "lvl"),
        plat=values(asked, "plat"),
        before=_time(asked, "before"),
        after=_end_of_second(_time(asked, "after")) if by_seconds else _time(asked, "after"),
        sort=sort,
        start=_number(asked, "start", 0, START_MAX),
        page=max(1, _number(asked, "page", PAGE, PAGE_MAX)),
        whole_seconds=by_seconds,
    )


def wants_cursor(asked: Mapping[str, str]) -> bool:
    return asked.get("cursor", "").lower() not in ("", "false", "0")


def values(asked: Mapping[str, str], key: str) -> tuple[str, ...]:
    """Of a list with commas. Raises Malformed when it is very long."""
    found = tuple(value for value in asked.get(key, "").split(",") if value)
    if len(found) > MOST_VALUES:
        raise Malformed(f"{key} may name {MOST_VALUES} values")
    return found


def _sort(text: str) -> tuple[Order, ...]:
    names = list(dict.fromkeys(name for name in text.split(",") if name))
    try:
        found = [Order(Column(name.removeprefix("-")), name.startswith("-")) for name in names]
    except ValueError as error:
        raise Malformed(f"Logs are sorted by {', '.join(Column)}, not {text[:80]!r}") from error
    once = {order.by: order for order in reversed(found)}
    return tuple(reversed(once.values())) or NEWEST_FIRST


def _time(asked: Mapping[str, str], key: str) -> int | None:
    return _micros(asked[key], key) if asked.get(key) else None


def _micros(text: str, key: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else datetime.combine(moment.date(), moment.time(), UTC)
        return (aware - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError) as error:
        raise Malformed(f"{key} is {text[:40]!r}; a time reads 2026-11-24T06:00:00Z") from error


def _end_of_second(micros: int | None) -> int | None:
    return micros if micros is None else micros + SECOND - 1


def _number(asked: Mapping[str, str], key: str, default: int, most: int) -> int:
    text = asked.get(key) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise Malformed(f"{key} is a number of lines")
    return min(int(text), most)
