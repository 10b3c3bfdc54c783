"""A runtime without containers, for tests of the agent's own doing; real ones are in walks/."""

import asyncio

from surefoot.device.runtimes.protocol import Bundle, Exit
from surefoot.errors import RuntimeFailed


class QuickRuntime:
    """Everything succeeds at once, but what is named in `broken`."""

    name = "quick"

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.calls: list[str] = []
        self.owners: dict[int, str] = {}
        self._ended: dict[str, asyncio.Event] = {}

    async def prepare(self, bundle: Bundle) -> None:
        self.calls.append(f"prepare {bundle.id} of {bundle.revision}")
        if f"prepare {bundle.container.name} {bundle.revision}" in self.broken:
            raise RuntimeFailed("it cannot be mounted")

    async def start(self, id: str) -> int:
        self.calls.append(f"start {id}")
        self._ended[id] = asyncio.Event()
        if f"start {id}" in self.broken:
            raise RuntimeFailed("init does not exist")
        return 4242

    async def wait(self, id: str) -> Exit:
        await self._ended[id].wait()
        return Exit(0, None)

    async def stop(self, id: str, grace_s: float) -> None:
        self.calls.append(f"stop {id}")
        if id in self._ended:
            self._ended[id].set()

    async def release(self, id: str) -> None:
        self.calls.append(f"release {id}")

    def owner(self, pid: int) -> str | None:
        return self.owners.get(pid)

    async def close(self) -> None:
        for ended in self._ended.values():
            ended.set()
