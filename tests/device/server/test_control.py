import os
import socket
import stat
import threading
from pathlib import Path

import pytest

from surefoot.client.unix import connect
from surefoot.device.server import ControlServer, Limits
from surefoot.device.server.control import SOCKET_MODE
from surefoot.errors import Conflict, SurefootError, Unreachable
from tests.device.server.memory_desk import MemoryDesk, Wire, ask


def test_the_socket_is_for_root_and_its_group_alone(path: Path) -> None:
    mode = path.stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == SOCKET_MODE == 0o660


def test_the_mode_does_not_depend_on_who_starts_the_agent(desk: MemoryDesk, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with ControlServer(desk, tmp_path / "open"):
            assert stat.S_IMODE((tmp_path / "open").stat().st_mode) == SOCKET_MODE
        os.umask(0o777)
        with ControlServer(desk, tmp_path / "closed"):
            assert stat.S_IMODE((tmp_path / "closed").stat().st_mode) == SOCKET_MODE
    finally:
        os.umask(before)


def test_a_socket_file_that_a_dead_agent_left_is_replaced(desk: MemoryDesk, tmp_path: Path) -> None:
    """peers 3: balena-supervisor#1758 (nothing is taken for a holder because a file exists)."""
    path = tmp_path / "pv-ctrl"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with ControlServer(desk, path):
        assert ask(path, "GET", "/steps").status == 200


def test_a_living_agent_is_not_pushed_aside(path: Path, desk: MemoryDesk) -> None:
    with pytest.raises(Conflict, match="another agent answers"):
        ControlServer(desk, path).start()
    assert ask(path, "GET", "/steps").status == 200


def test_what_is_no_socket_is_left_alone(desk: MemoryDesk, tmp_path: Path) -> None:
    path = tmp_path / "pv-ctrl"
    path.write_text("a file")
    with pytest.raises(Conflict, match="not a socket"):
        ControlServer(desk, path).start()
    assert path.read_text() == "a file"


def test_a_run_directory_that_is_not_there_is_said(desk: MemoryDesk, tmp_path: Path) -> None:
    for path in (tmp_path / "absent" / "pv-ctrl", tmp_path / ("x" * 120) / "pv-ctrl"):
        with pytest.raises(SurefootError, match=r"No control socket can be made at .*No such"):
            ControlServer(desk, path).start()


def test_a_socket_in_a_very_deep_directory_is_served(desk: MemoryDesk, tmp_path: Path) -> None:
    """An address has 107 bytes at most; a path may be longer."""
    path = tmp_path / ("d" * 100) / ("e" * 100) / "pv-ctrl"
    path.parent.mkdir(parents=True)
    with ControlServer(desk, path):
        assert ask(path, "GET", "/steps").status == 200
    assert not path.exists()


def test_a_stopped_server_leaves_no_file_and_no_listener(desk: MemoryDesk, tmp_path: Path) -> None:
    path = tmp_path / "pv-ctrl"
    with ControlServer(desk, path):
        pass
    assert not path.exists()
    with pytest.raises(Unreachable):
        connect(path, 1)


def test_a_stopped_server_leaves_the_file_of_its_successor(
    desk: MemoryDesk, tmp_path: Path
) -> None:
    path = tmp_path / "pv-ctrl"
    with ControlServer(desk, path):
        path.unlink()
        with socket.socket(socket.AF_UNIX) as successor:
            successor.bind(str(path))
    assert path.exists()


def test_stopping_ends_idle_connections_streams_and_threads(
    desk: MemoryDesk, tmp_path: Path
) -> None:
    before = set(threading.enumerate())
    path = tmp_path / "pv-ctrl"
    with ControlServer(desk, path):
        idle = Wire(path)
        kept = Wire(path).say(b"GET /xconnect-graph HTTP/1.1\r\n\r\n")
        kept.hear_until(b"[]")
        stream = Wire(path).say(b"GET /events HTTP/1.1\r\n\r\n")
        stream.hear_until(b"id: 100\n\n")
        desk.log_of_events.close()
    assert (idle.hear(), kept.hear(), stream.hear()) == (b"", b"", b"")
    assert set(threading.enumerate()) <= before


def test_stopping_lets_a_request_end_that_is_being_answered(
    desk: MemoryDesk, tmp_path: Path
) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow(op: object, payload: str) -> bool:
        asked.set()
        return go_on.wait(60)

    desk.on_command = slow
    path = tmp_path / "pv-ctrl"
    server = ControlServer(desk, path)
    server.start()
    body = b'{"op":"REBOOT_DEVICE","payload":""}'
    wire = Wire(path).say(b"POST /commands HTTP/1.1\r\nContent-Length: 35\r\n\r\n" + body)
    assert asked.wait(60)
    stopping = threading.Thread(target=server.stop, args=(60,))
    stopping.start()
    go_on.set()
    assert wire.hear().startswith(b"HTTP/1.1 200")
    stopping.join(60)
    assert not path.exists()


def test_more_clients_than_places_are_all_served_in_the_end(
    desk: MemoryDesk, tmp_path: Path
) -> None:
    path = tmp_path / "pv-ctrl"
    answers: list[int] = []
    with ControlServer(desk, path, Limits(commands=2, waiting=64)):
        clients = [
            threading.Thread(target=lambda: answers.append(ask(path, "GET", "/steps").status))
            for _ in range(40)
        ]
        for client in clients:
            client.start()
        for client in clients:
            client.join(60)
    assert answers == [200] * 40


def test_a_machine_without_another_thread_closes_the_connection_and_lives_on(
    desk: MemoryDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pv-ctrl"
    with ControlServer(desk, path):

        def fail(thread: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(threading.Thread, "start", fail)
        assert Wire(path).hear() == b""
        monkeypatch.undo()
        assert ask(path, "GET", "/steps").status == 200
