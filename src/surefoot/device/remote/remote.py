"""Everything that the agent does with its Hub: the link's questions, reports, downloads.

Each question runs as a task of its own (`asks.py`) and posts its answer as an event.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from surefoot.client.hub.api import Credentials, Hub
from surefoot.client.hub.http import HttpClient, Trust
from surefoot.device import effects as dev
from surefoot.device.metadata import MetaStore
from surefoot.device.remote import asks, credentials
from surefoot.device.remote.cloud_logs import CloudLogs
from surefoot.device.remote.credentials import Identity
from surefoot.device.remote.downloads import Fetching, Limits, Room
from surefoot.device.remote.reports import Reports
from surefoot.device.remote.settings import Settings
from surefoot.device.storage import Storage
from surefoot.device.turn import Device
from surefoot.files import durable
from surefoot.link import effects as link_do
from surefoot.link import events as link_on
from surefoot.link.record import Phase
from surefoot.update import effects as up_do
from surefoot.update import events as up_on
from surefoot.wire.progress import Downloads, Progress, Status

# A fleet that was switched on together does not ask in step.
SPREAD = 0.1
# The revision that ran when the request in work was begun (R18).
_RUNNING: ContextVar[str] = ContextVar("running")


@dataclass
class World:
    """What the agent lends. `device()`: its present value. `facts()`: the device metadata of now.
    `met(values)`: user metadata has changed."""

    storage: Storage
    run: Path
    user_meta: MetaStore
    room: Room
    post: Callable[[Any], None]
    spawn: Callable[[Coroutine[Any, Any, None]], Any]
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
        self._fetches: dict[str, tuple[Any, Fetching]] = {}
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
            self.world.spawn(self.reports.run())
            if self.settings.push_logs:
                logs = CloudLogs(self.world.storage, self._push_logs, self._is_linked)
                self.world.spawn(logs.run())
        return self._hub

    async def close(self, flush_s: float) -> None:
        """Reports that wait get a moment; whatever is under way is cut."""
        if self._hub is not None:
            await self.reports.flush(flush_s)
            await self._hub.http.close()

    def perform(self, effect: Any) -> None:
        HANDLERS[type(effect)](self, effect)

    # ---- what the link wants -------------------------------------------------------------------

    def ask(self, effect: link_do.Ask) -> None:
        self.world.spawn(self._asked(effect))

    async def _asked(self, effect: link_do.Ask) -> None:
        _RUNNING.set(self.world.device().update.running)
        self.world.post(await asks.answer(self, effect))

    def keep(self, effect: link_do.Keep) -> None:
        self.identity = Identity(effect.id, effect.prn, effect.secret)
        credentials.keep(self.world.storage, self.identity)
        self._log_in_anew()

    def forget(self, effect: link_do.Forget | dev.ForgetHub) -> None:
        del effect
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
        credentials.settle(self.world.storage)

    def show(self, effect: link_do.Show) -> None:
        """Whoever claims the device reads these two files (hub-wire 8.2)."""
        for name, text in (("device-id", self.identity.id), ("challenge", effect.challenge)):
            path = self.world.run / name
            if text:
                durable.write(path, text.encode())
            else:
                durable.remove(path)

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

    def _silence(self) -> None:
        self.world.post(link_on.Silence())

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
        found = self._fetches.pop(effect.revision, None)
        if found is not None:
            self.world.spawn(self._stopped(*found))

    async def _stopped(self, task: Any, fetching: Fetching) -> None:
        task.cancel()
        await asyncio.wait([task])
        await asyncio.to_thread(fetching.drop)


HANDLERS: dict[type, Callable[[Remote, Any], None]] = {
    link_do.Ask: Remote.ask,
    link_do.Keep: Remote.keep,
    link_do.Forget: Remote.forget,
    link_do.Settle: Remote.settle,
    link_do.Show: Remote.show,
    link_do.SetTimer: Remote.set_timer,
    link_do.DropTimer: Remote.drop_timer,
}
