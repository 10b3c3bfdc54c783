"""The line between a device and its Hub, with a server of plain TCP at its far end."""

import socket
import threading
from collections.abc import Iterator

import pytest

from surefoot.lab.line import DOWN, GOOD, HELD, Condition, Line

DATA = bytes(range(256)) * 4096  # 1 MiB
PATIENCE_S = 30.0


class Server:
    """Answers each connection with what `answer` makes of all that it has sent up to its end."""

    def __init__(self) -> None:
        self.answer = lambda asked: DATA
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with peer:
                try:
                    peer.sendall(self.answer(received(peer)))
                except OSError:
                    pass  # the line was cut

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(PATIENCE_S)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def line(server: Server) -> Iterator[Line]:
    with Line(server.port) as made:
        yield made


def received(peer: socket.socket) -> bytes:
    pieces = []
    try:
        while piece := peer.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


def ask(line: Line, asked: bytes = b"?") -> bytes:
    with socket.create_connection(("127.0.0.1", line.port), PATIENCE_S) as peer:
        peer.sendall(asked)
        peer.shutdown(socket.SHUT_WR)
        return received(peer)


def test_a_good_line_carries_all_bytes_both_ways(line: Line, server: Server) -> None:
    server.answer = lambda asked: asked
    assert ask(line, DATA) == DATA
    assert (line.passed, line.cuts) == (len(DATA), 0)


def test_a_bad_line_cuts_each_connection_after_so_many_bytes_to_the_device(line: Line) -> None:
    line.become(Condition(cut_after=300_000))
    for cuts in (1, 2):
        came = ask(line)
        assert DATA.startswith(came)
        assert len(came) < len(DATA)
        assert line.cuts == cuts
    assert 600_000 <= line.passed < 2 * len(DATA)


def test_what_goes_to_the_hub_cuts_nothing(line: Line, server: Server) -> None:
    line.become(Condition(cut_after=300_000))
    server.answer = lambda asked: b"%d" % len(asked)
    assert ask(line, DATA) == b"%d" % len(DATA)


def test_what_is_held_comes_once_the_line_is_good_again(line: Line) -> None:
    line.become(HELD)
    with socket.create_connection(("127.0.0.1", line.port), PATIENCE_S) as peer:
        peer.sendall(b"?")
        peer.shutdown(socket.SHUT_WR)
        peer.settimeout(0.1)
        with pytest.raises(TimeoutError):
            peer.recv(1)
        peer.settimeout(PATIENCE_S)
        line.become(GOOD)
        assert received(peer) == DATA


def test_a_line_that_is_down_has_no_connection_and_takes_none(line: Line) -> None:
    with socket.create_connection(("127.0.0.1", line.port), PATIENCE_S) as peer:
        peer.sendall(b"?")
        line.become(DOWN)
        assert received(peer) == b""
    assert ask(line, b"") == b""
    assert line.passed == 0
    line.become(GOOD)
    assert ask(line) == DATA


def test_a_slow_line_is_left_in_the_middle_by_its_end(line: Line) -> None:
    line.become(Condition(rate=1))
    with socket.create_connection(("127.0.0.1", line.port), PATIENCE_S) as peer:
        peer.sendall(b"?")
        peer.shutdown(socket.SHUT_WR)
        assert peer.recv(1) == DATA[:1]
        line.become(DOWN)
        assert len(received(peer)) < len(DATA)


def test_a_hub_that_is_away_is_an_end_of_the_connection(server: Server) -> None:
    gone = Server()
    gone.close()
    with Line(gone.port) as line:
        assert ask(line, b"") == b""
        line.target = server.port
        assert ask(line) == DATA
