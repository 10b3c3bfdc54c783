from pathlib import Path

import pytest

from surefoot.client.exchange import Asked, exchange
from surefoot.client.socket import SocketClient
from surefoot.device.server.message import failure
from surefoot.errors import OUTCOMES, Corrupt, InvalidInput, SurefootError, outcome
from tests.client.test_socket import HEAD, canned

NOT_SENT = {"RuntimeFailed", "Unreachable", "SurefootError"}


def test_the_length_of_a_body_is_always_said() -> None:
    assert Asked("PUT", "/x", b"abc").all_fields() == {"Content-Length": "3"}
    assert Asked("PUT", "/x", iter([b"a"]), 1).all_fields() == {"Content-Length": "1"}
    assert Asked("GET", "/x", fields={"A": "b"}).all_fields() == {"Content-Length": "0", "A": "b"}


@pytest.mark.parametrize("kind", [k for k in OUTCOMES if k.__name__ not in NOT_SENT])
def test_an_error_of_the_device_is_the_same_error_at_the_client(
    kind: type[SurefootError], tmp_path: Path
) -> None:
    """errors.OUTCOMES there and back; only Corrupt needs its text beside its status."""
    told = kind("Object has bad checksum" if kind is Corrupt else "words")
    answer = failure(told)
    fields = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    head = f"HTTP/1.1 {answer.status} X\r\nContent-Length: {len(answer.body)}\r\n{fields}\r\n"
    thread = canned(tmp_path / "s", head.encode() + answer.body)
    with pytest.raises(kind) as error:
        SocketClient(tmp_path / "s", 60).get("/x")
    thread.join(60)
    assert type(error.value) is kind
    assert outcome(error.value) == outcome(told)


def test_words_that_are_no_json_are_told_as_they_are(tmp_path: Path) -> None:
    text = b"HTTP/1.1 400 X\r\nContent-Length: 7\r\n\r\nno json"
    thread = canned(tmp_path / "s", text)
    with pytest.raises(InvalidInput, match="no json"):
        exchange(tmp_path / "s", Asked("GET", "/x"), 60)
    thread.join(60)


def test_an_answer_is_read_piece_by_piece(tmp_path: Path) -> None:
    thread = canned(tmp_path / "s", HEAD + b"12345\n789\n")
    with exchange(tmp_path / "s", Asked("GET", "/x"), 60) as stream:
        assert stream.size == 10
        assert stream.readline(60) == b"12345\n"
        assert stream.read(2) == b"78"
        assert stream.rest() == b"9\n"
    thread.join(60)
