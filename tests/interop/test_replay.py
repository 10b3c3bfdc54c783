"""Our Hub answers the recorded requests of the real clients so that they read what they read."""

import re

import pytest

from tests.interop import left_out, recordings
from tests.interop.left_out import OTHERWISE, SKIPPED
from tests.interop.read_table import READ
from tests.interop.recordings import Event
from tests.interop.replay import Replay, _fits, _skip

PLAYED = [name for name in recordings.names() if name not in left_out.RECORDINGS]


@pytest.mark.parametrize("name", PLAYED)
def test_a_recorded_client_reads_of_our_hub_what_it_read(hub, ca, owner, name):
    assert Replay(hub, ca, owner, recordings.read(name)).play() == []


# --- the tables ---


def test_every_recording_is_played_or_left_out_for_a_reason():
    assert len(recordings.names()) == 65
    assert set(left_out.RECORDINGS) <= set(recordings.names())
    assert all(left_out.RECORDINGS.values())


def test_every_request_that_is_played_has_a_row_of_what_is_read():
    missing = {
        exchange.request
        for name in PLAYED
        for exchange in recordings.read(name).exchanges
        if not any(re.fullmatch(key, exchange.request) for key in READ[name.split("-")[0]])
    }
    assert not missing


@pytest.mark.parametrize("row", SKIPPED, ids=lambda row: row.recording)
def test_what_is_skipped_is_there_and_has_a_reason(row):
    skipped = [e for e in recordings.read(row.recording).exchanges if _skip(row.recording, e)]
    assert skipped
    assert row.reason
    assert row.recording in PLAYED


@pytest.mark.parametrize("row", OTHERWISE, ids=lambda row: row.recording)
def test_what_is_answered_otherwise_is_there_and_has_a_reason(row):
    rows = recordings.read(row.recording).exchanges
    assert any(_fits(row, row.recording, exchange) for exchange in rows)
    assert row.reason
    assert row.status is not None or row.fields


def test_no_event_is_passed_over_but_those_that_need_no_deed():
    events = {
        line.what
        for name in recordings.names()
        for line in recordings.read(name).lines
        if isinstance(line, Event)
    }
    assert set(left_out.NO_DEED) <= events
    assert {name for name, *_ in left_out.REFUSED_EVENTS.values()} <= events
    assert set(left_out.REFUSED_EVENTS) | set(left_out.SPOILT) <= set(PLAYED)
