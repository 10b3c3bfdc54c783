"""The supervisor's effects and events: plain values, each effect with its answers."""

import typing
from dataclasses import is_dataclass

import pytest

from surefoot.supervisor import effects as do
from surefoot.supervisor import events as on
from surefoot.supervisor.advance import RULES

EFFECTS = typing.get_args(do.Effect)
EVENTS = typing.get_args(on.Event)


def defined_in(module):
    return {v for v in vars(module).values() if is_dataclass(v) and v.__module__ == module.__name__}


def test_the_unions_name_everything_that_is_defined():
    assert defined_in(do) == set(EFFECTS)
    assert defined_in(on) == set(EVENTS)


def test_every_event_has_a_rule():
    assert set(RULES) == set(EVENTS)


def test_every_answer_is_an_event_and_says_so():
    answers = {event for events in do.ANSWERS.values() for event in events}
    assert answers <= set(EVENTS)
    for kind, events in do.ANSWERS.items():
        for event in events:
            assert f"`{kind.__name__}`" in event.__doc__


def test_what_has_no_answer_is_release_a_dropped_timer_and_what_is_told():
    assert set(EFFECTS) - set(do.ANSWERS) == {do.Release, do.DropTimer, do.Tell}


@pytest.mark.parametrize("kind", [*EFFECTS, *EVENTS], ids=lambda kind: kind.__name__)
def test_all_are_frozen(kind):
    assert kind.__dataclass_params__.frozen


def test_what_is_told_has_a_word_of_its_own():
    assert len({fact.value for fact in do.Fact}) == len(do.Fact)
