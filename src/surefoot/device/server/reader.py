"""Reading from a client that may be slow, silent or gone: every wait has an end."""

import http.client
import io
import socket
import time
from typing import TYPE_CHECKING

from surefoot.device.server.limits import Pace

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER_BYTES = 8 * 1024


class HeadCut(Exception):
    """The sender stopped in the middle of a request's head."""


class Refused(Exception):
    """This is no request that we can read; nothing after it can be trusted either."""

    def __init__(self, status: int = 400) -> None:
        super().__init__(status)
        self.status = status


class PacedSocket(io.RawIOBase):
    """The reading side of a connection; raises TimeoutError for a sender slower than the pace."""

    def __init__(self, connection: socket.socket, pace: Pace) -> None:
        self._connection = connection
        self.expect(pace)

    def expect(self, pace: Pace) -> None:
        """Another part of the conversation begins: its clock starts now."""
        self._pace = pace
        self._begun = time.monotonic()
        self._received = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        left = self._begun + self._pace.allowance_s(self._received) - time.monotonic()
        if left <= 0:
            raise TimeoutError("the sender is too slow")
        self._connection.settimeout(min(left, self._pace.stall_s))
        count = self._connection.recv_into(buffer)
        self._received += count
        return count


class Head(io.BufferedIOBase):
    """The lines of one request's head; what `http.server` reads as its file.

    Raises `http.client.LineTooLong` when the head outgrows its limit and HeadCut when it ends
    before its empty line.
    """

    def __init__(
        self, source: "io.BufferedReader[PacedSocket]", line_limit: int, limit: int
    ) -> None:
        self._source = source
        self._line_limit = line_limit
        self._limit = limit
        self.left = 0

    def first_line(self) -> bytes:
        """The request line, b"" when there is none; empty lines before it are skipped."""
        self.left = self._limit
        line = self._line(self._line_limit)
        while line in (b"\r\n", b"\n"):
            line = self._line(self._line_limit)
        return line

    def readline(self, size: int | None = -1, /) -> bytes:
        line = self._line(self.left)
        if not line.endswith(b"\n"):
            raise HeadCut
        return line

    def _line(self, limit: int) -> bytes:
        line = self._source.readline(limit + 1)
        self.left -= len(line)
        if len(line) > limit or self.left < 0:
            raise http.client.LineTooLong("head")
        return line
