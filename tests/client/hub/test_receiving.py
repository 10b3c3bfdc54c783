"""What of an answer gets into a sink, without a server."""

from dataclasses import dataclass, field

import pytest

from surefoot.client.hub.receiving import Collected, Received


@dataclass
class Head:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    rests: list[object] = field(default_factory=list)

    def rest(self, until: object) -> None:
        self.rests.append(until)


class Got:
    def __init__(self, offset: int = 0, restarts: bool = True) -> None:
        self.data = bytearray()
        self.restarts = 0
        self.until = None
        self.received = Received(self.take, offset, self.restart if restarts else None)

    def take(self, chunk: bytes) -> object:
        self.data += chunk
        return self.until

    def restart(self) -> None:
        self.data.clear()
        self.restarts += 1


def partial(start: int, end: int, size: object) -> Head:
    return Head(206, {"content-range": f"bytes {start}-{end}/{size}"})


def test_a_body_is_collected_up_to_its_limit() -> None:
    collected = Collected(5)
    assert collected.take(Head(), b"abc")
    assert collected.take(Head(), b"de")
    assert (collected.body, collected.is_over) == (b"abcde", False)
    assert not collected.take(Head(), b"f")
    assert (collected.body, collected.is_over) == (b"abcde", True)


def test_the_body_of_a_redirect_is_forgotten() -> None:
    collected = Collected(5)
    collected.take(Head(302), b"abc")
    collected.begin()
    collected.take(Head(), b"de")
    assert collected.body == b"de"


def test_all_of_a_200_is_received() -> None:
    got, head = Got(), Head()
    assert got.received.take(head, b"abc")
    assert got.received.take(head, b"de")
    ended = got.received.ended(head, True, "")
    assert (ended.status, ended.received, ended.complete, ended.reason) == (200, 5, True, "")
    assert got.data == b"abcde"


def test_an_answer_without_a_byte_counts_too() -> None:
    got = Got(offset=3)
    assert got.received.ended(Head(), True, "").complete
    assert got.restarts == 1


def test_a_range_goes_on_where_it_was() -> None:
    got, head = Got(offset=3), partial(3, 4, 5)
    got.received.take(head, b"de")
    assert got.received.ended(head, True, "").complete
    assert got.restarts == 0


def test_everything_instead_of_a_range_begins_anew() -> None:
    got = Got(offset=3)
    got.data += b"abc"
    got.received.take(Head(), b"abc")
    got.received.take(Head(), b"de")
    assert (got.data, got.restarts) == (b"abcde", 1)


def test_everything_instead_of_a_range_is_refused_by_who_cannot_begin_anew() -> None:
    got = Got(offset=3, restarts=False)
    assert not got.received.take(Head(), b"abc")
    ended = got.received.ended(Head(), False, "x")
    assert ended.is_refused
    assert "everything" in ended.reason


@pytest.mark.parametrize(
    "head",
    [partial(2, 4, 5), partial(4, 4, 5), Head(206), Head(206, {"content-range": "bytes */5"}),
     Head(206, {"content-range": "lines 3-4/5"})],
)  # fmt: skip
def test_another_range_is_refused_whole(head: Head) -> None:
    got = Got(offset=3)
    assert not got.received.take(head, b"x")
    ended = got.received.ended(head, False, "cut")
    assert (ended.is_refused, ended.complete, ended.received) == (True, False, 0)
    assert got.data == b""


def test_a_shorter_range_is_not_complete() -> None:
    got, head = Got(offset=3), partial(3, 4, 9)
    got.received.take(head, b"de")
    ended = got.received.ended(head, True, "")
    assert (ended.complete, ended.received) == (False, 2)
    assert "shorter" in ended.reason


def test_a_range_of_unknown_whole_is_taken_for_the_rest() -> None:
    got, head = Got(offset=3), partial(3, 4, "*")
    got.received.take(head, b"de")
    assert got.received.ended(head, True, "").complete


def test_what_is_cut_says_so() -> None:
    got = Got()
    got.received.take(Head(), b"abc")
    ended = got.received.ended(Head(), False, "cut")
    assert (ended.complete, ended.reason, ended.is_refused) == (False, "cut", False)


def test_the_words_of_a_refusal_are_kept_within_bounds() -> None:
    got = Got()
    for _ in range(100):
        assert got.received.take(Head(404), b"\xffgone " * 1000)
    ended = got.received.ended(Head(404), True, "")
    assert got.data == b""
    assert ended.reason.startswith("status 404: \ufffdgone")
    assert len(ended.reason) < 300


def test_the_transfer_rests_when_the_sink_wants_it() -> None:
    got, head = Got(), Head()
    got.until = object()
    got.received.take(head, b"x")
    assert head.rests == [got.until]
