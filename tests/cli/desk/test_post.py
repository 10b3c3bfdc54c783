import json
import secrets
from pathlib import Path
from threading import Thread

import pytest

from surefoot.client.desk import pace
from surefoot.client.desk import post as posting
from surefoot.client.desk import wait as waiting
from tests.cli.conftest import Run
from tests.client.checkouts import exported
from tests.client.desk.fleet import QUICK, BadLine, Fleet, Robot, objects_of


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short pauses, and no long patience."""
    for function in (posting.post, waiting.Waiter.__init__):
        monkeypatch.setitem(function.__kwdefaults__, "pace", QUICK)
    assert pace.PACE.patience_s > QUICK.patience_s


@pytest.fixture
def tree(fleet: Fleet) -> Path:
    return fleet.tree("one", "app", app__extra="new")


def test_a_checkout_becomes_the_next_revision(
    desk: Run, fleet: Fleet, robot: Robot, tree: Path
) -> None:
    ran = desk("post", tree, robot.nick, "--message", "hello")
    assert (ran.code, ran.err) == (0, "")
    kept = len(objects_of(robot.source))
    assert ran.out.splitlines() == [
        "sent app/extra (3 B)",
        f"posted revision 1 of {robot.nick}: 1 object sent (3 B), {kept} there already",
    ]
    assert fleet.step(robot, 1)["commit-msg"] == "hello"


def test_json_is_an_object_a_line(desk: Run, robot: Robot, tree: Path) -> None:
    ran = desk("post", tree, robot.id, "--json")
    sent, posted = map(json.loads, ran.out.splitlines())
    assert (sent["kind"], sent["path"]) == ("sent", "app/extra")
    assert (posted["kind"], posted["revision"], posted["sent"]) == ("posted", 1, 1)
    assert (posted["device"], posted["nick"]) == (robot.id, robot.nick)


def test_a_waited_post_tells_each_line_to_the_end(desk: Run, robot: Robot, tree: Path) -> None:
    """Known good: three lines at least, for those between two looks may be missed."""
    robot.runs(1)
    ran = desk("post", tree, robot.id, "--wait", "--timeout", "60")
    assert (ran.code, ran.err) == (0, "")
    last = ran.out.splitlines()[-1]
    assert last.endswith("UPDATED     Update finished, revision not set as rollback point")


@pytest.mark.parametrize(("status", "code"), [("DONE", 0), ("WONTGO", 3), ("ERROR", 4)])
def test_the_exit_code_tells_how_it_ended(
    desk: Run, fleet: Fleet, robot: Robot, tree: Path, status: str, code: int
) -> None:
    """R24."""
    running = robot.runs(1)
    running.STORY = ((status, "the message"),)
    ran = desk("post", tree, robot.id, "--wait", "--json")
    result = json.loads(ran.out.splitlines()[-1])
    assert (ran.code, result["kind"], result["exit_code"]) == (code, "result", code)
    assert ("the message" in ran.err) == bool(code)


def test_a_cancelled_step_ends_the_wait(desk: Run, fleet: Fleet, robot: Robot, tree: Path) -> None:
    def cancel() -> None:
        target = f"/trails/{robot.id}/steps/1"
        while fleet.world.call("GET", target, token=fleet.token).status != 200:
            pass
        fleet.world.call("PUT", f"{target}/cancel", token=fleet.token)

    thread = Thread(target=cancel)
    thread.start()
    assert desk("post", tree, robot.id, "--wait").code == 3
    thread.join()


def test_a_wait_that_runs_out_says_where_to_look(desk: Run, robot: Robot, tree: Path) -> None:
    ran = desk("post", tree, robot.nick, "--wait", "--timeout", "0.3")
    assert ran.code == 6
    assert f"surefoot step {robot.nick} 1" in ran.err


def test_a_line_that_is_cut_in_the_middle_of_an_upload_is_survived(
    desk: Run, fleet: Fleet, robot: Robot, line: BadLine
) -> None:
    tree = fleet.tree("big", "app")
    (tree / "app" / "root.squashfs").write_bytes(secrets.token_bytes(2_000_000))
    line.cut(1_000_000, times=2)
    ran = desk("post", tree, robot.id)
    assert (ran.code, ran.err) == (0, "")
    assert line.cuts == 2
    assert fleet.revisions(robot) == [0, 1]


def test_a_tarball_and_a_url_do_as_well(
    desk: Run, fleet: Fleet, robot: Robot, tmp_path: Path
) -> None:
    tarball = exported(tmp_path / "x.tgz", robot.source.text, mode="w:gz")
    ran = desk("post", tarball, f"{fleet.base}/trails/{robot.id}/steps/0")
    assert ran.code == 0
    assert "nothing to send" in ran.out
    assert "has the same content" in ran.err


@pytest.mark.parametrize("what", ["missing", "empty", "text"])
def test_what_is_no_checkout_is_refused_before_anybody_is_asked(
    desk: Run, robot: Robot, tmp_path: Path, line: BadLine, what: str
) -> None:
    line.down()
    place = tmp_path / what
    if what == "empty":
        place.mkdir()
    if what == "text":
        place.write_text("no json")
    ran = desk("post", place, robot.id)
    assert (ran.code, ran.out) == (3, "")
    assert what in ran.err


def test_a_device_of_somebody_else_takes_no_post(desk: Run, fleet: Fleet, tree: Path) -> None:
    theirs, _ = fleet.world.device(fleet.world.user("bob"))
    assert desk("post", tree, theirs).code == 3


def test_a_number_that_is_not_the_next_is_refused(desk: Run, robot: Robot, tree: Path) -> None:
    assert desk("post", tree, robot.id, "--rev", "2").code == 3
    assert desk("post", tree, robot.id, "--rev", "0").code == 2
    assert desk("post", tree, robot.id, "--rev", "1").code == 0


def test_nobody_there_is_told_as_such(desk: Run, robot: Robot, tree: Path, line: BadLine) -> None:
    line.down()
    assert desk("post", tree, robot.id).code == 5
