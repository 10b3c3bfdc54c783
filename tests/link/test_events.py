"""What may happen to the link: plain values, each with somebody who takes it."""

import typing
from dataclasses import is_dataclass

import pytest

from surefoot.link import effects as do
from surefoot.link import events as on
from surefoot.link.advance import RULES

KINDS = typing.get_args(on.Event)


def test_the_union_names_every_event_of_the_module():
    found = {v for v in vars(on).values() if is_dataclass(v) and v.__module__ == on.__name__}
    assert found == set(KINDS)


def test_every_event_has_a_rule():
    assert set(RULES) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_docstring_says_who_sends_it(kind):
    assert kind.__doc__.startswith(("The composition:", "Answer to"))
    assert kind.__dataclass_params__.frozen


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_event_that_calls_itself_an_answer_is_one(kind):
    answers = {event for events in do.ANSWERS.values() for event in events} | {on.TimerFired}
    assert kind.__doc__.startswith("Answer to") is (kind in answers)
