"""Which bytes of an object a call asks for (RFC 9110, 14). Pure."""

import re
from dataclasses import dataclass

_ONE = re.compile(r"bytes=\s*([0-9]{0,19})-([0-9]{0,19})\s*\Z", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """`status`: 200 the whole, 206 a part, 416 nothing of what was asked is there."""

    status: int
    start: int
    length: int
    size: int

    @property
    def content_range(self) -> str:
        """The header of that name; "" for the whole."""
        if self.status == 416:
            return f"bytes */{self.size}"
        end = self.start + self.length - 1
        return f"bytes {self.start}-{end}/{self.size}" if self.status == 206 else ""


def part(asked: str, if_range: str, etag: str, size: int) -> Part:
    """`asked`, `if_range`: headers, "" when missing. `etag`: of the object as it is, with quotes.

    A range that cannot be read, several at once, and one of other bytes (`if_range`) are the whole,
    as the RFC allows.
    """
    whole = Part(200, 0, size, size)
    found = _ONE.match(asked)
    if not found or found.groups() == ("", "") or if_range.strip() not in ("", etag):
        return whole
    first, last = found.groups()
    start, end = _bounds(first, last, size)
    if first and last and int(last) < int(first):
        return whole
    return Part(206, start, end - start, size) if start < end else Part(416, 0, 0, size)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """From, and up to but without."""
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(int(last) + 1, size) if last else size
