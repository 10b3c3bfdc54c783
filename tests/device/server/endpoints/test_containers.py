import json
from pathlib import Path

import pytest

from surefoot.device.server import Action
from tests.device.server.memory_desk import MGMT, PLAIN, MemoryDesk, ask

READY = b'{"type":"ready","payload":""}'


def test_containers_and_groups_are_listed_in_the_order_of_the_desk(path: Path) -> None:
    containers = json.loads(ask(path, "GET", "/containers").body)
    assert [each["name"] for each in containers] == ["app", "base"]
    assert [each["name"] for each in json.loads(ask(path, "GET", "/groups").body)] == ["root"]


@pytest.mark.parametrize("action", list(Action))
def test_a_container_is_started_stopped_and_restarted(
    action: Action, path: Path, desk: MemoryDesk
) -> None:
    body = json.dumps({"action": action}).encode()
    assert ask(path, "PUT", "/containers/app", body).body == b""
    assert desk.asked == [("app", action)]


@pytest.mark.parametrize(
    ("name", "body", "status", "text"),
    [
        ("absent", b'{"action":"stop"}', 404, "Container not found"),
        ("absent", b"", 404, "Container not found"),
        (
            "base",
            b'{"action":"stop"}',
            403,
            "Container has restart_policy 'system' and cannot be controlled via API",
        ),
        ("app", b'{"action":"fly"}', 400, "Invalid action. Use 'start', 'stop', or 'restart'"),
        ("app", b'{"action":1}', 400, "Invalid action. Use 'start', 'stop', or 'restart'"),
        ("app", b"{}", 400, "Invalid action. Use 'start', 'stop', or 'restart'"),
        ("app", b"junk", 400, "Invalid JSON"),
        ("app", b"[]", 400, "Invalid JSON"),
        ("app", b"[" * 50_000, 400, "Invalid JSON"),
        ("app", b'"\xff"', 400, "Invalid JSON"),
    ],
)
def test_what_cannot_be_done_to_a_container_is_said_as_clients_know_it(
    name: str, body: bytes, status: int, text: str, path: Path, desk: MemoryDesk
) -> None:
    heard = ask(path, "PUT", f"/containers/{name}", body)
    assert (heard.status, heard.error) == (status, text)
    assert desk.asked == []


@pytest.mark.parametrize("caller", [PLAIN, MGMT])
def test_any_container_signals_for_itself(caller: object, path: Path, desk: MemoryDesk) -> None:
    """R26."""
    desk.caller = caller  # type: ignore[assignment]
    heard = ask(path, "POST", "/signal", READY)
    assert (heard.status, heard.body) == (200, b"")
    assert desk.asked == [(desk.caller.name, "ready", "")]


def test_a_signal_without_a_payload_is_understood(path: Path, desk: MemoryDesk) -> None:
    desk.caller = PLAIN
    assert ask(path, "POST", "/signal", b'{"type":"ready"}').status == 200


@pytest.mark.parametrize("body", [b"junk", b"{}", b"[]", b'{"type":1,"payload":""}', b""])
def test_junk_is_no_signal(body: bytes, path: Path, desk: MemoryDesk) -> None:
    desk.caller = PLAIN
    heard = ask(path, "POST", "/signal", body)
    assert (heard.status, heard.error) == (400, "Signal has bad format")


def test_a_signal_that_nobody_waits_for_is_not_expected(path: Path, desk: MemoryDesk) -> None:
    desk.caller = PLAIN
    heard = ask(path, "POST", "/signal", b'{"type":"alive","payload":""}')
    assert (heard.status, heard.error) == (500, "Signal not expected from this platform")


def test_the_host_has_nothing_to_signal(path: Path, desk: MemoryDesk) -> None:
    heard = ask(path, "POST", "/signal", READY)
    assert (heard.status, heard.error) == (500, "Signal not expected from this platform")
    assert desk.asked == []


def test_daemons_are_listed_started_and_stopped(path: Path, desk: MemoryDesk) -> None:
    assert ask(path, "GET", "/daemons").body == b'[{"name":"hwrngd","pid":0,"respawn":true}]'
    assert ask(path, "PUT", "/daemons/hwrngd", b'{"action":"stop"}').status == 200
    assert ask(path, "PUT", "/daemons/nope", b'{"action":"stop"}').error == "Daemon not found"
    assert ask(path, "PUT", "/daemons/hwrngd", b'{"action":"restart"}').status == 400
    assert desk.asked == [("hwrngd", Action.STOP)]
