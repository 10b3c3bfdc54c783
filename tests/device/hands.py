"""The agent's hands on a table: real storage, boot file and records; containers only pretend."""

import asyncio
from concurrent.futures import Future

from surefoot.device import facts
from surefoot.device.changes import Changes
from surefoot.device.config import Config, Places
from surefoot.device.events import EventLog
from surefoot.device.logs import ErrorLog, LogTree
from surefoot.device.perform import Hands, Parts
from surefoot.device.runtimes.protocol import Exit
from surefoot.supervisor import effects as sup_do
from tests.support.bench_device import PATIENCE_S, BenchDevice, state_text
from tests.support.quick_runtime import QuickRuntime

X = "locals/x"


class SlowRuntime(QuickRuntime):
    """Tells when each call begins and when it ends, with time for others in between."""

    def __init__(self):
        super().__init__()
        self.told = []
        self.fails = {}

    async def _slowly(self, call):
        self.told.append(f"{call} begins")
        for _ in range(5):
            await asyncio.sleep(0)
        self.told.append(f"{call} ends")
        if call in self.fails:
            raise self.fails[call]

    async def prepare(self, bundle):
        self.bundle = bundle
        await self._slowly(f"prepare {bundle.id}")

    async def start(self, id):
        await self._slowly(f"start {id}")
        return await super().start(id)

    async def wait(self, id):
        return Exit(7, None)

    async def stop(self, id, grace_s):
        await self._slowly(f"stop {id} {grace_s:g}")

    async def release(self, id):
        await self._slowly(f"release {id}")

    async def close(self):
        await self._slowly("close")


class Bench:
    """Real storage, boot file and records; `perform` is one life of the hands."""

    def __init__(self, root):
        device = BenchDevice(root)
        self.storage, self.loader = device.storage, device.loader
        self.runtime = SlowRuntime()
        self.events = EventLog()
        self.parts = Parts(
            self.storage,
            self.loader,
            self.runtime,
            Config.read(Places(self.storage.root, device.run), {}),
            self.events,
            LogTree(self.storage.logs),
            ErrorLog(),
            Changes(self.storage.changes),
            device.run / "pv-ctrl",
        )
        self.hands = None
        self.remote = None  # what stands for the hands towards a Hub

    def perform(self, *effects, answers=0):
        """What the hands post: `answers` events, and whatever comes until all work has ended."""
        return asyncio.run(self._perform(effects, answers))

    async def _perform(self, effects, answers):
        news = asyncio.Queue()
        self.hands = Hands(self.parts, news.put_nowait)
        self.hands.remote = self.remote
        self.told_ticket = self.hands.tickets[1] = Future()
        async with asyncio.timeout(PATIENCE_S):
            for effect in effects:
                self.hands.perform(effect)
            heard = [await news.get() for _ in range(answers)]
            await self.hands.finish()
        return heard + [news.get_nowait() for _ in range(news.qsize())]

    def store(self, revision=X, **images):
        """A step; its text."""
        text = state_text(self.storage, **(images or {"base": "b0", "app": "a1"}))
        self.storage.write_state(revision, text)
        return text

    def container(self, name="app"):
        return facts.read_state(self.storage, "0")[0].container(name)

    def prepared(self, name, number=1):
        return sup_do.Prepare(f"{name}.{number}", self.container(name), "0")
