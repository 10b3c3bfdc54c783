from decimal import Decimal

import pytest

from surefoot.errors import InvalidInput, outcome
from surefoot.revision.errors import StateError, alternatives, describe, shown
from tests.revision.states import sha


def test_an_error_says_where_what_was_expected_and_what_was_found():
    error = StateError("app/run.json: timeout", "a number", "a list")
    assert str(error) == "app/run.json: timeout: expected a number, found a list"
    assert (error.key, error.expected, error.found) == (
        "app/run.json: timeout",
        "a number",
        "a list",
    )


def test_an_error_without_a_key_is_about_the_whole_text():
    assert str(StateError("", "JSON", "nothing")) == "the JSON text: expected JSON, found nothing"


def test_a_bad_state_is_invalid_input_for_every_door():
    error = StateError("", "JSON", "nothing")
    assert isinstance(error, InvalidInput)
    assert outcome(error) == outcome(InvalidInput(""))


def test_a_hostile_key_cannot_drive_a_terminal_nor_fill_it():
    message = str(StateError("\x1b[2J\n" + "x" * 100_000, "a", "b"))
    assert message.isprintable()
    assert len(message) < 250


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "nothing"),
        (True, "true"),
        (False, "false"),
        (3, "the number 3"),
        (Decimal("1.5"), "the number 1.5"),
        ("x", '"x"'),
        ("\x00", '"\\u0000"'),
        (sha(), "the sha256 of an object"),
        ([], "a list"),
        ({}, "an object"),
    ],
)
def test_found_values_are_described_in_words(value, words):
    assert describe(value) == words


def test_long_texts_are_cut():
    assert len(shown("x" * 1000)) == 160


@pytest.mark.parametrize(
    ("words", "text"),
    [(["a"], '"a"'), (["a", "b"], '"a" or "b"'), (["a", "b", "c"], '"a", "b" or "c"')],
)
def test_alternatives_read_like_a_sentence(words, text):
    assert alternatives(words) == text
