"""A Hub for the tests of a file, and a person with devices that have things to tell."""

import itertools

import pytest

from tests.hub.logs.tellers import Reader, Teller
from tests.support.hub_world import HubWorld

NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with HubWorld(tmp_path_factory.mktemp("hub")) as world:
        yield world


@pytest.fixture
def ada(world):
    """A new person for each test."""
    return Reader(world, world.user(f"ada{next(NUMBERS)}"))


@pytest.fixture
def gateway(world, ada):
    return Teller(world, *world.device(ada.token))
