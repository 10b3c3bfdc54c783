"""The device's record while a scene is played: each line told once, as it happens.

It looks again and again, also while the device reboots: a power cut that comes too late because a
look came too late would be another scene.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from surefoot.client.socket import SocketClient
from surefoot.client.wait import Entry, Look, entries_of
from surefoot.errors import Busy, TimedOut, Unreachable
from surefoot.lab.demo.audience import Audience

_LOOK_S = 0.1

Status = Mapping[str, Any]


class Watch:
    """`seen`: all that was recorded, after `begin` where that was called."""

    def __init__(self, client: SocketClient, audience: Audience, left_s: Callable[[], float]):
        self.seen: list[Entry] = []
        self._client, self._audience, self._left_s = client, audience, left_s
        self._told: set[Entry] = set()

    def begin(self) -> "Watch":
        """What is recorded already is not told. The device must answer."""
        self._told.update(self._entries())
        return self

    def until(self, holds: Callable[[Look], bool]) -> Status:
        """The status for which it was true, all that was recorded before told. Raises TimedOut."""
        deadline = time.monotonic() + self._left_s()
        while True:
            look = self._look()
            if look is not None:
                is_over = holds(look)
                if self._tell() and is_over:
                    return look.status
            if time.monotonic() > deadline:
                raise TimedOut(f"the device does not come to an end; it recorded {self._last()}")
            time.sleep(_LOOK_S)

    def _last(self) -> str:
        last = self.seen[-1] if self.seen else None
        return f"{last.status} {last.message} of {last.revision} last" if last else "nothing"

    def _look(self) -> Look | None:
        """None when the device does not answer just now."""
        try:
            return Look(self._client.get("/status"), None)
        except (Unreachable, Busy, TimedOut):
            return None

    def _tell(self) -> bool:
        """Whether the device has answered."""
        try:
            found = [entry for entry in self._entries() if entry not in self._told]
        except (Unreachable, Busy, TimedOut):
            return False
        self._told.update(found)
        self.seen += found
        for entry in found:
            self._audience.entry(entry)
        return True

    def _entries(self) -> Iterator[Entry]:
        for change in self._client.get("/changes"):
            yield from entries_of(change)
