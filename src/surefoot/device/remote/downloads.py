"""The objects of one revision: sizes, room, bytes. One call of `fetch` is one start (R15).

What is cut and moves on is no failure; what makes no headway, comes with wrong bytes or is gone
ends the start. Bytes that came stay for the next one, also over a power cut.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from surefoot.client.hub.api import Hub
from surefoot.client.hub.fetch import fetch_object
from surefoot.client.hub.refusals import HubRefused
from surefoot.device.storage import Storage
from surefoot.errors import Busy, NoRoom, NotFound, SurefootError, TimedOut, Unreachable
from surefoot.files import durable
from surefoot.files.partial import Partial
from surefoot.revision import parse
from surefoot.update import events as up_on
from surefoot.update.tables import Cause
from surefoot.wire.hub.answers import ObjectPlace
from surefoot.wire.progress import Downloads

T = TypeVar("T")
log = logging.getLogger(__name__)
TELL_EVERY_S = 1.0
ASK_AGAIN_S = 2.0
# The Hub answered, and will answer the same next time (R15; peers 3: rauc-hawkbit-updater#158).
GONE = (NotFound, HubRefused)


class Room(Protocol):
    def available(self) -> int:
        """Bytes that may be taken, without what is always kept free."""

    async def make(self, lacking: int) -> None:
        """Garbage is collected; as much went as was allowed to."""


@dataclass(frozen=True)
class Limits:
    """`patience_s`: without headway (PH_UPDATER_NETWORK_TIMEOUT)."""

    transfers: int
    patience_s: float


class Fetching:
    """`show(downloads)` hears of headway, about every second. `fetched`: objects that came."""

    def __init__(
        self,
        storage: Storage,
        hub: Hub,
        room: Room,
        limits: Limits,
        show: Callable[[Downloads], None],
    ) -> None:
        self._storage = storage
        self._hub = hub
        self._room = room
        self._limits = limits
        self._show = show
        self._began = int(time.time())
        self._received: dict[str, int] = {}
        self._total = 0
        self._shown_at = float("-inf")
        self.fetched: set[str] = set()

    async def fetch(self, revision: str, missing: Sequence[str]) -> up_on.Event:
        """Fetched or FetchFailed; raises nothing for what a Hub, a link or a disk may do."""
        try:
            sizes = await self._sizes(missing)
            self._total = sum(sizes.values())
            self._received = {sha: self._begun(sha) for sha in sizes}
            lacks = await self._lacks(revision)
            if lacks is not None:
                return lacks
            self._tell(now=True)
            await in_parallel([self._one(sha) for sha in missing], self._limits.transfers)
            self._tell(now=True)
        except NoRoom as error:
            # Somebody else took the room meanwhile. With garbage gone there may be enough again.
            return await self._lacks(revision) or self._failed(revision, error)
        except (SurefootError, OSError) as error:
            return self._failed(revision, error)
        return up_on.Fetched(revision)

    # ---- before ----------------------------------------------------------------------------

    async def _sizes(self, missing: Sequence[str]) -> dict[str, int]:
        places = await in_parallel([self._place(sha) for sha in missing], self._limits.transfers)
        return {place.sha: place.size for place in places}

    async def _place(self, sha: str) -> ObjectPlace:
        """Asked again while the Hub is away, as long as a download would wait."""
        deadline = time.monotonic() + self._limits.patience_s
        while True:
            try:
                return await self._hub.object(sha)
            except (Unreachable, Busy) as error:
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    raise TimedOut(f"Object {sha} cannot be asked for: {error}") from error
                asked_s = error.retry_after_s if isinstance(error, Busy) else 0
            await asyncio.sleep(min(max(ASK_AGAIN_S, asked_s), left_s))

    def _begun(self, sha: str) -> int:
        """Bytes that came in an earlier start."""
        try:
            return (self._storage.partial / sha).stat().st_size
        except OSError:
            return 0

    async def _lacks(self, revision: str) -> up_on.FetchFailed | None:
        """R12: no download begins that cannot end; garbage goes first."""
        required = self._to_come()
        available = await asyncio.to_thread(self._room.available)
        if available < required:
            await self._room.make(required - available)
            available = await asyncio.to_thread(self._room.available)
        if available >= required:
            return None
        text = "there is no room for the objects, garbage collection included"
        return up_on.FetchFailed(revision, Cause.NO_ROOM, text, required, available)

    def _to_come(self) -> int:
        return max(0, self._total - sum(self._received.values()))

    # ---- one object ------------------------------------------------------------------------

    async def _one(self, sha: str) -> None:
        partial = Partial(self._storage.partial, self._storage.objects, sha)
        await fetch_object(
            self._hub.http,
            lambda: self._hub.object(sha),
            partial,
            patience_s=self._limits.patience_s,
            on_bytes=lambda size: self._came(sha, size),
        )
        self.fetched.add(sha)

    def _came(self, sha: str, size: int) -> None:
        """`size`: bytes of it that are here; fewer than before when it begins anew."""
        self._received[sha] = size
        self._tell()

    def _tell(self, now: bool = False) -> None:
        time_s = time.monotonic()
        if now or time_s - self._shown_at >= TELL_EVERY_S:
            self._shown_at = time_s
            received = min(sum(self._received.values()), self._total)
            self._show(Downloads(self._total, received, self._began, int(time.time())))

    # ---- after -----------------------------------------------------------------------------

    def _failed(self, revision: str, error: Exception) -> up_on.FetchFailed:
        if isinstance(error, GONE):
            log.error("revision %s cannot be had: %s", revision, error)
            return up_on.FetchFailed(revision, Cause.RETRIES, str(error))
        log.warning("a download of revision %s ends: %s", revision, error)
        return up_on.FetchFailed(revision, detail=str(error))


def drop(storage: Storage, revision: str, fetched: Collection[str] = ()) -> None:
    """R14: what came for the revision goes again, unless another one needs it: what has begun to
    come, also in an earlier life, and of the whole ones those that were `fetched`. Raises
    SurefootError and OSError; garbage collection knows what stays then."""
    for sha in set(parse(storage.read_state_text(revision)).objects.values()):
        if storage.is_wanted(sha):
            continue
        durable.remove(storage.partial / sha)
        if sha in fetched:
            storage.objects.remove(sha)


async def in_parallel(works: Sequence[Coroutine[Any, Any, T]], limit: int) -> list[T]:
    """All results, at most `limit` at a time. The first failure ends the others and is raised."""
    gate = asyncio.Semaphore(limit)

    async def through(work: Coroutine[Any, Any, T]) -> T:
        async with gate:
            return await work

    tasks = [asyncio.create_task(through(work)) for work in works]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for work in works:
            work.close()  # of one that was cancelled before it began; harmless for the others
