"""Waiting at the desk for the end of an update: looks at the Hub, again and again.

Sources: R24 (how a waited update ends), peers.md 3 (every wait has a deadline).
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from surefoot.client.desk.devices import Device
from surefoot.client.desk.hub import DeskHub, refused
from surefoot.client.desk.pace import PACE, Pace, Patience
from surefoot.client.desk.steps import View, loaded, step_body, step_target, view_of
from surefoot.client.hub.refusals import is_busy
from surefoot.client.wait import EXIT_CODES
from surefoot.errors import Busy, TimedOut, Unreachable
from surefoot.wire.progress import Status

DEFAULT_TIMEOUT_S = 3600.0
"""A device may have to finish something first, and its line may be slow."""
_NO_SUCH_ROUTE = (404, 405)


@dataclass(frozen=True)
class Entry:
    """Something new in the progress; `at_s`: seconds since the wait began."""

    view: View
    at_s: float


def exit_code(status: str) -> int | None:
    """How a waited update ends (R24); None while it goes on."""
    return EXIT_CODES.get(Status(status)) if status in Status.__members__ else None


class Waiter:
    """`tell` gets each new status or message once; what comes and goes between two looks is never
    seen. `watch` gets each view."""

    def __init__(
        self,
        hub: DeskHub,
        device: Device,
        revision: int,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        pace: Pace = PACE,
    ) -> None:
        self._hub = hub
        self._device = device
        self._revision = revision
        self._timeout_s = timeout_s
        self._pace = pace
        self._has_short_form = True

    async def wait(
        self, tell: Callable[[Entry], None], watch: Callable[[View], None] = lambda _: None
    ) -> View:
        """The last one. Raises TimedOut; Unreachable when the Hub is away for longer than the
        patience; NotFound when the device or the step is gone."""
        begun, told = time.monotonic(), ("", "")
        try:
            async with asyncio.timeout(self._timeout_s):
                while True:
                    view = await self._patient_look()
                    watch(view)
                    if told != (view.status, view.message):
                        told = (view.status, view.message)
                        tell(Entry(view, time.monotonic() - begun))
                    if exit_code(view.status) is not None:
                        return view
                    await asyncio.sleep(self._pace.look_s)
        except TimeoutError as error:
            raise TimedOut(
                f"Revision {self._revision} of {self._device.nick} did not come to its end within"
                f" {self._timeout_s:g} s; it may still do: look with"
                f" `surefoot step {self._device.nick} {self._revision}`"
            ) from error

    async def _patient_look(self) -> View:
        patience = Patience(self._pace)
        while True:
            try:
                return await self._look()
            except (Unreachable, Busy) as error:
                await patience.rest(error)

    async def _look(self) -> View:
        if self._has_short_form:
            target = f"{step_target(self._device, self._revision)}/progress"
            answer = await self._hub.look("GET", target)
            if answer.status == 200:
                return view_of(loaded(answer.body))
            if is_busy(answer.status):
                raise refused(answer, f"revision {self._revision} of {self._device.nick}")
            # The reference shows the progress only within the step (hub-wire.md 4).
            self._has_short_form = answer.status not in _NO_SUCH_ROUTE
        step = loaded(await step_body(self._hub, self._device, self._revision))
        return view_of(step.get("progress"))
