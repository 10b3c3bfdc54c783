"""What a reader asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from surefoot.hub.frame.problems import Malformed
from surefoot.hub.logs.query import (
    NEWEST_FIRST,
    PAGE_MAX,
    SECOND,
    START_MAX,
    Column,
    Order,
    Query,
    parse,
    wants_cursor,
)

SIX = 1795500000 * SECOND  # 2026-11-24T06:00:00Z
# `pvr device logs`, as recorded.
PVR = {
    "after": "2026-11-24T06:00:00Z",
    "cursor": "true",
    "dev": "gw1",
    "page": "3000",
    "sort": "time-created",
}


def of(**asked):
    return parse(asked, ())


def test_without_a_word_it_is_the_first_fifty_newest_first():
    assert of() == Query(sort=NEWEST_FIRST, start=0, page=50)
    assert of(start="", page="", rev="", sort="", after="", before="") == of()


def test_pvrs_query_is_read_by_whole_seconds():
    found = parse(PVR, ("d1",))
    assert found.devices == ("d1",)
    assert (found.sort, found.page) == ((Order(Column.CREATED),), 3000)
    assert (found.after, found.whole_seconds) == (SIX + SECOND - 1, True)


@pytest.mark.parametrize(
    "change",
    [{"after": "2026-11-24T06:00:00.5Z"}, {"cursor": ""}, {"sort": "-time-created"}, {"sort": ""},
     {"after": ""}],
)  # fmt: skip
def test_any_other_query_is_read_as_it_stands(change):
    found = parse({**PVR, **change}, ())
    assert not found.whole_seconds
    assert found.after in (None, SIX, SIX + SECOND // 2)


def test_lists_have_commas():
    found = of(rev="1,locals/x", src="/a,,/b", lvl="INFO", plat=",")
    assert (found.rev, found.src) == (("1", "locals/x"), ("/a", "/b"))
    assert (found.lvl, found.plat) == (("INFO",), ())


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        ("rev", (Order(Column.REV),)),
        ("-tsec,tnano", (Order(Column.TSEC, True), Order(Column.TNANO))),
        ("dev,-dev,dev", (Order(Column.DEV),)),
        (",".join(Column), tuple(Order(column) for column in Column)),
    ],
)
def test_sorting_goes_by_several_columns_up_and_down(text, sort):
    assert of(sort=text).sort == sort


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("2026-11-24T06:00:00Z", SIX),
        ("2026-11-24T06:00:00.25Z", SIX + SECOND // 4),
        ("2026-11-24T06:00:00.123456789Z", SIX + 123456),
        ("2026-11-24T07:00:00+01:00", SIX),
        ("2026-11-24T06:00:00", SIX),
        ("0001-01-01T00:00:00Z", -62135596800 * SECOND),
    ],
)
def test_times_are_rfc_3339(text, micros):
    assert of(before=text).before == micros


@pytest.mark.parametrize(
    "asked",
    [{"before": "yesterday"}, {"after": "0001-01-01T00:00:00+23:59x"}, {"sort": "msg"},
     {"sort": "--rev"}, {"page": "x"}, {"page": "-1"}, {"start": "1.5"}, {"start": "9" * 17},
     {"page": "٣"}, {"rev": "," .join("1" * 201)}, {"after": "10000-01-01T00:00:00Z"}],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(asked):
    with pytest.raises(Malformed):
        of(**asked)


def test_pages_are_bounded():
    assert of(page="0").page == 1
    assert (of(page="99999999").page, of(start="99999999").start) == (PAGE_MAX, START_MAX)


@pytest.mark.parametrize(
    ("text", "wants"),
    [("true", True), ("1", True), ("yes", True), ("", False), ("false", False), ("0", False)],
)
def test_a_cursor_is_given_to_who_wants_one(text, wants):
    assert wants_cursor({"cursor": text}) == wants


@given(some.dictionaries(some.sampled_from(["after", "before", "sort", "page", "cursor"]),
                         some.text()))  # fmt: skip
def test_no_query_does_harm(asked):
    try:
        found = parse(asked, ())
    except Malformed:
        return
    assert 1 <= found.page <= PAGE_MAX
