"""Each error knows how it ends: one table for the socket and the command line (R24)."""

import pytest

from surefoot import errors


def every_error():
    return [kind for kind in vars(errors).values() if isinstance(kind, type)]


@pytest.mark.parametrize(
    "kind",
    [k for k in every_error() if issubclass(k, errors.SurefootError)],
    ids=lambda k: k.__name__,
)
def test_every_error_has_an_outcome_of_its_own(kind):
    assert kind in errors.OUTCOMES


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.SurefootError, 1),
        (errors.InvalidInput, 3),
        (errors.Conflict, 3),
        (errors.Unreachable, 5),
        (errors.TimedOut, 6),
        (errors.Busy, 75),
    ],
)
def test_exit_codes_are_those_of_the_ruling(kind, code):
    """R24."""
    assert errors.outcome(kind("text")).exit_code == code


def test_a_kind_of_an_error_ends_as_that_error_does():
    class Torn(errors.Corrupt):
        pass

    assert errors.outcome(Torn("x")) == errors.OUTCOMES[errors.Corrupt]


def test_busy_says_when_to_come_again():
    """device.md 7: Retry-After."""
    assert errors.Busy("text").retry_after_s == 120
    assert errors.Busy("text", 600).retry_after_s == 600
