"""What a report does to what is held: each pair, and the walks that real devices reported."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.errors import Conflict
from surefoot.hub.trails.forward import (
    FACTORY_DONE,
    FRESH,
    cancelled,
    forward,
    given_up,
    is_early,
)
from surefoot.wire.hub import trails as wire
from surefoot.wire.progress import Status

REBOOT = "Rebooting"
TRANSITION = "Transitioning to new revision without rebooting"
LAST = {
    "NEW": (Status.NEW, ""),
    "SYNC": (Status.SYNCING, ""),
    "QUEUED": (Status.QUEUED, "Retried 0 of 10"),
    "DOWN": (Status.DOWNLOADING, "Retry 1 of 10"),
    "HERE": (Status.INPROGRESS, "Update objects downloaded"),
    "INST": (Status.INPROGRESS, "Update installed"),
    "LEAVE": (Status.INPROGRESS, REBOOT),
    "START": (Status.INPROGRESS, "Starting updated version"),
    "TEST": (Status.TESTING, "Awaiting to see if update is stable"),
    "UPD": (Status.UPDATED, "Update finished, revision not set as rollback point"),
    "DONE": (Status.DONE, "Update finished, revision set as rollback point"),
    "ERROR": (Status.ERROR, "Unexpected rollback"),
    "WONT": (Status.WONTGO, "Internal error"),
    "CANC": (Status.CANCELLED, ""),
}
# Typed by hand from R4, R6, R14 and R19. `+`: the report is held from then on; `.`: nothing
# changes. Retries do not fall.
TABLE = """
held \\ told NEW SYNC QUEUED DOWN HERE INST LEAVE START TEST UPD DONE ERROR WONT CANC
NEW           .   .     +    +    +    +     +     +    +   +    +     +    +    +
SYNC          .   .     +    +    +    +     +     +    +   +    +     +    +    +
QUEUED        .   .     +    +    +    +     +     +    +   +    +     +    +    +
DOWN          .   .     +    +    +    +     +     +    +   +    +     +    +    +
HERE          .   .     +    +    +    +     +     +    +   +    +     +    +    +
INST          .   .     .    .    .    +     +     +    +   +    +     +    +    .
LEAVE         .   .     .    .    .    .     +     +    +   +    +     +    +    .
START         .   .     .    .    .    .     .     +    +   +    +     +    +    .
TEST          .   .     .    .    .    .     .     .    +   +    +     +    +    .
UPD           .   .     .    .    .    .     .     +    +   .    +     +    .    .
DONE          .   .     .    .    .    .     .     .    .   .    .     .    .    .
ERROR         .   .     .    .    .    .     .     .    .   .    .     .    .    .
WONT          .   .     .    .    .    .     .     .    .   .    .     .    .    .
CANC          .   .     .    .    .    +     +     +    +   +    +     +    .    .
"""


def rows():
    heading, *lines = TABLE.strip().splitlines()
    told = heading.split()[3:]
    for line in lines:
        held, *marks = line.split()
        assert len(marks) == len(told) == len(LAST)
        yield from ((held, one, mark == "+") for one, mark in zip(told, marks, strict=True))


def said(status, message="", retries=1, **more):
    return wire.report({"status": status, "status-msg": message, "retries": retries, **more})


@pytest.mark.parametrize(("held", "told", "taken"), list(rows()))
def test_each_pair_of_held_and_told(held, told, taken):
    """peers 3: iot-hub-device-update#625."""
    before, after = said(*LAST[held]), said(*LAST[told])
    assert forward(before, after) is (after if taken else before)


def test_the_table_has_every_status():
    assert {status for status, _ in LAST.values()} == set(Status)


@pytest.mark.parametrize("held", ["QUEUED", "DOWN", "HERE"])
@pytest.mark.parametrize("told", ["QUEUED", "DOWN", "HERE"])
def test_before_it_is_armed_retries_never_fall(held, told):
    before = said(*LAST[held], retries=2)
    assert forward(before, said(*LAST[told], retries=1)) is before
    assert forward(before, said(*LAST[told], retries=3)).retries == 3


def test_an_end_is_taken_whatever_its_retries():
    ended = said(Status.WONTGO, "Max download retries reached", retries=0)
    assert forward(said(*LAST["DOWN"], retries=2), ended) is ended


def test_what_is_repeated_may_bring_new_numbers():
    first = said(*LAST["DOWN"], downloads={"total": {"total_size": 9, "total_downloaded": 1}})
    second = said(*LAST["DOWN"], downloads={"total": {"total_size": 9, "total_downloaded": 5}})
    assert forward(first, second) is second


def test_an_error_keeps_its_first_cause():
    """peers 3: pantavisor#481, #349."""
    held = said(Status.ERROR, "Status goal not reached")
    assert forward(held, said(Status.ERROR, "Unexpected rollback", logs="x")) is held


def test_the_logs_of_an_error_may_come_later():
    """recorded/device-c-noinit: without logs before the rollback, with them after it."""
    held = said(Status.ERROR, "A container could not be started", more="kept")
    late = forward(held, said(Status.ERROR, "A container could not be started", logs="{}"))
    assert (late.status, late.message, late.logs) == (held.status, held.message, "{}")
    assert '"more":"kept"' in late.text
    assert '"logs":"{}"' in late.text


def test_logs_that_are_there_stay():
    held = said(Status.ERROR, "A container could not be started", logs="first")
    told = said(Status.ERROR, "A container could not be started", logs="second")
    assert forward(held, told) is held


def test_a_stale_step_that_was_cancelled_stays_so():
    """It never ran (R17), so there is no truth that overrules its owner."""
    held = said(*LAST["CANC"])
    assert forward(held, said(Status.ERROR, "Stale revision")) is held


def test_a_message_that_nobody_knows_means_that_it_runs():
    told = said(Status.INPROGRESS, "Polishing")
    for held in ("NEW", "HERE", "INST", "LEAVE", "START", "UPD", "CANC"):
        assert forward(said(*LAST[held]), told) is told
    assert forward(said(*LAST["TEST"]), told).status is Status.TESTING


# ---- walks that were recorded --------------------------------------------------------------------

C_AGENT = {
    "nonreboot": [
        (Status.QUEUED, "Retried 0 of 10", 0),
        (Status.QUEUED, "Downloading update metadata, retry 1 of 10", 1),
        (Status.DOWNLOADING, "Downloading update artifacts, retry 1 of 10", 1),
        (Status.DOWNLOADING, "Downloading update artifacts, retry 1 of 10", 1),
        (Status.INPROGRESS, "Trying new revision", 1),
        (Status.INPROGRESS, "Trying new revision", 1),
        (Status.TESTING, "Awaiting to see if update is stable", 1),
        (Status.TESTING, "Waiting for all containers to become stable", 1),
        (Status.UPDATED, "Update finished, revision not set as rollback point", 1),
    ],
    "cut": [
        (Status.DOWNLOADING, "Downloading update artifacts, retry 1 of 10", 1),
        (Status.QUEUED, "Retried 1 of 10", 1),
        (Status.QUEUED, "Downloading update metadata, retry 2 of 10", 2),
        (Status.DOWNLOADING, "Downloading update artifacts, retry 2 of 10", 2),
        (Status.INPROGRESS, "Rebooting", 2),
        (Status.TESTING, "Awaiting to set rollback point if update is stable", 2),
        (Status.DONE, "Update finished, revision set as rollback point", 2),
    ],
    "bad-state": [
        (Status.QUEUED, "Retried 0 of 10", 0),
        (Status.INPROGRESS, "Rebooting", 1),
        (Status.ERROR, "Unexpected rollback", 1),
    ],
    "wontgo": [
        (Status.DOWNLOADING, "Downloading update artifacts, retry 2 of 2", 2),
        (Status.WONTGO, "Max download update retries reached", 3),
    ],
}


@pytest.mark.parametrize("walk", C_AGENT.values(), ids=C_AGENT)
def test_the_c_agent_is_followed_step_by_step(walk):
    held = FRESH
    for status, message, retries in walk:
        told = said(status, message, retries)
        held = forward(held, told)
        assert held is told


def test_the_simulator_ends_although_it_goes_back_on_its_way():
    """recorded/mocker-update-done: after TESTING comes another INPROGRESS."""
    held = FRESH
    for status, message in [
        (Status.QUEUED, "Revision put to queue"),
        (Status.DOWNLOADING, "Downloading the artifacts for the new revision."),
        (Status.INPROGRESS, "Update objects downloaded"),
        (Status.INPROGRESS, "Update applied"),
        (Status.TESTING, "Awaiting to see if update is stable"),
    ]:
        held = forward(held, said(status, message, 0))
        assert held.status is status
    assert forward(held, said(Status.INPROGRESS, "Simulating reboot...", 0)) is held
    assert forward(held, said(*LAST["DONE"], 0)).status is Status.DONE


def test_the_c_agent_overrules_a_cancel_once_it_runs_the_step():
    """recorded/device-c-cancel-running: a cancel cannot reach it; what runs is the truth (R14)."""
    held = said(*LAST["CANC"])
    for told in ("QUEUED", "DOWN", "HERE"):
        assert forward(held, said(*LAST[told])) is held
    held = forward(held, said(Status.INPROGRESS, "Trying new revision"))
    held = forward(held, said(*LAST["TEST"]))
    assert forward(held, said(*LAST["UPD"])).status is Status.UPDATED


def test_an_updated_revision_is_tried_at_its_next_boot():
    """R4."""
    held = said(*LAST["UPD"])
    for told in ("START", "TEST", "DONE"):
        held = forward(held, said(*LAST[told]))
        assert held.status is LAST[told][0]


reports = st.builds(
    said,
    st.sampled_from(list(Status)),
    st.sampled_from([message for _, message in LAST.values()] + ["?"]),
    st.integers(0, 3),
)


@given(st.lists(reports))
def test_in_any_order_an_end_for_good_stays(told):
    """peers 3: iot-hub-device-update#625."""
    held, end = FRESH, None
    for one in told:
        held = forward(held, one)
        if end is None and held.status in (Status.DONE, Status.ERROR, Status.WONTGO):
            end = (held.status, held.message)
        if end is not None:
            assert (held.status, held.message) == end


@given(st.lists(reports, min_size=1))
def test_what_is_told_again_changes_nothing(told):
    held = FRESH
    for one in told:
        held = forward(held, one)
        assert forward(held, one) is held or forward(held, one).text == held.text


# ---- the owner -----------------------------------------------------------------------------------


@pytest.mark.parametrize("held", ["NEW", "QUEUED", "DOWN", "HERE"])
def test_what_is_not_armed_can_be_cancelled(held):
    result = cancelled(said(*LAST[held], retries=2))
    assert result.text == ('{"status":"CANCELLED","status-msg":"","progress":100,"retries":2}')


@pytest.mark.parametrize("held", ["INST", "LEAVE", "START", "TEST"])
def test_what_is_armed_cannot_and_the_answer_says_why(held):
    with pytest.raises(Conflict, match="has begun to run it"):
        cancelled(said(*LAST[held]))


@pytest.mark.parametrize("held", ["UPD", "DONE", "ERROR", "WONT"])
def test_what_has_ended_cannot_be_cancelled(held):
    with pytest.raises(Conflict, match=f"ended already .{LAST[held][0]}"):
        cancelled(said(*LAST[held]))


def test_cancelling_twice_is_harmless():
    held = said(*LAST["CANC"])
    assert cancelled(held) is held


@pytest.mark.parametrize("held", LAST)
def test_only_what_is_in_progress_can_be_given_up(held):
    status, message = LAST[held]
    if status is Status.INPROGRESS:
        assert given_up(said(status, message)).status is Status.WONTGO
    else:
        with pytest.raises(Conflict, match="Only a step in INPROGRESS"):
            given_up(said(status, message))


def test_the_hubs_own_words():
    assert FRESH.text == '{"status":"NEW","status-msg":"","progress":0,"retries":0}'
    assert FACTORY_DONE.status is Status.DONE
    assert FACTORY_DONE.message == "Factory revision"
    assert is_early(FRESH)
    assert not is_early(FACTORY_DONE)
