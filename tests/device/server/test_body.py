import io
from collections.abc import Callable
from email.message import Message

import pytest

from surefoot.device.server.body import CHUNK_BYTES, Body, framed_length
from surefoot.device.server.desk import Reply
from surefoot.device.server.limits import Pace
from surefoot.device.server.reader import PacedSocket, Refused
from tests.device.server.conftest import Pairs

SLOW = Pace(grace_s=60, stall_s=60)
QUICK = Pace(grace_s=0.05, stall_s=0.05)


def fields(*pairs: tuple[str, str]) -> Message:
    message = Message()
    for name, value in pairs:
        message[name] = value
    return message


class Sent:
    """A body of which the sender said `text`, then ended (or not)."""

    def __init__(self, pairs: Pairs, text: bytes, length: int | None, ended: bool) -> None:
        ours, theirs = pairs()
        self.begun = 0
        theirs.sendall(text)
        if ended:
            theirs.close()
        paced = PacedSocket(ours, SLOW)
        self.source = io.BufferedReader(paced, 16)
        self.body = Body(self.source, paced, length, self.begin)

    def begin(self) -> None:
        self.begun += 1


Send = Callable[..., Sent]


@pytest.fixture
def send(pairs: Pairs) -> Send:
    def make(text: bytes, length: int | None, *, ended: bool = True) -> Sent:
        return Sent(pairs, text, length, ended)

    return make


@pytest.mark.parametrize(
    ("headers", "length"),
    [
        (fields(), 0),
        (fields(("Content-Length", "12")), 12),
        (fields(("Content-Length", " 12 ")), 12),
        (fields(("Content-Length", "12"), ("Content-Length", "12")), 12),
        (fields(("Content-Length", "12"), ("Transfer-Encoding", "identity")), 12),
        (fields(("Transfer-Encoding", "Chunked")), None),
        (fields(("Content-Length", "12"), ("Transfer-Encoding", "chunked")), None),
    ],
)
def test_the_framings_that_real_clients_send_are_understood(
    headers: Message, length: int | None
) -> None:
    """pvr.md 6.3."""
    assert framed_length(headers) == length


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (fields(("Content-Length", "-1")), 400),
        (fields(("Content-Length", "+1")), 400),
        (fields(("Content-Length", "1_0")), 400),
        (fields(("Content-Length", "0x10")), 400),
        (fields(("Content-Length", "١")), 400),
        (fields(("Content-Length", "")), 400),
        (fields(("Content-Length", "9" * 30)), 400),
        (fields(("Content-Length", "1"), ("Content-Length", "2")), 400),
        (fields(("Content-Length", "1, 1")), 400),
        (fields(("Transfer-Encoding", "gzip, chunked")), 501),
        (fields(("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")), 501),
    ],
)
def test_a_framing_that_can_be_read_in_two_ways_is_refused(headers: Message, status: int) -> None:
    with pytest.raises(Refused) as refused:
        framed_length(headers)
    assert refused.value.status == status


def test_a_sized_body_is_read_to_its_end_and_not_beyond(send: Send) -> None:
    sent = send(b"hello, next request", 5)
    assert sent.body.read(100, SLOW) == b"hello"
    assert sent.body.finished
    assert sent.source.read() == b", next request"


def test_a_chunked_body_is_put_together_with_extensions_and_trailers(send: Send) -> None:
    text = b"4;x=y\r\nwiki\r\n5\npedia\n0\r\nTrailer: z\r\n\r\nrest"
    sent = send(text, None)
    assert sent.body.read(100, SLOW) == b"wikipedia"
    assert sent.source.read() == b"rest"


def test_a_body_larger_than_one_piece_comes_in_bounded_pieces(send: Send) -> None:
    size = 3 * 8192
    sent = send(b"x" * size, size)
    pieces = [len(piece) for piece in sent.body.chunks(SLOW)]
    assert sum(pieces) == size
    assert max(pieces) <= CHUNK_BYTES


def test_the_sender_is_told_to_go_on_once_and_only_when_its_body_is_wanted(send: Send) -> None:
    sent = send(b"hello", 5)
    assert sent.begun == 0
    sent.body.drain(SLOW)
    sent.body.drain(SLOW)
    assert sent.begun == 1
    empty = send(b"", 0)
    assert empty.body.read(1, SLOW) == b""
    assert empty.begun == 0


@pytest.mark.parametrize(
    ("text", "length"),
    [
        (b"hel", 5),
        (b"", 5),
        (b"5\r\nhel", None),
        (b"5\r\nhello", None),
        (b"5\r\nhello\r\n", None),
        (b"5\r\nhello\r\n0\r\n", None),
        (b"", None),
        (b"5\r\nhello!\r\n0\r\n\r\n", None),
        (b"-5\r\nhello\r\n0\r\n\r\n", None),
        (b"0x5\r\nhello\r\n0\r\n\r\n", None),
        (b"fffffffffffffffff\r\n", None),
        (b"5" + b" " * 2000 + b"\r\nhello\r\n0\r\n\r\n", None),
        (b"0\r\n" + b"a: b\r\n" * 100 + b"\r\n", None),
    ],
)
def test_a_body_that_is_cut_or_framed_badly_is_never_taken_for_whole(
    text: bytes, length: int | None, send: Send
) -> None:
    sent = send(text, length)
    with pytest.raises(Reply) as reply:
        sent.body.read(10_000, SLOW)
    assert reply.value.status == 400
    assert not sent.body.finished


def test_a_body_beyond_the_limit_is_refused_before_a_byte_is_read_when_it_says_so(
    send: Send,
) -> None:
    sent = send(b"x" * 10, 10)
    with pytest.raises(Reply) as reply:
        sent.body.read(9, SLOW)
    assert reply.value.status == 507
    assert sent.begun == 0


def test_a_chunked_body_beyond_the_limit_is_refused_too(send: Send) -> None:
    with pytest.raises(Reply) as reply:
        send(b"5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n", None).body.read(9, SLOW)
    assert reply.value.status == 507


def test_a_sender_that_stops_in_its_body_is_told_so(send: Send) -> None:
    sent = send(b"hel", 5, ended=False)
    with pytest.raises(Reply) as reply:
        sent.body.read(10, QUICK)
    assert (reply.value.status, reply.value.text) == (408, "Request timed out")
