"""An instance and a record are plain values with words for what they show."""

from dataclasses import FrozenInstanceError, replace

import pytest

from surefoot.supervisor.record import Instance, Record
from surefoot.supervisor.tables import ContainerStatus as S
from tests.supervisor.bench import GROUPS, Bench, box, data, ready


def one(status, container=None, **more):
    return Instance("app.1", container or box(), "0", status, **more)


def test_records_are_frozen_comparable_and_hashable():
    """Design rule 2."""
    first, second = (Bench().boot(box("base", group="root"), box()) for _ in range(2))
    assert first.record == second.record
    assert len({first.record, second.record}) == 1
    with pytest.raises(FrozenInstanceError):
        first.record.revision = "9"
    with pytest.raises(FrozenInstanceError):
        first.one("app").pid = 1


GOALS = [
    (box(), {S.STARTED, S.READY}),
    (ready(), {S.READY}),
    (data(), set(S) - {S.INSTALLED}),
]


@pytest.mark.parametrize(("container", "reaching"), GOALS, ids=["STARTED", "READY", "MOUNTED"])
@pytest.mark.parametrize("status", S)
def test_a_goal_is_reached_in_its_own_status_or_a_later_one(container, reaching, status):
    """device.md 5: goals; R11: one that is only mounted has no process."""
    assert one(status, container).reached is (status in reaching)


def test_a_container_that_has_done_its_work_has_reached_its_goal():
    """R11: exit code 0 under `on-failure`."""
    assert one(S.STOPPED, succeeded=True).reached
    assert one(S.STOPPED, succeeded=True).steady
    assert not one(S.STOPPED).reached


def test_only_what_lives_is_worth_keeping():
    """R5: containers that are the same in both keep their init process: if they have one."""
    kept = {status for status in S if one(status).alive}
    assert kept == {S.STARTING, S.STARTED, S.READY}
    assert one(S.MOUNTED, data()).alive


def test_a_prepared_container_of_a_group_that_waits_is_blocked():
    """device.md 10."""
    record = Record("0", GROUPS, (one(S.MOUNTED),))
    assert record.shown_status(record.instances[0]) is S.BLOCKED
    released = replace(record, released=frozenset({"app"}))
    assert released.shown_status(record.instances[0]) is S.MOUNTED


def test_one_that_only_mounts_is_never_blocked():
    record = Record("0", GROUPS, (one(S.MOUNTED, data()),))
    assert record.shown_status(record.instances[0]) is S.MOUNTED


def test_the_retiring_instance_is_not_the_one_of_that_name():
    old, new = one(S.READY, retiring=True), replace(one(S.MOUNTED), id="app.2")
    record = Record("0", GROUPS, (old, new))
    assert record.named("app") is new
    assert record.current == (new,)
    assert record.retiring == (old,)
    assert record.members("app") == (new,)
    assert record.get("app.1") is old
