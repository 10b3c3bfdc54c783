import json

import pytest

from surefoot.client.checkout import open_source
from tests.cli.conftest import Run
from tests.client.desk.fleet import Fleet, Robot


@pytest.fixture
def posted(desk: Run, fleet: Fleet, robot: Robot) -> Robot:
    """Revision 1 adds a file."""
    ran = desk("post", fleet.tree("one", "app", app__extra="x"), robot.id, "-m", "more of it")
    assert ran.code == 0, ran.err
    return robot


def test_a_step_is_shown_with_what_it_changes(desk: Run, posted: Robot) -> None:
    lines = desk("step", posted.nick).out.splitlines()
    assert lines[0] == f"revision 1 of {posted.nick}"
    assert lines[1].split() == ["message", "more", "of", "it"]
    assert lines[2].split() == ["status", "NEW"]
    assert "  app/extra added" in lines
    assert desk("step", f"ann/{posted.nick}/1").out.splitlines()[0] == lines[0]


def test_the_first_step_has_nothing_before_it(desk: Run, posted: Robot) -> None:
    out = desk("step", posted.id, "0").out
    assert "DONE" in out
    assert "changes" not in out
    assert json.loads(desk("step", posted.id, "0", "--json").out)["changes"] is None


def test_json_is_what_the_hub_shows_and_the_changes(desk: Run, posted: Robot) -> None:
    found = json.loads(desk("step", posted.id, "--json").out)
    assert found["rev"] == 1
    assert found["state"] == json.loads(open_source(posted.world.place.parent / "one").text)
    assert found["changes"] == [{"path": "app/extra", "kind": "added"}]


def test_an_error_is_shown_with_the_log_of_the_device(desk: Run, posted: Robot) -> None:
    logs = '{"lvl":"ERROR","src":"update","msg":"no \\u001b[31mroom"}\n'
    posted.tells(1, "ERROR", "Internal error", logs=logs)
    out = desk("step", posted.id).out
    assert "  update: no room" in out.splitlines()


@pytest.mark.parametrize("revision", ["7", "999999999"])
def test_a_step_that_is_not_there_is_told(desk: Run, posted: Robot, revision: str) -> None:
    for command in ("step", "cancel"):
        ran = desk(command, posted.id, revision)
        assert (ran.code, ran.out) == (3, "")
        assert f"has no revision {revision}" in ran.err


@pytest.mark.parametrize("revision", ["-1", "last"])
def test_a_number_that_is_none_is_wrong_usage(desk: Run, posted: Robot, revision: str) -> None:
    assert desk("step", posted.id, "--", revision).code == 2


def test_a_step_that_waits_is_cancelled(desk: Run, posted: Robot) -> None:
    """R14; seed "CANCELLED"."""
    ran = desk("cancel", posted.id)
    assert (ran.code, ran.out) == (0, f"cancelled revision 1 of {posted.nick}\n")
    assert "CANCELLED" in desk("step", posted.id).out
    found = json.loads(desk("cancel", posted.id, "1", "--json").out)
    assert (found["revision"], found["status"]) == (1, "CANCELLED")


def test_a_step_that_is_installed_goes_on(desk: Run, posted: Robot) -> None:
    """R14."""
    posted.tells(1, "INPROGRESS", "Update installed")
    ran = desk("cancel", posted.id)
    assert ran.code == 3
    assert "finish or roll back by itself" in ran.err
