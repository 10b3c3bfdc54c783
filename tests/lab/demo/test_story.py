"""The script of the demonstration against the tables of the engine."""

from itertools import pairwise

import pytest

from surefoot.lab.demo.rows import FACTORY, started
from surefoot.lab.demo.story import SCENES, Act, Scene, Step, by_revision, steps
from surefoot.lab.images import SCRIPTS
from surefoot.update import tables
from surefoot.wire.progress import Status

every_scene = pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.number)
every_step = pytest.mark.parametrize(
    "step", [step for step in steps() if step.is_run], ids=lambda step: step.revision
)


@every_step
def test_every_row_of_a_step_may_follow_the_one_before(step: Step) -> None:
    points = [tables.point_of(*row) for row in step.rows]
    for before, after in pairwise(points):
        assert before
        assert after in tables.FOLLOWS[before], (before, after)


@every_step
def test_every_step_ends_in_a_final_status(step: Step) -> None:
    assert step.rows[-1][0] in tables.FINAL


@every_step
def test_every_posted_step_is_queued_first_and_counts_its_starts(step: Step) -> None:
    """R15: `retries` is the number of the last start."""
    if not step.is_local:
        assert step.rows[:1] == started(1)[:1]
        starts = [row for row in step.rows if row[0] is Status.DOWNLOADING]
        assert len(starts) == step.starts


@every_scene
def test_what_runs_at_the_end_of_a_scene_is_a_revision_of_the_story(scene: Scene) -> None:
    assert {scene.runs, scene.point} <= by_revision().keys()
    last = scene.steps[-1]
    assert (scene.runs == last.revision) is not (last.final[0] in tables.FAILED)


def test_posted_revisions_have_the_numbers_that_a_hub_gives_them() -> None:
    posted = [step.revision for step in steps() if not step.is_local]
    assert posted == [str(number) for number in range(1, len(posted) + 1)]


def test_the_story_shows_what_the_issue_asks_for() -> None:
    """issue 5, "make demo"."""
    ends = {step.final[0] for step in steps()}
    assert ends == tables.FINAL
    kinds = {step.contents.app.kind for step in steps()}
    assert {"ready", "never-ready", "no-init"} <= kinds <= SCRIPTS.keys()
    assert {scene.act for scene in SCENES} == set(Act)
    assert [scene.number for scene in SCENES] == [str(n + 1) for n in range(len(SCENES))]
    assert FACTORY[0] is Status.DONE


def test_no_revision_and_no_checkout_is_there_twice() -> None:
    assert len(by_revision()) == len(steps()) + 1
    assert len({step.name for step in steps()}) == len(steps())
