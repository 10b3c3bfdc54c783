"""Which bytes are meant (RFC 9110, 14.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from surefoot.hub.objects.ranges import Part, part

ETAG = '"abc"'
WHOLE = Part(200, 0, 10, 10)


@pytest.mark.parametrize(
    ("asked", "start", "length"),
    [
        ("bytes=0-", 0, 10),
        ("bytes=0-0", 0, 1),
        ("bytes=3-5", 3, 3),
        ("bytes=9-", 9, 1),
        ("bytes=4-99999999999999999", 4, 6),
        ("bytes=-1", 9, 1),
        ("bytes=-99", 0, 10),
        ("BYTES= 2-3 ", 2, 2),
    ],
)
def test_a_range_is_a_part(asked, start, length):
    found = part(asked, "", ETAG, 10)
    assert found == Part(206, start, length, 10)
    assert found.content_range == f"bytes {start}-{start + length - 1}/10"


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99-"])
def test_a_range_behind_the_end_is_refused_with_the_size(asked):
    found = part(asked, "", ETAG, 10)
    assert (found.status, found.length, found.content_range) == (416, 0, "bytes */10")


def test_of_nothing_there_is_no_part():
    assert part("bytes=0-", "", ETAG, 0).status == 416
    assert part("", "", ETAG, 0) == Part(200, 0, 0, 0)


@pytest.mark.parametrize(
    "asked",
    ["", "bytes", "bytes=", "bytes=-", "bytes=5-3", "bytes=1-2,4-5", "lines=1-2", "bytes=a-b",
     "bytes=+1-2", "bytes=1_0-", "bytes=٣-", "bytes=" + "1" * 20 + "-"],
)  # fmt: skip
def test_what_cannot_be_read_is_the_whole(asked):
    assert part(asked, "", ETAG, 10) == WHOLE
    assert WHOLE.content_range == ""


def test_other_bytes_than_those_that_were_begun_come_whole():
    assert part("bytes=3-", ETAG, ETAG, 10).status == 206
    assert part("bytes=3-", '"other"', ETAG, 10) == WHOLE
    assert part("bytes=3-", f"W/{ETAG}", ETAG, 10) == WHOLE
    assert part("bytes=3-", "Tue, 24 Nov 2026 06:00:00 GMT", ETAG, 10) == WHOLE


@given(some.integers(0, 50), some.integers(0, 60), some.integers(0, 60))
def test_a_part_is_what_a_slice_is(size, first, last):
    data = bytes(range(size))
    found = part(f"bytes={first}-{last}", "", ETAG, size)
    got = data[found.start : found.start + found.length]
    if first > last:
        assert (found.status, got) == (200, data)
    else:
        assert got == data[first : last + 1]
        assert found.status == (206 if got else 416)
