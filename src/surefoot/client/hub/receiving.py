"""Where the bytes of an answer go: into memory, or into a sink, each by its rules."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

_EXCUSE = 4096
"""Bytes kept of an answer that is no download: enough for its reason."""
_OPEN = (200, 206)
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)\Z")


Sink = Callable[[bytes], "asyncio.Future[None] | None"]
"""Takes each piece. When it gives a future, the transfer rests until that is done; what the future
raises ends the transfer, as what the sink itself raises does."""


class Head(Protocol):
    """What is known of an answer when its body begins. Header names in lower case."""

    status: int
    headers: dict[str, str]

    def rest(self, until: "asyncio.Future[None]") -> None: ...


@dataclass(frozen=True)
class Ended:
    """How a download ended. `status` 0: no answer at all. `received`: bytes that the sink got.
    `complete`: it got all that the server has from the offset on. `reason`: why not, for people.
    `is_refused`: what came was not what was asked for, so none of it was taken.
    """

    status: int
    received: int
    complete: bool
    reason: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    is_refused: bool = False


class Collected:
    """A body in memory, up to `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self.body = bytearray()
        self.is_over = False
        self._limit = limit

    def begin(self) -> None:
        self.body.clear()

    def take(self, _head: Head, chunk: bytes) -> bool:
        self.is_over = len(self.body) + len(chunk) > self._limit
        if not self.is_over:
            self.body += chunk
        return not self.is_over


class Received:
    """A download on its way into `sink`; what is no 200 or 206 does not get there."""

    def __init__(self, sink: Sink, offset: int, on_restart: Callable[[], None] | None) -> None:
        self._sink = sink
        self._offset = offset
        self._on_restart = on_restart
        self._count = 0
        self._excuse = bytearray()
        self._is_open = False
        self._end: int | None = None
        self._refused = ""

    def begin(self) -> None:
        self._excuse.clear()

    def take(self, head: Head, chunk: bytes) -> bool:
        if not self._is_open and head.status in _OPEN:
            self._open(head)
        if self._refused:
            return False
        if not self._is_open:
            self._excuse += chunk[: _EXCUSE - len(self._excuse)]
            return True
        until = self._sink(chunk)
        self._count += len(chunk)
        if until is not None:
            head.rest(until)
        return True

    def ended(self, head: Head, is_whole: bool, fault: str) -> Ended:
        """`fault`: why it is not whole, in words."""
        if is_whole and not self._is_open and head.status in _OPEN:
            self._open(head)  # without a byte
        reason = self._refused or ("" if is_whole else fault)
        if not reason and head.status not in _OPEN:
            reason = f"status {head.status}: {_shown(self._excuse)}"
        if not reason and self._end is not None and self._offset + self._count < self._end:
            reason = "the server sent a shorter range than it was asked for"
        return Ended(
            head.status, self._count, not reason, reason, head.headers, bool(self._refused)
        )

    def _open(self, head: Head) -> None:
        self._is_open = True
        if head.status == 200:
            self._restart()
            return
        found = _RANGE.match(head.headers.get("content-range", ""))
        if found is None or int(found[1]) != self._offset:
            self._refused = "the server sent another range than it was asked for"
        elif found[3] != "*":
            self._end = int(found[3])

    def _restart(self) -> None:
        if self._offset and self._on_restart is None:
            self._refused = "the server sent everything instead of the range it was asked for"
        elif self._offset and self._on_restart is not None:
            self._on_restart()
        self._offset = 0


def _shown(text: bytearray) -> str:
    return bytes(text[:200]).decode("utf-8", "replace").strip() or "no reason given"
