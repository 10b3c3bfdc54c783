"""The events: plain values, each told apart, each with somebody who sends it."""

import typing
from dataclasses import FrozenInstanceError, fields, is_dataclass

import pytest

from surefoot.update import events as on
from surefoot.update.advance import LATE, RULES
from tests.update.engine import EVENTS

KINDS = typing.get_args(on.Event)


def test_the_union_names_every_event_of_the_module():
    found = {
        value
        for value in vars(on).values()
        if is_dataclass(value) and value.__module__ == on.__name__
    }
    assert found == set(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_docstring_says_who_sends_it(kind):
    senders = ("The door", "The queue", "Answer to", "The supervisor", "The Hub", "The hands")
    assert kind.__doc__.startswith(senders)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_is_frozen_and_hashable(event):
    assert len({event, event}) == 1
    for field in fields(event):
        with pytest.raises(FrozenInstanceError):
            setattr(event, field.name, None)


def test_the_tests_know_one_of_each():
    assert {type(event) for event in EVENTS} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_event_means_something_somewhere(kind):
    assert any(event is kind for _, event in RULES)


def test_what_may_come_late_is_what_somebody_else_sends_in_his_own_time():
    """The door and the queue ask when they see that they may; an answer or a fact just comes."""
    asked = {on.RunAsked, on.RemoteOffered, on.StaleOffered, on.AbortAsked, on.RollbackAsked}
    assert set(KINDS) - LATE == {*asked, on.Booted}
