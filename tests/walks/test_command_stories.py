"""What becomes of commands: aborted, overtaken by a failure, cut by the power, kept out, kept."""

import pytest

from surefoot.device import effects as dev
from surefoot.device.turn import Modes
from surefoot.supervisor import events as sup_on
from surefoot.update import effects as up_do
from surefoot.update import tables
from surefoot.update.tables import COMMIT_TIMER, Cause, Stage
from surefoot.wire.progress import Status
from tests.device.composed import (
    NEW_BASE,
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

ABORTED = tables.WONTGO[Cause.ABORTED]
RUNS = ("LOCAL_RUN", "LOCAL_RUN_COMMIT", "LOCAL_APPLY")
LATER = "A command is already in progress. Try again"


def answer(status, text="", retry_after_s=0):
    return status, text, retry_after_s


def given(bench, op, payload=""):
    found = bench.command(op, payload)
    return found.status, found.text, found.retry_after_s


def idle(modes=None, **more):
    return Bench(modes=modes, **more).on()


def returning():
    """x never got READY, and the device is on its way back."""
    bench = Bench({**STATES, X: WITH_READY}).on().run(X)
    del bench.timers["goal:app"]
    bench.give(sup_on.TimerFired("goal:app"))
    assert bench.stage is Stage.RETURN
    return bench


ALLOWED = Modes(remote_allowed=True)


# --- abort (R3) ---------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", [Stage.CHECK, Stage.INSTALL])
def test_abort_ends_a_run_that_has_not_begun_its_transition(stage):
    """R3."""
    bench = idle()
    bench.command("LOCAL_RUN", X)
    while bench.stage is not stage:
        bench.step()
    assert given(bench, "ABORT") == answer(200)
    bench.settle()
    assert bench.points()[-1] == ABORTED
    assert (bench.pv_try, bench.journal, bench.stage) == (None, None, None)


@pytest.mark.parametrize("stage", [Stage.SWITCH, Stage.GOALS, Stage.RETURN])
def test_abort_comes_too_late_once_the_transition_has_begun(stage):
    """R3: it will finish or roll back by itself."""
    bench = Bench({**STATES, X: WITH_READY}).on()
    bench.command("LOCAL_RUN", X)
    while bench.stage not in (stage, Stage.GOALS):
        bench.step()
    if stage is Stage.RETURN:
        bench = returning()
    text = "The transition has begun; it will finish or roll back by itself"
    assert given(bench, "ABORT") == answer(409, text)


def test_abort_drops_a_staged_revision():
    """R3: disarmed, then WONTGO, and then it is answered."""
    bench = idle().run(X, "LOCAL_APPLY")
    bench.effects.clear()
    assert given(bench, "ABORT") == answer(200)
    kinds = [type(e) for e in bench.effects]
    assert kinds == [up_do.Disarm, up_do.Save, dev.Answer]
    assert (bench.points()[-1], bench.pv_try) == (ABORTED, None)


def test_abort_gives_an_updated_revision_its_try_back():
    """R3."""
    bench = idle().updated(X).run(Y, "LOCAL_APPLY")
    assert bench.pv_try == Y
    bench.command("ABORT")
    assert bench.pv_try == X


def test_abort_of_a_run_of_the_staged_revision_survives_a_power_cut():
    """R3, R6: what is aborted is not tried by the next boot."""
    bench = idle().run(X, "LOCAL_APPLY")
    bench.command("LOCAL_RUN", X)
    bench.command("ABORT")
    assert (bench.journal.op, bench.pv_try) == ("ABORT", None)
    bench.on("0")
    assert (bench.points()[-1], bench.journal) == (ABORTED, None)


def test_a_remote_step_is_not_aborted_here():
    """R14: the owner cancels it at the Hub."""
    bench = idle(REMOTE)
    bench.give(dev.StepFound(SEVEN))
    bench.step()
    assert bench.stage is Stage.CHECK
    assert given(bench, "ABORT") == answer(409, "A remote step is cancelled at the Hub")


def test_there_is_nothing_to_abort_while_the_factory_revision_comes_up():
    bench = Bench()
    bench.progress.clear()
    bench.boot()
    assert given(bench, "ABORT") == answer(409, "There is nothing to abort")


def test_run_commit_of_the_running_revision_drops_the_staged_one_first():
    """R3: otherwise the reboot would try the staged one."""
    bench = idle().updated(X).run(Y, "LOCAL_APPLY")
    assert given(bench, "LOCAL_RUN_COMMIT", X) == answer(200)
    bench.settle()
    assert (bench.points(Y)[-1], bench.pv_try) == (ABORTED, X)


# --- while something ends -----------------------------------------------------------------------


@pytest.mark.parametrize("revision", [X, Y])
def test_after_a_failure_the_next_command_is_taken_at_once_and_carried_out(revision):
    """R13: scripts need no pause; the revision that failed can be run again as well."""
    bench = returning()
    assert given(bench, "LOCAL_RUN", revision) == answer(200)
    bench.settle()
    assert bench.device.update.running == revision
    assert bench.work.revision == revision


def test_after_a_failed_reboot_update_the_next_command_waits_in_the_journal():
    """R13: ERROR can be seen before the device leaves; the command begins after the boot."""
    bench = Bench({**STATES, X: NEW_BASE}).on().run(X).reboots()
    bench.give(sup_on.Exited(bench.device.supervisor.named("base").id, 1))
    assert bench.progress[X].status is Status.ERROR
    assert given(bench, "LOCAL_RUN", Y) == answer(200)
    bench.settle()
    bench.reboots("0")
    assert bench.work.revision == Y
    bench.fire(COMMIT_TIMER)
    assert bench.points(Y)[-1] is tables.UPDATED


def test_a_run_of_a_staged_revision_that_fails_lets_the_next_command_in():
    """R13."""
    bench = idle().run(X, "LOCAL_APPLY")
    bench.dead.add("app.3")
    bench.command("LOCAL_RUN", X)
    while bench.stage is not Stage.RETURN:
        bench.step()
    assert given(bench, "LOCAL_RUN", Y) == answer(200)


def test_a_silent_hub_keeps_no_local_command_out_and_the_step_keeps_its_place():
    """R15, R16: nothing of it was begun; afterwards it is its turn, in remote mode."""
    bench = idle(Modes(True, True))
    bench.hub_answers = False
    bench.give(dev.StepFound(SEVEN))
    assert bench.stage is Stage.REPORT
    bench.updated(X)
    assert bench.work.revision == SEVEN


def test_power_off_wins_over_a_reboot_that_has_begun():
    bench = Bench({**STATES, X: NEW_BASE}).on().run(X).reboots()
    bench.give(sup_on.Exited(bench.device.supervisor.named("base").id, 1))
    assert bench.command("POWEROFF_DEVICE").status == 200
    bench.settle()
    assert bench.left.poweroff


# --- factory, garbage, modes --------------------------------------------------------------------


def test_make_factory_ends_with_the_boot_file_and_a_reboot():
    """R25, R13: copied, then `pv_rev` = 0, then the journal is emptied, then the reboot."""
    bench = Bench({**STATES, X: NEW_BASE}).on().run(X).reboots()
    bench.fire(COMMIT_TIMER)
    assert bench.pv_rev == X
    bench.effects.clear()
    assert given(bench, "MAKE_FACTORY") == answer(200)
    bench.settle()
    kept = (dev.MakeFactory, up_do.Commit, dev.Leave)
    order = [e for e in bench.effects if isinstance(e, kept) or e == dev.Journal(None)]
    assert [type(e) for e in order] == [dev.MakeFactory, up_do.Commit, dev.Journal, dev.Leave]
    assert (bench.pv_rev, bench.pv_try) == ("0", None)


def test_make_factory_drops_the_staged_revision():
    """R3."""
    bench = idle().run(X, "LOCAL_APPLY")
    bench.command("MAKE_FACTORY")
    bench.settle()
    assert bench.points()[-1] == ABORTED


def test_a_factory_revision_that_could_not_be_made_changes_nothing():
    bench = idle()
    bench.command("MAKE_FACTORY")
    bench.todo.clear()
    bench.give(dev.FactoryMade("0", "no room"))
    assert (bench.left, bench.pv_rev, bench.journal) == (None, "0", None)
    assert of(up_do.Commit, bench.effects) == []


def test_nothing_comes_into_use_while_garbage_is_collected():
    """R21: the set of what is kept was made when the collection began."""
    bench = idle()
    bench.progress[Y] = stored(tables.ERROR[Cause.GOAL])
    bench.give(dev.GarbageAsked(99))
    assert given(bench, "LOCAL_RUN", Y) == answer(503, LATER, 120)
    bench.settle()
    assert given(bench, "LOCAL_RUN", Y) == answer(200)


@pytest.mark.parametrize("value", ["1", "0"])
def test_the_debug_shell_is_a_setting(value):
    bench = idle()
    bench.command("ENABLE_SSH" if value == "1" else "DISABLE_SSH")
    assert of(dev.SetSetting, bench.effects) == [dev.SetSetting("PV_DEBUG_SSH", value)]


def test_going_remote_takes_up_what_waits():
    """R20: queued remote steps wait in local mode."""
    bench = idle(ALLOWED).updated(X)
    bench.give(dev.StepFound(SEVEN))
    assert bench.remote is False
    assert bench.progress[SEVEN].status is Status.QUEUED
    assert given(bench, "GO_REMOTE") == answer(200)
    assert (bench.remote, bench.stage) == (True, Stage.REPORT)
