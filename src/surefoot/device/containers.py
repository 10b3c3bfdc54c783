"""The hands for containers: prepare, start, watch, stop, release.

Effects of one container run one after the other, whatever their instances; preparations in the
order given, since a container may use the volumes of one before it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from surefoot.device import effects as dev
from surefoot.device.runtimes.protocol import Bundle, Runtime
from surefoot.errors import SurefootError
from surefoot.supervisor import effects as sup_do
from surefoot.supervisor import events as sup_on

log = logging.getLogger(__name__)
FINISH_S = 15.0


class ContainerHands:
    """`bundle` makes of an effect what the runtime wants; `post` and `spawn` are the agent's."""

    def __init__(
        self,
        runtime: Runtime,
        bundle: Callable[[sup_do.Prepare], Bundle],
        post: Callable[[Any], None],
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._runtime = runtime
        self._bundle = bundle
        self._post = post
        self._spawn = spawn
        self._chains: dict[str, asyncio.Task[None]] = {}

    def prepare(self, effect: sup_do.Prepare) -> None:
        prepared = self._chains.get("prepare")

        async def work() -> None:
            if prepared is not None:
                await asyncio.wait([prepared])
            await self._prepare(effect)

        self._chain(effect.container.name, work)
        self._chains["prepare"] = self._chains[effect.container.name]

    async def _prepare(self, effect: sup_do.Prepare) -> None:
        name, revision = effect.container.name, effect.revision
        try:
            await self._runtime.prepare(self._bundle(effect))
        except (SurefootError, OSError) as error:
            log.error("container %s of %s cannot be prepared: %s", name, revision, error)
            self._post(sup_on.PrepareFailed(effect.id, str(error)))
        else:
            self._post(sup_on.Prepared(effect.id))

    def start(self, effect: sup_do.Start) -> None:
        self._chain(effect.name, lambda: self._start(effect))

    async def _start(self, effect: sup_do.Start) -> None:
        try:
            pid = await self._runtime.start(effect.id)
        except (SurefootError, OSError) as error:
            log.error("container %s cannot be started: %s", effect.name, error)
            self._post(sup_on.StartFailed(effect.id, str(error)))
        else:
            self._post(sup_on.Started(effect.id, pid))
            self._spawn(self._watch(effect.id))

    async def _watch(self, instance: str) -> None:
        ended = await self._runtime.wait(instance)
        self._post(sup_on.Exited(instance, ended.code, ended.signal))

    def stop(self, effect: sup_do.Stop) -> None:
        self._chain(effect.name, lambda: self._stop(effect))

    async def _stop(self, effect: sup_do.Stop) -> None:
        try:
            await self._runtime.stop(effect.id, effect.grace_s)
        except (SurefootError, OSError) as error:
            log.error("container %s cannot be stopped: %s", effect.name, error)
            # Whatever waits for its end would wait for ever: the boot loop can end it (R8).
            self._post(dev.LeaveAsked(f"container {effect.name} cannot be stopped"))

    def release(self, effect: sup_do.Release) -> None:
        self._chain(effect.name, lambda: self._release(effect))

    async def _release(self, effect: sup_do.Release) -> None:
        try:
            await self._runtime.release(effect.id)
        except (SurefootError, OSError) as error:
            log.warning("container %s leaves something behind: %s", effect.name, error)

    def _chain(self, key: str, work: Callable[[], Awaitable[None]]) -> None:
        before = self._chains.get(key)

        async def after() -> None:
            if before is not None:
                await asyncio.wait([before])
            await work()

        self._chains[key] = self._spawn(after())

    async def finish(self) -> None:
        """What was begun for containers comes to its end, then the runtime lets go of the rest.
        Nothing durable hangs on it: the next boot sweeps whatever is left."""
        if self._chains:
            await asyncio.wait(set(self._chains.values()), timeout=FINISH_S)
        try:
            await self._runtime.close()
        except (SurefootError, OSError) as error:
            log.warning("containers leave something behind: %s", error)
