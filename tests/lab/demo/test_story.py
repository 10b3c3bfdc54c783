"""The script of the demonstration against the tables of the engine."""

from itertools import pairwise

import pytest

from surefoot.lab.demo.story import FACTORY, SCENES, Act, Scene, by_revision
from surefoot.lab.images import SCRIPTS
from surefoot.update import tables
from surefoot.wire.progress import Status

every_scene = pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.revision)


@every_scene
def test_every_line_is_a_row_of_the_progress_table(scene: Scene) -> None:
    """seed "Progress"."""
    for status, message in (*scene.lines, FACTORY):
        assert tables.point_of(status, message), (status, message)


@every_scene
def test_every_line_may_follow_the_one_before(scene: Scene) -> None:
    points = [tables.point_of(*line) for line in scene.lines]
    for before, after in pairwise(points):
        assert before
        assert after in tables.FOLLOWS[before]


@every_scene
def test_every_scene_ends_in_a_final_status(scene: Scene) -> None:
    assert scene.lines[-1][0] in tables.FINAL


@every_scene
def test_what_runs_at_the_end_of_a_scene_is_a_revision_of_the_story(scene: Scene) -> None:
    assert {scene.runs, scene.point} <= by_revision().keys()
    failed = scene.lines[-1][0] in tables.FAILED
    assert (scene.runs == scene.revision) is not failed


def test_the_story_shows_what_the_issue_asks_for() -> None:
    ends = {scene.lines[-1] for scene in SCENES}
    assert {status for status, _ in ends} == {
        Status.UPDATED,
        Status.DONE,
        Status.ERROR,
        Status.WONTGO,
    }
    kinds = {scene.contents.app.kind for scene in SCENES}
    assert {"ready", "never-ready", "no-init"} <= kinds <= SCRIPTS.keys()
    assert {scene.act for scene in SCENES} == set(Act)
    assert [scene.number[0] for scene in SCENES] == sorted(scene.number[0] for scene in SCENES)


def test_no_revision_is_told_twice() -> None:
    assert len(by_revision()) == len(SCENES) + 1
