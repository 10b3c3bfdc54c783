"""A Hub for the tests of a file, and people with things to send."""

import pytest

from tests.hub.objects.senders import Sender
from tests.support.hub_world import HubWorld


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with HubWorld(tmp_path_factory.mktemp("hub")) as world:
        yield world


@pytest.fixture(scope="module")
def ada(world):
    return Sender(world, world.user("ada"))


@pytest.fixture(scope="module")
def eve(world):
    return Sender(world, world.user("eve"))


@pytest.fixture(scope="module")
def anonymous(world):
    name = "prn:pantahub.com:auth:/anon"
    return Sender(world, world.login(name, name))


@pytest.fixture
def gateway(world, ada):
    """A new device of Ada's."""
    id, token = world.device(ada.token)
    return Sender(world, token, id)


@pytest.fixture
def shared(world, eve):
    """A new device of Eve's that everybody may read."""
    id, token = world.device(eve.token)
    assert eve.call("PUT", f"/devices/{id}/public").status == 200
    return Sender(world, token, id)
