"""One turn: the order of its effects, and how an instance is put, removed, started, stopped."""

from dataclasses import replace

from surefoot.supervisor import effects as do
from surefoot.supervisor.record import Instance, Record
from surefoot.supervisor.tables import STOP_GRACE_S, ContainerStatus
from surefoot.supervisor.turn import LIFE_TIMERS, Turn, goal_timer, timer_name
from tests.supervisor.bench import ALWAYS, GROUPS, box, ready

ONE = Instance("app.1", box("app", recovery=ALWAYS), "0", ContainerStatus.STARTED)
OTHER = Instance("web.2", box("web"), "0", ContainerStatus.STARTED)


def turn(*instances):
    return Turn(Record("0", GROUPS, instances or (ONE, OTHER)))


def test_releases_come_after_everything_else():
    """A successor must not wait for its predecessor's unmounting."""
    now = turn()
    now.remove(ONE)
    now.start(OTHER)
    assert [type(e) for e in now.effects] == [do.Start, do.Release]


def test_an_instance_takes_the_place_of_the_one_with_its_id():
    now = turn()
    now.put(replace(ONE, retries=2))
    assert [one.retries for one in now.record.instances] == [2, 0]
    assert now.record.get("web.2") is OTHER


def test_what_is_removed_is_forgotten_and_released():
    now = turn()
    now.remove(ONE)
    assert now.record.instances == (OTHER,)
    assert now.effects == (do.Release("app.1", "app"),)


def test_stopping_says_how_long_it_may_take_and_drops_its_timers():
    now = turn()
    now.stop(ONE)
    drops = [do.DropTimer(f"{kind}:app.1") for kind in LIFE_TIMERS]
    assert list(now.effects) == [*drops, do.Stop("app.1", "app", STOP_GRACE_S)]
    assert now.record.get("app.1").status is ContainerStatus.STOPPING


def test_a_container_without_recovery_has_no_timers_to_drop():
    now = turn()
    now.stop(OTHER)
    assert list(now.effects) == [do.Stop("web.2", "web", STOP_GRACE_S)]


def test_a_groups_clock_is_started_and_stopped_once():
    now = turn()
    now.start_clock(GROUPS[0])
    assert now.record.clocks == {"root"}
    now.stop_clock("root")
    now.stop_clock("root")
    assert list(now.effects) == [do.SetTimer("goal:root", 30), do.DropTimer("goal:root")]


def test_the_clock_of_being_stable_waits_for_the_goal():
    rule = replace(ALWAYS, stable_timeout_s=3, reset_window_s=60)
    started = replace(ONE, container=box("app", recovery=rule))
    needs_signal = replace(started, container=ready("app", recovery=rule))
    for one, timers in (
        (started, ["reset:app.1", "stable:app.1"]),
        (needs_signal, ["reset:app.1"]),
    ):
        now = turn(one)
        now.set_life_timers(one)
        assert [e.timer for e in now.effects] == timers


def test_timers_are_named_for_what_they_are_of():
    assert timer_name("recover", ONE) == "recover:app.1"
    assert goal_timer("app") == "goal:app"
