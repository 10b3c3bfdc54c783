import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from surefoot.device.events import EventLog, Kind
from surefoot.device.server import Limits
from tests.device.server.conftest import Serve
from tests.device.server.memory_desk import MemoryDesk, Wire, ask, curl, parse


def listen(path: Path, target: str = "/events", *fields: str) -> Wire:
    lines = [f"GET {target} HTTP/1.1", "Host: localhost", *fields, "", ""]
    return Wire(path).say("\r\n".join(lines).encode())


def blocks(text: bytes) -> list[dict[str, str]]:
    """The fields of each block, without comments."""
    found = []
    for block in text.decode().split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in block.split("\n") if line[:1] not in ("", ":")
        )
        if fields:
            found.append(fields)
    return found


def test_a_listener_learns_where_it_stands_and_then_gets_each_event(
    path: Path, desk: MemoryDesk
) -> None:
    desk.log_of_events.publish(Kind.LOG, "before")
    wire = listen(path)
    head = wire.hear_until(b"\r\n\r\n")
    assert b"Content-Type: text/event-stream" in head
    assert b"Content-Length" not in head
    assert wire.hear_until(b"\n\n") == b"id: 101\n\n"
    desk.log_of_events.publish(Kind.PROGRESS, {"status": "NEW"})
    desk.log_of_events.publish(Kind.CONTAINER, {"name": "ü\n"})
    desk.log_of_events.close()
    assert blocks(wire.hear()) == [
        {"id": "102", "event": "progress", "data": '{"status":"NEW"}'},
        {"id": "103", "event": "container", "data": '{"name":"ü\\n"}'},
    ]


@pytest.mark.parametrize(
    ("target", "fields"),
    [("/events?from=101", ()), ("/events", ("Last-Event-ID: 101",)),
     ("/events?from=7", ("Last-Event-ID: 101",))],
)  # fmt: skip
def test_a_listener_that_comes_back_gets_what_it_missed(
    target: str, fields: tuple[str, ...], path: Path, desk: MemoryDesk
) -> None:
    for n in range(3):
        desk.log_of_events.publish(Kind.CHANGE, n)
    desk.log_of_events.close()
    heard = parse(listen(path, target, *fields).hear())
    assert [fields.get("data") for fields in blocks(heard.body)] == [None, "1", "2"]


def test_events_that_are_forgotten_are_announced(path: Path, desk: MemoryDesk) -> None:
    desk.log_of_events = EventLog(base=100, max_events=1)
    for n in range(3):
        desk.log_of_events.publish(Kind.LOG, n)
    desk.log_of_events.close()
    told = blocks(parse(listen(path, "/events?from=100").hear()).body)
    assert told[1] == {"event": "lost", "data": '{"first":101,"last":102}'}
    assert told[2]["id"] == "103"


def test_silence_is_broken_by_comments(path: Path, desk: MemoryDesk) -> None:
    wire = listen(path)
    wire.hear_until(b"id: 100\n\n")
    assert wire.hear_until(b"\n\n").startswith(b":")
    wire.close()


@pytest.mark.parametrize("wrong", ["x", "-1", "1.5", "9" * 40])
def test_a_place_that_is_no_number_is_refused(wrong: str, path: Path) -> None:
    assert ask(path, "GET", f"/events?from={wrong}").error == "Request has bad event id"


def test_curl_listens_until_the_device_ends(path: Path, desk: MemoryDesk) -> None:
    desk.log_of_events.publish(Kind.STATUS, {"s": 1})
    desk.log_of_events.close()
    status, body = curl(path, "-N", "http://localhost/events?from=0")
    assert status == 200
    assert blocks(body)[-1]["data"] == '{"s":1}'


def test_a_listener_that_is_gone_gives_its_place_back(serve: Serve, desk: MemoryDesk) -> None:
    path = serve(Limits(streams=1))
    first = listen(path)
    first.hear_until(b"id: 100\n\n")
    assert ask(path, "GET", "/events").headers["retry-after"] == "5"
    first.close()
    while ask(path, "GET", "/events?from=x").status == 503:
        desk.log_of_events.publish(Kind.LOG, "wakes the stream, which finds nobody there")


def test_a_listener_that_takes_nothing_is_cut(serve: Serve, desk: MemoryDesk) -> None:
    path = serve(Limits(send_stall_s=0.1, streams=1))
    lazy = listen(path)
    lazy.hear_until(b"id: 100\n\n")
    while ask(path, "GET", "/events?from=x").status == 503:
        desk.log_of_events.publish(Kind.LOG, "x" * 100_000)
    lazy.close()


def test_listeners_and_followers_keep_no_command_waiting(serve: Serve, desk: MemoryDesk) -> None:
    path = serve(Limits(commands=1, streams=8))
    held = [listen(path) for _ in range(4)]
    held += [listen(path, "/logs/0/app?follow=1") for _ in range(4)]
    for wire in held:
        wire.hear_until(b"\r\n\r\n")
    assert ask(path, "GET", "/steps").status == 200
    assert ask(path, "GET", "/events").status == 503
    for wire in held:
        wire.close()


def test_the_end_of_a_log_is_given_at_once_and_with_its_length(
    path: Path, desk: MemoryDesk
) -> None:
    heard = ask(path, "GET", "/logs/0/app?tail=2")
    assert (heard.body, heard.headers["content-type"]) == (b"two\nthree\n", "text/plain")
    assert int(heard.headers["content-length"]) == 10
    assert ask(path, "GET", "/logs/locals/x/app").body == b"one\ntwo\nthree\n"
    assert ask(path, "GET", "/logs/current/app?tail=99999999").status == 200
    assert desk.asked == [
        ("0", "app", 2, False),
        ("locals/x", "app", 100, False),
        ("current", "app", 10_000, False),
    ]


def test_a_followed_log_goes_on(path: Path, desk: MemoryDesk) -> None:
    wire = listen(path, "/logs/0/app?tail=1&follow=1")
    head = wire.hear_until(b"\r\n\r\n")
    assert b"Content-Length" not in head
    assert wire.hear_until(b"three\n") == b"three\n"
    desk.pause.set()
    assert wire.hear() == b"four\n"


def test_a_fault_of_ours_in_the_middle_ends_the_stream_and_nothing_else(
    path: Path,
    desk: MemoryDesk,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> Iterator[bytes]:
        yield b"one\n"
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(desk, "log", broken)
    assert parse(listen(path, "/logs/0/app?follow=1").hear()).body == b"one\n"
    assert "secret" in caplog.text
    assert ask(path, "GET", "/steps").status == 200


def test_a_log_that_is_not_there_is_404_also_when_it_is_to_be_followed(path: Path) -> None:
    for query in ("", "?follow=1"):
        heard = ask(path, "GET", f"/logs/0/nope{query}")
        assert (heard.status, heard.error) == (404, "Resource does not exist")
        assert "nope" in json.loads(heard.body)["Reason"]
    assert ask(path, "GET", "/logs/0/app?tail=x").error == "Request has bad tail"


@pytest.mark.parametrize(
    "target",
    ["/logs/../app", "/logs/./app", "/logs/locals/../app", "/logs/foo/app", "/logs/-1/app",
     "/logs/0/..", "/logs/0/.", "/logs/%2e%2e/app", "/logs/0/..%2fapp"],
)  # fmt: skip
def test_no_name_leads_out_of_the_logs(target: str, path: Path, desk: MemoryDesk) -> None:
    status, body = curl(path, "--path-as-is", f"http://localhost{target}")
    assert (status, json.loads(body)["Error"]) == (404, "Resource does not exist")
    assert desk.asked == []
