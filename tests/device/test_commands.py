"""Commands of the door: what is taken when, with which status and text, and what is then true."""

import pytest

from surefoot.device import commands
from surefoot.device import effects as dev
from surefoot.device.commands import OPS
from surefoot.device.turn import Modes
from surefoot.link.record import Link
from surefoot.supervisor import effects as sup_do
from surefoot.supervisor import events as sup_on
from surefoot.update import effects as up_do
from surefoot.update import tables
from surefoot.update.tables import COMMIT_TIMER, Cause, Stage
from tests.device.composed import (
    OWNED,
    SEVEN,
    STATES,
    WITH_READY,
    Bench,
    X,
    Y,
    done,
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


# --- the table ----------------------------------------------------------------------------------

ALLOWED = {"modes": Modes(remote_allowed=True)}
CLAIMED = {**ALLOWED, "link": OWNED}
KNOWN = {**ALLOWED, "link": Link(known=True)}
# Of a device that runs revision 0, DONE, and has nothing else to do (reference-observed.md,
# device.md 7; ours where a ruling says so).
AT_REST = [
    ("SOMETHING_ELSE", "", None, answer(400, "Command has bad format")),
    ("", "", None, answer(400, "Command has bad format")),
    ("LOCAL_RUN", "", None, answer(400, "Command has bad format")),
    ("LOCAL_APPLY", "", None, answer(400, "Command has bad format")),
    ("LOCAL_RUN", "locals/none", None, answer(404, "Resource does not exist")),
    ("LOCAL_APPLY", "locals/none", None, answer(404, "Resource does not exist")),
    ("LOCAL_RUN_COMMIT", "locals/none", None, answer(404, "Resource does not exist")),
    ("LOCAL_RUN", X, None, answer(200)),
    ("LOCAL_RUN_COMMIT", X, None, answer(200)),
    ("LOCAL_APPLY", X, None, answer(200)),
    ("LOCAL_RUN", "0", None, answer(200)),
    ("LOCAL_RUN", SEVEN, None, answer(409, "A remote revision is run by the Hub only")),
    ("ROLLBACK", "", None, answer(409, "The device runs its rollback point 0 already")),
    ("ABORT", "", None, answer(409, "There is nothing to abort")),
    ("REBOOT_DEVICE", "because", None, answer(200)),
    ("POWEROFF_DEVICE", "", None, answer(200)),
    ("RUN_GC", "", None, answer(200)),
    ("MAKE_FACTORY", "", None, answer(200)),
    ("MAKE_FACTORY", X, None, answer(409, f"Revision {X} is not DONE")),
    ("MAKE_FACTORY", "locals/none", None, answer(404, "Resource does not exist")),
    (
        "MAKE_FACTORY",
        "",
        CLAIMED,
        answer(409, "Cannot do this operation when the device is claimed"),
    ),
    (
        "GO_REMOTE",
        "",
        None,
        answer(409, "Cannot do this operation when remote mode is disabled by config"),
    ),
    ("GO_REMOTE", "", ALLOWED, answer(204)),
    (
        "UPDATE_METADATA",
        "",
        None,
        answer(409, "Cannot do this operation while on local mode"),
    ),
    ("UPDATE_METADATA", "", ALLOWED, answer(200)),
    ("UNCLAIM", "", None, answer(204)),
    ("UNCLAIM", "", ALLOWED, answer(204)),
    ("UNCLAIM", "", KNOWN, answer(200)),
    ("UNCLAIM", "", CLAIMED, answer(200)),
    ("ENABLE_SSH", "", None, answer(200)),
    ("DISABLE_SSH", "", None, answer(200)),
    ("TRY_ONCE", X, None, answer(400, "TRY_ONCE is not supported")),
    (
        "DEFER_REBOOT",
        "60",
        None,
        answer(409, "There is no debug shell whose reboot could be deferred"),
    ),
]


@pytest.mark.parametrize(("op", "payload", "facts", "expected"), AT_REST)
def test_a_device_at_rest_answers_by_the_table(op, payload, facts, expected):
    """device.md 7, R3 (TRY_ONCE, DEFER_REBOOT), R12 (an absent step: 404, nothing made), R25."""
    bench = idle(**facts or {})
    before = dict(bench.progress)
    assert given(bench, op, payload) == expected
    if expected[0] >= 400:
        assert bench.journal is None
        assert bench.progress == before


def test_every_command_has_a_row_in_the_table():
    assert {op for op, *_ in AT_REST} - {"", "SOMETHING_ELSE"} == set(OPS)


@pytest.mark.parametrize("op", sorted(set(OPS) - commands.AT_ANY_TIME))
def test_one_command_at_a_time(op):
    """R13, device.md 7: 503 and Retry-After 120 while a command waits."""
    bench = returning()
    assert given(bench, "LOCAL_RUN", Y) == answer(200)
    assert given(bench, op, X) == answer(503, LATER, 120)


UPDATING = sorted(commands.NOT_WHILE_UPDATING)


@pytest.mark.parametrize("op", UPDATING)
@pytest.mark.parametrize("stage", [Stage.CHECK, Stage.INSTALL, Stage.GOALS])
def test_an_update_keeps_those_out_that_would_disturb_it(op, stage):
    """device.md 7: 503 and Retry-After 600 while an update runs."""
    bench = Bench({**STATES, X: WITH_READY}).on()
    bench.command("LOCAL_RUN", X)
    while bench.stage is not stage:
        bench.step()
    text = "Cannot do this operation while an update is ongoing"
    assert given(bench, op, Y) == answer(503, text, 600)


def test_what_the_reference_forbids_while_updating_is_forbidden():
    """device.md 7: reboot, power-off, run, factory, unclaim."""
    named = {"REBOOT_DEVICE", "POWEROFF_DEVICE", "LOCAL_RUN", "MAKE_FACTORY", "UNCLAIM"}
    assert named <= commands.NOT_WHILE_UPDATING


@pytest.mark.parametrize("op", sorted(set(OPS) - commands.AT_ANY_TIME))
def test_a_device_that_leaves_takes_no_more(op):
    bench = idle()
    bench.give(dev.LeaveAsked("SIGTERM"))
    assert given(bench, op, X)[0::2] == (503, 120)
    assert bench.command("ABORT").status == 503


# --- the journal (R13) --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "payload"),
    [*((op, X) for op in RUNS), ("REBOOT_DEVICE", ""), ("RUN_GC", ""), ("MAKE_FACTORY", "")],
)
def test_a_command_is_on_disk_before_it_is_answered(op, payload):
    """R13."""
    bench = idle()
    bench.command(op, payload)
    order = [e for e in bench.effects if isinstance(e, dev.Journal | dev.Answer)]
    assert isinstance(order[0], dev.Journal)
    assert order[0].command.op == op
    assert isinstance(order[1], dev.Answer)


def test_each_start_is_counted_before_it_is_made():
    """R9."""
    bench = idle()
    bench.command("LOCAL_RUN", X)
    assert bench.journal == dev.Command("LOCAL_RUN", X, 1)
    kinds = [type(e) for e in bench.effects]
    assert kinds.index(dev.Journal) < kinds.index(up_do.LoadState)


@pytest.mark.parametrize("op", RUNS)
def test_the_slot_is_free_once_the_boot_file_has_it(op):
    """R13: a cut can no longer lose it; and not before."""
    bench = idle()
    bench.command(op, X)
    effects = [*bench.effects, *bench.settle()]
    armed = effects.index(up_do.Arm(X))
    freed = effects.index(dev.Journal(None))
    assert armed < freed
    assert bench.journal is None


def test_a_run_that_is_refused_frees_the_slot_after_its_status_is_stored():
    """R13: a final status becomes visible only when the next command would be accepted."""
    bench = idle(states={**STATES, X: None})
    bench.command("LOCAL_RUN", X)
    effects = bench.settle()
    refused = up_do.Save(X, tables.WONTGO[Cause.BAD_STATE])
    stored_at = [e for e in effects if isinstance(e, up_do.Save)]
    assert stored_at[-1].point == refused.point
    assert bench.journal is None
    assert bench.command("LOCAL_RUN", Y).status == 200


def test_commands_that_take_no_slot_leave_the_journal_alone():
    bench = idle()
    for op in sorted(commands.AT_ANY_TIME):
        bench.command(op, "x")
    assert bench.journal is None


# --- run, again, the running one, the rollback point (R25) --------------------------------------


def test_running_the_running_revision_is_nothing_to_do():
    """R25."""
    bench = idle().updated(X)
    effects = len(bench.effects)
    assert given(bench, "LOCAL_RUN", X) == answer(200)
    assert [type(e) for e in bench.effects[effects:]] == [dev.Answer]


@pytest.mark.parametrize("ended", [tables.ERROR[Cause.GOAL], tables.WONTGO[Cause.RETRIES]])
def test_running_a_finished_revision_begins_its_record_anew(ended):
    """R25."""
    bench = Bench()
    bench.progress[X] = stored(ended)
    bench.on().updated(X)
    assert bench.points()[0] is tables.READY_TO_RUN
    assert bench.points()[-1] is tables.UPDATED


def test_run_commit_of_the_running_updated_revision_is_its_reboot():
    """R3, R4."""
    bench = idle().updated(X)
    assert given(bench, "LOCAL_RUN_COMMIT", X) == answer(200)
    bench.settle()
    assert bench.left == dev.Leave(False, "a rollback point was asked for")
    assert bench.pv_try == X
    bench.reboots(X)
    bench.fire(COMMIT_TIMER)
    assert bench.points()[-1] is tables.DONE
    assert bench.journal is None


def test_run_commit_of_the_running_done_revision_is_nothing_to_do():
    bench = idle()
    assert given(bench, "LOCAL_RUN_COMMIT", "0") == answer(200)
    assert bench.left is None


@pytest.mark.parametrize(("op", "payload"), [("ROLLBACK", ""), ("LOCAL_RUN", "0")])
def test_an_updated_revision_is_given_up_by_a_command(op, payload):
    """R25: `pv_try` cleared, no record changes, untouched containers keep their init (R5)."""
    bench = idle().updated(X)
    base, before = bench.running_pids()["base"], bench.points()
    assert given(bench, op, payload) == answer(200)
    bench.settle()
    assert (bench.device.update.running, bench.pv_try) == ("0", None)
    assert bench.points() == before
    assert bench.running_pids()["base"] == base
    assert bench.journal is None


def test_staging_the_rollback_point_makes_no_sense():
    bench = idle().updated(X)
    assert bench.command("LOCAL_APPLY", "0").status == 409


def test_a_rollback_that_a_power_cut_interrupted_is_carried_out():
    """R13, R25: the boot loader tries the revision that was given up; it is not run again."""
    bench = idle().updated(X)
    bench.journal = dev.Command("ROLLBACK", X, 1)
    bench.boot(X)
    assert bench.left == dev.Leave(False, "rollback by command to 0")
    assert (bench.pv_try, bench.journal) == (None, None)
    before = bench.points()
    bench.reboots("0")
    assert bench.points() == before


# --- containers and signals ---------------------------------------------------------------------

CONTAINERS = [
    ("none", "stop", answer(404, "Container not found")),
    ("app", "jump", answer(400, "Invalid action. Use 'start', 'stop', or 'restart'")),
    (
        "base",
        "stop",
        answer(403, "Container has restart_policy 'system' and cannot be controlled via API"),
    ),
    ("app", "stop", answer(200)),
    ("app", "start", answer(200)),
    ("app", "restart", answer(200)),
]


@pytest.mark.parametrize(("name", "action", "expected"), CONTAINERS)
def test_containers_are_asked_by_the_table(name, action, expected):
    """device.md 7, reference-observed.md."""
    found = idle().container(name, action)
    assert (found.status, found.text, found.retry_after_s) == expected


def test_a_container_is_left_alone_while_an_update_is_judged_by_it():
    bench = Bench({**STATES, X: WITH_READY}).on().run(X)
    assert bench.container("app", "stop").status == 409


def test_a_container_that_is_stopped_on_the_way_back_does_not_hold_it_up():
    """The way back ends, and the command that waits is begun."""
    bench = returning()
    bench.command("LOCAL_RUN", Y)
    assert bench.container("app", "stop").status == 200
    bench.settle()
    assert bench.device.update.running == Y


SIGNALS = [
    ("READY", "ready", 200),
    ("READY", "alive", 500),
    ("STARTED", "ready", 500),
    (None, "ready", 500),
]


@pytest.mark.parametrize(("goal", "kind", "status"), SIGNALS)
def test_only_what_is_to_get_ready_may_say_so(goal, kind, status):
    """device.md 7: 500 when the goal is not READY or the type is unknown, or from outside."""
    bench = Bench({**STATES, "0": WITH_READY} if goal == "READY" else STATES).on()
    found = bench.signal("app" if goal else "none", kind)
    assert found.status == status
    assert found.text == ("" if status == 200 else "Signal not expected from this platform")


def test_what_a_retiring_container_says_is_not_said_by_its_successor():
    bench = Bench({**STATES, "0": WITH_READY, X: STATES[Y]}).on()
    bench.signal("app")
    old = bench.device.supervisor.named("app").id
    bench.command("LOCAL_RUN", X)
    while not of(sup_do.Stop, bench.todo):
        bench.step()
    bench.give(dev.SignalGiven(500, old, "ready"))
    assert bench.answers[500].status == 200
    assert not bench.device.supervisor.named("app").signalled


def test_done_is_what_the_tests_call_the_factory():
    assert done() == stored(tables.FACTORY)
