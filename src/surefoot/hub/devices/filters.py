"""From the query of a list to conditions: `nick=gw1`, `nick=!gw1` (not), `nick=^gw` (begins)."""

from collections.abc import Mapping
from dataclasses import dataclass

from surefoot.hub.devices.store import Match, Wanted
from surefoot.hub.frame.problems import Malformed
from surefoot.wire.hub import prn

KEYS = ("id", "prn", "nick", "public")
# Whose devices: `access.owner_asked` reads these.
WHOSE = ("owner", "owner-nick")
SIZE, OFFSET = "page[size]", "page[offset]"
PAGE_MAX = 10_000
SIGNS = {"!": Match.IS_NOT, "^": Match.BEGINS}
FLAGS = {"true": 1, "false": 0}


@dataclass(frozen=True)
class Page:
    size: int
    offset: int


def conditions(query: Mapping[str, str]) -> list[Wanted]:
    """Raises Malformed for a key that no device has."""
    known = {*KEYS, *WHOSE, SIZE, OFFSET}
    for key in query:
        if key not in known:
            raise Malformed(f"Devices are not listed by {key!r}, but by {', '.join(sorted(known))}")
    return [_condition(key, query[key]) for key in KEYS if query.get(key)]


def page(query: Mapping[str, str]) -> Page:
    """Raises Malformed."""
    return Page(_number(query, SIZE, PAGE_MAX, PAGE_MAX), _number(query, OFFSET, 0, 1 << 53))


def _condition(key: str, text: str) -> Wanted:
    match = SIGNS.get(text[0], Match.IS)
    value = text if match is Match.IS else text[1:]
    if key == "public":
        return _flag(match, value)
    return ("id", match, prn.id_of(value)) if key == "prn" else (key, match, value)


def _flag(match: Match, value: str) -> Wanted:
    if match is Match.BEGINS or value not in FLAGS:
        raise Malformed("Ask for public=true or public=false")
    return "public", match, FLAGS[value]


def _number(query: Mapping[str, str], key: str, default: int, most: int) -> int:
    text = query.get(key, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise Malformed(f"{key} is a number of devices")
    return min(int(text), most)
