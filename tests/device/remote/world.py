"""What the agent lends its hands towards the Hub, as far as tests need it; the Hub is real."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from surefoot.device.metadata import MetaStore
from surefoot.device.remote import credentials
from surefoot.device.remote.clock import newest_time
from surefoot.device.remote.credentials import Identity
from surefoot.device.remote.remote import Remote, World
from surefoot.device.remote.settings import Settings
from surefoot.device.turn import Device, Modes
from surefoot.link.record import Link, Phase
from surefoot.update.record import Record
from tests.support.bench_device import PATIENCE_S, BenchDevice
from tests.support.stand_in import StandIn
from tests.support.stand_in_values import Asked, Step

LINKED = Link(phase=Phase.IDLE, known=True, settled=True, claimed=True)


class Room:
    """`free`: bytes that a download may take; `made`: what garbage collection gives each time."""

    def __init__(self, free: int = 1 << 40, *made: int) -> None:
        self.free = free
        self.made = list(made)
        self.asked: list[int] = []

    def available(self) -> int:
        return self.free

    async def make(self, lacking: int) -> None:
        self.asked.append(lacking)
        self.free += self.made.pop(0) if self.made else 0


class Gate(threading.Event):
    """For a fault's `hold`: tells who has come to it."""

    def __init__(self) -> None:
        super().__init__()
        self._arrived = threading.Semaphore(0)

    def wait(self, timeout: float | None = None) -> bool:
        self._arrived.release()
        return super().wait(timeout)

    async def arrived(self, count: int = 1) -> None:
        """So many requests wait here, or have."""
        for _ in range(count):
            assert await asyncio.to_thread(self._arrived.acquire, timeout=PATIENCE_S)


class Life:
    """One life of the agent's side. `heard`: all that was posted, in order."""

    def __init__(self, bench: BenchDevice, hub: StandIn, certs: Path, **settings: Any) -> None:
        self.bench, self.storage, self.hub = bench, bench.storage, hub
        self.settings = Settings("localhost", hub.port, certs, push_logs=False, timeout_s=20)
        self.settings = replace(self.settings, **settings)
        self.device = Device(Record("0", "0"), link=LINKED, modes=Modes(True), remote=True)
        self.heard: list[Any] = []
        self.met = 0
        self.shown: list[Any] = []
        self.facts = {"pantavisor.status": "READY"}
        self.tasks: set[asyncio.Task[None]] = set()
        self.room = Room()
        self.lock = threading.RLock()
        self.stored: set[str] = set()

    @property
    def identity(self) -> Identity:
        """As the Hub knows its newest device; empty before there is one."""
        if not self.hub.devices:
            return Identity()
        device = self.hub.device
        return Identity(device.id, device.prn, device.secret)

    def register(self, claim: bool = True) -> "Life":
        """The Hub knows this device, and (unless told) who owns it."""
        self.hub.world.register(_nothing_asked())
        if claim:
            self.hub.claim()
        credentials.keep(self.storage, self.identity)
        return self

    def sync(self) -> "Life":
        """The Hub has its trail."""
        state = json.loads(self.storage.read_state_text("0"))
        first = Step(0, state, "Factory State (rev 0)", {}, {"status": "DONE"})
        self.hub.world.trails[self.hub.device.id] = {0: first}
        return self

    @asynccontextmanager
    async def begun(self) -> AsyncIterator[Remote]:
        """Ends as the agent does; nothing may go on after that, nor end with an exception."""
        self.news = asyncio.Event()
        user_meta = MetaStore(self.storage.user_meta, "User meta")
        self.world = World(
            self.storage,
            self.lock,
            self.stored,
            self.bench.run,
            user_meta,
            self.room,
            self.post,
            self.spawn,
            lambda: self.device,
            lambda: dict(self.facts),
            self._met,
            lambda revision, downloads: self.shown.append((revision, downloads)),
            lambda: newest_time(self.storage),
        )
        self.remote = Remote(self.world, self.settings, self.identity)
        async with asyncio.timeout(PATIENCE_S):
            try:
                yield self.remote
            finally:
                await self.remote.close(0.5)
                left = {task for task in self.tasks if not task.done()}
                if left:
                    await asyncio.wait(left)
        assert self.slips == []

    @property
    def slips(self) -> list[BaseException]:
        return [one for one in self.heard if isinstance(one, BaseException)]

    def post(self, event: Any) -> None:
        self.heard.append(event)
        self.news.set()

    def spawn(self, work: Any) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self.post(task.exception())

    def _met(self) -> None:
        self.met += 1

    def of(self, *kinds: type) -> list[Any]:
        return [event for event in self.heard if isinstance(event, kinds)]

    async def until(self, *kinds: type, count: int = 1) -> Any:
        """The last of so many events of these kinds."""
        while len(self.of(*kinds)) < count:
            self.news.clear()
            await self.news.wait()
            assert self.slips == []
        return self.of(*kinds)[count - 1]


def _nothing_asked() -> Asked:
    return Asked("POST", "/devices/", "", {"user-agent": "surefoot-test/1"}, b"")
