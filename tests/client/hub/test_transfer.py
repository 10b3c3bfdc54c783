"""What libcurl's callbacks do, without libcurl."""

import asyncio

import pycurl
import pytest

from surefoot.client.hub.transfer import PAUSE, Keeper, Transfer
from surefoot.errors import Corrupt


def transfer(wants: bool = True) -> tuple[Transfer, list[bytes]]:
    got: list[bytes] = []

    def take(_head: Transfer, chunk: bytes) -> bool:
        got.append(chunk)
        return wants

    return Transfer(take), got


def test_the_word_for_a_pause_is_libcurls() -> None:
    assert PAUSE == pycurl.WRITEFUNC_PAUSE


def test_what_a_callback_raises_is_raised_where_somebody_waits() -> None:
    keeper = Keeper()
    with keeper:
        raise Corrupt("here")
    with keeper:
        pass
    with pytest.raises(Corrupt, match="here"):
        keeper.release()


def test_of_several_answers_the_last_one_stays() -> None:
    one, _ = transfer()
    lines = [
        "HTTP/1.1 100 Continue",
        "X: y",
        "",
        "HTTP/1.1 206 Some",
        "Set: a",
        "A-B : c ",
        "set: b",
    ]
    for line in lines:
        text = f"{line}\r\n".encode()
        assert one.take_line(text) == len(text)
    assert (one.status, one.headers) == (206, {"set": "a, b", "a-b": "c"})


@pytest.mark.parametrize(
    "line", [b"HTTP/1.1", b"HTTP/1.1 x", b"HTTP/1.1 \xb2\xb2\xb2", b"HTTP/1.1 " + b"9" * 9000]
)
def test_a_status_that_is_none_is_nought(line: bytes) -> None:
    one, _ = transfer()
    assert one.take_line(line)
    assert one.status == 0
    one.keeper.release()


def test_fields_without_end_stop_it() -> None:
    one, _ = transfer()
    line = b"X: " + b"y" * 1000
    assert 0 in [one.take_line(line) for _ in range(100)]


def test_a_piece_that_is_not_wanted_stops_it() -> None:
    one, got = transfer(wants=False)
    assert one.take_body(b"abc") == 0
    assert got == [b"abc"]


def test_each_piece_is_headway() -> None:
    one, _ = transfer()
    times = iter([5.0, 7.0])
    one.clock = lambda: next(times)
    one.take_line(b"HTTP/1.1 200 OK")
    assert one.moved_at == 5
    one.take_body(b"x")
    assert one.moved_at == 7


async def test_while_it_rests_nothing_is_taken() -> None:
    one, got = transfer()
    woken: list[int] = []
    one.go_on = lambda: woken.append(1)
    until: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    one.rest(until)
    assert one.take_body(b"a") == PAUSE
    until.set_result(None)
    await asyncio.sleep(0)
    assert woken == [1]
    assert one.take_body(b"a") == 1
    assert got == [b"a"]
