from collections.abc import Iterator
from pathlib import Path

import pytest

from surefoot.client.socket import SocketClient
from surefoot.device.server import ControlServer
from tests.device.server.memory_desk import MemoryDesk


@pytest.fixture
def desk(tmp_path: Path) -> MemoryDesk:
    return MemoryDesk(tmp_path)


@pytest.fixture
def client(desk: MemoryDesk, tmp_path: Path) -> Iterator[SocketClient]:
    """Of a real server for the desk."""
    with ControlServer(desk, tmp_path / "pv-ctrl"):
        yield SocketClient(tmp_path / "pv-ctrl", timeout_s=60)
        desk.pause.set()
        desk.log_of_events.close()
