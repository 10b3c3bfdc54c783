"""Where a reader stands, in a text."""

from base64 import urlsafe_b64encode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from surefoot.hub.frame.problems import Malformed
from surefoot.hub.logs import cursor
from surefoot.hub.logs.cursor import Cursor
from surefoot.hub.logs.query import Column, Order, Query

MIXED = Query(devices=("d1",), sort=(Order(Column.REV), Order(Column.TSEC, True)), before=7)


def packed(value):
    return urlsafe_b64encode(msgspec.json.encode(value)).decode()


@pytest.mark.parametrize(
    "found",
    [Cursor(Query()), Cursor(Query(), (5, 1)), Cursor(MIXED), Cursor(MIXED, ("é,", -3, 2))],
)
def test_a_cursor_comes_back_as_it_was_given(found):
    text = cursor.encode(found)
    assert text.isascii()
    assert "=" not in text
    assert cursor.decode(text) == found


@pytest.mark.parametrize("text", ["", "c1", "é", "\udcff", "====", "x" * 1000, packed([]),
                                  packed({"query": 1}), packed("[" * 5000), "AAAA"])  # fmt: skip
def test_what_is_none_is_refused(text):
    with pytest.raises(Malformed):
        cursor.decode(text)


@pytest.mark.parametrize(
    "value",
    [
        {"query": {"page": 0}},
        {"query": {"page": 10**9}},
        {"query": {"start": -1}},
        {"query": {"sort": []}},
        {"query": {"sort": [{"by": "msg"}]}},
        {"query": {"after": 2**70}},
        {"query": {"devices": ["x"] * 300}},
        {"query": {}, "position": [1]},
        {"query": {}, "position": ["x", 1]},
        {"query": {}, "position": [1, "x"]},
        {"query": {}, "position": [1, 2, 3]},
        {"query": {}, "position": [True, 2]},
        {"query": {}, "position": [2**63, 2]},
        {"query": {"sort": [{"by": "rev"}]}, "position": [1, 2]},
    ],
)
def test_a_forged_one_that_makes_no_sense_is_refused(value):
    with pytest.raises(Malformed):
        cursor.decode(packed(value))


@given(some.text())
def test_no_text_does_harm(text):
    try:
        assert isinstance(cursor.decode(text), Cursor)
    except Malformed:
        pass


def test_what_is_skipped_at_the_start_is_skipped_once():
    assert cursor.onwards(Query(start=20, page=7)) == Query(page=7)
