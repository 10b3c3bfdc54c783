"""Whoever is told the demonstration hears all of it: the doors and the tests' own spectator."""

import inspect

import pytest

from surefoot.cli import demo
from surefoot.lab.demo.audience import Audience
from tests.lab.demo.spectator import Spectator

TOLD = {name: told for name, told in vars(Audience).items() if inspect.isfunction(told)}


def audiences():
    doors = [kind for _, kind in inspect.getmembers(demo, inspect.isclass) if hasattr(kind, "act")]
    assert len(doors) == 2
    return [*doors, Spectator]


@pytest.mark.parametrize("kind", audiences(), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("name", [name for name in TOLD if not name.startswith("_")])
def test_an_audience_hears_everything_that_is_told(kind: type, name: str) -> None:
    heard = inspect.signature(getattr(kind, name)).parameters
    assert list(heard) == list(inspect.signature(TOLD[name]).parameters)
