import json
from pathlib import Path

import pytest

from surefoot.device.server import Op
from surefoot.errors import NotFound
from tests.device.server.memory_desk import MemoryDesk, ask, curl


@pytest.mark.parametrize("op", list(Op))
def test_every_command_reaches_the_desk_with_its_payload(
    op: Op, path: Path, desk: MemoryDesk
) -> None:
    heard = ask(path, "POST", "/commands", json.dumps({"op": op, "payload": "p"}).encode())
    assert (heard.status, heard.body) == (200, b"")
    assert desk.asked == [(op, "p")]


def test_what_is_already_so_is_answered_without_content(path: Path, desk: MemoryDesk) -> None:
    """reference-observed.md: UNCLAIM when unclaimed."""
    desk.on_command = lambda _op, _payload: False
    heard = ask(path, "POST", "/commands", b'{"op":"UNCLAIM","payload":""}')
    assert (heard.status, heard.body) == (204, b"")
    url = "http://localhost/commands"
    assert curl(path, "--data", '{"op":"UNCLAIM","payload":""}', url) == (204, b"")


def test_a_revision_that_is_not_there_cannot_be_run(path: Path, desk: MemoryDesk) -> None:
    """R12."""

    def refuse(op: Op, payload: str) -> bool:
        raise NotFound(f"there is no revision {payload}")

    desk.on_command = refuse
    heard = ask(path, "POST", "/commands", b'{"op":"LOCAL_RUN","payload":"locals/x"}')
    assert (heard.status, heard.error) == (404, "Resource does not exist")
    assert json.loads(heard.body)["Reason"] == "there is no revision locals/x"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"junk",
        b"{}",
        b"[]",
        b"null",
        b'"LOCAL_RUN"',
        b'{"op":"NOPE","payload":""}',
        b'{"op":"local_run","payload":""}',
        b'{"op":"RUN_GC"}',
        b'{"op":"RUN_GC","payload":null}',
        b'{"op":"RUN_GC","payload":7}',
        b'{"op":["RUN_GC"],"payload":""}',
        b'{"op":"RUN_GC","payload":""} x',
        b'{"op":"RUN_GC","payload":"',
        b'{"op":"RUN_GC","payload":"\xff"}',
    ],
)
def test_what_is_no_command_is_refused(body: bytes, path: Path, desk: MemoryDesk) -> None:
    """reference-observed.md."""
    heard = ask(path, "POST", "/commands", body)
    assert (heard.status, heard.body) == (400, b'{"Error":"Command has bad format"}')
    assert desk.asked == []


def test_a_command_beyond_the_limit_is_refused(path: Path, desk: MemoryDesk) -> None:
    heard = ask(path, "POST", "/commands", b'{"op":"RUN_GC","payload":"' + b"x" * 70_000 + b'"}')
    assert heard.status == 507
    assert desk.asked == []
