"""One life of an init, from being set up to being gone, as both runtimes tell it."""

import asyncio
import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from signal import SIGKILL
from typing import Final

from surefoot.device.runtimes.protocol import Exit
from surefoot.device.runtimes.signals import stop_signals
from surefoot.device.runtimes.watch import Process
from surefoot.errors import RuntimeFailed

PARK_TIMEOUT_S: Final = 60.0
EXEC_TIMEOUT_S: Final = 30.0
# A process in the middle of disk I/O dies when that is through.
KILL_TIMEOUT_S: Final = 30.0
_LOOK_AGAIN_S: Final = 0.005
_CAUSES_MAX: Final = 3


class Stage(IntEnum):
    SETTING_UP = 0
    PARKED = 1  # all is set up, and init waits to be executed
    RUNNING = 2
    ENDED = 3  # it is known how init ended
    OVER = 4  # whatever watched init is gone as well


class Life(ABC):
    """A subclass starts something that parks an init, and tells the stages as they are reached.

    `kill_all` sends SIGKILL to all processes of the instance, and returns whether there was one.
    A life that is over without having run has failed.
    """

    def __init__(self, name: str, kill_all: Callable[[], bool]) -> None:
        self.name = name
        self.init: Process | None = None
        self.has_run = False
        # Whether init's end is the end of all its processes: it has a PID namespace of its own.
        self.is_sealed = False
        self._kill_all = kill_all
        self._exit: Exit | None = None
        self._causes: dict[bool, list[str]] = {False: [], True: []}  # by whether they are vague
        self._stages = {stage: asyncio.Event() for stage in Stage}

    @abstractmethod
    def _go(self) -> None:
        """Lets the parked init be executed."""

    @abstractmethod
    def _give_up(self) -> None:
        """Ends what is not running yet, by force."""

    @property
    def is_ended(self) -> bool:
        return self._stages[Stage.ENDED].is_set()

    @property
    def is_over(self) -> bool:
        return self._stages[Stage.OVER].is_set()

    @property
    def is_init_gone(self) -> bool:
        """Init, and with it what no two instances may hold at once."""
        return self.init is None or self.init.is_gone

    async def parked(self) -> None:
        """Raises RuntimeFailed when it does not get there."""
        await self._reached(Stage.PARKED, PARK_TIMEOUT_S)
        if self.is_over and not self.has_run:
            raise self._failed("could not be set up")

    async def release(self) -> int:
        """Init's PID. Raises RuntimeFailed when init could not be executed."""
        self._go()
        await self._reached(Stage.RUNNING, EXEC_TIMEOUT_S)
        if not self.has_run or self.init is None:
            raise self._failed("could not be started")
        return self.init.pid

    async def ended(self) -> Exit:
        """How init ended, once all processes are gone. However long that takes."""
        await self._stages[Stage.ENDED].wait()
        await self._all_gone()
        return self._exit or Exit(None, None)

    async def over(self) -> None:
        """Ends what watches init by force when it does not end. Raises RuntimeFailed."""
        try:
            await self._reached(Stage.OVER, KILL_TIMEOUT_S)
        except RuntimeFailed:
            await self._reached(Stage.OVER, KILL_TIMEOUT_S)

    async def stop(self, signal: int | None, grace_s: float) -> None:
        """`signal`: what the container's conf says, if it says anything.

        Comes to an end whatever the processes do: after `grace_s` by force, and when they survive
        even that, after `KILL_TIMEOUT_S` by RuntimeFailed.
        """
        if not self.has_run:
            self._give_up()
            await self.over()
            return
        if not self.is_init_gone:
            await self._ask(signal, grace_s)
            self._force()
        await self._all_gone()

    async def _ask(self, signal: int | None, grace_s: float) -> None:
        assert self.init is not None
        numbers = stop_signals(signal, _status(self.init.pid))
        for number in numbers:
            self.init.signal(number)
            if await self.init.gone_within(grace_s / len(numbers)):
                return

    def _force(self) -> None:
        if self.init is not None and not self.init.is_gone:
            self._kill_all()
            # Whatever group it has got itself into, and whether there are groups at all.
            self.init.signal(SIGKILL)

    async def _all_gone(self) -> None:
        """Raises RuntimeFailed when some would not die."""
        if self.init is not None and not await self.init.gone_within(KILL_TIMEOUT_S):
            raise self._undying()
        deadline = asyncio.get_running_loop().time() + KILL_TIMEOUT_S
        while not self.is_sealed and self._kill_all():
            if asyncio.get_running_loop().time() > deadline:
                raise self._undying()
            await asyncio.sleep(_LOOK_AGAIN_S)

    def _undying(self) -> RuntimeFailed:
        return RuntimeFailed(f"processes of {self.name} do not die, not even by SIGKILL")

    async def _reached(self, stage: Stage, timeout_s: float) -> None:
        try:
            await asyncio.wait_for(self._stages[stage].wait(), timeout_s)
        except TimeoutError:
            self._give_up()
            raise self._failed(f"did not get to {stage.name} within {timeout_s:.0f} s") from None

    def _reach(self, stage: Stage) -> None:
        for passed in Stage:
            if passed <= stage:
                self._stages[passed].set()

    def _complain(self, cause: str, is_vague: bool = False) -> None:
        """The first causes tell most: what follows is their consequence."""
        if len(self._causes[is_vague]) < _CAUSES_MAX:
            self._causes[is_vague].append(cause)

    def _failed(self, what: str) -> RuntimeFailed:
        causes = self._causes[False] or self._causes[True] or ["no cause was given"]
        return RuntimeFailed(f"{self.name} {what}: {'; '.join(causes)}")


def is_sealed(pid: int) -> bool:
    """Whether a process has a PID namespace of its own, so that its end is the end of all in it."""
    try:
        return os.readlink(f"/proc/{pid}/ns/pid") != os.readlink("/proc/self/ns/pid")
    except OSError:
        return False


def _status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text("utf-8", "replace")
    except OSError:
        return ""
