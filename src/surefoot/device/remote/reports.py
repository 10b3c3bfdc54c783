"""Progress on its way to the Hub: in order, without holding anything up, again until it is told.

A report that cannot be sent waits, and after a reboot the stored record takes its place (R18). Of a
download only the newest figures are worth sending.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

from surefoot.client.hub.refusals import HubRefused
from surefoot.device.remote.told import note_told
from surefoot.device.storage import Storage
from surefoot.errors import Busy, NotFound, SurefootError
from surefoot.update.tables import FINAL
from surefoot.wire.progress import Progress, Status, encode

log = logging.getLogger(__name__)
MOST_WAITING = 16
NO_SUCH_STEP = frozenset({400, 404, 410, 422})  # 400: the reference (hub-wire 4)
BETWEEN_DOWNLOADS_S = 1.0
PAUSES_S = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
MOST_RETRY_AFTER_S = 300.0

# Sends the body of a revision's progress; what the Hub holds then.
Send = Callable[[str, bytes], Awaitable[Status]]


class Reports:
    """`told(revision, held)` hears of each answer, in the loop. `may_send()`: the link stands."""

    def __init__(
        self,
        storage: Storage,
        send: Send,
        told: Callable[[str, Status], None],
        may_send: Callable[[], bool],
    ) -> None:
        self._storage = storage
        self._send = send
        self._told = told
        self._may_send = may_send
        self._waiting: dict[str, list[Progress]] = {}
        self._complained = False
        self._wake = asyncio.Event()
        self._quiet = asyncio.Event()
        self._quiet.set()

    def add(self, revision: str, progress: Progress) -> None:
        """From the loop's own thread."""
        waiting = self._waiting.setdefault(revision, [])
        if waiting and _outdated(waiting[-1], progress):
            waiting.pop()
        waiting.append(progress)
        del waiting[:-MOST_WAITING]
        self._quiet.clear()
        self._wake.set()

    def wake(self) -> None:
        """The link stands (again)."""
        self._wake.set()

    def forget(self) -> None:
        """Nobody is to hear of what waits: the device has left its Hub (R20)."""
        self._waiting.clear()
        self._quiet.set()

    async def flush(self, seconds: float) -> None:
        """Before a reboot: what waits is sent, if that is quick; else it is sent after boot."""
        if self._may_send():
            try:
                await asyncio.wait_for(self._quiet.wait(), seconds)
            except TimeoutError:
                log.info("reports wait for the next boot")

    async def run(self) -> None:
        """Until it is cancelled."""
        failures = 0
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting and self._may_send():
                asked_s = await self._send_next()
                failures = 0 if asked_s is None else failures + 1
                if asked_s is not None:
                    await self._pause(failures, asked_s)

    async def _pause(self, failures: int, asked_s: float) -> None:
        most_s = PAUSES_S[min(failures, len(PAUSES_S)) - 1]
        pause_s = most_s * random.uniform(0.7, 1.0)  # noqa: S311 - no secret
        await asyncio.sleep(max(pause_s, min(asked_s, MOST_RETRY_AFTER_S)))

    async def _send_next(self) -> float | None:
        """The oldest of the first revision. When it has to be tried again: the pause that the Hub
        asked for, in seconds, and another revision's turn."""
        revision, waiting = next(iter(self._waiting.items()))
        progress = waiting[0]
        try:
            held = await self._send(revision, encode(progress))
        except SurefootError as error:
            if not _is_for_good(error):
                return self._put_off(revision, error)
            # Its trail or the step itself is gone there: nobody wants this update any more.
            log.error("the Hub refuses the progress of %s for good: %s", revision, error)
            held = Status.CANCELLED
        self._complained = False
        await self._sent(revision, progress, held)
        return None

    def _put_off(self, revision: str, error: SurefootError) -> float:
        self._complain(f"the progress of {revision} waits: {error}")
        if revision in self._waiting:
            self._waiting[revision] = self._waiting.pop(revision)
        return float(error.retry_after_s) if isinstance(error, Busy) else 0.0

    def _complain(self, text: str) -> None:
        """Once for a row of failures: a Hub that is away for a week fills no log."""
        if not self._complained:
            log.warning("%s", text)
        self._complained = True

    async def _sent(self, revision: str, progress: Progress, held: Status) -> None:
        waiting = self._waiting.get(revision)
        if waiting is None:  # forgotten meanwhile
            return
        if progress in waiting:
            waiting.remove(progress)
        if not waiting:
            del self._waiting[revision]
        if progress.status in FINAL:
            await asyncio.to_thread(note_told, self._storage, revision, progress)
        self._told(revision, held)
        if not self._waiting:
            self._quiet.set()
        elif waiting and waiting[0].status is progress.status is Status.DOWNLOADING:
            await asyncio.sleep(BETWEEN_DOWNLOADS_S)


def _is_for_good(error: SurefootError) -> bool:
    """What says that there is no such step; any other refusal may be a proxy's, and passes."""
    return isinstance(error, NotFound) or (
        isinstance(error, HubRefused) and error.status in NO_SUCH_STEP
    )


def _outdated(older: Progress, newer: Progress) -> bool:
    return older == newer or (older.status is newer.status is Status.DOWNLOADING)
