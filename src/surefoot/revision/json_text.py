"""From JSON text to exact values, under limits; every failure is a StateError.

Unlike `json.loads`: numbers keep their exact value, a name that stands twice in one object is an
error, lone surrogates become U+FFFD (pvr.md 1.3), and neither nesting nor `1e999999999` can hurt.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from json import JSONDecodeError, JSONDecoder
from typing import cast

from surefoot.revision.errors import StateError, shown
from surefoot.revision.limits import LIMITS, Limits
from surefoot.revision.values import EXACT, Json, is_integer

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair: one character
    r"|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    r"|\\."
)


def read_json(text: bytes | str, limits: Limits = LIMITS) -> Json:
    """The value of one JSON text. Raises StateError."""
    return read_text(as_text(text, limits), limits)


def as_text(text: bytes | str, limits: Limits) -> str:
    """The text itself, unchanged, once it is known to be UTF-8 of an acceptable size."""
    _bound(len(text), limits.max_bytes, "bytes")
    try:
        if isinstance(text, bytes):
            return text.decode()
        _bound(len(text.encode()), limits.max_bytes, "bytes")
    except UnicodeError as error:
        raise StateError("", "UTF-8", shown(str(error))) from error
    return text


def read_text(text: str, limits: Limits) -> Json:
    """As `read_json`, for a text that has passed `as_text`."""
    require_few_values(text, limits)
    return _check(_decode(without_lone_surrogates(text), limits), limits)


def require_few_values(text: str, limits: Limits = LIMITS) -> None:
    """Before it is read: a short text may hold very many values. Raises StateError."""
    values = text.count(",") + text.count("[") + text.count("{")
    _bound(values, limits.max_values, "values")


def _bound(size: int, most: int, unit: str) -> None:
    if size > most:
        raise StateError("", f"at most {most} {unit}", str(size))


def without_lone_surrogates(text: str) -> str:
    """Those that are escaped are U+FFFD, escaped."""
    if not _SURROGATE.search(text):
        return text
    return _ESCAPE.sub(lambda found: r"\ufffd" if found["lone"] else found[0], text)


def _decode(text: str, limits: Limits) -> object:
    """JSON values, and a `_Fault` in the place of each bad one."""
    numbers = _Numbers(limits)
    decoder = JSONDecoder(
        object_pairs_hook=_members,
        parse_int=numbers.integer,
        parse_float=numbers.decimal,
        parse_constant=lambda name: _Fault("a finite number", name),
    )
    try:
        value: object = decoder.decode(text)
    except JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise StateError("", "JSON", f"a fault at {place}: {error.msg}") from error
    except RecursionError as error:
        expected = f"at most {limits.max_depth} levels of nesting"
        raise StateError("", expected, "more than can be read") from error
    return value


@dataclass(frozen=True)
class _Fault:
    """Stands for a bad value until the check below, which knows where it is, raises it."""

    expected: str
    found: str
    name: str = ""

    def error(self, key: str) -> StateError:
        place = ": ".join(part for part in (key, self.name) if part)
        return StateError(place, self.expected, self.found)


class _Numbers:
    """Reads the numbers of one text; `written` counts the digits that exponents stand for."""

    def __init__(self, limits: Limits) -> None:
        self.most_digits = limits.max_digits
        self.most_written = limits.max_bytes
        self.written = 0

    def integer(self, text: str) -> int | _Fault:
        return int(text) if len(text) <= self.most_digits else self._fault(text)

    def decimal(self, text: str) -> int | Decimal | _Fault:
        if len(text) > self.most_digits:
            return self._fault(text)
        try:
            value = Decimal(text, EXACT).normalize(EXACT)
        except DecimalException:
            return self._fault(text)
        if abs(value.adjusted()) > self.most_digits:
            return self._fault(text)
        return self._integer_value(value) if is_integer(value) else value

    def _integer_value(self, value: Decimal) -> int | _Fault:
        self.written += value.adjusted()
        return int(value) if self.written <= self.most_written else self._fault("too many of them")

    def _fault(self, found: str) -> _Fault:
        return _Fault(f"a number of at most {self.most_digits} digits", shown(found))


def _members(pairs: list[tuple[str, Json]]) -> dict[str, Json] | _Fault:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    return _Fault("this name once", "it twice", _first_repeated([name for name, _ in pairs]))


def _first_repeated(names: list[str]) -> str:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    raise AssertionError("no name stands twice")


def _check(value: object, limits: Limits) -> Json:
    """The value, once it is free of faults and not too deep. Members of the outermost object are
    checked one by one, so that an error can name their path."""
    if not isinstance(value, dict):
        _check_part("", value, limits.max_depth)
    else:
        for key, inner in value.items():
            if not isinstance(inner, str):
                _check_part(key, inner, limits.max_depth - 1)
    return cast(Json, value)


def _check_part(key: str, value: object, depth: int) -> None:
    """Level by level, so that deep nesting costs no stack."""
    level, left = [value], depth
    while level:
        outer = [one for one in level if isinstance(one, (dict, list))]
        if outer and left == 0:
            raise StateError(key, f"at most {depth} levels of nesting", "more")
        for one in level:
            if isinstance(one, _Fault):
                raise one.error(key)
        left -= 1
        level = [inner for one in outer for inner in _inside(one)]


def _inside(value: dict[str, object] | list[object]) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value
