"""One Hub for the tests of a file, with two people; each test makes its own devices."""

import pytest

from tests.support.hub_world import HubWorld


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with HubWorld(tmp_path_factory.mktemp("hub")) as world:
        yield world


@pytest.fixture(scope="module")
def ada(world):
    return world.user("ada")


@pytest.fixture(scope="module")
def eve(world):
    return world.user("eve")


@pytest.fixture(scope="module")
def anonymous(world):
    return world.login("prn:pantahub.com:auth:/anon", "prn:pantahub.com:auth:/anon")
