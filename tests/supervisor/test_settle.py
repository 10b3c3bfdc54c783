"""What becomes possible after an event: groups released in order, old ones stopped, facts told."""

import pytest

from surefoot.revision import Group
from surefoot.supervisor import effects as do
from surefoot.supervisor import events as on
from tests.supervisor.bench import (
    ALWAYS,
    GROUPS,
    Bench,
    Fact,
    S,
    box,
    data,
    facts_of,
    ready,
    wanted,
)

THREE = (Group("root"), Group("platform"), Group("app"))


def three(goal_of_base=box):
    return goal_of_base("base", group="root"), box("db", group="platform"), box("app")


# --- groups -------------------------------------------------------------------------------------


def test_groups_start_in_order_each_after_the_goals_of_all_before():
    """device.md 10; seed "INPROGRESS"."""
    bench = Bench()
    bench.adopt("0", *three(ready), groups=THREE)
    bench.settle()
    assert [bench.status(n) for n in ("base", "db", "app")] == [S.STARTED, S.BLOCKED, S.BLOCKED]
    bench.tell(on.Signalled(bench.one("base").id))
    bench.settle()
    assert [bench.status(n) for n in ("base", "db", "app")] == [S.READY, S.STARTED, S.STARTED]


def test_containers_of_one_group_start_side_by_side():
    """Issue item 6: within a group containers start in parallel."""
    bench = Bench()
    bench.adopt("0", box("a"), box("b"), box("c"))
    for effect in list(bench.todo):
        bench.tell(on.Prepared(effect.id))
    assert [bench.status(n) for n in "abc"] == [S.STARTING] * 3


def test_a_container_does_not_wait_for_the_mounting_of_another_of_its_group():
    bench = Bench()
    bench.adopt("0", box("a"), box("b"))
    effects = bench.tell(on.Prepared(bench.one("a").id))
    assert wanted(effects, do.Start) == [("Start", "a.1")]


def test_a_groups_clock_starts_with_its_release_and_stops_with_its_goals():
    """R10: 30 s by default, its own where it has one."""
    groups = (Group("root"), Group("app", timeout_s=7))
    bench = Bench()
    bench.adopt("0", ready("base", group="root"), ready("app"), groups=groups)
    bench.settle()
    assert bench.timers == {"goal:root": 30}
    bench.tell(on.Signalled(bench.one("base").id))
    assert bench.timers == {"goal:app": 7}
    bench.settle()
    bench.tell(on.Signalled(bench.one("app").id))
    assert bench.timers == {}


def test_an_overdue_group_is_told_and_holds_nobody_up():
    """R10: outside an update a time-out is logged and the next group is released."""
    bench = Bench()
    bench.adopt("0", *three(ready), groups=THREE)
    bench.settle()
    effects = bench.fire("goal:root")
    assert facts_of(effects) == [Fact.GOAL_TIMED_OUT]
    bench.settle()
    assert bench.status("app") is S.STARTED


def test_the_text_of_a_time_out_is_the_references():
    """device.md 1, known good results."""
    bench = Bench()
    bench.adopt("0", ready("app"))
    bench.settle()
    told = bench.fire("goal:app")[0]
    assert told.detail == "status goal timed out after waiting for more than 30 secs"
    assert told.container == "app"


def test_each_late_container_is_told_and_only_those_that_are_late():
    bench = Bench()
    bench.adopt("0", ready("a"), box("b"), ready("c"), ready("d"))
    bench.settle()
    bench.tell(on.ActionAsked("d", "stop"))
    bench.settle()
    told = [e.container for e in bench.fire("goal:app")]
    assert told == ["a", "c"]


def test_a_container_that_is_late_may_still_reach_its_goal():
    bench = Bench()
    bench.adopt("0", ready("app"))
    bench.settle()
    bench.fire("goal:app")
    effects = bench.tell(on.Signalled(bench.one("app").id))
    assert facts_of(effects) == [Fact.GOALS_REACHED, Fact.STABLE]


def test_a_group_that_has_passed_holds_nobody_up_again():
    """R10, design rule 7: its container dies later, and no later group waits for it for ever."""
    bench = Bench()
    bench.adopt("0", box("base", group="root"), ready("db", group="platform"), groups=THREE)
    bench.settle()
    bench.tell(on.Exited(bench.one("base").id, 1))
    bench.tell(on.Signalled(bench.one("db").id))
    assert "app" in bench.record.released
    assert bench.timers == {}


def test_empty_groups_pass_at_once():
    bench = Bench()
    bench.adopt("0", box("app"), groups=THREE)
    bench.settle()
    assert bench.record.released == {"root", "platform", "app"}


def test_a_clock_that_was_stopped_says_nothing_though_its_event_was_on_its_way():
    """R10: the old revision's clock must not judge the new one."""
    bench = Bench()
    bench.adopt("0", ready("app"))
    bench.settle()
    bench.adopt("locals/x", ready("app", "2"), trial=True)
    assert bench.tell(on.TimerFired("goal:app")) == ()


def test_the_end_of_a_predecessor_is_not_the_time_of_its_successor():
    """R10: it may take ten seconds, and a group may have less."""
    groups = (Group("root"), Group("app", timeout_s=5))
    bench = Bench().boot(ready("app"), groups=groups)
    bench.deaf.add(bench.one("app").id)
    bench.adopt("locals/x", ready("app", "2"), groups=groups, trial=True)
    bench.settle()
    assert bench.timers == {}
    bench.tell(on.Exited("app.1", 0))
    assert bench.timers == {"goal:app": 5}


# --- old and new --------------------------------------------------------------------------------


def test_nothing_old_stops_before_everything_new_is_prepared():
    """Issue item 6: what can be done before the old container stops is done before."""
    bench = Bench().boot(box("a"), box("b"))
    bench.adopt("locals/x", box("a", "2"), box("b", "2"))
    first, second = bench.todo
    assert not wanted(bench.tell(on.Prepared(first.id)), do.Stop)
    effects = bench.tell(on.Prepared(second.id))
    assert wanted(effects, do.Stop) == [("Stop", "a.1"), ("Stop", "b.2")]
    assert facts_of(effects) == [Fact.STARTING]


def test_starting_is_told_before_the_first_stop_or_start():
    """R2: `Starting updated version` is stored before what it announces."""
    bench = Bench().boot(box("app"))
    bench.adopt("locals/x", box("app", "2"))
    effects = bench.settle()
    order = [e for e in effects if isinstance(e, do.Tell | do.Stop | do.Start)]
    assert order[0] == do.Tell(Fact.STARTING)


def test_a_successor_starts_as_soon_as_its_own_predecessor_is_gone():
    """It neither waits for other old containers nor for its predecessor's unmounting."""
    bench = Bench().boot(box("a"), box("b"))
    bench.deaf |= {"b.2"}
    bench.adopt("locals/x", box("a", "2"), box("b", "2"))
    bench.settle()
    assert bench.status("a") is S.STARTED
    assert bench.status("b") is S.MOUNTED
    effects = bench.tell(on.Exited("b.2", 0))
    assert wanted(effects, do.Start, do.Release) == [("Start", "b.4"), ("Release", "b.2")]


def test_a_container_that_is_only_taken_away_stops_and_the_goals_are_the_others():
    """device.md 3: one that the new revision lacks is stopped."""
    bench = Bench().boot(box("a"), box("b"))
    effects = [*bench.adopt("locals/x", box("a")), *bench.settle()]
    assert wanted(effects, do.Stop) == [("Stop", "b.2")]
    assert facts_of(effects)[:2] == [Fact.STARTING, Fact.GOALS_REACHED]
    assert bench.record.named("b") is None


def test_a_revision_without_containers_is_there_at_once():
    bench = Bench()
    assert facts_of(bench.adopt("0")) == [Fact.STARTING, Fact.GOALS_REACHED, Fact.STABLE]


def test_what_only_mounts_is_released_when_its_successor_is_prepared():
    bench = Bench().boot(data("data"), box("app"))
    adopted = bench.adopt("locals/x", data("data", "2"), box("app"))
    assert not wanted(adopted, do.Release)
    effects = bench.settle()
    assert wanted(effects, do.Release) == [("Release", "data.1")]


def test_outside_of_a_try_one_that_cannot_be_prepared_keeps_no_other_down():
    """R12: adopted again for a container that was healed, while another's successor is sick."""
    bench = Bench().boot(box("base", group="root"))
    bench.tell(on.Exited("base.1", 1))
    bench.bad.add("base")
    bench.adopt("0", box("base", group="root"), box("app"))
    bench.settle()
    for timer in list(bench.timers):
        bench.fire(timer)
    bench.settle()
    assert bench.status("app") is S.STARTED


# --- outcomes -----------------------------------------------------------------------------------


def test_goals_are_told_once_a_revision():
    bench = Bench().boot(ready("app"))
    assert bench.told(Fact.GOALS_REACHED) == 1
    bench.tell(on.Signalled(bench.one("app").id))
    assert bench.told(Fact.GOALS_REACHED) == 1
    bench.adopt("locals/x", ready("app"))
    assert bench.told(Fact.GOALS_REACHED) == 2, "the same container, another revision"


def test_one_that_the_user_has_stopped_has_no_goal_to_reach():
    """A way back, and the factory revision, must come to an end."""
    bench = Bench()
    bench.adopt("0", ready("app"), ready("web"))
    bench.settle()
    bench.tell(on.ActionAsked("web", "stop"))
    bench.settle()
    effects = bench.tell(on.Signalled(bench.one("app").id))
    assert Fact.GOALS_REACHED in facts_of(effects)


STABLE = {**ALWAYS.__dict__, "stable_timeout_s": 3.0}


@pytest.mark.parametrize("make", [box, ready], ids=["STARTED", "READY"])
def test_a_container_is_stable_its_time_after_its_goal(make):
    """device.md 2: TESTING lasts longer while a `stable_timeout` has not passed."""
    bench = Bench()
    bench.adopt("0", make("app", recovery=type(ALWAYS)(**STABLE)))
    bench.settle()
    if make is ready:
        assert "stable:app.1" not in bench.timers
        bench.tell(on.Signalled("app.1"))
    assert bench.timers["stable:app.1"] == 3
    assert bench.told(Fact.STABLE) == 0
    assert facts_of(bench.fire("stable:app.1")) == [Fact.STABLE]


def test_a_container_that_recovers_takes_back_that_all_was_stable():
    """R11, seed "TESTING": nothing is committed while it is down."""
    bench = Bench()
    bench.adopt("0", box("app", recovery=type(ALWAYS)(**STABLE)))
    bench.settle()
    bench.fire("stable:app.1")
    assert facts_of(bench.tell(on.Exited("app.1", 1))) == [Fact.UNSTABLE]
    bench.fire("recover:app.1")
    bench.settle()
    assert facts_of(bench.fire("stable:app.1")) == [Fact.STABLE]


def test_without_a_stable_timeout_the_goal_is_enough():
    bench = Bench()
    bench.adopt("0", box("app"))
    assert facts_of(bench.settle())[-2:] == [Fact.GOALS_REACHED, Fact.STABLE]


# --- halting ------------------------------------------------------------------------------------


def test_halting_stops_everything_and_is_told_when_nothing_runs():
    bench = Bench().boot(box("a"), box("b"), data("data"))
    effects = bench.tell(on.Halt())
    assert wanted(effects, do.Stop) == [("Stop", "a.1"), ("Stop", "b.2")]
    assert bench.told(Fact.HALTED) == 0
    bench.settle()
    assert bench.told(Fact.HALTED) == 1


def test_a_device_without_processes_has_halted_at_once():
    bench = Bench()
    assert Fact.HALTED in facts_of(bench.tell(on.Halt()))


def test_halting_has_a_deadline():
    """Design rule 7, R8: a container that never ends must not keep the device from leaving."""
    bench = Bench().boot(box("app"))
    bench.deaf.add("app")
    bench.tell(on.Halt())
    bench.settle()
    assert facts_of(bench.fire("halt:")) == [Fact.HALTED]


def test_nothing_starts_while_everything_is_stopped():
    """Not what was being prepared, not a recovery that was due, not what the door asks for."""
    bench = Bench().boot(box("a", recovery=ALWAYS), box("b"), groups=GROUPS)
    bench.tell(on.Exited("a.1", 1))
    bench.adopt("locals/x", box("a", recovery=ALWAYS), box("b"), box("c"))
    bench.tell(on.Halt())
    late = [on.TimerFired("recover:a.1"), on.ActionAsked("b", "restart")]
    late += [on.Adopt("locals/y", GROUPS, (box("d"),)), on.Signalled("b.2")]
    effects = bench.settle()
    for event in late:
        effects += bench.tell(event)
    assert not wanted(effects, do.Start, do.Prepare)
    assert bench.told(Fact.HALTED) == 1


def test_a_start_in_flight_is_stopped_by_a_halt():
    bench = Bench()
    bench.adopt("0", box("app"))
    bench.tell(on.Prepared("app.1"))
    bench.tell(on.Halt())
    bench.tell(on.Started("app.1", 5))
    assert bench.told(Fact.HALTED) == 0
    bench.tell(on.Exited("app.1", 0))
    assert bench.told(Fact.HALTED) == 1
