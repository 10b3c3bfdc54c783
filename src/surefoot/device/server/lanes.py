"""How many requests of each sort are served at once.

Every connection takes a place in the lane of commands before it is accepted: when there is none,
new ones wait in the kernel. A transfer or a stream moves to its own lane and gives that place
back, so neither downloads nor listeners can keep a command waiting. One container has a few
connections at most, and all containers together leave some places to the host: they may delay each
other, never the host.
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
        self._shared = threading.Semaphore(limits.for_containers)
        # One thread serves one connection: what it holds of `_shared`.
        self._serving = threading.local()
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
            self._leave_commands()
            yield
        finally:
            semaphore.release()

    @contextmanager
    def container(self, name: str | None) -> Iterator[None]:
        """Counts one connection of this container (None: the host, not counted). Raises Busy.

        Enter it in the thread that serves the connection.
        """
        if name is None:
            yield
            return
        self._count(name)
        try:
            self._join_commands()
            yield
        finally:
            self._leave_commands()
            with self._guard:
                self._containers[name] -= 1

    def _count(self, name: str) -> None:
        with self._guard:
            if self._containers[name] >= self._per_container:
                raise Busy(f"Too many connections from container {name}. Try again", _RETRY_S)
            self._containers[name] += 1

    def _join_commands(self) -> None:
        if not self._shared.acquire(blocking=False):
            raise Busy("Too many connections from containers. Try again", _RETRY_S)
        self._serving.place = Place(self._shared)

    def _leave_commands(self) -> None:
        """Harmless for the host, and when it has been left already."""
        place: Place | None = getattr(self._serving, "place", None)
        if place is not None:
            place.give_back()
