import json
from pathlib import Path

import pytest

from surefoot.device.server import Limits, Reply
from surefoot.errors import Conflict
from tests.device.server.conftest import Serve
from tests.device.server.memory_desk import PROGRESS, STATE, MemoryDesk, ask, curl, netcat

BAD_NAME = "Request has bad step name"


def test_a_step_is_stored_and_read_back_byte_for_byte(path: Path, desk: MemoryDesk) -> None:
    assert ask(path, "PUT", "/steps/locals/x", STATE).status == 200
    assert ask(path, "GET", "/steps/locals/x").body == STATE
    assert desk.states["locals/x"] == STATE


@pytest.mark.parametrize("name", ["0", "current"])
def test_a_step_and_its_progress_are_the_bytes_on_disk(name: str, path: Path) -> None:
    heard = ask(path, "GET", f"/steps/{name}")
    assert (heard.body, heard.headers["content-type"]) == (STATE, "application/json")
    assert ask(path, "GET", f"/steps/{name}/progress").body == PROGRESS


@pytest.mark.parametrize(
    "target",
    ["/steps/9", "/steps/locals/nope", "/steps/foo", "/steps/locals", "/steps/..",
     "/steps/9/progress", "/steps/locals/nope/progress", "/steps/locals/" + "x" * 64],
)  # fmt: skip
def test_a_step_that_is_not_there_is_404(target: str, path: Path) -> None:
    heard = ask(path, "GET", target)
    assert (heard.status, heard.error) == (404, "Resource does not exist")


@pytest.mark.parametrize("target", ["/steps/7", "/steps/foo", "/steps/current", "/steps/locals"])
def test_only_local_steps_can_be_put(target: str, path: Path) -> None:
    heard = ask(path, "PUT", target, STATE)
    assert (heard.status, heard.error) == (400, "Method not supported for this endpoint")


@pytest.mark.parametrize("name", ["..", ".", "x" * 64, "x" * 300, ".hidden", "a%00", "a;b"])
def test_a_bad_name_is_refused_with_the_rule_and_nothing_is_stored(
    name: str, path: Path, desk: MemoryDesk
) -> None:
    """device.md 7."""
    before = dict(desk.states)
    heard = ask(path, "PUT", f"/steps/locals/{name}", STATE)
    assert (heard.status, heard.error) == (400, BAD_NAME)
    assert "64" in json.loads(heard.body)["Reason"]
    assert desk.states == before


@pytest.mark.parametrize("name", ["..%2f..%2fx", "%2e%2e", "..%2Fx/../../y"])
def test_an_escaped_slash_is_no_way_out(name: str, path: Path, desk: MemoryDesk) -> None:
    assert ask(path, "PUT", f"/steps/locals/{name}", STATE).status in (200, 400)
    assert all(".." not in key.split("/") for key in desk.states)


def test_a_further_slash_is_no_path_of_ours(path: Path) -> None:
    assert (
        ask(path, "PUT", "/steps/locals/a/b", STATE).error == "unknown endpoint: /steps/locals/a/b"
    )


@pytest.mark.parametrize("name", ["x" * 63, "a" * 64, "progress", "v1.2+build~3"])
def test_names_that_real_tools_choose_are_taken(name: str, path: Path) -> None:
    """`pvcontrol steps install` names a step by the sha256 of its file (pvr.md 6.1)."""
    assert ask(path, "PUT", f"/steps/locals/{name}", STATE).status == 200


@pytest.mark.parametrize("body", [b"{}", b"", b"not JSON"])
def test_a_state_that_cannot_be_is_refused_with_the_text_and_the_reason(
    body: bytes, path: Path, desk: MemoryDesk
) -> None:
    """reference-observed.md: the text; the issue: which key, what was expected, what was found."""
    heard = ask(path, "PUT", "/steps/locals/x", body)
    assert (heard.status, heard.error) == (422, "Parser: State JSON has bad format")
    assert "bsp/run.json" in json.loads(heard.body)["Reason"]
    assert "locals/x" not in desk.states


def test_a_refusal_of_the_desk_keeps_its_own_status_and_text(
    path: Path, desk: MemoryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R25; device.md 8."""
    for error, status in ((Conflict("it runs"), 409), (Reply(422, "Signature bad"), 422)):

        def refuse(revision: str, text: bytes, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(desk, "step_put", refuse)
        heard = ask(path, "PUT", "/steps/locals/x", STATE)
        assert (heard.status, heard.error) == (status, str(error))


def test_a_state_beyond_the_limit_is_refused(serve: Serve, desk: MemoryDesk) -> None:
    heard = ask(serve(Limits(state=10)), "PUT", "/steps/locals/x", STATE)
    assert (heard.status, heard.error) == (507, "Data size exceeds the limit")
    assert "locals/x" not in desk.states


def test_a_commit_message_is_stored_and_shown_in_the_list(path: Path) -> None:
    assert ask(path, "PUT", "/steps/0/commitmsg", 'a "first" ü'.encode()).status == 200
    (shown,) = json.loads(ask(path, "GET", "/steps").body)
    assert shown["commitmsg"] == 'a "first" ü'


def test_a_commit_message_has_at_most_256_bytes(path: Path, desk: MemoryDesk) -> None:
    """reference-observed.md: commitmsg of 300 bytes."""
    assert ask(path, "PUT", "/steps/0/commitmsg", b"x" * 256).status == 200
    heard = ask(path, "PUT", "/steps/0/commitmsg", b"y" * 257)
    assert (heard.status, heard.body) == (507, b'{"Error":"Not enough disk space available"}')
    assert desk.messages["0"] == "x" * 256


def test_a_commit_message_needs_its_step_and_must_be_text(path: Path) -> None:
    assert ask(path, "PUT", "/steps/locals/nope/commitmsg", b"x").status == 404
    assert ask(path, "PUT", "/steps/0/commitmsg", b"\xff").status == 400


def test_pvcontrol_puts_a_step_with_either_client(
    path: Path, desk: MemoryDesk, tmp_path: Path
) -> None:
    """pvr.md 6.1: `steps put`; curl sends a file with Expect, from stdin in chunks."""
    file = tmp_path / "json"
    file.write_bytes(STATE)
    url = "http://localhost/steps/locals/"
    assert curl(path, "-X", "PUT", "--upload-file", file, url + "curl") == (200, b"")
    head = (
        f"PUT /steps/locals/nc HTTP/1.0\r\nHost: localhost\r\nContent-Length: {len(STATE)}\r\n\r\n"
    )
    assert netcat(path, head.encode() + STATE, half_close=True).status == 200
    assert desk.states["locals/curl"] == desk.states["locals/nc"] == STATE


def test_the_running_revision_takes_a_commit_message_as_current(
    path: Path, desk: MemoryDesk
) -> None:
    """As its text and its progress are read by that name."""
    assert ask(path, "PUT", "/steps/current/commitmsg", b"tried by hand").status == 200
    assert desk.messages == {"current": "tried by hand"}
