"""The update machine: gates, goals and ways back, and a walk over every pair of stage and event.

Whole updates are in `tests/walks/test_update_stories.py`; everything that can be reached while the
power fails at any time in `tests/walks/test_update_worlds.py`."""

from dataclasses import replace

import pytest

from surefoot.update import effects as do
from surefoot.update import events as on
from surefoot.update import tables
from surefoot.update.advance import LATE, RULES, NoRule, advance
from surefoot.update.record import How
from surefoot.update.tables import (
    COMMIT_TIMER,
    GOALS_TIMER,
    HUB_TIMER,
    STABLE_TIMER,
    SWITCH_TIMER,
    Cause,
    Stage,
)
from surefoot.wire.progress import Status
from tests.update.engine import (
    ANSWERED,
    AT,
    EVENTS,
    IDLE,
    ON_REMOTE,
    ONE_WAY,
    POLICY,
    REBOOT,
    SEVEN,
    SWITCH,
    TO_GOALS,
    TO_GOALS_7,
    TO_INSTALL,
    TO_INSTALL_7,
    TO_RETURN,
    TO_STABLE,
    TO_STABLE_7,
    TO_SWITCH,
    TO_UPDATED,
    X,
    Y,
    after,
    checked,
    fired,
    local,
    of,
    play,
    points_of,
    remote,
    told,
    trial,
)

E = tables.ERROR
W = tables.WONTGO
GOALS_S = do.SetTimer(GOALS_TIMER, 120)
HUB_S = do.SetTimer(HUB_TIMER, 60)
COMMIT_S = do.SetTimer(COMMIT_TIMER, 25)
DROP_GOALS = (do.DropTimer(GOALS_TIMER), do.DropTimer(HUB_TIMER))
SWITCH_S = do.SetTimer(SWITCH_TIMER, 120)
DROP_ALL = (
    *DROP_GOALS,
    do.DropTimer(COMMIT_TIMER),
    do.DropTimer(STABLE_TIMER),
    do.DropTimer(SWITCH_TIMER),
)
UPDATED_X = local(*TO_UPDATED)
STAGED_X = local(*TO_SWITCH, how=How.APPLY)
STAGED_Y_ON_X = after(UPDATED_X, on.RunAsked(Y, How.APPLY), checked(Y), on.Installed(Y))


def saved7(point, retries, x=0, y=0, cause=""):
    return do.Save(SEVEN, point, retries, x, y, cause), do.Report(SEVEN)


# --- gates (R12) --------------------------------------------------------------------------------


@pytest.mark.parametrize("record", [local(), remote(ANSWERED)], ids=["local", "remote"])
@pytest.mark.parametrize("cause", [c for c in tables.WONTGO_CAUSES if c is not Cause.ABORTED])
def test_before_inprogress_a_refusal_is_wontgo(record, cause):
    """R12, seed "WONTGO": the update ends, and nothing was changed."""
    revision, running = record.update.revision, record.running
    end, effects = advance(record, on.Checked(revision, cause, "why"))
    assert points_of(effects) == [W[cause]]
    assert (end.update, end.running, end.trying) == (None, running, None)
    assert not of(do.Arm, effects)


@pytest.mark.parametrize("record", [local(*TO_INSTALL), remote(*TO_INSTALL_7)], ids=["l", "r"])
@pytest.mark.parametrize(
    "cause", [Cause.BAD_OBJECT, Cause.INTERNAL, Cause.NOT_COVERED, Cause.BAD_SIGNATURE]
)
def test_in_inprogress_a_failure_is_an_error_with_nothing_to_roll_back(record, cause):
    """R12, seed "ERROR"."""
    revision = record.update.revision
    end, effects = advance(record, on.InstallFailed(revision, cause, "why"))
    assert points_of(effects) == [E[cause]]
    assert (end.update, end.running, end.trying) == (None, record.running, None)


@pytest.mark.parametrize("cause", list(Cause))
def test_whatever_a_hand_says_an_install_ends_in_a_row_of_the_table(cause):
    """R12: no room is `Internal error` there, a state that cannot be read a bad object."""
    _, effects = advance(local(*TO_INSTALL), on.InstallFailed(X, cause))
    assert points_of(effects)[0] in E.values()


# --- goals, testing, failures -------------------------------------------------------------------

WAITS = {"goals": TO_GOALS, "testing": TO_STABLE}


@pytest.mark.parametrize(
    "event", [on.GoalTimedOut("platform 'app' is late"), fired(GOALS_TIMER)], ids=["group", "all"]
)
def test_the_first_clock_to_run_out_fails_the_goals(event):
    """R10: a group's, or the update's own."""
    _, effects = play(local(*TO_GOALS), event)
    assert points_of(effects) == [E[Cause.GOAL]]


@pytest.mark.parametrize("events", [TO_SWITCH, TO_GOALS, TO_STABLE], ids=["switch", *WAITS])
def test_a_container_that_fails_rolls_back_at_once(events):
    """R11, seed "TESTING": one message for all kinds of it."""
    _, effects = play(local(*events), on.ContainerFailed("app", "init exited with code 7"))
    assert points_of(effects) == [E[Cause.START]]
    assert of(do.Save, effects)[0].cause == "app: init exited with code 7"


def test_the_hub_must_answer_within_its_time():
    """R18, seed "INPROGRESS": goals alone are not enough for a remote update."""
    _, effects = play(remote(*TO_GOALS_7, on.GoalsReached()), fired(HUB_TIMER))
    assert points_of(effects) == [E[Cause.HUB_NOT_REACHABLE]]


def test_an_unreachable_hub_is_blamed_although_the_goals_clock_runs_out_first():
    """R18, R10: with every goal reached the goals' clock has nothing to say."""
    record = remote(*TO_GOALS_7, on.GoalsReached())
    assert advance(record, fired(GOALS_TIMER)) == (record, ())


def test_a_hub_that_answered_once_is_reached():
    """R18: its clock means nothing any more."""
    record = remote(*TO_GOALS_7, on.HubAnswered())
    assert advance(record, fired(HUB_TIMER)) == (record, ())


def test_a_hub_that_falls_silent_in_testing_is_not_stable():
    """R18, seed "TESTING"."""
    _, effects = play(remote(*TO_STABLE_7), on.HubSilent())
    assert points_of(effects) == [E[Cause.HUB_NOT_STABLE]]


def test_testing_has_an_end_for_a_container_that_never_gets_stable():
    """Design rule 7; peers 3: pantavisor#481, a revision hung in TESTING."""
    record, effects = play(local(*TO_STABLE), fired(COMMIT_TIMER))
    assert of(do.SetTimer, effects) == [do.SetTimer(STABLE_TIMER, POLICY.goals_timeout_s)]
    _, effects = play(record, fired(STABLE_TIMER))
    assert points_of(effects) == [E[Cause.GOAL]]


def test_that_end_leaves_room_for_the_longest_stable_timeout():
    plan = replace(SWITCH, stable_s=900)
    record = after(IDLE, on.RunAsked(X), checked(plan=plan), *TO_SWITCH[1:], *TO_STABLE[2:])
    _, effects = play(record, fired(COMMIT_TIMER))
    assert of(do.SetTimer, effects) == [do.SetTimer(STABLE_TIMER, POLICY.goals_timeout_s + 900)]


def test_stability_that_is_taken_back_is_waited_for_again():
    """R11, seed "TESTING": nothing is committed while a container is down."""
    record, effects = play(
        local(*TO_STABLE), on.Stabilised(), on.Destabilised(), fired(COMMIT_TIMER)
    )
    assert points_of(effects) == [tables.TESTING_CONTAINERS]
    _, effects = play(record, on.Stabilised())
    assert points_of(effects) == [tables.UPDATED]


@pytest.mark.parametrize("events", WAITS.values(), ids=WAITS)
def test_a_local_update_neither_needs_nor_asks_the_hub(events):
    """R18; peers 3: pantavisor#701, one function for local and remote goals."""
    record = local(*events)
    assert advance(record, on.HubSilent())[1] == ()
    assert not any(isinstance(e, do.Report) for e in play(record, on.GoalsReached())[1])


@pytest.mark.parametrize("record", [UPDATED_X, IDLE, ON_REMOTE], ids=["updated", "0", "5"])
@pytest.mark.parametrize("event", [on.HubSilent(), on.ContainerFailed("app"), on.GoalTimedOut()])
def test_after_the_end_nothing_rolls_back(record, event):
    """R18, R10; peers 3: mender PR#485 (a lost report is never a reason), greenboot#26."""
    assert advance(record, event) == (record, ())


# --- the way back (R5) --------------------------------------------------------------------------

FAILED = on.ContainerFailed("app", "no init")


def test_a_rollback_without_reboot_stores_disarms_switches():
    """R5: the reason, the boot file, the switch, in this order; R6: one reason."""
    record, effects = play(local(*TO_GOALS), FAILED)
    saved = do.Save(X, E[Cause.START], cause="app: no init")
    assert list(effects) == [*DROP_ALL, saved, do.Disarm(), SWITCH_S, do.Switch("0")]
    end = told(record, (on.Starting(), []), (on.GoalsReached(), [do.DropTimer(SWITCH_TIMER)]))
    assert end == IDLE


def test_a_remote_failure_is_reported_after_the_way_back_is_begun():
    """R5: store, boot file, switch, report."""
    _, effects = play(remote(*TO_GOALS_7), FAILED)
    kinds = [type(e) for e in effects if type(e) not in (do.DropTimer, do.SetTimer)]
    assert kinds == [do.Save, do.Disarm, do.Switch, do.Report]


def test_where_the_way_back_needs_a_reboot_it_is_taken():
    """R5: where the rules demand it."""
    record = after(IDLE, on.RunAsked(X), checked(plan=ONE_WAY), on.Installed(X), on.Starting())
    record, effects = play(record, FAILED)
    kinds = [type(e) for e in effects if type(e) is not do.DropTimer]
    assert kinds == [do.Save, do.Disarm, do.Reboot]
    assert record.update.stage is Stage.REBOOT


def test_a_failed_try_only_reboots_and_the_boot_loader_falls_back():
    """R5; peers 3: pantavisor#693, the boot file is not touched: the try is spent."""
    record, effects = play(trial(), FAILED)
    kinds = [type(e) for e in effects if type(e) is not do.DropTimer]
    assert kinds == [do.Save, do.Reboot]
    assert record.trying == X


def test_a_way_back_that_fails_itself_ends_in_a_reboot():
    """R5, and the first cause stays (R6)."""
    record, effects = play(local(*TO_RETURN), on.ContainerFailed("base", "gone"))
    assert [type(e) for e in effects] == [do.Reboot]
    assert record.update.stage is Stage.REBOOT


@pytest.mark.parametrize("event", [on.GoalsReached(), on.GoalTimedOut("late")])
def test_the_way_back_ends_with_its_goals_or_their_clock(event):
    """R10: outside an update a time-out is logged, and the device waits no longer."""
    record, effects = play(local(*TO_RETURN, on.Starting()), event)
    assert (record, effects) == (IDLE, (do.DropTimer(SWITCH_TIMER),))


def test_new_containers_that_are_never_prepared_end_the_update():
    """Design rule 7; peers 3: hub.mender.io/t/8299. A mount may hang."""
    record = after(IDLE, on.RunAsked(X), checked(), on.Installed(X))
    record, effects = play(record, fired(SWITCH_TIMER))
    assert points_of(effects) == [E[Cause.START]]
    assert record.update.stage is Stage.RETURN


def test_a_way_back_that_takes_too_long_ends_by_a_reboot():
    """Design rule 7: each wait has a deadline and a next state."""
    record, effects = play(local(*TO_RETURN), fired(SWITCH_TIMER))
    assert [type(e) for e in effects] == [do.Reboot]
    assert record.update.stage is Stage.REBOOT


def test_what_comes_after_a_failure_changes_neither_its_reason_nor_its_way():
    """R6: the first cause wins."""
    record = local(*TO_RETURN)
    for event in (fired(GOALS_TIMER), fired(COMMIT_TIMER), on.HubSilent(), on.Stabilised()):
        assert advance(record, event) == (record, ())
    gone = after(trial(), FAILED)
    for event in (FAILED, on.GoalTimedOut(), on.GoalsReached(), fired(COMMIT_TIMER)):
        assert advance(gone, event) == (gone, ())


def test_an_update_on_top_of_an_updated_one_goes_back_to_the_rollback_point():
    """R5: never to an UPDATED one; R4: the older record stays as it is."""
    events = (on.RunAsked(Y), checked(Y), on.Installed(Y), on.Starting())
    record, effects = play(UPDATED_X, *events, FAILED)
    assert do.Switch("0") in effects
    assert points_of(effects, X) == []
    assert after(record, on.Starting(), on.GoalsReached()) == IDLE


def test_an_updated_revision_keeps_its_try_while_the_next_is_only_checked():
    """R4: what is refused or bad before arming costs the running one nothing."""
    for bad in (on.Checked(Y, Cause.BAD_STATE), on.AbortAsked()):
        record = after(UPDATED_X, on.RunAsked(Y), bad, checked(Y))
        assert record == UPDATED_X


@pytest.mark.parametrize("plan", [SWITCH, ONE_WAY, REBOOT], ids=["switch", "one way", "reboot"])
def test_a_rollback_by_command_changes_no_record(plan):
    """R25: the UPDATED revision is given up; `pv_try` is cleared, then as in R5."""
    _, effects = play(UPDATED_X, on.RollbackAsked(plan))
    assert points_of(effects) == []
    way = do.Reboot if plan.back_reboot else do.Switch
    assert [type(e) for e in effects if type(e) is not do.SetTimer] == [do.Disarm, way]


def test_a_rollback_by_command_drops_a_staged_revision():
    """R3, R25: the boot file names neither afterwards."""
    record, effects = play(STAGED_Y_ON_X, on.RollbackAsked(SWITCH))
    assert points_of(effects, Y) == [W[Cause.ABORTED]]
    assert of(do.Disarm, effects)[-1] == do.Disarm()
    assert record.trying is None


def test_error_is_one_write_with_everything_in_it():
    """R7: the hands add the collected log to the write that has the ERROR status."""
    for record in (local(*TO_GOALS), trial(), local(*TO_INSTALL)):
        for event in (FAILED, on.InstallFailed(X, Cause.INTERNAL)):
            saves = of(do.Save, advance(record, event)[1])
            assert len([s for s in saves if s.point.status is Status.ERROR]) <= 1
            assert len(saves) <= 1


# --- every stage and event ----------------------------------------------------------------------

EVERYWHERE = {"StaleOffered"}
# What the containers of a revision 0 that was not DONE yet tell before the transition.
FACTORY = {"GoalsReached", "ContainerFailed"}
MEANT = {
    None: {"RunAsked", "RemoteOffered", "AbortAsked", "RollbackAsked", "Booted"},
    Stage.REPORT: {"Reported", "RunAsked", "AbortAsked", "RollbackAsked", *FACTORY},
    Stage.CHECK: {"Checked", "AbortAsked", "Reported", *FACTORY},
    Stage.FETCH: {"Fetched", "FetchFailed", "Reported", *FACTORY},
    Stage.INSTALL: {"Installed", "InstallFailed", "AbortAsked", "Reported", *FACTORY},
    Stage.SWITCH: {"Starting", "ContainerFailed", "TimerFired"},
    Stage.GOALS: {
        "GoalsReached",
        "HubAnswered",
        "Stabilised",
        "Destabilised",
        "GoalTimedOut",
        "ContainerFailed",
        "TimerFired",
    },
    Stage.STABLE: {"Stabilised", "Destabilised", "ContainerFailed", "HubSilent", "TimerFired"},
    Stage.FACTORY: {"RunAsked", "RemoteOffered", "AbortAsked", "GoalsReached", "ContainerFailed"},
    Stage.RETURN: {
        "AbortAsked",
        "Starting",
        "GoalsReached",
        "GoalTimedOut",
        "ContainerFailed",
        "TimerFired",
    },
    Stage.REBOOT: set(),
}
PAIRS = [(stage, event) for stage in AT for event in EVENTS]


def pair_name(value):
    return str(value) if isinstance(value, Stage | None) else type(value).__name__


@pytest.mark.parametrize(("stage", "event"), PAIRS, ids=pair_name)
def test_every_event_at_every_stage_means_something_or_comes_late_or_is_a_bug(stage, event):
    record, kind = AT[stage](), type(event)
    if kind.__name__ in MEANT[stage] | EVERYWHERE:
        found, effects = advance(record, event)
        assert hash((found, effects))
    elif kind in LATE:
        assert advance(record, event) == (record, ())
    else:
        with pytest.raises(NoRule, match=kind.__name__):
            advance(record, event)


def test_the_rules_are_what_is_written_here():
    found = {(stage, kind.__name__) for stage, kind in RULES if stage is not Stage}
    assert found == {(stage, name) for stage, names in MEANT.items() for name in names}
    assert {kind.__name__ for stage, kind in RULES if stage is Stage} == EVERYWHERE


@pytest.mark.parametrize("stage", AT, ids=str)
def test_an_answer_for_another_revision_means_nothing(stage):
    record = AT[stage]()
    for answer in (
        on.Checked("locals/z", Cause.BAD_STATE),
        on.Fetched("locals/z"),
        on.FetchFailed("locals/z"),
        on.Installed("locals/z"),
        on.InstallFailed("locals/z", Cause.INTERNAL),
        on.Reported("locals/z", Status.CANCELLED),
    ):
        assert advance(record, answer) == (record, ())
