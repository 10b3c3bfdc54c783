"""From the body that a device posts to lines that can be stored. Pure."""

from typing import Annotated

import msgspec

from surefoot.hub.frame.call import decode
from surefoot.hub.frame.problems import TooLarge

MOST_LINES = 10_000
LONGEST_LABEL = 255
LONGEST_MESSAGE = 8192
Number = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Line(msgspec.Struct, frozen=True):
    """Other members are let pass. The recorded devices send `rev` as a text."""

    msg: str
    tsec: Number = 0
    tnano: Number = 0
    lvl: str = ""
    src: str = ""
    plat: str = ""
    rev: str | int = ""


def lines(body: bytes) -> list[Line]:
    """One line or many. Raises Malformed, TooLarge. What is too long in itself is cut: a device
    would drop what is refused."""
    is_list = body.lstrip().startswith(b"[")
    many = decode(body, list[Line]) if is_list else [decode(body, Line)]
    if len(many) > MOST_LINES:
        raise TooLarge(f"{MOST_LINES} lines may come at once; send the rest in a further call")
    return [_bounded(line) for line in many]


def _bounded(line: Line) -> Line:
    return Line(
        msg=_text(line.msg, LONGEST_MESSAGE),
        tsec=line.tsec,
        tnano=line.tnano,
        lvl=_text(line.lvl, LONGEST_LABEL),
        src=_text(line.src, LONGEST_LABEL),
        plat=_text(line.plat, LONGEST_LABEL),
        rev=_text(str(line.rev), LONGEST_LABEL),
    )


def _text(text: str, most: int) -> str:
    """Not every database stores a NUL."""
    return text[:most].replace("\0", "\ufffd")
