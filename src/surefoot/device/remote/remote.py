"""Everything that the agent does with its Hub: the link's questions, reports, downloads.

Each question runs as a task of its own (`asks.py`) and posts its answer as an event. All tasks are
kept, so that they end with whatever they are for: the mode, the Hub, the agent.
"""

import asyncio
import logging
import random
import threading
from collections.abc import Callable, Collection, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from surefoot.client.hub.api import Credentials, Hub
from surefoot.client.hub.http import HttpClient, Trust
from surefoot.device import effects as dev
from surefoot.device.metadata import MetaStore
from surefoot.device.remote import asks, clock, credentials
from surefoot.device.remote.cloud_logs import CloudLogs
from surefoot.device.remote.credentials import Identity
from surefoot.device.remote.downloads import Fetching, Limits, Room, drop
from surefoot.device.remote.reports import Reports
from surefoot.device.remote.settings import Settings
from surefoot.device.storage import Storage
from surefoot.device.turn import Device
from surefoot.errors import SurefootError
from surefoot.files import durable
from surefoot.link import effects as link_do
from surefoot.link import events as link_on
from surefoot.link.record import Phase, What
from surefoot.update import effects as up_do
from surefoot.update import events as up_on
from surefoot.wire.progress import Downloads, Progress, Status

log = logging.getLogger(__name__)
# A fleet that was switched on together does not ask in step.
SPREAD = 0.1
# The agent's end waits for what was cut no longer than this.
CUT_S = 5.0
Task = asyncio.Task[None]
# The revision that ran when the request in work was begun (R18).
_RUNNING: ContextVar[str] = ContextVar("running")


@dataclass
class World:
    """What the agent lends. `device()`: its present value. `facts()`: the device metadata of now.
    `met()`: user metadata has changed. `lock` is held while trails or objects come or go;
    `stored_this_boot`: revisions that garbage collection spares."""

    storage: Storage
    lock: threading.RLock
    stored_this_boot: set[str]
    run: Path
    user_meta: MetaStore
    room: Room
    post: Callable[[Any], None]
    spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
    device: Callable[[], Device]
    facts: Callable[[], dict[str, Any]]
    met: Callable[[], None]
    show: Callable[[str, Downloads], None]
    floor: Callable[[], float]


class Remote:
    def __init__(self, world: World, settings: Settings, identity: Identity) -> None:
        self.world = world
        self.settings = settings
        self.identity = identity
        self._hub: Hub | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._asking: set[Task] = set()
        self._serving: set[Task] = set()
        self._fetches: dict[str, tuple[Task, Fetching]] = {}
        self._unwritten: dict[str, Callable[[], None]] = {}
        self.complaints: dict[What, str] = {}
        self.reports = Reports(world.storage, self._send, self._told, self._is_linked)

    @property
    def hub(self) -> Hub:
        """Made when it is first needed: a device in local mode loads no HTTP client."""
        if self._hub is None:
            settings = self.settings
            http = HttpClient(
                settings.base_url,
                trust=Trust(ca_dir=settings.certs, floor=self.world.floor),
                proxy=settings.proxy,
                user_agent=settings.user_agent,
                timeout_s=settings.timeout_s,
                retries=settings.retries,
            )
            self._hub = Hub(http, on_contact=self._contact, on_silence=self._silence)
            self._hub.credentials = self._known_as()
            self._begin(self._serving, self.reports.run())
            if self.settings.push_logs:
                logs = CloudLogs(self.world.storage, self._push_logs, self._is_linked)
                self._begin(self._serving, logs.run())
        return self._hub

    async def close(self, flush_s: float) -> None:
        """Reports that wait get a moment; whatever is under way is cut, and has ended."""
        for timer in list(self._timers):
            self._drop(timer)
        if self._hub is None:
            return
        await self.reports.flush(flush_s)
        tasks = {*self._asking, *self._serving, *(task for task, _ in self._fetches.values())}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CUT_S)
        await self._hub.http.close()

    def catch_up(self) -> None:
        """There is room again: what could not be stored is. From the loop's thread."""
        for what, write in list(self._unwritten.items()):
            self._write(what, write)

    def _begin(self, among: set[Task], work: Coroutine[Any, Any, None]) -> None:
        task = self.world.spawn(work)
        among.add(task)
        task.add_done_callback(among.discard)

    def _write(self, what: str, write: Callable[[], None]) -> None:
        """What cannot be stored is known until the agent ends, and stored as soon as there is room:
        a full disk ends neither the device nor its link."""
        self._unwritten.pop(what, None)
        try:
            write()
        except (SurefootError, OSError) as error:
            log.error("the %s cannot be stored yet: %s", what, error)
            self._unwritten[what] = write

    def perform(self, effect: Any) -> None:
        HANDLERS[type(effect)](self, effect)

    # ---- what the link wants -------------------------------------------------------------------

    def ask(self, effect: link_do.Ask) -> None:
        self._begin(self._asking, self._asked(effect))

    def stop_asking(self) -> None:
        """Local mode (R20): not even an answer that is due is waited for."""
        for task in self._asking:
            task.cancel()

    async def _asked(self, effect: link_do.Ask) -> None:
        _RUNNING.set(self.world.device().update.running)
        self.world.post(await asks.answer(self, effect))

    def keep(self, effect: link_do.Keep) -> None:
        self.identity = identity = Identity(effect.id, effect.prn, effect.secret)
        self._write("credentials", lambda: credentials.keep(self.world.storage, identity))
        self._log_in_anew()

    def forget(self, effect: link_do.Forget) -> None:
        del effect
        self.identity = Identity()
        self._write("credentials", lambda: credentials.forget(self.world.storage))
        self._log_in_anew()

    def forget_hub(self) -> None:
        """R20: nothing goes on with the Hub of before. Raises NoRoom: a device must not come back
        as a claimed one."""
        self.stop_asking()
        self.reports.forget()
        self._unwritten.clear()
        self.identity = Identity()
        credentials.forget(self.world.storage)
        self._log_in_anew()

    def _log_in_anew(self) -> None:
        if self._hub is not None:
            self._hub.token = ""
            self._hub.credentials = self._known_as()

    def _known_as(self) -> Credentials | None:
        known = self.identity
        return Credentials(known.prn, known.secret) if known.known else None

    def settle(self, effect: link_do.Settle) -> None:
        del effect
        self._write("claim", lambda: credentials.settle(self.world.storage))

    def show(self, effect: link_do.Show) -> None:
        """Whoever claims the device reads these two files (hub-wire 8.2)."""
        for name, text in (("device-id", self.identity.id), ("challenge", effect.challenge)):
            try:
                _put(self.world.run / name, text)
            except (SurefootError, OSError) as error:
                log.warning("%s is not shown: %s", name, error)

    def set_timer(self, effect: link_do.SetTimer) -> None:
        self._drop(effect.timer)
        seconds = effect.seconds * random.uniform(1 - SPREAD, 1 + SPREAD)  # noqa: S311 - no secret
        loop = asyncio.get_running_loop()
        self._timers[effect.timer] = loop.call_later(seconds, self._fire, effect.timer)

    def _fire(self, timer: str) -> None:
        del self._timers[timer]
        self.world.post(link_on.TimerFired(timer))

    def drop_timer(self, effect: link_do.DropTimer) -> None:
        self._drop(effect.timer)

    def _drop(self, timer: str) -> None:
        handle = self._timers.pop(timer, None)
        if handle is not None:
            handle.cancel()

    # ---- contact -------------------------------------------------------------------------------

    def _contact(self, authenticated: bool) -> None:
        self.world.post(dev.HubContact(authenticated, _RUNNING.get("")))
        if authenticated:
            clock.confirm(self.world.storage)

    def _silence(self) -> None:
        self.world.post(dev.HubSilence(_RUNNING.get("")))

    # ---- reports -------------------------------------------------------------------------------

    def report(self, revision: str, progress: Progress) -> None:
        self.reports.add(revision, progress)

    async def _push_logs(self, entries: list[dict[str, Any]]) -> None:
        _RUNNING.set(self.world.device().update.running)
        await self.hub.push_logs(entries)

    async def _send(self, revision: str, body: bytes) -> Status:
        _RUNNING.set(self.world.device().update.running)
        return await self.hub.put_progress(self.identity.id, revision, body)

    def _told(self, revision: str, held: Status) -> None:
        self.world.post(up_on.Reported(revision, held))

    def _is_linked(self) -> bool:
        return self.world.device().link.phase is Phase.IDLE

    # ---- downloads -----------------------------------------------------------------------------

    def fetch(self, revision: str, missing: list[str], record: Progress) -> None:
        """One at a time: of those before, nobody asks any more."""
        self._fetches.clear()

        def show(downloads: Downloads) -> None:
            self.world.show(revision, downloads)
            self.reports.add(revision, replace(record, downloads=downloads))

        limits = Limits(self.settings.transfers, self.settings.patience_s)
        fetching = Fetching(self.world.storage, self.hub, self.world.room, limits, show)
        task = self.world.spawn(self._fetched(fetching, revision, missing))
        self._fetches[revision] = (task, fetching)

    async def _fetched(self, fetching: Fetching, revision: str, missing: list[str]) -> None:
        _RUNNING.set(self.world.device().update.running)
        event = await fetching.fetch(revision, missing)
        self.world.post(event)

    def fetched(self, revision: str) -> frozenset[str]:
        """Objects that came for it in this life, each hashed on its way in."""
        found = self._fetches.get(revision)
        return frozenset(found[1].fetched) if found else frozenset()

    def stop_fetch(self, effect: up_do.StopFetch) -> None:
        task, fetching = self._fetches.pop(effect.revision, (None, None))
        fetched = fetching.fetched if fetching else frozenset()
        self.world.spawn(self._stopped(effect.revision, task, fetched))

    async def _stopped(self, revision: str, task: Task | None, fetched: Collection[str]) -> None:
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        try:
            await asyncio.to_thread(self._dropped, revision, fetched)
        except (SurefootError, OSError) as error:
            log.info("what came for %s stays for now: %s", revision, error)

    def _dropped(self, revision: str, fetched: Collection[str]) -> None:
        with self.world.lock:
            drop(self.world.storage, revision, fetched)


def _put(path: Path, text: str) -> None:
    """A file with this text, or none."""
    if text:
        durable.write(path, text.encode())
    else:
        durable.remove(path)


HANDLERS: dict[type, Callable[[Remote, Any], None]] = {
    link_do.Ask: Remote.ask,
    link_do.Keep: Remote.keep,
    link_do.Forget: Remote.forget,
    link_do.Settle: Remote.settle,
    link_do.Show: Remote.show,
    link_do.SetTimer: Remote.set_timer,
    link_do.DropTimer: Remote.drop_timer,
}
