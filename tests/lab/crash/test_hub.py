"""The Hub of the laboratory: it forgets nothing, and is away exactly when its story says so."""

from dataclasses import replace
from math import inf

import pytest

from surefoot.lab.crash.hub import FIRST, Hub
from surefoot.lab.crash.stories import REMOTE_THREE
from surefoot.link import events as on
from surefoot.link.effects import Ask
from surefoot.link.record import What, Why
from surefoot.update import tables
from surefoot.update.tables import Cause
from surefoot.wire.progress import PERCENT, Progress, Status


def hub(**story):
    return Hub(replace(REMOTE_THREE, **story))


def at(point):
    message = point.message.format(x=0, y=3)
    return Progress(point.status, message, PERCENT[point.status])


def asked(hub, what, id=FIRST):
    return hub.answer(Ask(what), id)


def test_it_is_away_when_its_story_says_so():
    found = hub(hub_away=(5, 9))
    assert [found.is_there(now) for now in (0, 5, 8.9, 9)] == [True, False, False, True]
    assert [found.comes_back(now) for now in (0, 6)] == [False, True]
    for never in (hub(hub_answers=False), hub(hub_away=(0, inf))):
        assert (never.is_there(1), never.comes_back(1)) == (False, False)


def test_a_known_device_is_owned_and_has_its_trail():
    assert asked(hub(), What.LOOK_UP) == on.Seen(owned=True)
    assert asked(hub(), What.TRAILS) == on.TrailsSeen(present=True)
    assert asked(hub(), What.USER_META) == on.Answered(What.USER_META)


def test_a_new_device_is_registered_claimed_at_the_second_look_and_synced():
    found = hub(is_new=True)
    made = asked(found, What.REGISTER, "")
    assert (made.id, found.devices) == ("device-1", 1)
    looks = [asked(found, What.LOOK_UP, made.id).owned for _ in range(2)]
    assert looks == [False, True]
    assert asked(found, What.TRAILS, made.id) == on.TrailsSeen(present=False)
    assert asked(found, What.SYNC, made.id) == on.Answered(What.SYNC)
    assert asked(found, What.TRAILS, made.id) == on.TrailsSeen(present=True)
    assert found.step(made.id, new_only=False) == "1"


def test_it_forgets_as_many_devices_as_it_is_told():
    found = hub(is_new=True, hub_forgets=1)
    first = asked(found, What.REGISTER, "")
    assert asked(found, What.LOOK_UP, first.id).why is Why.UNKNOWN
    second = asked(found, What.REGISTER, "")
    assert isinstance(asked(found, What.LOOK_UP, second.id), on.Seen)


def test_the_second_owner_has_steps_of_his_own():
    found = hub(hub_again=("1",))
    made = asked(found, What.REGISTER, "")
    asked(found, What.SYNC, made.id)
    assert found.trails == {FIRST: dict.fromkeys("123", Status.NEW), made.id: {"1": Status.NEW}}


def test_the_lowest_open_step_is_offered():
    """R16."""
    found = hub()
    assert found.step(FIRST, new_only=False) == "1"
    found.report(FIRST, "1", at(tables.QUEUED))
    assert (found.step(FIRST, new_only=False), found.step(FIRST, new_only=True)) == ("1", "2")
    for revision in "123":
        found.report(FIRST, revision, at(tables.DONE))
    assert (found.step(FIRST, new_only=False), found.is_open(FIRST)) == (None, False)


@pytest.mark.parametrize("point", [tables.QUEUED, tables.DOWNLOADING, tables.DOWNLOADED])
def test_a_step_is_found_cancelled_at_the_report_that_its_story_names(point):
    """R14: before it is armed, and for good."""
    found = hub(hub_cancels={"1": point.status})
    assert found.report(FIRST, "1", at(tables.NEW)) is Status.NEW
    assert found.report(FIRST, "1", at(point)) is Status.CANCELLED
    assert found.report(FIRST, "1", at(tables.WONTGO[Cause.RETRIES])) is Status.CANCELLED
    assert found.step(FIRST, new_only=False) == "2"


def test_what_was_armed_stands():
    """R14: what runs is the truth."""
    found = hub(hub_cancels={"1": Status.TESTING, "2": Status.QUEUED})
    assert found.report(FIRST, "1", at(tables.TESTING_COMMIT)) is Status.TESTING
    assert found.report(FIRST, "2", at(tables.QUEUED)) is Status.CANCELLED
    assert found.report(FIRST, "2", at(tables.INSTALLED)) is Status.INPROGRESS


def test_a_report_of_a_step_that_nobody_posted_is_refused():
    assert hub().report(FIRST, "9", at(tables.DONE)) is Status.CANCELLED
    assert hub().report("device-9", "1", at(tables.DONE)) is Status.CANCELLED
