import pytest

from surefoot.device.server.desk import Reply
from surefoot.device.server.message import REASONS, Answer, failure, known_as, whole_number
from surefoot.errors import (
    OUTCOMES,
    Busy,
    Conflict,
    InvalidInput,
    NoRoom,
    NotFound,
    SurefootError,
)


def test_an_error_is_compact_json_with_its_status_and_words() -> None:
    assert failure(Conflict("it runs")) == Answer(409, b'{"Error":"it runs"}')


def test_a_reply_says_exactly_what_it_was_told_to() -> None:
    reply = Reply(500, "Signal not expected", retry_after_s=7)
    assert failure(reply) == Answer(
        500, b'{"Error":"Signal not expected"}', headers={"Retry-After": "7"}
    )


def test_a_reason_stands_beside_the_text_that_clients_know() -> None:
    assert failure(Reply(422, "bad", reason='key "x"')).body == (
        b'{"Error":"bad","Reason":"key \\"x\\""}'
    )


def test_busy_says_when_to_come_again() -> None:
    answer = failure(Busy("A command is already in progress. Try again"))
    assert (answer.status, answer.headers) == (503, {"Retry-After": "120"})


def test_a_full_disk_has_the_words_that_pvcontrol_compares_byte_for_byte() -> None:
    """pvr.md 6.2."""
    assert failure(NoRoom("objects/ab: 12 bytes")) == Answer(
        507, b'{"Error":"Not enough disk space available"}'
    )


def test_every_status_that_an_error_can_have_has_a_reason_phrase() -> None:
    assert {outcome.http_status for outcome in OUTCOMES.values()} <= set(REASONS)


def test_an_error_is_known_by_the_text_of_its_path_and_keeps_its_reason() -> None:
    with pytest.raises(Reply) as reply, known_as(NotFound, 404, "Resource does not exist"):
        raise NotFound("there is no revision 9")
    assert (reply.value.status, reply.value.text) == (404, "Resource does not exist")
    assert reply.value.reason == "there is no revision 9"


def test_a_text_is_not_repeated_as_its_own_reason() -> None:
    with pytest.raises(Reply) as reply, known_as(NotFound, 404, "gone"):
        raise NotFound("gone")
    assert reply.value.reason == ""


@pytest.mark.parametrize("error", [Reply(409, "mine"), InvalidInput("other"), SurefootError("any")])
def test_other_errors_and_exact_replies_pass_as_they_are(error: SurefootError) -> None:
    with pytest.raises(SurefootError) as passed, known_as(NotFound, 404, "text"):
        raise error
    assert passed.value is error


@pytest.mark.parametrize("text", ["", "-1", "1.0", "²", "one", "1" * 19])
def test_only_plain_digits_are_a_number(text: str) -> None:
    with pytest.raises(Reply, match="bad tail"):
        whole_number("tail", text)
    assert whole_number("tail", "0042") == 42
