"""A device on a table: real storage, boot file, socket and agent; containers by QuickRuntime."""

import asyncio
import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from surefoot.boot import BACKENDS
from surefoot.client.socket import SocketClient
from surefoot.device import facts
from surefoot.device.agent import Agent
from surefoot.device.changes import Changes
from surefoot.device.config import Config, Places
from surefoot.device.desk import AgentDesk
from surefoot.device.effects import LeaveAsked
from surefoot.device.events import EventLog
from surefoot.device.logs import AgentLog, ErrorLog, LogTree
from surefoot.device.machine_facts import Machine
from surefoot.device.metadata import DeviceMeta, MetaStore
from surefoot.device.perform import Parts
from surefoot.device.server import ControlServer
from surefoot.device.storage import Storage
from surefoot.device.turn import Device, Modes
from surefoot.revision import parse
from surefoot.update.record import Policy, Record
from tests.support.quick_runtime import QuickRuntime

PATIENCE_S = 60


def put(storage: Storage, data: bytes) -> str:
    sha = hashlib.sha256(data).hexdigest()
    with storage.objects.receive(sha) as receiver:
        receiver.write(data)
        receiver.commit()
    return sha


def state_text(storage: Storage, **images: str) -> str:
    """A BSP and containers in group app, `images` being their contents; `base` is in root."""
    kernel = put(storage, images.pop("bsp", "kernel").encode())
    entries: dict[str, Any] = {
        "#spec": "pantavisor-service-system@1",
        "bsp/run.json": {"linux": "kernel.img", "initrd": "pantavisor"},
        "bsp/kernel.img": kernel,
        "bsp/pantavisor": kernel,
    }
    for name, image in images.items():
        entries[f"{name}/run.json"] = {
            "#spec": "service-manifest-run@1",
            "name": name,
            "type": "lxc",
            "config": "lxc.container.conf",
            "root-volume": "root.squashfs",
            "group": "root" if name == "base" else "app",
            "storage": {},
        }
        entries[f"{name}/root.squashfs"] = put(storage, image.encode())
        entries[f"{name}/lxc.container.conf"] = put(storage, b"lxc.init.cmd = /init\n")
    return json.dumps(entries)


class BenchDevice:
    """`boot()` .. `off()` is one life of the agent, in a thread of its own."""

    def __init__(self, root: Path, **images: str) -> None:
        self.storage = Storage(root / "storage")
        self.storage.recover()
        self.run = root / "run"
        self.run.mkdir()
        self.loader = BACKENDS["loop"](self.storage.root)
        self.runtime = QuickRuntime()
        self.policy = Policy(commit_delay_s=0, goals_timeout_s=PATIENCE_S)
        self.modes = Modes()
        text = state_text(self.storage, **(images or {"base": "b0", "app": "a0"}))
        self.storage.write_state("0", text)
        self.storage.install("0", parse(text))
        self.loader.commit("0")
        self.client = SocketClient(self.run / "pv-ctrl")
        self.code: int | None = None

    def boot(self, running: str | None = None) -> "BenchDevice":
        self.up = threading.Event()
        self.thread = threading.Thread(target=self._life, args=(running,))
        self.thread.start()
        assert self.up.wait(PATIENCE_S)
        return self

    def off(self) -> int | None:
        """Ends the life as a signal would; the exit code."""
        if self.thread.is_alive():
            self.agent.tell(LeaveAsked("the test ends"))
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()
        return self.code

    def until(self, holds: Callable[[], bool]) -> None:
        """Waits for what must come true; the bound only keeps a broken test from hanging."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, "it did not come true"
            time.sleep(0.01)

    def status_of(self, revision: str) -> str:
        progress = self.storage.read_progress(revision)
        return progress.status.value if progress else ""

    def _life(self, running: str | None) -> None:
        asyncio.run(self._live(running))

    async def _live(self, running: str | None) -> None:
        storage = self.storage
        config = Config.read(Places(storage.root, self.run), {})
        parts = Parts(
            storage,
            self.loader,
            self.runtime,
            config,
            EventLog(),
            LogTree(storage.logs),
            ErrorLog(),
            Changes(storage.changes),
            self.run / "pv-ctrl",
        )
        boot = facts.gather(storage, self.loader, running or self.loader.read().rev, True, False)
        record = Record(boot.found.running, boot.found.done, policy=self.policy)
        self.agent = Agent(Device(record, modes=self.modes), parts)
        meta = MetaStore(storage.device_meta, "Device meta")
        desk = AgentDesk(
            self.agent,
            MetaStore(storage.user_meta, "User meta"),
            DeviceMeta(meta, Machine(storage.root, 5)),
        )
        with ControlServer(desk, self.run / "pv-ctrl"), _logged(parts, boot.found.running):
            asyncio.get_running_loop().call_soon(self.up.set)
            self.code = await self.agent.run(boot)


@contextmanager
def _logged(parts: Parts, running: str) -> Iterator[None]:
    handler, logger = AgentLog(parts.logs, running, parts.config), logging.getLogger("surefoot")
    handler.listeners.append(parts.errors.add)
    logger.addHandler(handler)
    yield
    logger.removeHandler(handler)
