"""The body of a request, read piece by piece as its framing says (RFC 9112 6 and 7.1)."""

import io
import re
from collections.abc import Callable, Iterator
from email.message import Message

from surefoot.device.server.desk import Reply
from surefoot.device.server.limits import Pace
from surefoot.device.server.reader import PacedSocket, Refused

CHUNK_BYTES = 256 * 1024
_FRAME_LINE_BYTES = 1024
_TRAILER_LINES = 64
_DIGITS = re.compile(r"[0-9]{1,18}\Z")
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(;[^\r\n]*)?\r?\n\Z")

TOO_LARGE = "Data size exceeds the limit"


def framed_length(headers: Message) -> int | None:
    """Bytes in the body, None for a chunked one. Raises Refused.

    `identity` beside a length is what pvcontrol sends (pvr.md 6.3); a request with neither header
    has no body.
    """
    codings = ",".join(headers.get_all("Transfer-Encoding", [])).lower().replace(" ", "")
    if codings == "chunked":
        return None
    if codings not in ("", "identity"):
        raise Refused(501)
    lengths = {length.strip() for length in headers.get_all("Content-Length", ["0"])}
    if len(lengths) != 1 or not _DIGITS.match(length := lengths.pop()):
        raise Refused(400)
    return int(length)


class Body:
    """`begin` is called before the first byte is read: it tells a waiting client to go on."""

    def __init__(
        self,
        source: "io.BufferedReader[PacedSocket]",
        paced: PacedSocket,
        length: int | None,
        begin: Callable[[], None],
    ) -> None:
        self._source = source
        self._paced = paced
        self._begin = begin
        self.length = length
        self.finished = length == 0

    def chunks(self, pace: Pace) -> Iterator[memoryview]:
        """The bytes, once; each view is good until the next is asked for.

        Raises Reply: 408 for a sender slower than the pace, 400 for a body that is cut or framed
        badly.
        """
        if self.finished:
            return
        try:
            self._begin()
            self._paced.expect(pace)
            yield from self._framed()
        except TimeoutError:
            raise Reply(408, "Request timed out", reason="its body came too slowly") from None
        except ConnectionError:
            raise _broken("the connection broke in its body") from None
        self.finished = True

    def read(self, limit: int, pace: Pace, too_large: Reply | None = None) -> bytes:
        """All of it. Raises Reply as `chunks`, and `too_large` (507) beyond the limit in bytes."""
        whole = bytearray()
        excess = too_large or Reply(507, TOO_LARGE, reason=f"at most {limit} bytes are taken here")
        if (self.length or 0) > limit:
            raise excess
        for chunk in self.chunks(pace):
            whole += chunk
            if len(whole) > limit:
                raise excess
        return bytes(whole)

    def drain(self, pace: Pace) -> None:
        """Reads all of it and keeps nothing. Raises Reply as `chunks`."""
        for _ in self.chunks(pace):
            pass

    def _framed(self) -> Iterator[memoryview]:
        room = memoryview(bytearray(min(CHUNK_BYTES, self.length or CHUNK_BYTES)))
        frames = _chunk_sizes(self._source) if self.length is None else iter([self.length])
        for size in frames:
            left = size
            while left:
                count = self._source.readinto1(room[:left])
                if not count:
                    raise _broken("it ended in the middle of its body")
                left -= count
                yield room[:count]


def _chunk_sizes(source: "io.BufferedReader[PacedSocket]") -> Iterator[int]:
    """The size of each chunk; the caller reads exactly that much before it asks for the next."""
    while size := _chunk_size(source.readline(_FRAME_LINE_BYTES)):
        yield size
        if source.readline(_FRAME_LINE_BYTES) not in (b"\r\n", b"\n"):
            raise _broken("a chunk is longer than it said")
    for _ in range(_TRAILER_LINES):
        if source.readline(_FRAME_LINE_BYTES) in (b"\r\n", b"\n"):
            return
    raise _broken("it ended in the middle of its body")


def _chunk_size(line: bytes) -> int:
    match = _CHUNK_SIZE.match(line)
    if not match:
        raise _broken("the size of a chunk was expected")
    return int(match[1], 16)


def _broken(reason: str) -> Reply:
    return Reply(400, "Request is incomplete", reason=reason)
