import hashlib
import socket
import threading
from pathlib import Path

import pytest

from surefoot.client.events import Event
from surefoot.client.socket import SocketClient
from surefoot.device.events import EventLog, Kind
from surefoot.device.server import ControlServer, Op, Reply
from surefoot.errors import (
    Busy,
    Conflict,
    Corrupt,
    Forbidden,
    InvalidInput,
    NoRoom,
    NotFound,
    SurefootError,
    TimedOut,
    Unreachable,
)
from tests.device.server.memory_desk import PLAIN, STATE, MemoryDesk


def test_json_is_got_put_posted_and_deleted(client: SocketClient, desk: MemoryDesk) -> None:
    assert client.get("/containers")[0]["name"] == "app"
    client.put("/user-meta/k", b"v")
    assert client.get("/user-meta") == {"k": "v"}
    client.delete("/user-meta/k")
    assert client.get("/user-meta") == {}
    assert client.post("/storage/gc") == {"reclaimed": 4096}
    client.put_json("/containers/app", {"action": "stop"})
    assert desk.asked == [("app", "stop")]


def test_a_state_is_carried_byte_for_byte(client: SocketClient) -> None:
    client.put("/steps/locals/x", STATE)
    assert client.get_bytes("/steps/locals/x") == STATE


def test_a_command_says_whether_it_was_needed(client: SocketClient, desk: MemoryDesk) -> None:
    assert client.command("LOCAL_RUN", "locals/x") is True
    desk.on_command = lambda _op, _payload: False
    assert client.command("UNCLAIM") is False
    assert desk.asked == [(Op.LOCAL_RUN, "locals/x"), (Op.UNCLAIM, "")]


def test_a_file_goes_up_and_comes_down_with_its_progress(
    client: SocketClient, tmp_path: Path
) -> None:
    data = bytes(n % 251 for n in range(1_000_000))
    source = tmp_path / "source"
    source.write_bytes(data)
    up: list[tuple[int, int]] = []
    down: list[tuple[int, int]] = []
    target = f"/objects/{hashlib.sha256(data).hexdigest()}"
    client.upload(target, source, lambda done, total: up.append((done, total)))
    with (tmp_path / "sink").open("wb") as sink:
        client.download(target, sink, lambda done, total: down.append((done, total)))
    assert (tmp_path / "sink").read_bytes() == data
    for told in (up, down):
        assert len(told) > 1
        assert told == sorted(told)
        assert told[-1] == (len(data), len(data))


def test_an_empty_file_goes_up(client: SocketClient, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    client.upload(f"/objects/{hashlib.sha256(b'').hexdigest()}", tmp_path / "empty")


def test_a_file_that_is_not_there_is_not_found(client: SocketClient, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="absent"):
        client.upload("/objects/" + "0" * 64, tmp_path / "absent")


def test_a_file_that_shrinks_while_it_is_sent_is_not_sent_as_another(
    client: SocketClient, desk: MemoryDesk, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.write_bytes(bytes(1_000_000))

    def shrink(done: int, _total: int) -> None:
        with source.open("r+b") as file:
            file.truncate(done)

    with pytest.raises(Corrupt, match="shorter"):
        client.upload("/objects/" + "0" * 64, source, shrink)


def test_a_large_file_that_is_refused_has_its_reason(client: SocketClient, tmp_path: Path) -> None:
    source = tmp_path / "source"
    with source.open("wb") as sparse:
        sparse.truncate(20_000_000)
    with pytest.raises(Corrupt, match="Object has bad checksum"):
        client.upload("/objects/" + "0" * 64, source)
    with pytest.raises(InvalidInput, match="Request has bad object name"):
        client.upload("/objects/abc", source)


@pytest.mark.parametrize(
    ("told", "kind", "words"),
    [
        (Reply(400, "bad"), InvalidInput, "bad"),
        (Reply(403, "no"), Forbidden, "no"),
        (Reply(404, "gone"), NotFound, "gone"),
        (Reply(409, "later", reason="it runs"), Conflict, "later: it runs"),
        (Reply(422, "wrong"), InvalidInput, "wrong"),
        (Reply(500, "broken"), SurefootError, "broken"),
        (NoRoom("full"), NoRoom, "Not enough disk space available"),
        (Reply(408, "slow"), TimedOut, "slow"),
    ],
)
def test_every_answer_becomes_the_error_that_fits_with_the_words_of_the_device(
    told: SurefootError,
    kind: type[SurefootError],
    words: str,
    client: SocketClient,
    desk: MemoryDesk,
) -> None:
    def refuse(op: Op, payload: str) -> bool:
        raise told

    desk.on_command = refuse
    with pytest.raises(kind, match=words) as error:
        client.command("RUN_GC")
    assert type(error.value) is kind


def test_busy_says_when_to_come_again(client: SocketClient, desk: MemoryDesk) -> None:
    def refuse(op: Op, payload: str) -> bool:
        raise Busy("A command is already in progress. Try again", 600)

    desk.on_command = refuse
    with pytest.raises(Busy, match="already in progress") as busy:
        client.command("REBOOT_DEVICE")
    assert busy.value.retry_after_s == 600


def test_a_container_without_a_role_is_forbidden(client: SocketClient, desk: MemoryDesk) -> None:
    desk.caller = PLAIN
    with pytest.raises(Forbidden, match="mgmt"):
        client.get("/steps")


def test_nobody_there_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="nobody answers"):
        SocketClient(tmp_path / "absent").get("/steps")


def canned(path: Path, answer: bytes) -> threading.Thread:
    """A device that says this to its first client, whatever is asked, and hangs up."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()

    def serve() -> None:
        with listening, listening.accept()[0] as connection:
            connection.recv(65536)
            connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 2", b"junk\r\n\r\n", HEAD, HEAD + b"12345"])
def test_an_answer_that_breaks_off_is_never_taken_for_whole(answer: bytes, tmp_path: Path) -> None:
    thread = canned(tmp_path / "get", answer)
    with pytest.raises(Unreachable, match="hung up"):
        SocketClient(tmp_path / "get", 60).get("/steps")
    thread.join(60)
    thread = canned(tmp_path / "download", answer)
    with (tmp_path / "sink").open("wb") as sink, pytest.raises(Unreachable, match="hung up"):
        SocketClient(tmp_path / "download", 60).download("/objects/x", sink)
    thread.join(60)


def test_an_answer_that_is_no_json_is_an_error_of_ours(tmp_path: Path) -> None:
    thread = canned(tmp_path / "s", HEAD + b"1234567890"[:9] + b"x")
    with pytest.raises(SurefootError, match="no JSON"):
        SocketClient(tmp_path / "s", 60).get("/steps")
    thread.join(60)


def test_an_error_without_words_says_its_status(tmp_path: Path) -> None:
    thread = canned(tmp_path / "s", b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")
    with pytest.raises(SurefootError, match="500 without a reason"):
        SocketClient(tmp_path / "s", 60).get("/steps")
    thread.join(60)


def test_a_device_that_does_not_answer_is_timed_out(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "s"))
        silent.listen()
        with pytest.raises(TimedOut, match="may still happen"):
            SocketClient(tmp_path / "s", 0.05).command("RUN_GC")


def test_log_lines_come_as_they_are_written(client: SocketClient, desk: MemoryDesk) -> None:
    assert list(client.lines("/logs/0/app?tail=2")) == [b"two", b"three"]
    lines = client.lines("/logs/0/app?tail=1&follow=1")
    assert next(lines) == b"three"
    desk.pause.set()
    assert list(lines) == [b"four"]


def test_events_are_heard_from_the_moment_of_the_call(
    client: SocketClient, desk: MemoryDesk
) -> None:
    with client.events() as events:
        desk.log_of_events.publish(Kind.PROGRESS, {"status": "NEW"})
        assert next(events) == Event(101, "progress", {"status": "NEW"})


def test_events_are_replayed_from_an_id(client: SocketClient, desk: MemoryDesk) -> None:
    for n in range(3):
        desk.log_of_events.publish(Kind.LOG, n)
    with client.events(101) as events:
        assert [next(events).data for _ in range(2)] == [1, 2]


def test_events_go_on_over_a_restart_of_the_agent(desk: MemoryDesk, tmp_path: Path) -> None:
    """The socket is gone for a while and comes back with a later base of ids."""
    path = tmp_path / "pv-ctrl"
    with ControlServer(desk, path):
        events = SocketClient(path).events(patience_s=60)
        desk.log_of_events.publish(Kind.LOG, "before")
        assert next(events).data == "before"
        desk.log_of_events.close()
    heard: list[Event] = []
    listener = threading.Thread(target=lambda: heard.extend(next(events) for _ in range(2)))
    listener.start()
    desk.log_of_events = EventLog(base=101, heartbeat_s=0.05)
    desk.log_of_events.publish(Kind.LOG, "while nobody listened")
    with ControlServer(desk, path):
        desk.log_of_events.publish(Kind.LOG, "after")
        listener.join(60)
        events.close()
        desk.log_of_events.close()
    assert [event.data for event in heard] == ["while nobody listened", "after"]
