"""A log as it grows, over reboots of the device."""

import time
from collections.abc import Iterator
from itertools import islice

from surefoot.client.socket import SocketClient
from surefoot.errors import Busy, NotFound, TimedOut, Unreachable

DEFAULT_PATIENCE_S = 120.0

_PAUSE_S = 0.5
# What is looked at again after the connection broke, to find the place where it did.
_OVERLAP_LINES = 2000


def target(revision: str, source: str, tail: int, *, follow: bool = False) -> str:
    """The path of a log on the socket; `tail`: how many of its last lines."""
    return f"/logs/{revision}/{source}?tail={tail}{'&follow=1' if follow else ''}"


class Follower:
    """The last `tail` lines, then each new one, for ever.

    Raises NotFound when there is no such log; later Unreachable when the device has been away for
    `patience_s` seconds.
    """

    def __init__(
        self,
        client: SocketClient,
        revision: str,
        source: str,
        tail: int,
        patience_s: float = DEFAULT_PATIENCE_S,
    ) -> None:
        self._client = client
        self._revision = revision
        self._source = source
        self._patience_s = patience_s
        self._last = b""
        client.get_bytes(target(revision, source, 0))
        self._heard = time.monotonic()
        self._lines = self._open(tail)

    def __iter__(self) -> Iterator[bytes]:
        yield from self._told(self._lines)
        while True:
            time.sleep(_PAUSE_S)
            yield from self._told(self._again())
            if time.monotonic() - self._heard > self._patience_s:
                where, away = self._client.path, self._patience_s
                raise Unreachable(f"nobody has answered at {where} for {away:g} s")

    def _told(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        try:
            for line in lines:
                self._last, self._heard = line, time.monotonic()
                yield line
        except (Unreachable, Busy, TimedOut, NotFound):
            # Not there is passing too: a revision that has just begun to run has no log yet.
            return

    def _again(self) -> Iterator[bytes]:
        """From the line after the last one told; all of it where that one is not in the log."""
        known = self._client.get_bytes(target(self._revision, self._source, _OVERLAP_LINES))
        self._heard = time.monotonic()
        lines = known.splitlines()
        told = len(lines) - lines[::-1].index(self._last) if self._last in lines else 0
        yield from islice(self._open(_OVERLAP_LINES), told, None)

    def _open(self, tail: int) -> Iterator[bytes]:
        return self._client.lines(target(self._revision, self._source, tail, follow=True))
