from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from surefoot.client.wait import Entry, Look
from surefoot.lab.demo.play import Stage, _compare_lines, _until_tested
from surefoot.lab.demo.story import DONE, FIRST, NEW, SCENES, UPDATED
from surefoot.wire.progress import Progress, Status
from tests.lab.demo.spectator import Spectator

BY_SWITCH = SCENES[0]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, Spectator(), lambda: 10.0, {"SUREFOOT_RUNTIME": "process"})


@pytest.fixture
def sees(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets the stage see a device in this condition."""

    def see(versions: dict[str, str], pids: dict[str, int], rev: str) -> None:
        monkeypatch.setattr(stage.device, "versions", lambda: versions)
        monkeypatch.setattr(stage.device, "pids", lambda: pids)
        monkeypatch.setattr(stage.device, "pv_rev", lambda: rev)

    return see


def compared(stage: Stage, **status: Any) -> list[str]:
    shown = {"running": BY_SWITCH.runs, "rollback_point": BY_SWITCH.point} | status
    return list(stage._compare_runs(BY_SWITCH.runs, BY_SWITCH.point, shown))


def test_settings_of_the_caller_and_of_the_story_reach_the_device(stage: Stage) -> None:
    assert stage.device.settings["SUREFOOT_RUNTIME"] == "process"
    assert stage.device.settings["PV_UPDATER_COMMIT_DELAY"] == "3"


def test_what_runs_is_compared_with_record_boot_file_and_script(
    stage: Stage, sees: Callable[..., None]
) -> None:
    sees(BY_SWITCH.contents.versions(), {}, "0")
    assert compared(stage) == []
    assert compared(stage, running="0") == ["0 runs, not locals/app-2"]
    assert compared(stage, rollback_point="7") == ["the rollback point is 7, not 0"]
    sees(FIRST.versions(), {}, "7")
    assert [text.split(" is ")[0] for text in compared(stage)] == [
        "the boot file says 7, not 0",
        "what really runs",
    ]


def test_a_container_that_was_to_be_left_alone_keeps_its_init(
    stage: Stage, sees: Callable[..., None]
) -> None:
    sees({}, {"base": 7, "app": 9}, "0")
    assert list(stage._compare_pids(BY_SWITCH, {"base": 7, "app": 8})) == []
    assert list(stage._compare_pids(BY_SWITCH, {"base": 6})) == ["init of base was 6 and is 7"]


def test_lines_are_compared_whole_and_in_order() -> None:
    seen = [Entry("7", status.value, message, "", "", 1) for status, message in (NEW, UPDATED)]
    assert list(_compare_lines("7", (NEW, UPDATED), seen)) == []
    for script in ((NEW,), (UPDATED, NEW), (NEW, DONE), (NEW, UPDATED, DONE)):
        assert list(_compare_lines("7", script, seen))


@pytest.mark.parametrize(
    ("status", "is_time"), [("TESTING", True), ("DONE", True), ("INPROGRESS", False)]
)
def test_the_power_is_cut_while_an_update_is_tested_or_never(status: str, is_time: bool) -> None:
    assert _until_tested(Look({}, Progress(Status(status), "", 0))) is is_time
    assert not _until_tested(Look({}, None))
