"""What the link wants done: plain values that say what is true then, and which answer comes."""

import typing
from dataclasses import is_dataclass

import pytest

from surefoot.link import effects as do
from surefoot.link import events as on
from surefoot.link.record import What

KINDS = typing.get_args(do.Effect)
ONE_OF_EACH = (
    do.Ask(What.STEPS, new_only=True),
    do.Keep("id", "prn", "secret"),
    do.Forget(),
    do.Settle(),
    do.Show("three-good-words"),
    do.SetTimer("link.line", 5),
    do.DropTimer("link.line"),
    do.Tell(do.Fact.SILENT),
    do.Say("INFO", "the device is claimed"),
)


def test_the_union_names_every_effect_of_the_module():
    found = {v for v in vars(do).values() if is_dataclass(v) and v.__module__ == do.__name__}
    assert found == set(KINDS) == {type(effect) for effect in ONE_OF_EACH}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_docstring_says_what_it_is(kind):
    assert not kind.__doc__.startswith(f"{kind.__name__}(")


@pytest.mark.parametrize("effect", ONE_OF_EACH, ids=lambda effect: type(effect).__name__)
def test_an_effect_is_a_value(effect):
    assert len({effect, effect}) == 1


def test_every_question_has_its_answer_and_may_fail():
    assert set(do.ANSWERS) == set(What)
    for good, failed in do.ANSWERS.values():
        assert failed is on.Failed
        assert good in typing.get_args(on.Event)
