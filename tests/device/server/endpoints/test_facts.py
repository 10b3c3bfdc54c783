import json
from pathlib import Path

import pytest

from surefoot.device.events import Kind
from tests.device.server.memory_desk import MGMT, MemoryDesk, ask


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/config", b'{"creds.id":null,"creds.port":443,"control.remote":false,"log.dir":"/logs"}'),
        ("/config2", b'[{"key":"PH_CREDS_ID","value":"(null)","modified":"default"}]'),
        ("/drivers", b"{}"),
        ("/xconnect-graph", b"[]"),
        ("/wakelocks", b'{"mode":"locks","count":0,"held":{"boot":false}}'),
        ("/changes", b'[{"number":1,"revision":"0"}]'),
        ("/changes/1", b'{"number":1,"revision":"0","timeline":[]}'),
    ],
)
def test_facts_are_compact_json(target: str, body: bytes, path: Path) -> None:
    heard = ask(path, "GET", target)
    assert (heard.status, heard.body) == (200, body)
    assert heard.headers["content-type"] == "application/json"


def test_the_build_is_told_as_text(path: Path) -> None:
    heard = ask(path, "GET", "/buildinfo")
    assert (heard.body, heard.headers["content-type"]) == (b"surefoot test\n", "text/plain")


def test_reclaimed_bytes_are_told_with_the_blank_that_clients_know(path: Path) -> None:
    """reference-observed.md."""
    assert ask(path, "POST", "/storage/gc").body == b'{"reclaimed": 4096}'


def test_drivers_are_those_of_the_caller(path: Path, desk: MemoryDesk) -> None:
    desk.caller = MGMT
    for target in (
        "/drivers/load",
        "/drivers/unload",
        "/drivers/wifi/load",
        "/drivers/wifi/unload",
    ):
        assert ask(path, "PUT", target).status == 200
    assert desk.asked == [
        ("manager", None, True),
        ("manager", None, False),
        ("manager", "wifi", True),
        ("manager", "wifi", False),
    ]


def test_the_status_says_where_its_listener_should_go_on(path: Path, desk: MemoryDesk) -> None:
    desk.log_of_events.publish(Kind.STATUS, {})
    shown = json.loads(ask(path, "GET", "/status").body)
    assert shown == {"running": "0", "trying": None, "done": "0", "event": 101}


@pytest.mark.parametrize(
    ("number", "status"), [("2", 404), ("0001", 200), ("-1", 400), ("one", 400), ("9" * 30, 400)]
)
def test_a_change_is_found_by_its_number(number: str, status: int, path: Path) -> None:
    assert ask(path, "GET", f"/changes/{number}").status == status
