"""One object, fetched over any line: resumed where it was cut, given up when no byte comes.

Source: seed "DOWNLOADING", R15; `peers` 3: hub.mender.io/t/1178 (a URL that expires in
mid-download), rauc#1517 (80 % lost after two hours), rauc-hawkbit-updater#158 (endless loop on a
404).
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from surefoot.client.hub.http import Ended, HttpClient
from surefoot.client.hub.refusals import Gone, HubRefused, is_busy, retry_after_s
from surefoot.errors import Busy, Corrupt, TimedOut, Unreachable
from surefoot.files.partial import Partial
from surefoot.wire.hub.answers import ObjectPlace

T = TypeVar("T")

SYNC_AFTER = 4 << 20
"""Bytes after which the line waits for the disk, in a thread: less than what `Partial` bears."""
_LONGEST_WAIT_S = 30.0
_SMALL = 64 * 1024
_RENEWABLE = frozenset({401, 403, 404, 410})


class _TooLong(Exception):
    """More bytes come than were announced, and room was made for."""


@dataclass(frozen=True)
class _Means:
    """What comes from outside, so that tests need not wait."""

    sleep: Callable[[float], Awaitable[object]]
    jitter: Callable[[], float]
    clock: Callable[[], float]


async def fetch_object(
    http: HttpClient,
    place_of: Callable[[], Awaitable[ObjectPlace]],
    partial: Partial,
    *,
    patience_s: float,
    on_bytes: Callable[[int], None] = lambda _received: None,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    jitter: Callable[[], float] = random.random,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """The object of `partial` is in its pool. `place_of` gives a fresh URL each time that it is
    asked; `on_bytes` hears how many bytes are here (fewer than before, after wrong ones). In any
    other case the bytes stay in `partial`, which is closed, unless they were wrong.

    Raises TimedOut when no new byte came for `patience_s`, Gone (404, 410) and HubRefused when a
    fresh URL did not help, Corrupt, NoRoom, Busy when the same object is on its way already, and
    what `place_of` raises but Unreachable and Busy.
    """
    means = _Means(sleep, jitter, clock)
    fetching = _Fetching(http, place_of, partial, patience_s, on_bytes, means)
    try:
        if not partial.is_open:
            await _in_thread(partial.open)
        await fetching.run()
    finally:
        await fetching.settle()
        partial.close()


class _Fetching:
    def __init__(
        self,
        http: HttpClient,
        place_of: Callable[[], Awaitable[ObjectPlace]],
        partial: Partial,
        patience_s: float,
        on_bytes: Callable[[int], None],
        means: _Means,
    ) -> None:
        self._http = http
        self._place_of = place_of
        self._partial = partial
        self._patience_s = patience_s
        self._on_bytes = on_bytes
        self._means = means
        self._place: ObjectPlace | None = None
        self._furthest = 0
        self._moved_at = means.clock()
        self._waits = 0
        self._was_renewed = False
        self._was_restarted = False
        self._syncing: asyncio.Future[None] | None = None

    async def run(self) -> None:
        self._furthest = self._partial.received
        self._moved_at = self._means.clock()  # reading what was here already took its time
        self._on_bytes(self._furthest)
        while True:
            place = await self._find()
            if place is None:
                continue
            if self._partial.received < place.size:
                await self._download(place)
            elif await self._commit():
                return

    async def settle(self) -> None:
        """No thread touches the partial any more."""
        if self._syncing is not None:
            await asyncio.wait({self._syncing})
            if not self._syncing.cancelled():
                self._syncing.exception()  # whoever had to know has been told by the transfer

    async def _find(self) -> ObjectPlace | None:
        """None when there was no answer, after a pause."""
        if self._place is None:
            try:
                self._place = await self._place_of()
            except Unreachable as error:
                await self._wait(str(error))
            except Busy as error:
                await self._wait(str(error), error.retry_after_s)
        return self._place

    async def _download(self, place: ObjectPlace) -> None:
        before, began_at = self._partial.received, self._means.clock()
        try:
            ended = await self._http.download(
                place.get_url,
                self._take,
                offset=before,
                stall_s=max(1.0, self._patience_s / 3),
                on_restart=self._partial.restart,
            )
        except _TooLong:
            return  # as a whole it has the wrong hash
        gained = self._partial.received - self._furthest
        if gained > 0:
            self._has_moved()
            if gained < _SMALL and not ended.complete and self._means.clock() - began_at < 1:
                await self._means.sleep(self._pause_s())  # a server may cut each time at once
        elif not ended.complete or self._partial.received < place.size:
            await self._judge(ended)

    def _take(self, chunk: bytes) -> "asyncio.Future[None] | None":
        self._partial.write(chunk)
        self._on_bytes(self._partial.received)
        if self._place and self._partial.received > self._place.size:
            raise _TooLong
        if self._partial.unsynced < SYNC_AFTER:
            return None
        loop = asyncio.get_running_loop()
        self._syncing = loop.run_in_executor(None, self._partial.sync)
        return self._syncing

    def _has_moved(self) -> None:
        self._furthest = self._partial.received
        self._moved_at = self._means.clock()
        self._waits = 0
        self._was_renewed = self._was_restarted = False

    async def _judge(self, ended: Ended) -> None:
        """An answer that brought nothing new."""
        if ended.status in _RENEWABLE and not self._was_renewed:
            self._was_renewed = True
            self._place = None
        elif ended.status in (404, 410):
            raise Gone(f"Object {self._partial.sha} is not to be had ({ended.reason})")
        elif ended.status == 416 or ended.is_refused:
            self._restart(ended)
        elif ended.status in (0, 200, 206) or is_busy(ended.status):
            await self._wait(ended.reason, retry_after_s(ended.headers))
        else:
            raise HubRefused(ended.status, f"Object {self._partial.sha}: {ended.reason}")

    def _restart(self, ended: Ended) -> None:
        """From byte 0, once: what is here may be longer than what the server has."""
        if self._was_restarted or not self._partial.received:
            words = f"Object {self._partial.sha} does not come as announced: {ended.reason}"
            raise Corrupt(words) if ended.status == 416 else HubRefused(ended.status, words)
        self._was_restarted = True
        self._partial.restart()

    async def _wait(self, reason: str, retry_after_s: int | None = None) -> None:
        left_s = self._moved_at + self._patience_s - self._means.clock()
        if left_s <= 0:
            raise TimedOut(
                f"No byte of object {self._partial.sha} came for {self._patience_s:g} s: {reason}"
            )
        pause_s = self._pause_s() if retry_after_s is None else float(retry_after_s)
        await self._means.sleep(min(pause_s, left_s))

    def _pause_s(self) -> float:
        self._waits += 1
        longest_s = min(_LONGEST_WAIT_S, 2.0**self._waits)
        return 1 + (longest_s - 1) * self._means.jitter()

    async def _commit(self) -> bool:
        """False when it has to come once more: bytes of an earlier life may have been spoilt."""
        was_resumed = self._partial.resumed
        try:
            await _in_thread(self._partial.commit)
        except Corrupt:
            if not was_resumed:
                raise
            await _in_thread(self._partial.open)
            self._furthest = 0
            return False
        return True


async def _in_thread(work: Callable[[], T]) -> T:
    """Away from the loop; when it is cancelled, only once the work is done, because that goes on
    all the same."""
    future = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait({future})
        raise
