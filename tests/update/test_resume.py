"""Start-up is recovery: every row of R9, with its wildcards, and what R12 adds for a sick try."""

import itertools

import pytest

from surefoot.update import effects as do
from surefoot.update import events as on
from surefoot.update import tables
from surefoot.update.advance import advance
from surefoot.update.record import Record
from surefoot.update.resume import ROWS, Loader, Stored, row_for
from surefoot.update.tables import Cause, Stage
from surefoot.wire.progress import Status
from tests.update.engine import POLICY, X, after, booted, of, play, points_of, stored

# Everything a stored record can say, by what R9 makes of it. None: nothing, or not readable.
FAILED = (tables.ERROR[Cause.GOAL], tables.WONTGO[Cause.ABORTED])
OTHER = (
    None,
    tables.READY_TO_RUN,
    tables.INSTALLED,
    tables.APPLIED,
    tables.REBOOTING,
    tables.TRANSITIONING,
    tables.STARTING,
    tables.TESTING_COMMIT,
    tables.TESTING_STABLE,
    tables.TESTING_CONTAINERS,
    tables.UPDATED,
)
EARLY = (tables.QUEUED, tables.DOWNLOADING, tables.DOWNLOADED, tables.NEW, tables.CANCELLED)


def name(point):
    return f"{point.status} {point.message}" if point else "nothing readable"


every_other = pytest.mark.parametrize("point", [*OTHER, *EARLY], ids=name)
failed = pytest.mark.parametrize("point", FAILED, ids=name)


def boot(running, done, trying, point=None, **more):
    """Record and effects of the boot that finds this."""
    return play(Record(running, done, policy=POLICY), booted(running, done, trying, point, **more))


# --- no pv_try ----------------------------------------------------------------------------------


@pytest.mark.parametrize("point", [*OTHER, *EARLY, *FAILED], ids=name)
def test_a_factory_revision_that_is_not_done_has_its_goals_to_reach(point):
    """R9 row 1; R5: nothing is stored before."""
    record, effects = boot("0", "0", None, point)
    assert record.update.stage is Stage.FACTORY
    assert effects == ()


@pytest.mark.parametrize("running", ["0", X, "7"])
def test_a_done_revision_boots_normally(running):
    """R9 row 2; R4: only the mark is made sure of, and no record is touched."""
    record, effects = boot(running, running, None, tables.DONE)
    assert record.update is None
    assert effects == (do.MarkDone(running),)


@pytest.mark.parametrize("point", [*OTHER, *EARLY, *FAILED], ids=name)
def test_a_rollback_point_without_its_record_was_cut_in_its_commit(point):
    """R9 row 3: the boot file is the point of no return, so DONE is stored now, whatever the
    record says or does not say, and a remote revision reports it."""
    record, effects = boot("7", "7", None, point, retries=1 if point else 0)
    assert points_of(effects) == [tables.DONE]
    assert [type(e) for e in effects] == [do.Save, do.MarkDone, do.Report]
    assert effects[0].retries == (1 if point else 0)
    assert record.update is None


def test_a_local_revision_whose_commit_was_cut_reports_nothing():
    """R20: progress of local revisions is not sent to the Hub."""
    _, effects = boot(X, X, None, tables.TESTING_COMMIT)
    assert not of(do.Report, effects)


# --- pv_try, running it -------------------------------------------------------------------------


@failed
@pytest.mark.parametrize("running", [X, "7"])
def test_a_try_that_has_failed_already_is_rolled_back_at_once(running, point):
    """R9 row 4; R6: the reason that is stored is not touched."""
    record, effects = boot(running, "0", running, point)
    assert [type(e) for e in effects] == [do.Reboot]
    assert record.update.stage is Stage.REBOOT


def test_a_try_that_is_done_only_lacks_its_commit():
    """R9 row 5: cannot happen by R4's order."""
    record, effects = boot(X, "0", X, tables.DONE)
    assert effects == (do.Commit(X), do.MarkDone(X))
    assert (record.done, record.trying, record.update) == (X, None, None)


@every_other
def test_any_other_try_goes_on(point):
    """R9 row 6, UPDATED included: it is tried, to the end, with its goals' clock."""
    record, effects = boot(X, "0", X, point)
    timer = do.SetTimer(tables.GOALS_TIMER, POLICY.goals_timeout_s)
    assert effects == (do.Save(X, tables.STARTING), timer)
    assert record.update.stage is Stage.GOALS
    assert record.update.rebooted


def test_the_try_of_a_remote_revision_has_its_hub_goal_and_keeps_its_count():
    """R4, R18: UPDATED before, the Hub goal again at its try; R15: the count is kept."""
    record, effects = boot("7", "0", "7", tables.UPDATED, retries=2)
    assert effects == (
        do.Save("7", tables.STARTING, 2),
        do.Report("7"),
        do.SetTimer(tables.GOALS_TIMER, POLICY.goals_timeout_s),
        do.SetTimer(tables.HUB_TIMER, POLICY.network_timeout_s),
    )
    assert record.update.remote


@pytest.mark.parametrize("cause", tables.ERROR_CAUSES)
def test_a_sick_try_is_rolled_back_before_it_starts(cause):
    """R12, last column; R5: the reason first, then the way back."""
    record, effects = boot(X, "0", X, tables.REBOOTING, cause=cause, detail="app/root is bad")
    saved = do.Save(X, tables.ERROR[cause], cause="app/root is bad")
    assert effects == (saved, do.Reboot("rollback to 0"))
    assert record.update.stage is Stage.REBOOT


@failed
def test_a_sick_try_that_had_failed_before_keeps_its_first_reason(point):
    """R6."""
    _, effects = boot(X, "0", X, point, cause=Cause.BAD_OBJECT)
    assert points_of(effects) == []


# --- pv_try, not running it ---------------------------------------------------------------------


@failed
@pytest.mark.parametrize("trying", [X, "7"])
def test_a_known_reason_is_reported_and_the_try_is_over(trying, point):
    """R9 row 7; R6: the stored reason is not touched."""
    record, effects = boot("0", "0", trying, point)
    report = (do.Report(trying),) if trying == "7" else ()
    assert effects == (do.Disarm(), *report)
    assert (record.trying, record.update) == (None, None)


def test_a_done_record_that_does_not_run_is_not_overwritten():
    """R9 row 8: cannot happen by R4's order."""
    record, effects = boot("0", "0", X, tables.DONE)
    assert effects == (do.Disarm(),)
    assert record.trying is None


@every_other
@pytest.mark.parametrize("trying", [X, "7"])
def test_any_other_rollback_was_not_expected(trying, point):
    """R9 row 9, UPDATED included; the boot file is cleared only after the reason is stored."""
    record, effects = boot("0", "0", trying, point, retries=1)
    retries = 1 if point else 0
    assert effects[0] == do.Save(
        trying, tables.ERROR[Cause.UNEXPECTED], retries, cause=effects[0].cause
    )
    assert [type(e) for e in effects[1:]] == [do.Disarm, do.Report][: 2 if trying == "7" else 1]
    assert (record.trying, record.update) == (None, None)


# --- the table as a table -----------------------------------------------------------------------


def test_the_rows_are_those_of_the_ruling_in_its_order():
    """R9."""
    assert [row.loader for row in ROWS] == [Loader.NO_TRY] * 3 + [Loader.TRYING] * 3 + [
        Loader.FELL_BACK
    ] * 3
    assert [row.factory for row in ROWS] == [True] + [False] * 8


@pytest.mark.parametrize(
    ("running", "trying", "status"),
    list(itertools.product(["0", X, "7"], [None, "0", X, "7"], [None, *Status])),
)
def test_every_fact_has_a_row(running, trying, status):
    """R9: start-up never raises, whatever was found; a further boot of the same facts is legal."""
    point = next((p for p in tables.POINTS if p.status is status), None)
    found = booted(running, "0", trying, point)
    assert row_for(found) in ROWS
    record, effects = advance(Record(running, "0", policy=POLICY), found)
    assert advance(Record(running, "0", policy=POLICY), found) == (record, effects)
    assert hash((record, effects))


def test_no_row_is_covered_by_the_rows_before_it():
    met = {
        row_for(booted(running, "0", trying, point))
        for running in ("0", X)
        for trying in (None, X, "7")
        for point in (None, tables.DONE, *FAILED, tables.UPDATED)
    }
    assert met == set(ROWS)


def test_who_may_clear_the_try_is_written_in_the_table():
    """peers 3: pantavisor#693. At start-up `pv_try` goes only when its revision does not run, or
    in the commit; a boot that goes on with a try, or gives it up by a reboot, leaves it."""
    for running, trying in ((X, X), ("0", X)):
        for point in (*OTHER, *FAILED, tables.DONE):
            record, effects = boot(running, "0", trying, point)
            cleared = bool(of(do.Disarm, effects) or of(do.Commit, effects))
            assert cleared is (running != trying or point is tables.DONE)
            assert cleared is (record.trying is None)


# --- local revisions that nobody tries ----------------------------------------------------------

REST = pytest.mark.parametrize(
    "rest", [(None, tables.DONE), (X, tables.STARTING)], ids=["normal", "try"]
)


@REST
@pytest.mark.parametrize("stood", [tables.APPLIED, tables.INSTALLED], ids=name)
def test_a_staged_revision_that_is_not_to_be_tried_was_aborted(rest, stood):
    """R3: at start-up an `Update applied` that is not `pv_try` is `Update aborted`."""
    assert orphan(rest, stood) == tables.WONTGO[Cause.ABORTED]


@REST
@pytest.mark.parametrize(
    "stood",
    [
        tables.REBOOTING,
        tables.TRANSITIONING,
        tables.STARTING,
        tables.TESTING_COMMIT,
        tables.TESTING_STABLE,
        tables.TESTING_CONTAINERS,
    ],
    ids=name,
)
def test_a_record_that_lost_its_boot_file_is_not_open_for_ever(rest, stood):
    """R8 and peers 3: pantavisor#481: it began, and nothing tries it any more."""
    assert orphan(rest, stood) == tables.ERROR[Cause.UNEXPECTED]


def orphan(rest, stood):
    """What is stored of a local revision beside the one that boots."""
    trying, point = rest
    found = (("locals/o", stored(stood, 2)),)
    _, effects = boot(trying or "0", "0", trying, point, orphans=found)
    first = effects[0]
    assert (first.revision, first.retries) == ("locals/o", 2)
    assert first.point in tables.FOLLOWS[stood]
    return first.point


# --- after the row ------------------------------------------------------------------------------


def test_the_factory_revision_is_done_once_its_goals_are_reached():
    """R9 row 1, seed "DONE": `Factory revision`."""
    record, effects = play(Record("0", "0"), booted(), on.GoalsReached())
    assert effects == (do.Save("0", tables.FACTORY), do.MarkDone("0"))
    assert record.update is None


@pytest.mark.parametrize("point", [*FAILED, tables.STARTING], ids=name)
def test_a_factory_revision_that_was_fallen_back_to_becomes_done_as_well(point):
    """R9: the rows with `pv_try` first, and then that of a revision 0 that is not DONE."""
    record, _ = boot("0", "0", X, point, proven=False)
    assert record.update.stage is Stage.FACTORY
    assert points_of(play(record, on.GoalsReached())[1]) == [tables.FACTORY]


def test_a_factory_container_that_fails_while_an_update_is_checked_is_not_forgotten():
    """R5: the update goes first, it may be the one that mends it; else the device tries again."""
    record = after(Record("0", "0"), booted(proven=False), on.RunAsked(X))
    record = after(record, on.ContainerFailed("app", "no init"))
    _, effects = play(record, on.Checked(X, Cause.BAD_STATE))
    assert [type(e) for e in effects] == [do.Save, do.Reboot]
    assert "app" in effects[-1].why


def test_the_factory_revisions_missed_goals_are_only_logged():
    """R5: nothing stands behind it."""
    record = after(Record("0", "0"), booted())
    assert advance(record, on.GoalTimedOut("app is late")) == (record, ())


def test_a_factory_container_that_cannot_start_makes_it_try_again():
    """R5: a reboot, and nothing is stored or removed."""
    _record, effects = play(Record("0", "0"), booted(), on.ContainerFailed("app", "no init"))
    assert [type(e) for e in effects] == [do.Reboot]
    assert "app" in effects[0].why


def test_a_record_before_start_up_is_not_trusted():
    """Start-up builds the record from what was found, and keeps only the settings."""
    stale = Record("9", "8", trying="7", staged="6", policy=POLICY)
    record, _ = play(stale, booted("0", "0", None, tables.FACTORY))
    assert record == Record("0", "0", policy=POLICY)


def test_what_is_stored_of_a_record_is_one_of_three():
    assert {kind for row in ROWS for kind in row.stored} == set(Stored)
