"""What really is, against the script: found on a device and a Hub in a condition of the test's."""

from collections.abc import Callable
from typing import Any

import pytest

from surefoot.client.desk.steps import View
from surefoot.lab.demo import look
from surefoot.lab.demo.rows import UPDATED
from surefoot.lab.demo.stage import Stage
from surefoot.lab.demo.story import FIRST, SCENES
from tests.lab.demo.spectator import Spectator

BY_SWITCH = SCENES[0]
STEP = BY_SWITCH.steps[0]


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
    return list(look.compare_runs(stage, BY_SWITCH.runs, BY_SWITCH.point, shown))


def test_what_runs_is_compared_with_record_boot_file_and_script(
    stage: Stage, sees: Callable[..., None]
) -> None:
    """peers 3: hawkbit#3185, greengrass-nucleus#1838: what is recorded is what really runs."""
    sees(STEP.contents.versions(), {}, "0")
    assert compared(stage) == []
    assert compared(stage, running="0") == ["0 runs, not 1"]
    assert compared(stage, rollback_point="7") == ["the rollback point is 7, not 0"]
    sees(FIRST.versions(), {}, "7")
    assert [text.split(" is ")[0] for text in compared(stage)] == [
        "the boot file says 7, not 0",
        "what really runs",
    ]


def test_a_container_that_was_left_alone_is_told_of(
    stage: Stage, audience: Spectator, sees: Callable[..., None]
) -> None:
    sees({}, {"base": 7, "app": 9}, "0")
    assert list(look.compare_pids(stage, BY_SWITCH, {"base": 7, "app": 8})) == []
    assert audience.said == ["device: base was not touched: its init is still 7"]
    assert list(look.compare_pids(stage, BY_SWITCH, {"base": 6})) == ["init of base was 6 and is 7"]


def test_the_hub_may_hear_of_the_end_a_little_later(
    stage: Stage, audience: Spectator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "_LOOK_S", 0.01)
    views = iter([View("TESTING", ""), View("UPDATED", UPDATED[1], 1)])
    monkeypatch.setattr(stage, "views", lambda step: [next(views)])
    assert list(look.compare_hub(stage, STEP)) == []
    assert audience.said == ["hub: the Hub holds revision 1: UPDATED, retries 1"]


def test_a_hub_that_never_hears_of_it_is_a_difference(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "_REPORT_S", 0.0)
    monkeypatch.setattr(stage, "views", lambda step: [View("TESTING", "", 1)])
    assert list(look.compare_hub(stage, STEP)) == [
        f"of 1 the Hub holds TESTING, not UPDATED {UPDATED[1]}"
    ]


def test_of_a_cancelled_step_nothing_is_on_the_device(
    stage: Stage, audience: Spectator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R14."""
    monkeypatch.setattr(stage.device.client, "get", lambda target: [{"name": "0"}])
    assert list(look.compare_never_run(stage, STEP)) == []
    assert audience.said == ["device: nothing is here of revision 1"]
    monkeypatch.setattr(stage.device.client, "get", lambda target: [{"name": "1"}])
    assert list(look.compare_never_run(stage, STEP)) == ["1 was cancelled, and the device has it"]
