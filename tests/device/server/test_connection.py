"""Every dialect of HTTP/1 that real clients speak, and what no client should say."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from surefoot.device.server import Caller, Limits, Op, Pace, Reply
from surefoot.device.server.message import UNSUPPORTED
from surefoot.errors import Busy, Conflict, NotFound, SurefootError
from tests.device.server.conftest import Serve
from tests.device.server.memory_desk import MGMT, MemoryDesk, Wire, ask, curl, netcat, talk

RUN = b'{"op":"LOCAL_RUN","payload":"locals/x"}'


def post(body: bytes, version: str = "1.1", *fields: str) -> bytes:
    lines = [f"POST /commands HTTP/{version}", "Host: localhost", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *fields, "", ""]).encode() + body


# --- the clients there are -----------------------------------------------------------------------


def test_curl_gets_and_posts_like_pvcontrol(path: Path, desk: MemoryDesk) -> None:
    status, body = curl(path, "http://localhost/containers")
    assert status == 200
    assert [each["name"] for each in json.loads(body)] == ["app", "base"]
    url = "http://localhost/commands"
    assert curl(path, "-X", "POST", "--data", RUN.decode(), url) == (200, b"")
    assert desk.asked == [(Op.LOCAL_RUN, "locals/x")]


def test_netcat_half_closes_after_a_post_and_still_gets_its_answer(
    path: Path, desk: MemoryDesk
) -> None:
    """pvr.md 6.3: a closed sending side is not an abort."""
    heard = netcat(path, post(RUN, "1.0"), half_close=True)
    assert (heard.status, heard.body, heard.headers["content-length"]) == (200, b"", "0")
    assert desk.asked == [(Op.LOCAL_RUN, "locals/x")]


def test_netcat_that_keeps_its_side_open_is_not_kept_waiting(path: Path) -> None:
    """An HTTP/1.0 client waits for the end of the connection; nc would wait five seconds."""
    heard = netcat(path, b"GET /steps HTTP/1.0\r\nHost: localhost\r\n\r\n", half_close=False)
    assert (heard.status, heard.version) == (200, "HTTP/1.0")
    assert int(heard.headers["content-length"]) == len(heard.body)


def test_a_client_that_keeps_the_connection_asks_again_on_it(path: Path) -> None:
    wire = Wire(path)
    wire.say(b"GET /xconnect-graph HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"Connection: close" not in wire.hear_until(b"[]")
    wire.say(b"GET /nope HTTP/1.1\r\n\r\n").hear_until(b'/nope"}')
    wire.say(b"GET /xconnect-graph HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert wire.hear().endswith(b"Connection: close\r\n\r\n[]")


def test_requests_that_are_sent_in_one_go_are_answered_in_order(path: Path) -> None:
    one = b"PUT /user-meta/k HTTP/1.1\r\nContent-Length: 1\r\n\r\n1"
    two = b"GET /user-meta HTTP/1.1\r\nConnection: close\r\n\r\n"
    assert Wire(path).say(one + two).hear().endswith(b'\r\n\r\n{"k":"1"}')


@pytest.mark.parametrize("field", ["Connection: keep-alive", "Connection: close", "X: y"])
def test_http_1_0_ends_with_its_answer_whatever_it_asks_for(field: str, path: Path) -> None:
    text = f"GET /xconnect-graph HTTP/1.0\r\n{field}\r\n\r\n".encode()
    assert talk(path, text).headers["connection"] == "close"


def test_an_absolute_target_is_understood(path: Path) -> None:
    heard = talk(path, b"GET http://localhost/steps/0 HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert heard.status == 200


def test_continue_is_said_as_soon_as_the_body_is_wanted(path: Path, desk: MemoryDesk) -> None:
    """pvr.md 6.3: curl would wait a second for each file without it."""
    wire = Wire(path).say(post(b"", "1.1", "Expect: 100-continue").replace(b": 0", b": 39"))
    assert wire.hear_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert wire.say(RUN).hear_until(b"\r\n\r\n").startswith(b"HTTP/1.1 200")
    wire.close()
    assert desk.asked == [(Op.LOCAL_RUN, "locals/x")]


def test_a_body_that_is_not_wanted_is_refused_without_a_continue(path: Path) -> None:
    text = post(b"", "1.1", "Expect: 100-continue").replace(b": 0", b": 9999999")
    heard = Wire(path).say(text).end().hear()
    assert heard.startswith(b"HTTP/1.1 507")
    assert b"100 Continue" not in heard


def test_identity_beside_a_length_is_accepted(path: Path, desk: MemoryDesk) -> None:
    """pvr.md 6.3."""
    text = post(RUN, "1.1", "Transfer-Encoding: identity", "Connection: close")
    assert talk(path, text).status == 200
    assert desk.asked


def test_a_refused_sender_gets_its_answer_although_it_goes_on_sending(path: Path) -> None:
    """A closed socket would throw the answer away; the rest of the body is read first."""
    size = 20_000_000
    wire = Wire(path)
    wire.say(f"PUT /objects/abc HTTP/1.1\r\nContent-Length: {size}\r\n\r\n".encode())
    wire.say(bytes(size))
    heard = wire.hear()
    assert heard.startswith(b"HTTP/1.1 400")
    assert heard.endswith(b'{"Error":"Request has bad object name"}')


# --- who asks ------------------------------------------------------------------------------------


def test_the_caller_is_looked_up_by_its_process(path: Path, desk: MemoryDesk) -> None:
    seen: list[int] = []
    desk.container_of = lambda pid: seen.append(pid) or MGMT  # type: ignore[func-returns-value, method-assign]
    assert ask(path, "GET", "/steps").status == 200
    assert seen == [os.getpid()]


def test_a_caller_that_is_gone_or_that_nobody_can_see_is_not_served(
    path: Path, desk: MemoryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """reference-observed.md: 500 on any path."""

    def gone(pid: int) -> Caller:
        raise NotFound(f"no process {pid}")

    monkeypatch.setattr(desk, "container_of", gone)
    for target in ("/steps", "/nope", "/signal"):
        heard = ask(path, "GET", target)
        assert (heard.status, heard.body) == (500, b'{"Error":"Internal Error"}')
    monkeypatch.undo()
    monkeypatch.setattr("surefoot.device.server.peer.Peer.is_there", lambda _peer: False)
    assert ask(path, "GET", "/steps").status == 500


def test_a_process_that_ended_is_not_served_whoever_has_its_number_now(
    path: Path, desk: MemoryDesk
) -> None:
    """It could have been of a container; a number that nobody holds must not pass for the host."""
    with socket.socket(socket.AF_UNIX) as connection:
        knock = f"import socket; socket.socket(fileno={connection.fileno()}).connect({str(path)!r})"
        asker = [sys.executable, "-c", knock]
        with desk.identifying:
            subprocess.run(asker, pass_fds=[connection.fileno()], check=True, timeout=60)
        connection.sendall(b"GET /steps HTTP/1.0\r\n\r\n")
        assert connection.makefile("rb").readline().startswith(b"HTTP/1.1 500")


@pytest.mark.parametrize(
    "fields", ["Host: example.org", "Host: localhost\r\nHost: example.org", "Host: 127.0.0.1"]
)
def test_a_request_for_another_host_is_closed_without_an_answer(fields: str, path: Path) -> None:
    assert Wire(path).say(f"GET /steps HTTP/1.1\r\n{fields}\r\n\r\n".encode()).hear() == b""


def test_an_absolute_target_of_another_host_is_closed_without_an_answer(path: Path) -> None:
    text = b"GET http://example.org/steps HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert Wire(path).say(text).hear() == b""


# --- what no client should say -------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "FOO"])
def test_an_unknown_method_is_not_implemented(method: str, path: Path) -> None:
    heard = talk(path, f"{method} /steps HTTP/1.1\r\n\r\n".encode())
    assert (heard.status, heard.body) == (501, b'{"Error": "Unsupported protocol"}')


@pytest.mark.parametrize(
    "text",
    [
        b"GET\r\n\r\n",
        b"GET /steps\r\n\r\n",
        b"GET /steps HTTP/0.9\r\n\r\n",
        b"GET /steps HTTP/2.0\r\n\r\n",
        b"GET /steps HTTP/1.1.1\r\n\r\n",
        b"GET /steps FTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /a b HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /steps HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /steps HTTP/1.1\r\nHost : localhost\r\n\r\n",
        b"GET /steps HTTP/1.1\r\nX: y\r\n folded\r\nbad line\r\n\r\n",
        b"GET /steps HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"GET /steps HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /steps HTTP/1.1\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"GET /steps HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    ],
    ids=range(19),
)
def test_what_is_no_request_is_refused_and_the_server_lives_on(text: bytes, path: Path) -> None:
    heard = talk(path, text)
    assert (heard.status, heard.body) == (400, UNSUPPORTED)
    assert ask(path, "GET", "/steps").status == 200


@pytest.mark.parametrize("text", [b"", b"\r\n", b"\r\n\r\n"])
def test_a_client_that_says_nothing_gets_nothing(text: bytes, path: Path) -> None:
    assert Wire(path).say(text).end().hear() == b""


@pytest.mark.parametrize("text", [b"G", b"GET /steps HTTP/1.1", b"GET /steps HTTP/1.1\r\nHost: l"])
def test_a_head_that_ends_in_the_middle_is_refused(text: bytes, path: Path) -> None:
    heard = Wire(path).say(text).end().hear()
    assert heard.startswith(b"HTTP/1.1 400")


def test_random_bytes_never_stop_the_server(path: Path) -> None:
    for seed in range(200):
        noise = bytes((seed * 7919 + n * n * 31) % 256 for n in range(300))
        Wire(path).say(b"GET /steps HTTP/1.1\r\n" + noise).end().hear()
    assert ask(path, "GET", "/steps").status == 200


# --- slow and gone -------------------------------------------------------------------------------

SOON = Pace(grace_s=0.2, stall_s=0.2)
# Long enough for a client on a busy machine to say something after it has connected.
A_WHILE = Pace(grace_s=2, stall_s=2)


def test_a_connection_that_says_nothing_is_closed_in_silence(serve: Serve) -> None:
    assert Wire(serve(Limits(idle_pace=SOON))).hear() == b""


def test_a_head_that_never_ends_is_given_up(serve: Serve) -> None:
    """Slowloris."""
    heard = Wire(serve(Limits(head_pace=SOON))).say(b"GET /steps HTTP/1.1\r\nX-a: b\r\n").hear()
    assert re.match(rb"HTTP/1\.1 408 .*its head came too slowly", heard, re.DOTALL)


def test_a_body_that_never_ends_is_given_up(serve: Serve, desk: MemoryDesk) -> None:
    heard = Wire(serve(Limits(body_pace=SOON, linger_pace=SOON))).say(post(RUN)[:-1]).hear()
    assert re.match(rb"HTTP/1\.1 408 .*its body came too slowly", heard, re.DOTALL)
    assert desk.asked == []


def test_an_idle_connection_is_closed_after_its_answer(serve: Serve) -> None:
    path = serve(Limits(idle_pace=A_WHILE))
    heard = Wire(path).say(b"GET /xconnect-graph HTTP/1.1\r\n\r\n").hear()
    assert heard.endswith(b"[]")
    assert heard.count(b"HTTP/1.1") == 1


def test_a_command_that_was_cut_is_not_carried_out(path: Path, desk: MemoryDesk) -> None:
    heard = Wire(path).say(post(RUN)[:-1]).end().hear()
    assert heard.startswith(b"HTTP/1.1 400")
    assert b"Request is incomplete" in heard
    assert desk.asked == []


def test_a_client_that_goes_away_takes_nothing_with_it(path: Path) -> None:
    for text in (b"", b"GET /steps", b"GET /steps HTTP/1.1\r\n\r\n", post(RUN)[:-5]):
        Wire(path).say(text).close()
    assert ask(path, "GET", "/steps").status == 200


def test_silent_connections_keep_no_command_waiting_for_long(serve: Serve) -> None:
    path = serve(Limits(commands=2, idle_pace=A_WHILE))
    silent = [Wire(path) for _ in range(2)]
    assert ask(path, "GET", "/steps").status == 200
    for wire in silent:
        wire.close()


def test_one_container_cannot_take_all_places(serve: Serve, desk: MemoryDesk) -> None:
    path = serve(Limits(commands=4, per_container=2))
    desk.caller = MGMT
    held = [Wire(path).say(b"GET /steps HTTP/1.1\r\n\r\n") for _ in range(2)]
    for wire in held:
        wire.hear_until(b"}]")
    heard = ask(path, "GET", "/steps")
    assert (heard.status, heard.headers["retry-after"]) == (503, "5")
    desk.caller = Caller(None)
    assert ask(path, "GET", "/steps").status == 200
    for wire in held:
        wire.close()


def test_a_flood_of_connections_that_are_turned_away_keeps_no_command_waiting(
    serve: Serve, desk: MemoryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stubborn = Pace(grace_s=600, stall_s=600)
    path = serve(Limits(commands=2, per_container=0, refusals=1, refusal_pace=stubborn))
    lookups, all_turned_away = iter(range(1, 1000)), threading.Event()

    def container_of(_pid: int) -> Caller:
        number = next(lookups)
        if number == 20:
            all_turned_away.set()
        return MGMT if number <= 20 else Caller(None)

    monkeypatch.setattr(desk, "container_of", container_of)
    flood = [Wire(path) for _ in range(20)]
    assert all_turned_away.wait(60)
    assert ask(path, "GET", "/steps").status == 200
    for wire in flood:
        wire.close()


def test_an_idle_connection_makes_room_when_places_are_scarce(serve: Serve) -> None:
    path = serve(Limits(commands=1))
    wire = Wire(path).say(b"GET /xconnect-graph HTTP/1.1\r\n\r\n")
    assert wire.hear().endswith(b"Connection: close\r\n\r\n[]")
    assert ask(path, "GET", "/steps").status == 200


# --- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (Busy("A command is already in progress"), 503, "A command is already in progress"),
        (Conflict("the transition has begun"), 409, "the transition has begun"),
        (NotFound("no revision locals/x"), 404, "Resource does not exist"),
        (Reply(400, "TRY_ONCE is not supported here"), 400, "TRY_ONCE is not supported here"),
        (SurefootError("Internal Error"), 500, "Internal Error"),
    ],
)
def test_an_error_of_the_desk_reaches_the_client(
    error: SurefootError, status: int, text: str, path: Path, desk: MemoryDesk
) -> None:
    def refuse(op: Op, payload: str) -> bool:
        raise error

    desk.on_command = refuse
    heard = ask(path, "POST", "/commands", RUN)
    assert (heard.status, heard.error) == (status, text)
    assert heard.headers["content-type"] == "application/json"
    assert ("retry-after" in heard.headers) == isinstance(error, Busy)


def test_a_fault_of_ours_is_answered_without_our_insides(
    path: Path, desk: MemoryDesk, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(op: Op, payload: str) -> bool:
        raise ZeroDivisionError("secret")

    desk.on_command = fail
    heard = ask(path, "POST", "/commands", RUN)
    assert (heard.status, heard.body) == (500, b'{"Error":"Internal Error"}')
    assert "secret" in caplog.text


def test_no_answer_without_a_length_and_none_in_chunks(path: Path) -> None:
    """pvr.md 2.3, last paragraph: pvtx needs the length in every reply."""
    for method, target in (("GET", "/steps"), ("PUT", "/user-meta/k"), ("GET", "/nope")):
        heard = ask(path, method, target, b"v")
        assert int(heard.headers["content-length"]) == len(heard.body)
        assert "transfer-encoding" not in heard.headers


def test_head_and_body_of_a_small_answer_come_in_one_piece(path: Path) -> None:
    """pvr.md 2.3, last paragraph: pvtx must see the whole head in its first read."""
    wire = Wire(path).say(b"GET /xconnect-graph HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert wire.socket.recv(8192).endswith(b"\r\n\r\n[]")
    wire.socket.shutdown(socket.SHUT_RDWR)
    wire.close()
