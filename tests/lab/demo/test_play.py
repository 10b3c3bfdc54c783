"""Parts of playing a scene. Whole scenes: `test_show.py`, `tests/cli/test_demo.py`."""

from typing import Any

import pytest

from surefoot.client.wait import Look
from surefoot.lab.demo import play as module
from surefoot.lab.demo.play import _Meter, _until_in
from surefoot.lab.demo.stage import Stage
from surefoot.lab.demo.story import SCENES, Act
from surefoot.wire.progress import PERCENT, Status
from tests.lab.demo.spectator import Spectator

QUEUE = next(scene for scene in SCENES if scene.act is Act.AWAY)
STEP = QUEUE.steps[0]
IDLE = {"command": None, "update": None, "status": "READY"}


def test_every_act_of_the_story_can_be_played() -> None:
    assert module._ACTS.keys() == set(Act)


@pytest.mark.parametrize(
    ("status", "is_time"), [("TESTING", True), ("DONE", True), ("INPROGRESS", False)]
)
def test_the_power_is_cut_while_an_update_is_tested_or_further(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, status: str, is_time: bool
) -> None:
    monkeypatch.setattr(stage, "reached", lambda step: PERCENT[Status(status)])
    assert _until_in(stage, STEP, Status.TESTING)(Look({}, None)) is is_time


@pytest.mark.parametrize(
    ("reached", "status", "is_over"),
    [
        ({"6": 100, "8": 100, "9": 100}, IDLE, True),
        ({"6": 100, "8": 100, "9": 75}, IDLE, False),
        ({"6": 100, "8": 100, "9": 100}, {**IDLE, "update": "9"}, False),
    ],
)
def test_a_scene_is_over_when_all_that_is_run_has_ended_and_the_device_rests(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    reached: dict[str, int],
    status: dict[str, Any],
    is_over: bool,
) -> None:
    """Of the cancelled one nothing is waited for."""
    monkeypatch.setattr(stage, "reached", lambda step: reached.get(step.revision, -1))
    assert module._at_rest_after(stage, QUEUE)(Look(status, None)) is is_over


def test_the_bytes_of_one_download_are_compared_with_its_size(
    stage: Stage, audience: Spectator
) -> None:
    """peers 3: rauc#1517."""
    stage.line.passed, stage.line.cuts = 500, 1
    meter = _Meter(stage)
    stage.line.passed, stage.line.cuts = 1_050_500, 4
    assert list(meter.compare(1_000_000, "cut 3 times")) == []
    assert meter.cuts == 3
    assert audience.said == [
        "device: downloaded, cut 3 times: 1.05 MB came over the line, 1.050 times the size"
    ]
    assert list(meter.compare(500_000, "")) == ["1050000 bytes went over the line for 500000"]
