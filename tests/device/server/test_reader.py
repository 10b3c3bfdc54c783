import http.client
import io
from collections.abc import Callable

import pytest

from surefoot.device.server.limits import Pace
from surefoot.device.server.reader import Head, HeadCut, PacedSocket
from tests.device.server.conftest import Pairs

QUICK = Pace(grace_s=0.05, stall_s=0.05)
SLOW = Pace(grace_s=60, stall_s=60)


Heads = Callable[..., Head]


@pytest.fixture
def head(pairs: Pairs) -> Heads:
    def make(text: bytes, line_limit: int = 100, limit: int = 200) -> Head:
        ours, theirs = pairs()
        theirs.sendall(text)
        theirs.close()
        return Head(io.BufferedReader(PacedSocket(ours, SLOW)), line_limit, limit)

    return make


def test_a_silent_sender_times_out(pairs: Pairs) -> None:
    with pytest.raises(TimeoutError):
        PacedSocket(pairs()[0], QUICK).readinto(bytearray(10))


def test_a_sender_that_dribbles_times_out_although_it_is_never_silent(
    pairs: Pairs,
) -> None:
    """A pace looks at the whole, not at the last byte (slowloris)."""
    ours, theirs = pairs()
    reader = PacedSocket(ours, Pace(grace_s=0.1, stall_s=60, floor=10**6))

    def dribble() -> None:
        while True:
            theirs.sendall(b"x")
            reader.readinto(bytearray(1))

    with pytest.raises(TimeoutError):
        dribble()


def test_a_new_part_of_the_conversation_starts_its_own_clock(
    pairs: Pairs,
) -> None:
    ours, theirs = pairs()
    reader = PacedSocket(ours, QUICK)
    with pytest.raises(TimeoutError):
        reader.readinto(bytearray(1))
    reader.expect(SLOW)
    theirs.sendall(b"ab")
    assert reader.readinto(bytearray(5)) == 2


def test_empty_lines_before_the_request_line_are_skipped(head: Heads) -> None:
    assert head(b"\r\n\nGET / HTTP/1.1\r\nrest").first_line() == b"GET / HTTP/1.1\r\n"


def test_a_connection_without_a_request_has_no_first_line(head: Heads) -> None:
    assert head(b"").first_line() == b""


def test_a_request_line_beyond_its_limit_is_refused(head: Heads) -> None:
    with pytest.raises(http.client.LineTooLong):
        head(b"GET /" + b"x" * 200).first_line()


def test_many_short_lines_add_up_to_the_limit_of_the_head(head: Heads) -> None:
    lines = head(b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 100)
    lines.first_line()
    with pytest.raises(http.client.LineTooLong):
        list(iter(lines.readline, b"never"))


def test_a_head_that_ends_in_the_middle_is_told_from_one_that_is_whole(head: Heads) -> None:
    lines = head(b"GET / HTTP/1.1\r\nHost: loc")
    lines.first_line()
    with pytest.raises(HeadCut):
        lines.readline()
    lines = head(b"GET / HTTP/1.1\r\n")
    lines.first_line()
    with pytest.raises(HeadCut):
        lines.readline()
