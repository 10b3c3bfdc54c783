"""What both runtimes share: the instances, and the order of things in the life of each.

A runtime adds how an instance is set up, how a life of it is begun, and what is tidied after one.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from surefoot.device.runtimes import callers, lxcconf
from surefoot.device.runtimes.cgroups import DeviceCgroups
from surefoot.device.runtimes.life import Life
from surefoot.device.runtimes.lxcconf import Line
from surefoot.device.runtimes.places import Places
from surefoot.device.runtimes.protocol import Bundle, Exit
from surefoot.device.runtimes.signals import number
from surefoot.device.runtimes.volumes import NETWORK
from surefoot.errors import RuntimeFailed
from surefoot.revision import Goal

# For what a runtime starts: no room below the agent's main reads the environment.
PROGRAM_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

log = logging.getLogger(__name__)


@dataclass
class Instance:
    """`claims`: what no other instance may hold while this one lives. `life`: the newest one."""

    bundle: Bundle
    lines: tuple[Line, ...]
    claims: frozenset[str] = frozenset()
    life: Life | None = None
    # Whether nothing of the newest life is left that another one could trip over.
    is_tidy: bool = True
    # Only for an instance without processes: when it has been stopped.
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def has_processes(self) -> bool:
        return self.bundle.container.goal is not Goal.MOUNTED

    @property
    def is_alive(self) -> bool:
        return self.life is not None and not self.life.is_ended

    @property
    def stop_signal(self) -> int | None:
        return number(lxcconf.value(self.lines, "lxc.signal.halt") or "")


class InstanceRuntime(ABC):
    """The protocol's methods (protocol.py says what each promises)."""

    def __init__(self, device_id: str, run_dir: Path, storage: Path) -> None:
        self.device_id = device_id
        self.places = Places(run_dir.resolve(), storage.resolve())
        self.cgroups = DeviceCgroups(device_id)
        self._instances: dict[str, Instance] = {}

    @abstractmethod
    def _set_up(self, bundle: Bundle, lines: tuple[Line, ...]) -> frozenset[str]:
        """Makes the home of an instance; its claims. In a thread. Raises RuntimeFailed, OSError."""

    @abstractmethod
    def _launch(self, instance: Instance) -> Life:
        """Begins a life, up to its being parked. Raises RuntimeFailed, OSError."""

    @abstractmethod
    def _tidy(self, instance: Instance) -> None:
        """Takes away what a life that is over has left, mounts of layers included. In a thread."""

    @abstractmethod
    def _forget(self, instance_id: str) -> None:
        """Takes away what `_set_up` made. Raises RuntimeFailed."""

    async def prepare(self, bundle: Bundle) -> None:
        instance = self._instances.get(bundle.id) or await self._admit(bundle)
        if instance.is_alive or not instance.has_processes or any(self._rivals(instance)):
            return
        try:
            await self._park(instance)
        except RuntimeFailed:
            await self.release(bundle.id)
            raise

    async def start(self, instance_id: str) -> int:
        instance = self._known(instance_id)
        if not instance.has_processes:
            return 0
        if not instance.is_alive:
            await self._take_over(instance, list(self._rivals(instance)))
        life = instance.life
        if life is None or life.has_run:
            raise RuntimeFailed(f"{instance_id} runs already: stop it before it is started again")
        return await life.release()

    async def wait(self, instance_id: str) -> Exit:
        instance = self._known(instance_id)
        if not instance.has_processes:
            await instance.stopped.wait()
            return Exit(0, None)
        if instance.life is None:
            raise RuntimeFailed(f"{instance_id} has not been started: there is no end to wait for")
        return await instance.life.ended()

    async def stop(self, instance_id: str, grace_s: float) -> None:
        instance = self._instances.get(instance_id)
        if instance is None:
            return
        instance.stopped.set()
        if instance.life is not None:
            await instance.life.stop(instance.stop_signal, grace_s)

    async def release(self, instance_id: str) -> None:
        instance = self._instances.get(instance_id)
        if instance is None:
            return
        await self.stop(instance_id, 0)
        await self._settle(instance)
        self._instances.pop(instance_id, None)
        container = instance.bundle.container.name
        self.places.point(container, self._newest(container))
        await asyncio.to_thread(self._forget, instance_id)

    def owner(self, pid: int) -> str | None:
        found = callers.by_cgroup(self.cgroups.name, pid)
        if found in self._instances:
            return found
        return callers.by_ancestor(self._inits(), pid)

    async def close(self) -> None:
        failures = [await self._failure_of_release(name) for name in list(self._instances)]
        self.cgroups.remove_all()
        for failure in filter(None, failures):
            raise failure
        self.places.remove_all()

    async def _failure_of_release(self, instance_id: str) -> RuntimeFailed | None:
        try:
            await self.release(instance_id)
        except RuntimeFailed as failure:
            return failure
        return None

    async def _admit(self, bundle: Bundle) -> Instance:
        container = bundle.container.name
        try:
            instance = await asyncio.to_thread(self._make, bundle)
        except (RuntimeFailed, OSError) as error:
            await asyncio.to_thread(self._forget, bundle.id)
            raise RuntimeFailed(f"{container} could not be prepared: {error}") from error
        self._instances[bundle.id] = instance
        self.places.point(container, bundle.id)
        return instance

    def _make(self, bundle: Bundle) -> Instance:
        lines = _read_conf(bundle)
        for storage in bundle.container.storage:
            if storage.disk is not None:
                log.warning(
                    "%s: %s is on the main disk: there is no other", bundle.id, storage.name
                )
        self.places.make(bundle.id)
        bundle.console.parent.mkdir(parents=True, exist_ok=True)
        return Instance(bundle, lines, self._set_up(bundle, lines))

    async def _park(self, instance: Instance) -> None:
        await self._settle(instance)
        instance.is_tidy = False
        try:
            instance.life = self._launch(instance)
        except OSError as error:
            raise RuntimeFailed(f"{instance.bundle.id} could not be set up: {error}") from error
        await instance.life.parked()

    async def _settle(self, instance: Instance) -> None:
        """Waits for what is left of the last life, and tidies after it."""
        if instance.life is not None:
            await instance.life.over()
        if not instance.is_tidy:
            await asyncio.to_thread(self._tidy, instance)
        instance.is_tidy = True

    def _rivals(self, instance: Instance) -> Iterator[Instance]:
        """Instances that hold, or may still hold, what this one needs for itself."""
        for other in self._instances.values():
            if other is not instance and not other.is_tidy and other.claims & instance.claims:
                yield other

    async def _take_over(self, instance: Instance, rivals: list[Instance]) -> None:
        """Parks an instance that needs what others held, as early as that can be.

        A layer is free when no process uses it, though its unused mount goes later: taking that
        away writes the whole file system below it to disk. An interface is free when LXC has given
        it back, at the end of its own tidying.
        """
        for rival in rivals:
            _check_ended(instance, rival)
        shared = [claim for rival in rivals for claim in rival.claims & instance.claims]
        if any(claim.startswith(NETWORK) for claim in shared):
            await self._settle_all(rivals)
        try:
            await self._park(instance)
        except RuntimeFailed:
            if not rivals:
                raise
            # Kernels with an index of overlays lend a layer only when its last mount is gone.
            await self._settle_all(rivals)
            await self._park(instance)

    async def _settle_all(self, instances: list[Instance]) -> None:
        for instance in instances:
            await self._settle(instance)

    def _newest(self, container: str) -> str | None:
        bundles = [instance.bundle for instance in self._instances.values()]
        ids = [bundle.id for bundle in bundles if bundle.container.name == container]
        return ids[-1] if ids else None

    def _inits(self) -> dict[int, str]:
        instances = list(self._instances.values())
        lives = [(instance.bundle.id, instance.life) for instance in instances]
        return {life.init.pid: name for name, life in lives if life and life.init}

    def _known(self, instance_id: str) -> Instance:
        try:
            return self._instances[instance_id]
        except KeyError:
            raise RuntimeFailed(f"{instance_id} has not been prepared, or was released") from None


def _check_ended(instance: Instance, rival: Instance) -> None:
    if rival.is_alive and rival.life is not None and not rival.life.is_init_gone:
        shared = ", ".join(sorted(rival.claims & instance.claims))
        raise RuntimeFailed(
            f"{instance.bundle.id} cannot be started while {rival.bundle.id} runs: "
            f"both need {shared}"
        )


def _read_conf(bundle: Bundle) -> tuple[Line, ...]:
    """No lines for a container without a conf of its own. Raises OSError."""
    container = bundle.container
    if container.config is None:
        return ()
    text = (bundle.trail / container.name / container.config).read_bytes()
    return lxcconf.parse(text.decode("utf-8", "surrogateescape"))
