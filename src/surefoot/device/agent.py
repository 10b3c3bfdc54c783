"""The loop between thinking and doing: one event in, its effects done in order, the next event."""

import asyncio
import itertools
import logging
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from surefoot.boot.protocol import EXIT_POWEROFF, EXIT_REBOOT
from surefoot.device import compose, view
from surefoot.device import effects as dev
from surefoot.device.events import Kind
from surefoot.device.perform import Hands, Parts
from surefoot.device.turn import Device
from surefoot.errors import NoRoom, TimedOut

ANSWER_TIMEOUT_S = 60.0
# As pvcontrol knows it (pvr.md 6.2).
NO_ROOM_STATUS, NO_ROOM = 507, "Not enough disk space available"
log = logging.getLogger(__name__)


class Agent:
    """`device` is replaced whole with each event, so that other threads may read it at any time."""

    def __init__(self, device: Device, parts: Parts) -> None:
        self.device = device
        self.parts = parts
        self.hands = Hands(parts, self.post, lambda: self.device.in_use)
        self._events: asyncio.Queue[Any] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tickets = itertools.count(1)
        self._shown: dict[str, Any] = {}

    async def run(self, boot: dev.Boot) -> int:
        """Until the device leaves. Returns the exit code for the boot loader's stand-in (R8)."""
        self._loop = asyncio.get_running_loop()
        self.post(boot)
        while self.hands.leave is None:
            self._turn(await self._events.get())
        return EXIT_POWEROFF if self.hands.leave.poweroff else EXIT_REBOOT

    def post(self, event: Any) -> None:
        """From the loop's own thread. An exception is a slip of ours: it ends the agent."""
        self._events.put_nowait(event)

    def ask(self, question: Callable[[int], dev.Event]) -> dev.Answer:
        """From any other thread: gives the event with a ticket of its own, waits for the answer.

        Raises TimedOut when the agent is busy ending.
        """
        ticket, answer = next(self._tickets), Future[dev.Answer]()

        def give() -> None:
            self.hands.tickets[ticket] = answer
            self.post(question(ticket))

        self.call_soon(give)
        try:
            return answer.result(ANSWER_TIMEOUT_S)
        except TimeoutError as error:
            raise TimedOut("The agent did not answer in time; ask again") from error

    def tell(self, event: dev.Event) -> None:
        """From any other thread, without an answer."""
        self.call_soon(lambda: self.post(event))

    def call_soon(self, work: Callable[[], None]) -> None:
        """From any other thread: does this in the loop's own."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(work)

    def _turn(self, event: Any) -> None:
        if isinstance(event, BaseException):
            raise event
        device, effects = compose.advance(self.device, event)
        # What was found at boot belongs to the try that this boot is.
        if _another(self.device, device) and not isinstance(event, dev.Boot):
            self.parts.errors.begin()
        answers = [effect for effect in effects if isinstance(effect, dev.Answer)]
        for number, effect in enumerate(effects):
            if isinstance(effect, dev.Answer):
                continue
            try:
                self.hands.perform(effect)
            except NoRoom as error:
                if not isinstance(effect, dev.Journal):
                    raise
                if number == 0 and answers:  # nothing was done yet: the command is not taken
                    self._refuse(answers[0].ticket)
                    return
                log.error("the journal is behind, the disk is full: %s", error)
        # Nobody sees, and nobody is told, what is not on the disk yet (R13).
        self.device = device
        for answer in answers:
            self.hands.perform(answer)
        self.parts.watch.note(device)
        self._show_changes()

    def _refuse(self, ticket: int) -> None:
        self.hands.perform(dev.Answer(ticket, NO_ROOM_STATUS, NO_ROOM))

    def _follow(self, running: str) -> None:
        """The agent's own log goes on in the directory of the revision that runs now."""
        if self.parts.own_log is not None:
            self.parts.own_log.switch(running)

    def _show_changes(self) -> None:
        for one in view.containers(self.device):
            if self._shown.get(one.name) != one.status:
                self._shown[one.name] = one.status
                data = {"name": one.name, "status": one.status, "goal": one.status_goal}
                self.parts.events.publish(Kind.CONTAINER, data)
        status = view.device_status(self.device), self.device.update.running
        if self._shown.get("") != status:
            self._shown[""] = status
            self._follow(status[1])
            data = {"status": status[0], "revision": status[1]}
            self.parts.events.publish(Kind.STATUS, data)


def _another(before: Device, after: Device) -> bool:
    """Another update is in work than before: what was logged so far belongs to that one (R7)."""
    old, new = before.update.update, after.update.update
    return new is not None and (old is None or old.revision != new.revision)
