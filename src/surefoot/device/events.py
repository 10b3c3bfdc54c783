"""What happens on the device, as it happens: a bounded memory of events with ids that only grow.

A listener that comes back asks for everything after the last id it saw. What has left the memory
by then is not skipped in silence: the listener gets a `Lost` first and knows that it must look at
the present state anew. Nobody can slow the publisher down, and a slow listener costs no memory: it
owns nothing but a position.
"""

import json
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"


class Kind(StrEnum):
    """What an event tells of; the `event:` line on the socket."""

    PROGRESS = "progress"
    CONTAINER = "container"
    LOG = "log"
    CHANGE = "change"
    STATUS = "status"


@dataclass(frozen=True)
class Event:
    """`text` is the data as compact JSON, made once for all listeners."""

    id: int
    kind: Kind
    text: str


@dataclass(frozen=True)
class Lost:
    """Events with ids from `first` to `last` may have been missed: look at the state anew."""

    first: int
    last: int


class EventLog:
    """Thread-safe memory of the newest events.

    `base`: the id before the first one of this life; the caller gives one that is not lower than
    any id of an earlier life of the agent. `max_events` and `max_chars` bound the memory,
    `heartbeat_s` is how long a listener waits before it gets a sign of life.
    """

    def __init__(
        self,
        base: int = 0,
        *,
        max_events: int = 2048,
        max_chars: int = 512 * 1024,
        heartbeat_s: float = 10.0,
    ) -> None:
        self._changed = threading.Condition()
        self._events: deque[Event] = deque()
        self._newest = base
        self._chars = 0
        self._max_events = max_events
        self._max_chars = max_chars
        self._heartbeat_s = heartbeat_s
        self._closed = False

    @property
    def newest(self) -> int:
        """Id of the newest event (the base when there is none yet)."""
        with self._changed:
            return self._newest

    def publish(self, kind: Kind, data: Json) -> int:
        """Remembers the event and wakes the listeners; never waits for one. Returns its id."""
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        with self._changed:
            self._newest += 1
            self._events.append(Event(self._newest, kind, text))
            self._chars += len(text)
            self._forget()
            self._changed.notify_all()
            return self._newest

    def follow(self, from_id: int | None = None) -> Iterator[Event | Lost | None]:
        """All events after `from_id` (None: only those to come), then each new one as it happens.

        Blocks; None is a sign of life after `heartbeat_s` without an event. Ends when the log is
        closed and everything in it was given. An id that this log has not reached yet (a listener
        from another life) counts as "I know nothing": it gets all that is remembered.
        """
        # Taken here and not in the generator: what is published between this call and the first
        # `next` belongs to the listener.
        return self._give(self.newest if from_id is None else from_id)

    def close(self) -> None:
        """Ends every listener; what is published later is still remembered."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _give(self, position: int) -> Iterator[Event | Lost | None]:
        while True:
            items, position, over = self._after(position)
            yield from items
            if not items:
                if over:
                    return
                yield None

    def _after(self, position: int) -> tuple[list[Event | Lost], int, bool]:
        with self._changed:
            if position > self._newest:
                position = self._newest - len(self._events)
            if position == self._newest and not self._closed:
                self._changed.wait(self._heartbeat_s)
            oldest = self._newest - len(self._events) + 1
            items: list[Event | Lost] = []
            if position + 1 < oldest:
                items.append(Lost(position + 1, oldest - 1))
            items.extend(islice(self._events, max(0, position + 1 - oldest), None))
            return items, self._newest, self._closed

    def _forget(self) -> None:
        while len(self._events) > self._max_events or (
            self._chars > self._max_chars and len(self._events) > 1
        ):
            self._chars -= len(self._events.popleft().text)
