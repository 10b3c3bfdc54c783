"""Waiting for what a command brings about, over reboots of the device.

Events only wake: what is told and what is decided comes from the device's own record and status,
so that a line which fell into a reboot is told all the same, and none is told twice.

Sources: rulings R13 (when a final status is visible), R24 (exit codes), peers.md 3 (every wait has
a deadline).
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from surefoot.client.socket import SocketClient
from surefoot.errors import Busy, NotFound, TimedOut, Unreachable
from surefoot.wire.progress import Progress, Status, decode

EXIT_CODES = {
    Status.UPDATED: 0,
    Status.DONE: 0,
    Status.WONTGO: 3,
    Status.CANCELLED: 3,
    Status.ERROR: 4,
}
"""R24: how a waited update ends."""

APPLIED = "Update applied"
READY = "READY"

DEFAULT_TIMEOUT_S = 900.0
DEFAULT_PATIENCE_S = 120.0
"""How long a device may not answer at a stretch: it reboots."""

_LOOK_S = 2.0
_ANSWER_S = 30.0
_GONE_LOOK_S = 0.1
_SETTLE_S = 120.0
_RECORDED = frozenset({"progress", "lost"})
_WAKING = _RECORDED | {"status", "container"}


@dataclass(frozen=True)
class Entry:
    """One line of a change's timeline. `since`: when it began, as the device labels it."""

    revision: str
    status: str
    message: str
    cause: str
    since: str
    change: int


@dataclass(frozen=True)
class Look:
    """The device as it is now: `GET /status`, and the progress of the revision waited for."""

    status: dict[str, Any]
    progress: Progress | None

    @property
    def idle(self) -> bool:
        """Nothing is in work, and every container has reached its goal."""
        at_work = self.status["command"] or self.status["update"]
        return not at_work and self.status["status"] == READY


Until = Callable[[Look], bool]


def until_idle(look: Look) -> bool:
    return look.idle


def until_ran(revision: str, *, committed: bool = False) -> Until:
    """The revision runs, or has failed. `committed`: and is the rollback point.

    Its record alone does not tell: going back to the rollback point changes none (R25).
    """

    def ran(look: Look) -> bool:
        status = look.progress.status if look.progress else None
        if committed and status is Status.UPDATED:
            return False
        succeeded = status in (Status.UPDATED, Status.DONE)
        return look.status["running"] == revision if succeeded else status in EXIT_CODES

    return ran


def until_applied(look: Look) -> bool:
    """Armed for the next reboot (R3), or at an end."""
    progress = look.progress
    return progress is not None and (progress.message == APPLIED or progress.status in EXIT_CODES)


class Waiter:
    """Begin it before the command is given, so that nothing of what follows is missed.

    `revision`: whose entries are told; None for all. Raises Unreachable when nobody answers: at
    once, or with `patient` when the patience is over.
    """

    def __init__(
        self,
        client: SocketClient,
        revision: str | None = None,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        patience_s: float = DEFAULT_PATIENCE_S,
        patient: bool = False,
    ) -> None:
        self._client = SocketClient(client.path, min(_ANSWER_S, timeout_s))
        self._revision = revision
        self._timeout_s = timeout_s
        self._patience_s = patience_s
        self._look_s = min(_LOOK_S, timeout_s, patience_s)
        self._begun = self._answered = time.monotonic()
        while patient and self._look() is None:
            self._check_time()
            time.sleep(_GONE_LOOK_S)
        self._last_event = int(self._client.get("/status")["event"])
        self._told: set[Entry] = set(self._entries())

    def wait(self, until: Until, tell: Callable[[Entry], None] = lambda _: None) -> Look:
        """Until `until` is true of the device; `tell` gets each new entry once, in order.

        Raises TimedOut when the time is over, Unreachable when the patience with a silent device
        is.
        """
        for is_recorded in self._wakes():
            look = self._look()
            is_over = look is not None and until(look)
            for entry in self._new_entries() if is_over or is_recorded else ():
                tell(entry)
            if look is not None and is_over:
                return look
            self._check_time()
        raise AssertionError("waking never ends")

    def settle(self, tell: Callable[[Entry], None] = lambda _: None) -> bool:
        """After an update has failed: until the device is back on its feet; False when it is not
        within two minutes. So that what a script does next meets no device in a reboot."""
        self._timeout_s = time.monotonic() - self._begun + _SETTLE_S
        try:
            self.wait(until_idle, tell)
        except (TimedOut, Unreachable):
            return False
        return True

    def wait_until_gone(self) -> None:
        """Until nobody answers any more. Raises TimedOut."""
        while self._look() is not None:
            self._check_time()
            time.sleep(_GONE_LOOK_S)

    def _wakes(self) -> Iterator[bool]:
        """At once, then whenever something happened, and every few seconds all the same. True when
        the record of changes may have grown."""
        yield True
        while True:
            yield from self._heard()
            yield True

    def _heard(self) -> Iterator[bool]:
        try:
            with self._client.events(
                self._last_event, patience_s=self._look_s, timeout_s=self._look_s
            ) as stream:
                for event in stream:
                    self._last_event = event.id
                    if event.kind in _WAKING:
                        yield event.kind in _RECORDED
        except (TimedOut, Unreachable, Busy):
            return  # whether that is the end is for `_check_time` to say

    def _look(self) -> Look | None:
        """None when the device does not answer just now."""
        try:
            progress = self._progress()
            look = Look(self._client.get("/status"), progress)
        except (Unreachable, Busy, TimedOut):
            return None
        self._answered = time.monotonic()
        return look

    def _progress(self) -> Progress | None:
        if self._revision is None:
            return None
        try:
            return decode(self._client.get_bytes(f"/steps/{self._revision}/progress"))
        except NotFound:
            return None

    def _new_entries(self) -> list[Entry]:
        try:
            found = [entry for entry in self._entries() if entry not in self._told]
        except (Unreachable, Busy, TimedOut):
            return []
        self._told.update(found)
        return found

    def _entries(self) -> Iterator[Entry]:
        for change in self._client.get("/changes"):
            if self._revision in (None, change["revision"]):
                yield from entries_of(change)

    def _check_time(self) -> None:
        now = time.monotonic()
        if now - self._begun >= self._timeout_s:
            raise TimedOut(
                f"{_waited_for(self._revision)} did not come to its end within "
                f"{self._timeout_s:g} s; it may still do: look with `surefoot ctl status`"
            )
        if now - self._answered >= self._patience_s:
            raise Unreachable(
                f"nobody has answered at {self._client.path} for {self._patience_s:g} s"
            )


def entries_of(change: Mapping[str, Any]) -> Iterator[Entry]:
    """The timeline of one change, oldest first."""
    for entry in change["timeline"]:
        yield Entry(
            change["revision"],
            entry["status"],
            entry["message"],
            entry["cause"],
            entry["since"],
            change["number"],
        )


def _waited_for(revision: str | None) -> str:
    return f"the update to {revision}" if revision else "what the device is doing"
