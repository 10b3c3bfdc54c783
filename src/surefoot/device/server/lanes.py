"""How many requests of each sort are served at once.

Every connection takes a place in the lane of commands before it is accepted: when there is none,
new ones wait in the kernel. A transfer or a stream moves to its own lane and gives that place
back, so neither downloads nor listeners can keep a command waiting. One container holds a few
places at most: it may starve itself, nobody else.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from surefoot.device.server.limits import Limits
from surefoot.device.server.routes import Lane
from surefoot.errors import Busy

_RETRY_S = 5


class Place:
    """A place in the lane of commands; may be given back early, and counts once."""

    def __init__(self, lane: threading.Semaphore) -> None:
        self._lane = lane
        self._held = True

    def give_back(self) -> None:
        if self._held:
            self._held = False
            self._lane.release()


class Lanes:
    def __init__(self, limits: Limits) -> None:
        self._commands = threading.Semaphore(limits.commands)
        self._long = {
            Lane.TRANSFER: threading.Semaphore(limits.transfers),
            Lane.STREAM: threading.Semaphore(limits.streams),
            Lane.REFUSAL: threading.Semaphore(limits.refusals),
        }
        self._per_container = limits.per_container
        self._guard = threading.Lock()
        self._containers: Counter[str] = Counter()

    def wait_for_place(self) -> Place:
        self._commands.acquire()
        return Place(self._commands)

    @property
    def crowded(self) -> bool:
        """Somebody may be waiting: an idle connection should make room."""
        free = self._commands.acquire(blocking=False)
        if free:
            self._commands.release()
        return not free

    @contextmanager
    def enter(self, lane: Lane, place: Place) -> Iterator[None]:
        """Raises Busy when the lane of a long request is full."""
        semaphore = self._long.get(lane)
        if not semaphore:
            yield
            return
        if not semaphore.acquire(blocking=False):
            raise Busy(f"Too many {lane}s at once. Try again", _RETRY_S)
        try:
            place.give_back()
            yield
        finally:
            semaphore.release()

    @contextmanager
    def container(self, name: str | None) -> Iterator[None]:
        """Counts one connection of this container (None: the host, not counted). Raises Busy."""
        with self._guard:
            if name is not None and self._containers[name] >= self._per_container:
                raise Busy(f"Too many connections from container {name}. Try again", _RETRY_S)
            self._containers[name or ""] += 1
        try:
            yield
        finally:
            with self._guard:
                self._containers[name or ""] -= 1
