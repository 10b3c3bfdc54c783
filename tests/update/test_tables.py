"""The tables against the seed page (a golden copy typed from it), and each row by real events."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.update import tables
from surefoot.update.tables import FOLLOWS, POINTS, Cause, Point, Stage, point_of
from surefoot.wire.progress import PERCENT, Status
from tests.update.engine import play, points_of
from tests.update.stories import HUB_ROWS, ROWS

GOLDEN = json.loads((Path(__file__).parents[1] / "data" / "progress.json").read_text())["statuses"]
GOLDEN_ROWS = [
    (status["status"], message.get("text", ""))
    for status in GOLDEN
    for message in status["messages"] or [{}]
]


def in_seed_words(message):
    """Our places for numbers as the seed page writes them."""
    parts = message.split("{")
    named = [part[0].upper() + part[2:] for part in parts[1:]]
    return "".join([parts[0], *named])


def shown(point):
    return point.status.value, in_seed_words(point.message)


def ours():
    return [point for point in POINTS if point.message not in tables.EXTRA_MESSAGES]


# --- against the golden copy --------------------------------------------------------------------


def test_the_golden_copy_has_eleven_statuses_and_thirty_two_messages():
    assert len(GOLDEN) == 11
    assert sum(len(status["messages"]) for status in GOLDEN) == 32


def test_the_statuses_are_those_of_the_seed_page_in_its_order():
    """seed "Progress"."""
    assert [status.value for status in Status] == [status["status"] for status in GOLDEN]


def test_the_messages_are_exactly_those_of_the_seed_page():
    """R1: the 32 messages, and two more that today's clients know."""
    assert {shown(point) for point in ours()} == set(GOLDEN_ROWS)
    assert len(ours()) == len(GOLDEN_ROWS)
    assert len(tables.EXTRA_MESSAGES) == 2


def test_the_two_further_messages_stand_where_the_ruling_allows_them():
    """R1."""
    assert Point(Status.NEW, "Update ready to be run") == tables.READY_TO_RUN
    text = "Waiting for all containers to become stable"
    assert Point(Status.TESTING, text) == tables.TESTING_CONTAINERS


@pytest.mark.parametrize("status", GOLDEN, ids=lambda status: status["status"])
def test_final_and_failed_are_what_the_seed_page_says(status):
    """seed "Progress": the last states, and those that failed."""
    found = Status(status["status"])
    assert (found in tables.FINAL) is status["final"]
    assert (found in tables.FAILED) is status["failed"]


@pytest.mark.parametrize("status", GOLDEN, ids=lambda status: status["status"])
def test_statuses_of_remote_updates_have_only_remote_rows(status):
    """seed "QUEUED", "DOWNLOADING", "SYNCING", "CANCELLED": only for remote updates."""
    if status["only"] != "remote":
        return
    rows = [point for point in ours() if point.status == status["status"]]
    assert all(point.remote for point in rows)


def test_what_failed_has_a_cause_and_nothing_else_has():
    """seed "WONTGO" and "ERROR": each message there has a possible cause."""
    with_cause = {
        (status["status"], message["text"])
        for status in GOLDEN
        for message in status["messages"]
        if "cause" in message
    }
    found = {*tables.WONTGO.values(), *tables.ERROR.values()}
    assert {shown(point) for point in found} == with_cause
    assert {point for point in POINTS if point.failed} == found


def test_every_cause_ends_an_update_in_one_way_or_two():
    assert set(Cause) == {*tables.WONTGO, *tables.ERROR}
    assert set(tables.CAUSE_TEXTS) == set(Cause)


def test_progress_in_percent_is_that_of_the_ruling():
    """R2."""
    percent = {Status.NEW: 0, Status.QUEUED: 5, Status.DOWNLOADING: 25, Status.INPROGRESS: 50}
    percent |= {Status.TESTING: 75} | dict.fromkeys(tables.FINAL, 100)
    assert {status: PERCENT[status] for status in percent} == percent


# --- each row by real events --------------------------------------------------------------------


def test_every_row_of_the_seed_page_has_a_story():
    assert list(ROWS) == GOLDEN_ROWS


@pytest.mark.parametrize("row", ROWS, ids=" ".join)
def test_the_last_event_of_a_rows_story_stores_it(row):
    """seed "Progress": every row is reached by what really happens to a device."""
    story = ROWS[row]
    _, effects = play(story.record, *story.events)
    points = points_of(effects)
    if row in HUB_ROWS:
        assert points == [HUB_ROWS[row]] * (HUB_ROWS[row] is not None)
        assert row not in map(shown, points)
    else:
        assert row in map(shown, points)


def test_the_device_stores_no_row_that_only_the_hub_may_write():
    """R19: NEW and SYNCING; CANCELLED only where the Hub says so (R14)."""
    by_hub = {status["status"] for status in GOLDEN if status["set_by"] == "hub"}
    assert by_hub == {"NEW", "SYNCING", "CANCELLED"}
    for row, story in ROWS.items():
        _, effects = play(story.record, *story.events)
        stored = {point.status.value for point in points_of(effects)}
        assert stored & by_hub <= ({"CANCELLED"} if row == ("CANCELLED", "") else set())


# --- what may follow what -----------------------------------------------------------------------


def test_only_rows_of_the_table_follow():
    assert {point for follows in FOLLOWS.values() for point in follows} <= set(POINTS)


@pytest.mark.parametrize("point", POINTS, ids=shown)
def test_a_final_row_has_nothing_behind_it_but_the_edges_of_updated(point):
    """R4, R6: final states are written once; only UPDATED goes on, at the next boot."""
    if point == tables.UPDATED:
        allowed = {tables.STARTING, tables.DONE, *tables.ERROR.values()}
        assert FOLLOWS[point] == allowed
    else:
        assert bool(FOLLOWS[point]) is (point.status not in tables.FINAL)


def test_nothing_leads_back_from_testing_or_later_but_the_next_boot():
    """R6: a state only moves forward."""
    early = {Status.NEW, Status.QUEUED, Status.DOWNLOADING}
    late = {Status.INPROGRESS, Status.TESTING, Status.UPDATED}
    for point in POINTS:
        if point.status in late and point != tables.DOWNLOADED:
            assert not early & {follower.status for follower in FOLLOWS[point]}
        if point.status in (Status.TESTING, Status.UPDATED):
            back = {f for f in FOLLOWS[point] if f.status is Status.INPROGRESS}
            assert back == {tables.STARTING}


def test_only_an_abort_leads_from_inprogress_to_wontgo():
    """R3: the only edge. `Update objects downloaded` still begins again (R6), so it may find its
    starts spent."""
    for point in POINTS:
        if point.status is Status.INPROGRESS and point != tables.DOWNLOADED:
            wontgo = {follower for follower in FOLLOWS[point] if follower.status is Status.WONTGO}
            assert wontgo <= {tables.WONTGO[Cause.ABORTED]}


def test_what_may_begin_again_may_follow_each_other():
    """R6: NEW, QUEUED, DOWNLOADING and `Update objects downloaded`."""
    again = (tables.QUEUED, tables.DOWNLOADING, tables.DOWNLOADED)
    for before in (tables.NEW, *again):
        assert FOLLOWS[before] >= {tables.CANCELLED, *again}


def test_nothing_leads_to_a_row_of_the_hub_on_the_device():
    """R19."""
    assert not {tables.NEW, tables.SYNCING} & {f for follows in FOLLOWS.values() for f in follows}


# --- reading a stored progress ------------------------------------------------------------------


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_stored_message_leads_back_to_its_row(x, y):
    for point in POINTS:
        assert point_of(point.status, point.message.format(x=x, y=y)) == point


@given(st.sampled_from(Status), st.text(max_size=60))
def test_a_message_of_no_row_has_no_row(status, text):
    """A record written by somebody else, or damaged, is nobody's row."""
    found = point_of(status, text)
    if found is None:
        assert not any(p.status is status and p.message == text for p in POINTS)
    else:
        assert found.status is status


@pytest.mark.parametrize(
    "message",
    ["Retried 1 of", "Retried one of 3", "retried 1 of 3", "Retried 1 of 3 ", "Retried {x} of {y}"],
)
def test_a_message_must_fit_its_row_whole(message):
    assert point_of(Status.QUEUED, message) is None


def test_timers_are_named_for_their_machine():
    """The composition tells by the name whose timer has run out."""
    timers = (tables.GOALS_TIMER, tables.HUB_TIMER, tables.COMMIT_TIMER)
    assert all(timer.startswith("update.") for timer in timers)
    assert len(set(timers)) == 3


def test_only_stages_before_the_transition_can_be_aborted():
    """R3."""
    assert set(Stage) - tables.ABORTABLE == set(Stage) - {Stage.CHECK, Stage.INSTALL}
