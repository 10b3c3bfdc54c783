"""Reading while others write: no line missed, none twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.device.log_reader import Follower, tail
from surefoot.device.log_rotation import rotate
from surefoot.device.logs import append


@pytest.fixture
def path(tmp_path):
    return tmp_path / "0" / "app" / "console.log"


def write(path, *lines):
    append(path, b"".join(line.encode() + b"\n" for line in lines))


def test_a_log_that_is_not_there_has_no_lines(path):
    follower = Follower(path, 5)
    assert (tail(path, 5), follower.begin(), follower.read()) == ([], [], [])


def test_tail_gives_the_last_lines_in_their_order(path):
    write(path, *(str(n) for n in range(10_000)))
    assert tail(path, 3) == ["9997", "9998", "9999"]
    assert tail(path, 0) == []
    assert len(tail(path, 20_000)) == 10_000


def test_tail_goes_back_through_the_copies(path):
    write(path, "a", "b")
    rotate(path, 1)
    write(path, "c")
    rotate(path, 1)
    write(path, "d")
    assert tail(path, 3) == ["b", "c", "d"]


def test_tail_shows_a_last_line_without_its_end(path):
    append(path, b"done\r\nhalf")
    assert tail(path, 1) == ["half"]
    assert tail(path, 5) == ["done", "half"]


def test_follow_gives_each_line_once_it_is_finished(path):
    write(path, "old", "newer")
    follower = Follower(path, 1)
    assert follower.begin() == ["newer"]
    append(path, b"ha")
    assert follower.read() == []
    append(path, b"lf\nnext\n")
    assert follower.read() == ["half", "next"]
    assert follower.read() == []


def test_follow_begins_with_a_log_that_comes_later(path):
    follower = Follower(path)
    assert follower.begin() == []
    write(path, "first")
    assert follower.read() == ["first"]


def test_follow_survives_rotations_between_two_reads(path):
    follower = Follower(path)
    write(path, "seen")
    follower.begin()
    write(path, "a")
    rotate(path, 1)
    write(path, "b")
    rotate(path, 1)
    # Longer than what was read before: its size alone does not tell that the log began anew.
    write(path, "c" * 100)
    assert follower.read() == ["a", "b", "c" * 100]
    assert follower.read() == []


def test_follow_joins_a_line_that_a_rotation_cut_in_two(path):
    follower = Follower(path)
    follower.begin()
    append(path, b"first ha")
    rotate(path, 1)
    append(path, b"lf\n")
    assert follower.read() == ["first half"]


def test_follow_goes_on_after_a_log_was_dropped(path):
    write(path, "gone", "gone too")
    follower = Follower(path)
    follower.begin()
    path.write_bytes(b"")
    write(path, "new")
    assert follower.read() == ["new"]


def test_a_flood_comes_in_parts_and_whole(path):
    follower = Follower(path)
    follower.begin()
    for part in range(5):
        write(path, *(f"{part} {n} " + "x" * 90 for n in range(5000)))
        if part % 2:
            rotate(path, 1)
    lines, parts = [], 0
    while part := follower.read():
        lines += part
        parts += 1
    assert len(lines) == 25_000
    assert parts > 1


def test_a_line_without_end_does_not_fill_the_memory(path):
    follower = Follower(path)
    follower.begin()
    append(path, b"x" * 100_000)
    assert follower.read() == ["x" * 100_000]


def test_bytes_that_are_no_text_are_shown_somehow(path):
    append(path, b"\xff\xfe\n")
    assert tail(path, 1) == ["\ufffd\ufffd"]


@given(st.lists(st.sampled_from(["write", "half", "rotate", "read"]), max_size=40))
def test_no_order_of_writes_rotations_and_reads_loses_or_doubles_a_line(tmp_path_factory, order):
    path = tmp_path_factory.mktemp("logs") / "app" / "console.log"
    follower = Follower(path)
    follower.begin()
    written, seen = b"", []
    for number, action in enumerate(order):
        data = f"{number}".encode() + (b"\n" if action == "write" else b"-")
        if action in ("write", "half"):
            append(path, data)
            written += data
        elif action == "rotate" and path.exists():
            rotate(path, 1)
        else:
            seen += follower.read()
    seen += follower.read() + follower.unfinished()
    assert "\n".join(seen) == written.decode().removesuffix("\n")
