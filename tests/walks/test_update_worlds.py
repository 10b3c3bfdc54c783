"""Everything that can be reached by the update machine: each answer its hands can give, each timer,
each command that the composition lets through, and a power cut after every single effect.

`tests/update/world.py` has the fault model. What it visits is judged here; random walks go further
(two revisions, more cuts), and events that nobody could send are tried at every record of it.
"""

import functools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surefoot.update import effects as do
from surefoot.update import events as on
from surefoot.update import tables
from surefoot.update.advance import LATE, RULES, NoRule, advance
from surefoot.update.tables import COMMIT_TIMER, Cause, Stage
from surefoot.wire.progress import Status
from tests.update.engine import EVENTS, SEVEN, X, Y
from tests.update.world import REFUSALS, TOLD, Explorer, World

DONE_0 = ("0", (tables.FACTORY, 0))


def world(*points):
    return World(points=frozenset(points))


# Where each exploration begins, and what may be run there.
STARTS = {
    "local": (Explorer(X), world(DONE_0, (X, (tables.READY_TO_RUN, 0)))),
    "remote": (Explorer(SEVEN, stale=(SEVEN,)), world(DONE_0, (SEVEN, (tables.NEW, 0)))),
    "factory": (Explorer(X), world(("0", (tables.READY_TO_RUN, 0)))),
}
kinds = pytest.mark.parametrize("kind", STARTS)


@functools.cache
def explored(kind):
    explorer, start = STARTS[kind]
    return explorer.explore(start)


def powered(kind):
    return [one for one in explored(kind).seen if one.record is not None]


def told(explorer, one, text):
    way = "\n  ".join(map(str, explorer.way_to(one)))
    return f"{text}: {one}\nreached by\n  {way}"


# --- what is stored after what ------------------------------------------------------------------


def edges():
    return set().union(*(explored(kind).edges for kind in STARTS))


@kinds
def test_nothing_is_stored_that_the_table_does_not_allow(kind):
    """R6: forward only; R4, R3. Cuts after every effect included."""
    wrong = [
        (before, after)
        for before, after in explored(kind).edges
        if before is not None and after not in tables.FOLLOWS[before]
    ]
    assert wrong == []


# Edges that no device makes, each with the reason why the table has it all the same.
UNREACHED = {
    (tables.SYNCING, tables.DONE): "R19: the Hub shows SYNCING; the first sync sends what runs",
    (tables.SYNCING, tables.FACTORY): "R19: the same for the factory revision",
    (tables.READY_TO_RUN, tables.WONTGO[Cause.RETRIES]): "R15: local runs are not retried; the "
    "table has all of WONTGO behind a first row",
    (tables.READY_TO_RUN, tables.WONTGO[Cause.NO_ROOM]): "R12: `no room` is told in numbers for "
    "remote steps only",
    **{
        (point, tables.ERROR[Cause.STALE]): "R17: nothing of a stale step is ever begun; the table "
        "has all of ERROR behind what was installed"
        for point in tables.POINTS
        if tables.ERROR[Cause.STALE] in tables.FOLLOWS[point]
        and point.status in (Status.INPROGRESS, Status.TESTING, Status.UPDATED)
    },
}


def test_every_edge_of_the_table_is_reached_or_has_a_reason():
    """R6: the Hub sees what is reported, and a report between two may be lost: so an edge counts
    as reached when real edges lead along it."""
    reached = {before: {b for a, b in edges() if a is before} for before in tables.POINTS}
    grown = True
    while grown:
        further = {a: found.union(*(reached[b] for b in found)) for a, found in reached.items()}
        grown, reached = further != reached, further
    missing = {(a, b) for a, follows in tables.FOLLOWS.items() for b in follows - reached[a]}
    assert missing == set(UNREACHED)


def test_every_row_that_a_device_may_store_is_stored_somewhere():
    """seed "Progress": NEW and SYNCING are the Hub's (R19)."""
    stored = {after for _, after in edges()}
    assert set(tables.POINTS) - stored == {tables.NEW, tables.SYNCING, tables.READY_TO_RUN}


# Rules that need more than one revision, or an answer that was late.
UNUSED = {
    (Stage.REPORT, on.RunAsked): "a local run while a remote step waits for the Hub: the device",
    (Stage.REPORT, on.AbortAsked): "the same, for what drops a staged revision",
    (Stage.REPORT, on.RollbackAsked): "the same, for a rollback by command",
    (Stage.CHECK, on.Reported): "the answer to a report of the time in the queue (R14, R16)",
    (Stage.FACTORY, on.RemoteOffered): "the composition offers a step when nothing is in work",
}


def test_every_rule_is_used():
    """A row of RULES that nothing ever leads to is one that nobody has thought through."""
    met = set().union(*(explored(kind).met for kind in STARTS))
    unused = {(stage, kind) for stage, kind in RULES if stage is not Stage} - met
    assert unused <= set(UNUSED)


# --- what holds everywhere ----------------------------------------------------------------------


@kinds
def test_the_three_pointers_are_those_of_the_boot_file(kind):
    """Design rule 8; peers 3: greengrass-nucleus#1838."""
    for one in powered(kind):
        record = one.record
        assert (record.done, record.trying) == (one.pv_rev, one.pv_try), told(
            explored(kind), one, "the pointers differ"
        )


@kinds
def test_the_rollback_point_is_done_whenever_the_device_rests(kind):
    """R4: `pv_rev` is the latest DONE revision."""
    for one in powered(kind):
        point, _ = one.point(one.pv_rev)
        unproven = one.pv_rev == "0" and point is tables.READY_TO_RUN
        assert unproven or point.status is Status.DONE, told(explored(kind), one, "not DONE")


@kinds
def test_what_runs_at_rest_is_done_or_updated_and_still_to_be_tried(kind):
    """R4; peers 3: pantavisor#693: who may clear `pv_try` is written in the table."""
    for one in powered(kind):
        record = one.record
        if record.update is None and record.running != record.done:
            point, _ = one.point(record.running)
            tried = record.trying if record.staged is None else record.running
            assert (point, tried) == (tables.UPDATED, record.running), told(
                explored(kind), one, "running without a record"
            )


@kinds
def test_a_staged_revision_is_the_one_that_the_next_boot_tries(kind):
    """R3."""
    for one in powered(kind):
        if one.record.staged is not None:
            assert one.record.staged == one.pv_try
            assert one.point(one.pv_try)[0] is tables.APPLIED


@kinds
def test_no_wait_is_without_somebody_who_ends_it(kind):
    """Design rule 7: an answer is due, a timer runs, or the supervisor has its clocks (R10)."""
    by_supervisor = {Stage.SWITCH, Stage.FACTORY, Stage.RETURN}
    for one in powered(kind):
        update = one.record.update
        if update is None or update.stage in by_supervisor:
            continue
        waits_for_boot = update.stage is Stage.REBOOT
        assert one.due or one.timers or waits_for_boot, told(explored(kind), one, "waits for ever")


@kinds
def test_timers_end_every_try(kind):
    """R10, R18; peers 3: pantavisor#481: with a supervisor and a Hub that say nothing at all, a
    new revision that runs is judged all the same."""
    explorer = explored(kind)
    for one in powered(kind):
        update = one.record.update
        if update is None or update.stage not in (Stage.GOALS, Stage.STABLE):
            continue
        after = one
        while after.record.update.stage in (Stage.GOALS, Stage.STABLE):
            assert after.timers, told(explorer, one, "no timer ends it")
            event = on.TimerFired(min(after.timers))
            after = list(explorer.after(after, event))[-1]
            if after.record is None or after.record.update is None:
                break


@kinds
def test_no_timer_outlives_its_update(kind):
    """One that fires in the next update would judge that one."""
    for one in powered(kind):
        if one.record.update is None or one.record.update.stage in (Stage.REPORT, Stage.CHECK):
            assert not one.timers, told(explored(kind), one, "a timer still runs")


@kinds
def test_only_the_commit_moves_the_rollback_point(kind):
    """R4: the point of no return is one effect, and it comes from TESTING only."""
    explorer = explored(kind)
    for one in powered(kind):
        for event in explorer.events(one):
            _, effects = advance(one.record, event)
            if any(isinstance(effect, do.Commit) for effect in effects):
                assert one.record.update.stage is Stage.STABLE
                assert one.record.update.rebooted


@kinds
def test_retries_never_fall(kind):
    """R6, R15."""
    explorer = explored(kind)
    for one in powered(kind):
        for event in explorer.events(one):
            if isinstance(event, on.RunAsked):
                continue
            for effect in advance(one.record, event)[1]:
                if isinstance(effect, do.Save) and effect.revision == SEVEN:
                    assert effect.retries >= one.point(SEVEN)[1], told(explorer, one, event)


@kinds
@pytest.mark.parametrize("of", ["this", "another"])
def test_no_record_raises_for_an_event_that_may_come_late(kind, of):
    """A walk over every reachable record and every event, whoever sent it."""
    others = (on.Reported(SEVEN, Status.CANCELLED), on.Checked(SEVEN, Cause.BAD_STATE))
    for one in powered(kind):
        for event in (*EVENTS, *others) if of == "this" else (*TOLD, on.TimerFired("update.x")):
            try:
                after, effects = advance(one.record, event)
            except NoRule:
                assert type(event) not in LATE
            else:
                assert hash((after, effects))


def test_a_boot_file_that_was_lost_leaves_no_record_open_for_ever():
    """R8; peers 3: pantavisor#481: with the boot file gone the rollback point boots, and whatever
    was in work has its final record after that boot."""
    start = world(DONE_0, (X, (tables.READY_TO_RUN, 0)))
    explorer = Explorer(X, lose_boot_file=True).explore(start)
    for one in explorer.seen:
        if one.record is not None and one.record.update is None and one.record.staged is None:
            point, _ = one.point(X)
            assert point.final or point is tables.READY_TO_RUN, told(explorer, one, "open")


# --- further than one can go by exploring -------------------------------------------------------


def walk(explorer, start, choices):
    """One way through the world: each number chooses what happens next, power cuts among it."""
    one = start
    for choice in choices:
        nexts = list(explorer.boots(one) if one.record is None else steps(explorer, one, choice))
        if not nexts:
            return one
        one = nexts[choice % len(nexts)]
    return one


def steps(explorer, one, choice):
    events = list(explorer.events(one))
    return list(explorer.after(one, events[choice % len(events)])) if events else []


CHOICES = st.lists(st.integers(0, 10**6), max_size=60)


@settings(max_examples=150)
@given(CHOICES)
def test_any_way_through_two_revisions_keeps_to_the_table_and_comes_to_an_end(choices):
    """R4, R6: whatever was run on top of whatever, and cut; afterwards luck brings it to rest."""
    explorer = Explorer(X, Y, SEVEN)
    fresh = [(X, (tables.READY_TO_RUN, 0)), (Y, (tables.READY_TO_RUN, 0)), (SEVEN, (tables.NEW, 0))]
    one = walk(explorer, world(DONE_0, *fresh), choices)
    for before, after in explorer.edges:
        rerun = after is tables.READY_TO_RUN and before.final
        assert before is None or rerun or after in tables.FOLLOWS[before]
    at_rest(explorer, one)


def at_rest(explorer, one):
    """Everything that is due is answered well, timers last: the device comes to rest."""
    for _ in range(60):
        if one.record is None:
            boots = list(explorer.boots(one))
            one = next((after for after in boots if after.record is not None), boots[-1])
        elif (event := lucky(explorer, one)) is None:
            break
        else:
            one = list(explorer.after(one, event))[-1]
    assert one.record.update is None or one.record.update.stage is Stage.FACTORY
    assert one.point(one.pv_rev)[0].status is Status.DONE


def lucky(explorer, one):
    update = one.record.update
    if update is None:
        return None
    answers = [e for e in explorer.events(one) if type(e) in (on.Checked, on.Fetched, on.Installed)]
    good = [e for e in answers if getattr(e, "cause", None) not in REFUSALS]
    waits = {
        Stage.REPORT: on.Reported(update.revision, Status.QUEUED),
        Stage.SWITCH: on.Starting(),
        Stage.RETURN: on.GoalsReached(),
        Stage.FACTORY: on.GoalsReached(),
        Stage.GOALS: on.GoalsReached() if not update.goals else on.HubAnswered(),
        Stage.STABLE: on.Stabilised() if not update.stable else on.TimerFired(COMMIT_TIMER),
    }
    return good[0] if good else waits.get(update.stage)


@settings(max_examples=100)
@given(st.lists(st.sampled_from(EVENTS), max_size=40))
def test_any_order_of_events_raises_nothing_but_a_missing_rule(events):
    """Events as nobody would send them: a record stays a record."""
    record = next(one.record for one in powered("local") if one.record.update is None)
    for event in events:
        try:
            record, effects = advance(record, event)
        except NoRule:
            assert type(event) not in LATE
        else:
            assert hash((record, effects))
