"""Listening to a device: its events in order, over broken connections and restarts of its agent."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from types import TracebackType
from typing import Any, Protocol

from surefoot.errors import Busy, TimedOut, Unreachable

# The server gives a sign of life every ten seconds: three that do not come mean a dead connection.
SILENCE_S = 30.0
_PAUSES_S = (0.05, 0.1, 0.2, 0.5, 1.0)


@dataclass(frozen=True)
class Event:
    """`kind`: progress, container, log, change, status, or `lost` (look at the state anew); `id` is
    the place in the stream after it."""

    id: int
    kind: str
    data: Any


class Lines(Protocol):
    """An answer that is read line by line."""

    def readline(self, timeout_s: float) -> bytes:
        """b"" at the end. Raises TimeoutError; Unreachable when the connection breaks."""

    def close(self) -> None: ...


class EventStream:
    """The events after `last_id` (None: those from now on), for ever.

    Connected when the constructor returns, so nothing that happens from then on is missed. A broken
    connection is made again from the last event, for at most `patience_s` at a stretch: a device
    that reboots is waited for. Raises Unreachable (or Busy) when the patience is over, TimedOut
    when `timeout_s` since the start are.
    """

    def __init__(
        self,
        connect: Callable[[int | None], Lines],
        last_id: int | None = None,
        *,
        patience_s: float = 0.0,
        timeout_s: float | None = None,
    ) -> None:
        self._connect = connect
        self._patience_s = patience_s
        self._timeout_s = timeout_s
        self._begun = time.monotonic()
        self._lines: Lines | None = None
        self.last_id = last_id
        self._reach()

    def __iter__(self) -> Iterator[Event]:
        return self

    def __next__(self) -> Event:
        while True:
            fields = self._block()
            if fields is None:
                self.close()
                time.sleep(_PAUSES_S[0])
                self._reach()
            elif "data" in fields:
                return Event(self.last_id or 0, fields.get("event", ""), json.loads(fields["data"]))

    def close(self) -> None:
        if self._lines:
            self._lines.close()
        self._lines = None

    def __enter__(self) -> "EventStream":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _reach(self) -> None:
        patience_ends = time.monotonic() + self._patience_s
        for pause_s in chain(_PAUSES_S, repeat(_PAUSES_S[-1])):
            try:
                self._lines = self._connect(self.last_id)
                if self._block() is not None:
                    return
                raise Unreachable("the device hung up before it said where its events stand")
            except (Unreachable, Busy):
                self.close()
                if time.monotonic() >= patience_ends:
                    raise
            time.sleep(min(pause_s, self._left_s()))

    def _block(self) -> dict[str, str] | None:
        """The fields up to the next empty line; None when the connection is over or dead."""
        fields: dict[str, str] = {}
        while line := self._line():
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            if not text:
                self._note(fields)
                return fields
            name, _, value = text.partition(":")
            fields[name] = value.removeprefix(" ")
        return None

    def _line(self) -> bytes:
        wait_s = min(SILENCE_S, self._left_s())
        try:
            return self._lines.readline(wait_s) if self._lines else b""
        except Unreachable:
            return b""
        except TimeoutError:
            self._left_s()
            return b""

    def _note(self, fields: dict[str, str]) -> None:
        if fields.get("id", "").isdigit():
            self.last_id = int(fields["id"])

    def _left_s(self) -> float:
        """Raises TimedOut when nothing is left."""
        if self._timeout_s is None:
            return SILENCE_S
        left_s = self._begun + self._timeout_s - time.monotonic()
        if left_s <= 0:
            raise TimedOut(f"what was waited for did not happen within {self._timeout_s:g} s")
        return left_s
