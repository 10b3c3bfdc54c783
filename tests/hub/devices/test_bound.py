"""How many devices an account may have."""

import pytest

from surefoot.hub.frame.hub import Limits
from tests.support.hub_world import HubWorld

AUTO_TOKEN = "Pantahub-Devices-Auto-Token-V1"


@pytest.fixture
def narrow(tmp_path):
    with HubWorld(tmp_path, Limits(account_devices=2)) as world:
        yield world


def claim(world, made, owner):
    target = f"/devices/{made['id']}?challenge={made['challenge']}"
    return world.call("PUT", target, token=owner)


def test_beyond_the_bound_no_way_leads_to_another_device(narrow):
    ada = narrow.user("ada")
    token = narrow.call("POST", "/devices/tokens", token=ada).json["token"]
    first, second, third = [narrow.register() for _ in range(3)]
    for made in (first, second):
        assert claim(narrow, made, ada).status == 200
    refused = [
        claim(narrow, third, ada),
        narrow.call("POST", "/devices/", {}, token=ada),
        narrow.call("POST", "/devices/", headers={AUTO_TOKEN: token}),
    ]
    for reply in refused:
        assert reply.status == 409
        assert "has 2 devices" in reply.json["error"]
        assert "remove one" in reply.json["error"]
    assert claim(narrow, first, ada).status == 200  # again: it is no other one
    assert claim(narrow, third, narrow.user("eve")).status == 200


def test_one_that_is_removed_makes_room(narrow):
    ada = narrow.user("ada")
    ids = [narrow.device(ada)[0] for _ in range(2)]
    assert narrow.call("DELETE", f"/devices/{ids[0]}", token=ada).status == 200
    narrow.device(ada)


def test_a_wrong_challenge_is_told_first(narrow):
    ada = narrow.user("ada")
    for _ in range(2):
        narrow.device(ada)
    reply = claim(narrow, {**narrow.register(), "challenge": "no-such-one"}, ada)
    assert (reply.status, "challenge" in reply.json["error"]) == (409, True)


def test_zero_is_no_bound(tmp_path):
    with HubWorld(tmp_path, Limits(account_devices=0)) as world:
        world.device(world.user("ada"))
