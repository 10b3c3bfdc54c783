import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from surefoot.device.server.peer import Peer, hung_up
from tests.device.server.conftest import Pairs


def test_the_other_end_is_known_by_its_process(pairs: Pairs) -> None:
    ours, _theirs = pairs()
    with closing(Peer(ours)) as peer:
        assert peer.pid == os.getpid()
        assert peer.is_there()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"\0surefoot-test-{os.getpid()}-{id(listening)}")
        listening.listen()
        yield listening


@pytest.mark.parametrize("old_kernel", [False, True])
def test_a_process_that_ended_is_not_there(
    old_kernel: bool, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    if old_kernel:
        monkeypatch.setattr("surefoot.device.server.peer._SO_PEERPIDFD", 9999)
    address = listener.getsockname()
    knock = f"import socket; s = socket.socket(1); s.connect({address!r}); input()"
    with subprocess.Popen([sys.executable, "-c", knock], stdin=subprocess.PIPE) as asker:
        connection = listener.accept()[0]
        with connection, closing(Peer(connection)) as peer:
            assert peer.pid == asker.pid
            assert peer.is_there()
            asker.communicate(b"\n", timeout=60)
            assert not peer.is_there()


def test_a_peer_that_only_stopped_sending_is_still_there(pairs: Pairs) -> None:
    ours, theirs = pairs()
    assert not hung_up(ours)
    theirs.shutdown(socket.SHUT_WR)
    assert not hung_up(ours)
    theirs.close()
    assert hung_up(ours)
