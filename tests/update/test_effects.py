"""The effects: plain values that say what is true once they have returned, and who answers."""

import typing
from dataclasses import is_dataclass

import pytest

from surefoot.update import effects as do
from surefoot.update import events as on
from surefoot.update.advance import ANSWER_EVENTS
from tests.update.engine import SEVEN, X

KINDS = typing.get_args(do.Effect)
ONE_OF_EACH = (
    do.LoadState(X),
    do.Fetch(SEVEN),
    do.StopFetch(SEVEN),
    do.Install(X),
    do.Arm(X),
    do.Disarm(),
    do.Commit(X),
    do.MarkDone(X),
    do.Report(SEVEN),
    do.Switch(X),
    do.Reboot("update"),
    do.SetTimer("update.goals", 1.0),
    do.DropTimer("update.goals"),
)


def test_the_union_names_every_effect_of_the_module():
    found = {
        value
        for value in vars(do).values()
        if is_dataclass(value) and value.__module__ == do.__name__
    }
    assert found == set(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_docstring_says_what_is_true_then(kind):
    assert len(kind.__doc__.split()) > 5
    assert not kind.__doc__.startswith(f"{kind.__name__}(")


@pytest.mark.parametrize("effect", ONE_OF_EACH, ids=lambda effect: type(effect).__name__)
def test_an_effect_is_a_value(effect):
    assert len({effect, effect}) == 1


def test_every_answer_is_an_event():
    """An effect that gets an answer names the event, and there is one."""
    answers = {event for events in do.ANSWERS.values() for event in events}
    assert answers <= set(typing.get_args(on.Event))
    assert set(do.ANSWERS) <= set(KINDS)
    assert answers == ANSWER_EVENTS


@pytest.mark.parametrize("kind", typing.get_args(on.Event), ids=lambda kind: kind.__name__)
def test_an_event_that_calls_itself_an_answer_is_named_by_its_effect(kind):
    named = [effect for effect, events in do.ANSWERS.items() if kind in events]
    if kind.__doc__.startswith("Answer to"):
        assert named
        assert all(f"`{effect.__name__}`" in kind.__doc__ for effect in named)


def test_what_can_fail_has_an_answer_for_it():
    """`Checked` carries its cause; the others have an event of their own."""
    assert on.FetchFailed in do.ANSWERS[do.Fetch]
    assert on.InstallFailed in do.ANSWERS[do.Install]
    assert {on.GoalTimedOut, on.ContainerFailed} <= set(do.ANSWERS[do.Switch])
    assert on.Checked("7").cause is None


def test_there_is_one_of_each_but_save_to_look_at():
    assert {type(effect) for effect in ONE_OF_EACH} == set(KINDS) - {do.Save}
