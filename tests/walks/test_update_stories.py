"""Whole updates through the update machine: event in, effects out, whole scripts compared."""

import pytest

from surefoot.update import effects as do
from surefoot.update import events as on
from surefoot.update import tables
from surefoot.update.advance import advance
from surefoot.update.record import How, Record
from surefoot.update.tables import COMMIT_TIMER, GOALS_TIMER, HUB_TIMER, Cause, Stage
from surefoot.wire.progress import Status
from tests.update.engine import (
    ANSWERED,
    AT,
    IDLE,
    ON_REMOTE,
    POLICY,
    REBOOT,
    SEVEN,
    SWITCH,
    TO_FETCH_7,
    TO_GOALS,
    TO_GOALS_7,
    TO_INSTALL,
    TO_INSTALL_7,
    TO_STABLE,
    TO_STABLE_7,
    TO_SWITCH,
    TO_SWITCH_7,
    TO_UPDATED,
    X,
    Y,
    after,
    booted,
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
SWITCH_S = do.SetTimer(tables.SWITCH_TIMER, 120)
DROP_SWITCH = do.DropTimer(tables.SWITCH_TIMER)
HUB_S = do.SetTimer(HUB_TIMER, 60)
COMMIT_S = do.SetTimer(COMMIT_TIMER, 25)
DROP_GOALS = (do.DropTimer(GOALS_TIMER), do.DropTimer(HUB_TIMER))
DROP_ALL = (*DROP_GOALS, do.DropTimer(COMMIT_TIMER))
UPDATED_X = local(*TO_UPDATED)
STAGED_X = local(*TO_SWITCH, how=How.APPLY)
STAGED_Y_ON_X = after(UPDATED_X, on.RunAsked(Y, How.APPLY), checked(Y), on.Installed(Y))


def saved7(point, retries, x=0, y=0, cause=""):
    return do.Save(SEVEN, point, retries, x, y, cause), do.Report(SEVEN)


# --- local updates ------------------------------------------------------------------------------


def test_a_local_update_without_reboot_ends_updated():
    """R2; seed "Local", "Non-reboot transition", "UPDATED": the rollback point is not set."""
    end = told(
        IDLE,
        (on.RunAsked(X), [do.LoadState(X)]),
        (checked(), [do.Install(X)]),
        (
            on.Installed(X),
            [
                do.Arm(X),
                do.Save(X, tables.INSTALLED),
                do.Save(X, tables.TRANSITIONING, cause="app changed"),
                SWITCH_S,
                do.Switch(X),
            ],
        ),
        (on.Starting(), [do.Save(X, tables.STARTING), DROP_SWITCH, GOALS_S]),
        (on.GoalsReached(), [do.Save(X, tables.TESTING_STABLE), *DROP_GOALS, COMMIT_S]),
        (on.Stabilised(), []),
        (fired(COMMIT_TIMER), [do.Save(X, tables.UPDATED)]),
    )
    assert end == Record(X, "0", trying=X, policy=POLICY)


def test_a_local_update_with_reboot_leaves_and_goes_on_after_it():
    """R2, R4; seed "Reboot transition", "DONE": commit first, then DONE, then its mark."""
    left = told(
        IDLE,
        (on.RunAsked(X), [do.LoadState(X)]),
        (checked(plan=REBOOT), [do.Install(X)]),
        (
            on.Installed(X),
            [
                do.Arm(X),
                do.Save(X, tables.INSTALLED),
                do.Save(X, tables.REBOOTING, cause="bsp changed"),
                do.Reboot("update: bsp changed"),
            ],
        ),
    )
    assert left.update.stage is Stage.REBOOT
    end = told(
        Record(X, "0", policy=POLICY),
        (booted(X, "0", X, tables.REBOOTING), [do.Save(X, tables.STARTING), GOALS_S]),
        (on.GoalsReached(), [do.Save(X, tables.TESTING_COMMIT), *DROP_GOALS, COMMIT_S]),
        (on.Stabilised(), []),
        (fired(COMMIT_TIMER), [do.Commit(X), do.Save(X, tables.DONE), do.MarkDone(X)]),
    )
    assert end == Record(X, X, policy=POLICY)


def test_run_commit_takes_the_reboot_although_nothing_asks_for_one():
    """R3: so that it ends DONE; the record says why."""
    _, effects = play(IDLE, on.RunAsked(X, How.COMMIT), *TO_SWITCH)
    assert points_of(effects) == [tables.INSTALLED, tables.REBOOTING]
    assert of(do.Reboot, effects) == [do.Reboot("update: a rollback point was asked for")]


def test_the_commit_waits_for_the_delay_and_for_stable_containers():
    """R1, seed "TESTING": the later of the two ends it; the wait for the second one is shown."""
    record, effects = play(local(*TO_STABLE), fired(COMMIT_TIMER))
    assert points_of(effects) == [tables.TESTING_CONTAINERS]
    record, effects = play(record, on.Stabilised())
    assert points_of(effects) == [tables.UPDATED]


def test_containers_may_be_stable_before_their_goals_are_told():
    record = local(*TO_GOALS, on.Stabilised(), on.GoalsReached())
    _, effects = play(record, fired(COMMIT_TIMER))
    assert points_of(effects) == [tables.UPDATED]


def test_the_reasons_are_shown_and_kept_short():
    plan = tables_plan(reasons=tuple(f"{n} changed" for n in range(6)))
    _, effects = play(IDLE, on.RunAsked(X), checked(plan=plan), on.Installed(X))
    cause = next(e.cause for e in of(do.Save, effects) if e.point == tables.TRANSITIONING)
    assert cause == "0 changed; 1 changed; 2 changed; and 3 more"


def tables_plan(**changes):
    return type(SWITCH)(False, False, **changes)


# --- staged revisions (R3) ----------------------------------------------------------------------


def test_apply_installs_and_arms_and_goes_no_further():
    """R2, R3: INPROGRESS `Update applied`; no other command is blocked."""
    record, effects = play(local(*TO_INSTALL, how=How.APPLY), on.Installed(X))
    assert list(effects) == [
        do.Arm(X),
        do.Save(X, tables.INSTALLED),
        do.Save(X, tables.APPLIED),
    ]
    assert record == Record("0", "0", trying=X, staged=X, policy=POLICY)
    assert not record.busy


@pytest.mark.parametrize("how", How)
def test_a_later_run_drops_the_staged_revision_first(how):
    """R3: disarmed, only then WONTGO `Update aborted`, only then the new one."""
    _, effects = play(STAGED_X, on.RunAsked(Y, how))
    aborted = do.Save(X, W[Cause.ABORTED], cause="another command came")
    assert list(effects) == [do.Disarm(), aborted, do.LoadState(Y)]


@pytest.mark.parametrize(
    "event", [on.RemoteOffered("9"), on.AbortAsked()], ids=lambda e: type(e).__name__
)
def test_a_remote_step_and_an_abort_drop_it_too(event):
    """R3."""
    record, effects = play(STAGED_X, event)
    assert [type(e) for e in effects[:2]] == [do.Disarm, do.Save]
    assert effects[1].point == W[Cause.ABORTED]
    assert record.staged is None


def test_dropping_makes_a_running_updated_revision_the_try_again():
    """R3, R4: its next boot is its own try."""
    record, effects = play(STAGED_Y_ON_X, on.AbortAsked())
    assert of(do.Disarm, effects) == [do.Disarm(X)]
    assert record.trying == X


@pytest.mark.parametrize("how", How)
def test_running_the_staged_revision_goes_on_from_installed(how):
    """R3: it is checked and completed again, and not announced again."""
    record, effects = play(STAGED_X, on.RunAsked(X, how), *TO_SWITCH)
    expected = {
        How.RUN: tables.TRANSITIONING,
        How.COMMIT: tables.REBOOTING,
        How.APPLY: tables.APPLIED,
    }
    assert points_of(effects) == [expected[how]]
    assert record.staged == (X if how is How.APPLY else None)
    assert record.trying == X


@pytest.mark.parametrize("events", [(), TO_INSTALL], ids=["check", "install"])
@pytest.mark.parametrize("answer", [on.Installed(X), on.InstallFailed(X, Cause.BAD_OBJECT)])
def test_abort_ends_a_local_run_before_its_transition(events, answer):
    """R3: the same status; nothing was armed, whatever the work in hand comes to."""
    waiting = local(*events, on.AbortAsked())
    record, effects = play(waiting, answer if events else checked())
    assert list(effects) == [do.Save(X, W[Cause.ABORTED], cause="aborted by a command")]
    assert record == IDLE


def test_abort_of_a_run_of_the_staged_revision_disarms_it_first():
    """R3: disarmed, and only then WONTGO, so that no cut makes an aborted revision the try."""
    record, effects = play(STAGED_X, on.RunAsked(X), on.AbortAsked())
    assert list(effects) == [do.Disarm()]
    record, effects = play(record, checked())
    assert points_of(effects) == [W[Cause.ABORTED]]
    assert record == IDLE


@pytest.mark.parametrize("cause", [Cause.BAD_STATE, Cause.BAD_SIGNATURE, Cause.INTERNAL])
def test_a_staged_revision_that_is_refused_when_it_is_run_ends_in_error(cause):
    """R3: `Update aborted` is the only edge from INPROGRESS to WONTGO; R12 has the words."""
    record, effects = play(STAGED_X, on.RunAsked(X), on.Checked(X, cause, "why"))
    assert [type(e) for e in effects] == [do.Save, do.Disarm]
    assert points_of(effects)[0] in tables.FOLLOWS[tables.APPLIED]
    assert record == IDLE


def test_a_staged_revision_whose_objects_went_bad_ends_in_error():
    """R12: ERROR first, then the boot file."""
    record, effects = play(
        STAGED_X, on.RunAsked(X), checked(), on.InstallFailed(X, Cause.BAD_OBJECT, "app/root")
    )
    assert list(effects) == [do.Save(X, E[Cause.BAD_OBJECT], cause="app/root"), do.Disarm()]
    assert record == IDLE


def test_abort_without_anything_to_abort_does_nothing():
    assert advance(IDLE, on.AbortAsked()) == (IDLE, ())


# --- remote updates -----------------------------------------------------------------------------


def test_a_remote_update_goes_through_every_message_in_order():
    """R2, R15; seed "Remote": the known good result has `retries` 1."""
    end = told(
        ON_REMOTE,
        (on.RemoteOffered(SEVEN), [*saved7(tables.QUEUED, 0, 0, 3)]),
        (ANSWERED, [do.Save(SEVEN, tables.QUEUED, 1, 0, 3, quiet=True), do.LoadState(SEVEN)]),
        (
            checked(SEVEN, missing=True),
            [*saved7(tables.DOWNLOADING, 1, 1, 3), do.Fetch(SEVEN)],
        ),
        (on.Fetched(SEVEN), [*saved7(tables.DOWNLOADED, 1), do.Install(SEVEN)]),
        (
            on.Installed(SEVEN),
            [
                do.Arm(SEVEN),
                *saved7(tables.INSTALLED, 1),
                *saved7(tables.TRANSITIONING, 1, cause="app changed"),
                SWITCH_S,
                do.Switch(SEVEN),
            ],
        ),
        (on.Starting(), [*saved7(tables.STARTING, 1), DROP_SWITCH, GOALS_S, HUB_S]),
        (on.GoalsReached(), []),
        (on.HubAnswered(), [*saved7(tables.TESTING_STABLE, 1), *DROP_GOALS, COMMIT_S]),
        (on.Stabilised(), []),
        (fired(COMMIT_TIMER), [*saved7(tables.UPDATED, 1)]),
    )
    assert end == Record(SEVEN, "5", trying=SEVEN, policy=POLICY)


def test_a_step_whose_objects_are_all_here_skips_downloading():
    """R2: `Update objects downloaded` all the same; R15: `retries` 1."""
    _, effects = play(remote(ANSWERED), checked(SEVEN))
    assert list(effects) == [*saved7(tables.DOWNLOADED, 1), do.Install(SEVEN)]


def test_a_remote_reboot_update_reports_done_last():
    """R4: commit, DONE, mark, and only then the report; peers 3: hawkbit#3185."""
    record = trial(SEVEN, retries=1)
    _, effects = play(
        record, on.HubAnswered(), on.GoalsReached(), on.Stabilised(), fired(COMMIT_TIMER)
    )
    done = do.Save(SEVEN, tables.DONE, 1)
    assert list(effects) == [do.Commit(SEVEN), done, do.MarkDone(SEVEN), do.Report(SEVEN)]


def test_three_starts_mean_two_tries_and_the_end():
    """R15: with 3: `Retry 1 of 3`, `Retry 2 of 3`, WONTGO."""
    record, seen = ON_REMOTE, []
    for event in (on.RemoteOffered(SEVEN), *[ANSWERED, None, on.FetchFailed(SEVEN)] * 2):
        event = event or checked(SEVEN, missing=True)  # noqa: PLW2901
        record, effects = advance(record, event)
        seen += [(e.point, e.x, e.y, e.retries) for e in of(do.Save, effects) if not e.quiet]
    assert seen == [
        (tables.QUEUED, 0, 3, 0),
        (tables.DOWNLOADING, 1, 3, 1),
        (tables.QUEUED, 1, 3, 1),
        (tables.DOWNLOADING, 2, 3, 2),
        (W[Cause.RETRIES], 0, 0, 2),
    ]
    assert record == ON_REMOTE


@pytest.mark.parametrize("spent", [0, 1])
def test_starts_that_were_spent_before_count(spent):
    """R15: a crash and a power cut end a start; the number in the store goes on."""
    _, effects = play(remote(retries=spent), ANSWERED, checked(SEVEN, missing=True))
    assert of(do.Save, effects)[0].retries == spent + 1


def test_a_silent_hub_spends_no_start():
    """R15: a start needs the Hub's answer to QUEUED; anything else is not that answer."""
    record = remote()
    for event in (on.HubAnswered(), on.HubSilent(), on.Reported("8", Status.QUEUED)):
        assert advance(record, event) == (record, ())


def test_an_object_that_the_hub_lost_ends_the_update_at_once():
    """R15: 404 or 410 after its URL was renewed; peers 3: rauc-hawkbit-updater#158."""
    failed = on.FetchFailed(SEVEN, Cause.RETRIES, "object ab.. is gone")
    record, effects = play(remote(*TO_FETCH_7), failed)
    assert effects[0] == do.Save(SEVEN, W[Cause.RETRIES], 1, cause="object ab.. is gone")
    assert record == ON_REMOTE


def test_too_little_room_is_told_in_numbers():
    """R12, device.md 1; peers 3: balena-supervisor#674."""
    failed = on.FetchFailed(SEVEN, Cause.NO_ROOM, "", 52428800, 7)
    _, effects = play(remote(*TO_FETCH_7), failed)
    saved = effects[0]
    text = saved.point.message.format(x=saved.x, y=saved.y)
    assert text == "Space required 52428800 B, available 7 B"


BEFORE_ARMED = {
    Stage.REPORT: (),
    Stage.CHECK: (ANSWERED,),
    Stage.FETCH: TO_FETCH_7,
    Stage.INSTALL: TO_INSTALL_7,
}


@pytest.mark.parametrize("stage", BEFORE_ARMED, ids=str)
def test_a_cancelled_step_is_given_up_until_its_try_is_armed(stage):
    """R14, seed "CANCELLED": stored as CANCELLED; work in hand that ends later means nothing."""
    record, effects = play(remote(*BEFORE_ARMED[stage]), on.Reported(SEVEN, Status.CANCELLED))
    assert points_of(effects) == [tables.CANCELLED]
    assert record == ON_REMOTE
    for late in (checked(SEVEN), on.Fetched(SEVEN), on.Installed(SEVEN)):
        assert advance(record, late) == (record, ())


@pytest.mark.parametrize("events", [TO_SWITCH_7, TO_GOALS_7, TO_STABLE_7], ids=len)
def test_a_device_that_had_armed_goes_on(events):
    """R14: what runs is the truth."""
    record = remote(*events)
    assert advance(record, on.Reported(SEVEN, Status.CANCELLED)) == (record, ())


@pytest.mark.parametrize("stage", AT, ids=str)
def test_a_stale_step_is_answered_at_any_time_and_changes_nothing(stage):
    """R17: ERROR `Stale revision`, nothing rolled back, nothing run."""
    record = AT[stage]()
    after_it, effects = advance(record, on.StaleOffered("3"))
    assert after_it == record
    assert points_of(effects) == [E[Cause.STALE]]
    assert [type(e) for e in effects] == [do.Save, do.Report]
