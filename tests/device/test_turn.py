"""One turn of the device: routing between the machines, the order of effects, what is in use."""

import pytest

from surefoot.device import compose
from surefoot.device import effects as dev
from surefoot.device.turn import Device, Modes, Turn
from surefoot.supervisor import effects as sup_do
from surefoot.supervisor import events as sup_on
from surefoot.update import effects as up_do
from surefoot.update import events as up_on
from surefoot.update import tables
from surefoot.update.record import Record
from surefoot.update.tables import COMMIT_TIMER, Stage
from tests.device.composed import (
    FACTORY,
    NEW_APP,
    NEW_BASE,
    REMOTE,
    SEVEN,
    STATES,
    WITH_READY,
    Bench,
    X,
    Y,
    of,
)


def turn(**device):
    return Turn(Device(Record("0", "0"), **device), compose.RULES)


# --- the value ----------------------------------------------------------------------------------


def test_a_device_is_a_plain_value():
    """Design rule 2: comparable and hashable at every moment of an update."""
    first, second = Bench().on(), Bench().on()
    for bench in (first, second):
        bench.command("LOCAL_RUN", X)
    while first.todo:
        assert first.device == second.device
        assert hash(first.device) == hash(second.device)
        first.step()
        second.step()


def test_the_same_event_twice_from_the_same_device_has_the_same_effects():
    """Pure: no clock, no chance."""
    bench = Bench().on()
    event = dev.CommandGiven(1, "LOCAL_RUN", X, exists=True)
    assert compose.advance(bench.device, event) == compose.advance(bench.device, event)


def test_everything_that_is_named_is_in_use():
    """R21: running, `pv_rev`, `pv_try`, being installed, queued, staged, waiting; and what still
    holds an instance."""
    bench = Bench(modes=Modes(True, True)).on().updated(X).run(Y, "LOCAL_APPLY")
    bench.hub_answers = False
    bench.give(dev.StepFound(SEVEN))
    assert bench.device.in_use == {"0", X, SEVEN}, "the remote step has dropped the staged one"
    bench.give(dev.StepFound("8"))
    assert "8" in bench.device.in_use
    bench.command("LOCAL_RUN", Y)
    assert Y in bench.device.in_use


def test_a_staged_revision_is_in_use():
    """R21, R3; peers 3: snapd#5145: what the boot loader may still name is never collected."""
    bench = Bench().on().run(X, "LOCAL_APPLY")
    assert X in bench.device.in_use


def test_states_that_nobody_needs_are_forgotten():
    bench = Bench().on().updated(X)
    assert {name for name, _ in bench.device.states} == {"0", X}
    bench.command("ROLLBACK")
    bench.settle()
    assert {name for name, _ in bench.device.states} == {"0"}


# --- routing ------------------------------------------------------------------------------------


def test_a_switch_becomes_an_adoption_and_reaches_no_hand():
    bench = Bench().on().run(X)
    assert not of(up_do.Switch, bench.effects)
    assert {e.revision for e in of(sup_do.Prepare, bench.effects)} == {"0", X}


def test_a_reboot_stops_all_containers_before_the_process_ends():
    bench = Bench({**STATES, X: NEW_BASE}).on()
    bench.command("LOCAL_RUN", X)
    effects = bench.settle()
    assert not of(up_do.Reboot, effects)
    stops = [effects.index(e) for e in of(sup_do.Stop, effects)]
    assert len(stops) == 2
    assert effects.index(bench.left) > max(stops)


def test_timers_go_to_the_machine_that_set_them():
    bench = Bench({**STATES, X: WITH_READY}).on().run(X)
    assert {tables.GOALS_TIMER, "goal:app"} <= set(bench.timers)
    bench.fire("goal:app")
    assert bench.stage in (Stage.RETURN, None)
    assert tables.GOALS_TIMER not in bench.timers


def test_a_revision_whose_state_is_not_known_cannot_be_adopted():
    """R12: with an unreadable state only the socket is served."""
    now = turn()
    now.adopt("locals/none")
    assert now.effects == []


def test_sick_containers_are_left_out_of_their_own_revision_only():
    """R12."""
    bench = Bench().on(sick={"app": "bad bytes"})
    assert set(bench.running_pids()) == {"base"}
    bench.run(X)
    assert set(bench.running_pids()) == {"base", "app"}


# --- leaving ------------------------------------------------------------------------------------


def test_the_first_reason_to_leave_is_the_one():
    now = turn()
    now.leave("one")
    now.leave("another")
    assert now.device.leaving == dev.Leave(False, "one")


def test_leaving_with_nothing_to_stop_ends_at_once():
    bench = Bench({}).on()
    bench.give(dev.LeaveAsked("SIGTERM"))
    assert bench.left == dev.Leave(False, "SIGTERM")


def test_leaving_is_done_once():
    bench = Bench().on()
    bench.give(dev.LeaveAsked("SIGTERM"))
    bench.settle()
    for timer in list(bench.timers):
        bench.give(sup_on.TimerFired(timer))
    assert len(of(dev.Leave, bench.effects)) == 1


@pytest.mark.parametrize("timer", [COMMIT_TIMER, tables.GOALS_TIMER])
def test_a_device_that_leaves_concludes_nothing_from_its_containers(timer):
    """They are being stopped: nothing is committed, and nothing fails, for that (R4, R6)."""
    new = NEW_BASE if timer == COMMIT_TIMER else WITH_READY
    bench = Bench({**STATES, X: new}).on().run(X)
    if bench.left is not None:
        bench.reboots()
    before = bench.points()
    bench.give(dev.LeaveAsked("SIGTERM"))
    bench.fire(timer)
    assert bench.points() == before
    assert bench.pv_rev == "0"


def test_a_leaving_device_begins_nothing():
    bench = Bench(modes=REMOTE).on()
    bench.give(dev.LeaveAsked("SIGTERM"))
    bench.effects.clear()
    bench.give(dev.StepFound(SEVEN))
    assert not of(up_do.LoadState, bench.effects)
    assert bench.stage is None


# --- the slot and the mode ----------------------------------------------------------------------


def test_the_mode_is_written_only_when_it_changes():
    now = turn(remote=True)
    now.set_mode(True)
    assert now.effects == []
    now.set_mode(False)
    assert now.effects == [dev.SetMode(False)]


def test_an_empty_slot_is_not_emptied_again():
    now = turn()
    now.empty_slot()
    assert now.effects == []


def test_the_coming_revision_is_the_rollback_point_while_the_device_returns():
    """R13: so that the revision that failed can be asked for again."""
    bench = Bench({**STATES, X: WITH_READY}).on().run(X)
    assert bench.device.coming == X
    bench.give(sup_on.TimerFired("goal:app"))
    assert (bench.device.update.running, bench.device.coming) == (X, "0")


def test_containers_are_judged_between_the_switch_and_the_end():
    bench = Bench().on()
    seen = set()
    bench.command("LOCAL_RUN", X)
    while bench.todo:
        bench.step()
        if bench.device.trying_out:
            seen.add(bench.stage)
    assert seen == {Stage.SWITCH, Stage.GOALS, Stage.STABLE}
    bench.fire(COMMIT_TIMER)
    assert not bench.device.trying_out


def test_a_plan_is_made_from_the_states_that_are_known():
    now = turn()
    now.keep("0", FACTORY)
    now.keep("0", NEW_APP)
    assert now.device.states == (("0", NEW_APP),)
    assert now.device.state("9") is None


def test_an_event_that_nobody_knows_is_a_bug_of_ours():
    with pytest.raises(AssertionError):
        compose.advance(Device(Record("0", "0")), up_on.RollbackAsked)
