import io
import socket
from pathlib import Path

import pytest

from surefoot.device.server.message import Answer, AnyAnswer, FileAnswer, StreamAnswer
from surefoot.device.server.writer import Manner, Writer
from tests.device.server.conftest import Pairs
from tests.device.server.memory_desk import Heard, parse


def heard(pairs: Pairs, answer: AnyAnswer, manner: Manner, *, ended: bool = False) -> Heard:
    ours, theirs = pairs()
    Writer(ours, 60, lambda: ended).send(answer, manner)
    ours.close()
    return parse(theirs.makefile("rb").read())


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
def test_a_client_is_answered_in_its_own_version(version: str, pairs: Pairs) -> None:
    answer = heard(pairs, Answer(body=b"[]"), Manner(version))
    assert (answer.version, answer.body, answer.headers["connection"]) == (version, b"[]", "close")


def test_a_kept_connection_is_not_said_to_end(pairs: Pairs) -> None:
    assert "connection" not in heard(pairs, Answer(), Manner(close=False)).headers


def test_no_content_has_no_length(pairs: Pairs) -> None:
    assert heard(pairs, Answer(204), Manner()).headers == {"connection": "close"}


def test_an_answer_to_head_has_its_fields_and_no_body(pairs: Pairs) -> None:
    answer = heard(pairs, Answer(400, b"{}"), Manner(bare=True))
    assert (answer.status, answer.headers["content-length"], answer.body) == (400, "0", b"")


@pytest.mark.parametrize("size", [0, 1, 300_000])
def test_a_file_is_sent_whole_and_closed(size: int, pairs: Pairs, tmp_path: Path) -> None:
    content = bytes(n % 251 for n in range(size))
    (tmp_path / "f").write_bytes(content)
    file = (tmp_path / "f").open("rb", buffering=0)
    ours, theirs = pairs()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    Writer(ours, 60, bool).send(FileAnswer(file, size), Manner())
    ours.close()
    answer = parse(theirs.makefile("rb").read())
    assert (answer.body, answer.headers["content-length"]) == (content, str(size))
    assert file.closed


def test_a_stream_ends_with_its_pieces_and_has_no_length(pairs: Pairs) -> None:
    answer = heard(pairs, StreamAnswer(iter([b"a", b"", b"b"]), "text/plain"), Manner())
    assert answer.body == b"ab"
    assert "content-length" not in answer.headers


def test_a_stream_ends_when_the_server_stops(pairs: Pairs) -> None:
    endless = StreamAnswer(iter(lambda: b"x", b""), "text/plain")
    assert heard(pairs, endless, Manner(), ended=True).body == b""


def test_a_stream_notices_in_its_pauses_that_nobody_listens(pairs: Pairs) -> None:
    ours, theirs = pairs()
    theirs.close()
    with pytest.raises(OSError):  # noqa: PT011 - any: there is nobody
        Writer(ours, 60, bool).send(StreamAnswer(iter([b""]), "text/plain"), Manner())
    ours, theirs = pairs()

    def pauses() -> object:
        theirs.close()
        while True:
            yield b""

    Writer(ours, 60, bool).send(StreamAnswer(pauses(), "text/plain"), Manner())  # type: ignore[arg-type]


def test_a_client_that_takes_nothing_is_given_up(pairs: Pairs) -> None:
    ours, _theirs = pairs()
    with pytest.raises(TimeoutError):
        Writer(ours, 0.05, bool).send(Answer(body=bytes(10_000_000)), Manner())
    with pytest.raises(OSError):  # noqa: PT011 - a file that shrank is no answer to wait for
        Writer(ours, 0.05, bool).send(FileAnswer(io.FileIO("/dev/null"), 10), Manner())
