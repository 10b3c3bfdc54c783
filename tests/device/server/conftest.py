import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from surefoot.device.server import ControlServer, Limits
from tests.device.server.memory_desk import MemoryDesk

Serve = Callable[..., Path]
Pairs = Callable[[], tuple[socket.socket, socket.socket]]


@pytest.fixture
def pairs() -> Iterator[Pairs]:
    """Makes pairs of connected sockets: ours, theirs."""
    with ExitStack() as stack:

        def make() -> tuple[socket.socket, socket.socket]:
            ours, theirs = socket.socketpair()
            return stack.enter_context(ours), stack.enter_context(theirs)

        yield make


@pytest.fixture
def desk(tmp_path: Path) -> MemoryDesk:
    return MemoryDesk(tmp_path)


@pytest.fixture
def serve(desk: MemoryDesk, tmp_path: Path) -> Iterator[Serve]:
    """Starts a server for the desk with the given limits; gives its path."""
    with ExitStack() as stack:

        def start(limits: Limits | None = None) -> Path:
            path = tmp_path / "pv-ctrl"
            stack.enter_context(ControlServer(desk, path, limits))
            stack.callback(desk.log_of_events.close)
            stack.callback(desk.pause.set)
            return path

        yield start


@pytest.fixture
def path(serve: Serve) -> Path:
    return serve()
