"""Corners of the whole device where two things meet: a command and a silent Hub, a way back and a
sick container, a power cut and a command that only waits. Each was once wrong."""

from dataclasses import replace
from itertools import pairwise

import pytest

from surefoot.device import effects as dev
from surefoot.device.turn import Modes
from surefoot.supervisor import effects as sup_do
from surefoot.supervisor import events as sup_on
from surefoot.update import effects as up_do
from surefoot.update import tables
from surefoot.update.tables import COMMIT_TIMER, Cause, Stage
from surefoot.wire.progress import Status
from tests.device.composed import (
    BASE,
    NEW_APP,
    REMOTE,
    SEVEN,
    STATES,
    WITH_READY,
    Bench,
    X,
    Y,
    of,
    stored,
)
from tests.revision.states import app, state

SICK = {"app": "app/root.squashfs has other bytes"}
QUEUED = stored(tables.QUEUED, 0, 0, 3)


def waits_for_hub(modes=None):
    """A remote step waits for the answer of a silent Hub; x is UPDATED and runs."""
    bench = Bench(modes=modes or Modes(True, True)).on().updated(X)
    bench.hub_answers = False
    bench.give(dev.StepFound(SEVEN))
    assert bench.stage is Stage.REPORT
    return bench


def returning():
    """x never got READY; the device is on its way back to 0."""
    bench = Bench({**STATES, X: WITH_READY}).on().run(X)
    del bench.timers["goal:app"]
    bench.give(sup_on.TimerFired("goal:app"))
    assert bench.stage is Stage.RETURN
    return bench


# --- a silent Hub (R15, R18) --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "payload"), [("LOCAL_RUN_COMMIT", X), ("ROLLBACK", ""), ("LOCAL_RUN", "0")]
)
def test_a_command_about_the_running_revision_does_not_wait_for_the_hub(op, payload):
    """R25, R3: a step that waits for its answer makes room."""
    bench = waits_for_hub()
    assert bench.command(op, payload).status == 200
    bench.settle()
    assert bench.device.update.running == (X if bench.left else "0")


def test_a_factory_is_made_while_a_step_waits_for_the_hub():
    bench = waits_for_hub(Modes(True, True))
    assert bench.command("MAKE_FACTORY", "0").status == 200
    bench.settle()
    assert bench.left is not None


def test_a_step_that_is_found_while_another_waits_for_the_hub_is_queued_too():
    """R16."""
    bench = waits_for_hub()
    bench.give(dev.StepFound("8"))
    assert bench.progress["8"] == QUEUED


def test_a_container_that_is_healed_while_a_step_waits_for_the_hub_is_judged_by_nobody():
    """R11: outside a try its recovery is its own."""
    bench = Bench(modes=Modes(remote_allowed=True), hub_answers=False)
    bench.on("0", sick=SICK)
    bench.give(dev.StepFound(SEVEN))
    bench.give(dev.Healed(("app",)))
    assert bench.device.supervisor.trial is False


# --- who looks at the queue (R16) ---------------------------------------------------------------


def test_a_step_that_is_found_while_the_factory_revision_comes_up_is_taken_when_it_is_done():
    """R9, R16: the first step of a new device."""
    bench = Bench(modes=REMOTE)
    bench.progress.clear()
    bench.boot("0")
    bench.give(dev.StepFound(SEVEN))
    bench.settle()
    assert bench.progress["0"].status is Status.DONE
    assert bench.work.revision == SEVEN


def test_a_command_that_is_given_up_makes_room_for_a_remote_step():
    """R9, R16."""
    bench = Bench(modes=REMOTE, journal=dev.Command("LOCAL_RUN", Y, 2))
    bench.progress["8"] = QUEUED
    bench.on("0", waiting=(("8", 0),))
    assert bench.points(Y) == [tables.ERROR[Cause.INTERNAL]]
    assert bench.work.revision == "8"


def test_a_factory_revision_that_cannot_be_made_makes_room_for_a_remote_step():
    bench = Bench(modes=Modes(remote_allowed=True)).on()
    bench.command("MAKE_FACTORY", "0")
    bench.give(dev.StepFound(SEVEN))
    bench.give(dev.FactoryMade("0", "no room"))
    assert bench.stage is Stage.REPORT


def test_a_command_goes_before_a_step():
    bench = Bench(modes=Modes(True, True), journal=dev.Command("LOCAL_RUN", X, 0))
    bench.boot(waiting=((SEVEN, 0),))
    assert bench.work.revision == X


# --- the way back (R5) --------------------------------------------------------------------------


def test_the_way_back_to_a_sick_rollback_point_ends():
    """R12: its sick container stays down; a command that was accepted still begins."""
    bench = Bench(dead={"app"}).on("0", sick=SICK)
    bench.command("LOCAL_RUN", X)
    bench.settle()
    assert bench.progress[X].status is Status.ERROR
    assert bench.stage is None


@pytest.mark.parametrize("op", ["LOCAL_RUN", "LOCAL_RUN_COMMIT", "LOCAL_APPLY", "MAKE_FACTORY"])
def test_commands_about_the_rollback_point_on_the_way_back_to_it_do_no_harm(op):
    """R25."""
    bench = returning()
    bench.command(op, "0")
    bench.settle()
    assert (bench.pv_rev, bench.pv_try) == ("0", None)


@pytest.mark.parametrize("ended", [tables.ERROR[Cause.GOAL], tables.DONE], ids=["ERROR", "DONE"])
def test_aborting_a_command_that_waits_begins_the_record_anew(ended):
    """R6, R25: a final status is written once; what is aborted is the new change."""
    bench = returning()
    bench.progress[Y] = stored(ended)
    bench.log.append((Y, ended))
    assert bench.command("LOCAL_RUN", Y).status == 200
    assert bench.command("ABORT").status == 200
    assert bench.points(Y) == [ended, tables.READY_TO_RUN, tables.WONTGO[Cause.ABORTED]]


# --- power cuts and commands that only wait (R9, R13) -------------------------------------------


@pytest.mark.parametrize("op", ["LOCAL_RUN", "LOCAL_RUN_COMMIT", "LOCAL_APPLY"])
def test_an_accepted_run_of_what_became_the_rollback_point_meanwhile_is_nothing_to_do(op):
    """R4, R6: x was staged, the run of it only accepted; the boot after the cut made x DONE, and
    no READY_TO_RUN is stored over that."""
    bench = Bench(pv_try=X, journal=dev.Command(op, X, 0))
    bench.progress[X] = stored(tables.APPLIED)
    bench.on(X)
    bench.fire(COMMIT_TIMER)
    assert (bench.pv_rev, bench.pv_try, bench.journal) == (X, None, None)
    assert bench.progress[X].status is Status.DONE


def test_a_rollback_that_is_not_needed_any_more_ends():
    """R25: a cut in the middle of it has brought it about."""
    bench = Bench(journal=dev.Command("ROLLBACK", X, 1)).on()
    assert (bench.journal, bench.stage) == (None, None)


# --- the order of effects (R2) ------------------------------------------------------------------

WITH_WEB = state(BASE, app("app", group="app"), app("web", group="app"))


@pytest.mark.parametrize("new", [NEW_APP, WITH_WEB], ids=["changed", "added"])
def test_starting_is_stored_before_the_first_container_stops_or_starts(new):
    """R2: `Starting updated version` is stored before what it announces begins."""
    bench = Bench({**STATES, X: new}).on()
    bench.command("LOCAL_RUN", X)
    effects = bench.settle()
    saved = next(e for e in of(up_do.Save, effects) if e.point is tables.STARTING)
    first = next(e for e in effects if isinstance(e, sup_do.Stop | sup_do.Start))
    assert effects.index(saved) < effects.index(first)


def test_everything_a_device_stores_in_a_hard_life_follows_the_table():
    """R6: two updates on top of each other, both given up, one run again, with cuts between."""
    bench = Bench({**STATES, Y: replace(STATES[Y])}).on().updated(X)
    bench.run(Y, "LOCAL_APPLY")
    bench.command("ABORT")
    bench.on(X)
    bench.fire(COMMIT_TIMER)
    bench.run(Y)
    bench.boot(Y)
    bench.on(X)
    for revision in (X, Y):
        for before, after in pairwise(bench.points(revision)):
            again = after is tables.READY_TO_RUN and (before.final or before is after)
            assert again or after in tables.FOLLOWS[before]
    assert bench.points(Y)[-1] is tables.ERROR[Cause.UNEXPECTED]
    assert bench.points(X)[-1] is tables.DONE


# --- revision 0 before it is DONE (R5, R9) ------------------------------------------------------


def unproven(**facts):
    bench = Bench(**facts)
    bench.progress.pop("0")
    return bench


def test_staging_while_the_factory_revision_comes_up_keeps_the_mode():
    """R20: nothing of it runs yet."""
    bench = unproven(modes=Modes(remote_allowed=True)).boot("0")
    bench.command("LOCAL_APPLY", X)
    while bench.device.update.staged is None:
        bench.step()
    assert bench.remote is True


def test_a_factory_revision_that_the_boot_loader_fell_back_to_becomes_done():
    bench = unproven(pv_try=X)
    bench.progress[X] = stored(tables.ERROR[Cause.START])
    bench.on("0")
    assert bench.progress["0"] == stored(tables.FACTORY)


def test_the_way_back_to_a_sick_factory_revision_ends_and_it_goes_on_waiting():
    """R12: it is not DONE without its sick container."""
    bench = unproven(dead={"app"}).on("0", sick=SICK)
    bench.command("LOCAL_RUN", X)
    bench.settle()
    assert bench.progress[X].status is Status.ERROR
    assert bench.stage is Stage.FACTORY
    assert "0" not in bench.progress
    bench.dead.clear()
    bench.give(dev.Healed(("app",)))
    bench.settle()
    assert bench.progress["0"] == stored(tables.FACTORY)


def test_abort_keeps_its_hands_off_the_record_of_the_try_that_runs():
    """R3, R6: the run of x waits in the slot while the boot after a cut tries x."""
    bench = Bench(pv_try=X, journal=dev.Command("LOCAL_RUN", X, 0))
    bench.progress[X] = stored(tables.APPLIED)
    bench.boot(X)
    assert bench.command("ABORT").status == 409
    assert bench.points() == [tables.STARTING]
