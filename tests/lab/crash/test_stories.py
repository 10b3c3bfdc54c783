"""The stories without any cut: each ends as it says, and together they tell the seed page."""

import pytest

from surefoot.lab.crash.explore import problems
from surefoot.lab.crash.machine import Machine
from surefoot.lab.crash.stories import ALL
from surefoot.update import tables
from surefoot.wire.progress import Status
from tests.lab.crash import extra_stories as extra

EVERY = [*ALL, *extra.ALL]


def test_no_two_stories_have_one_name():
    names = [story.name for story in EVERY]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("story", EVERY, ids=lambda story: story.name)
def test_a_story_that_nobody_cuts_ends_as_it_says(story):
    machine = Machine(story).run()
    assert list(problems(machine)) == []
    ended = {revision: machine.disk.progress[revision].status for revision in story.clean}
    assert ended == dict(story.clean)


@pytest.mark.parametrize("story", EVERY, ids=lambda story: story.name)
def test_what_a_cut_may_lead_to_includes_what_happens_without_one(story):
    for revision, status in story.clean.items():
        assert status in story.ends.get(revision, {status})


def test_together_they_reach_every_status_that_a_device_stores():
    """seed "Progress": NEW and SYNCING are the Hub's (R19)."""
    stored = {p.status for story in EVERY for _, p in Machine(story).run().disk.history}
    assert set(Status) - stored == {Status.SYNCING}


def test_together_they_pass_every_message_of_a_transition():
    """R2."""
    seen = {p.message for story in EVERY for _, p in Machine(story).run().disk.history}
    rows = [p for p in tables.POINTS if p.status in (Status.INPROGRESS, Status.TESTING)]
    # Shown only where a `stable_timeout` is longer than the commit delay: see test_waits.py.
    assert {row.message for row in rows} - seen == {tables.TESTING_CONTAINERS.message}
