"""Who sees which device, by which name."""

import pytest

from surefoot.hub.devices import access
from surefoot.hub.frame.principal import ANONYMOUS, NOBODY
from tests.hub.devices.test_views import GW1, ITSELF, OWNER, SISTER, STRANGER


@pytest.fixture(scope="module")
def gw1(world, ada):
    return world.call("POST", "/devices/", {"nick": "gw1"}, token=ada).json


@pytest.fixture(scope="module")
def open1(world, ada):
    made = world.call("POST", "/devices/", {"nick": "open1"}, token=ada).json
    assert world.call("PUT", "/devices/open1/public", token=ada).status == 200
    return made


def get(world, ref, token, query=""):
    return world.call("GET", f"/devices/{ref}{query}", token=token)


def test_an_owner_is_the_account_that_claimed_it():
    assert access.is_owner(OWNER, GW1)
    assert not any(access.is_owner(who, GW1) for who in (ITSELF, STRANGER, ANONYMOUS, NOBODY))


def test_insiders_are_the_owner_and_the_device_itself():
    assert access.is_insider(OWNER, GW1)
    assert access.is_insider(ITSELF, GW1)
    assert not any(access.is_insider(who, GW1) for who in (SISTER, STRANGER, ANONYMOUS, NOBODY))


def test_nobody_owns_what_is_unclaimed():
    """Neither has an id, and that is no kinship."""
    unclaimed = GW1.__class__(**{**GW1.__dict__, "owner": ""})
    assert not access.is_insider(ANONYMOUS, unclaimed)
    assert not access.is_insider(NOBODY, unclaimed)


def test_a_device_is_found_by_id_prn_and_nick(world, ada, gw1):
    prn = gw1["prn"].replace("/", "%2F")
    found = [get(world, ref, ada).json["id"] for ref in (gw1["id"], prn, "gw1")]
    assert found == [gw1["id"]] * 3


def test_a_device_finds_itself_by_its_nick(world, gw1):
    token = world.login(gw1["prn"], gw1["secret"])
    assert get(world, "gw1", token).json["id"] == gw1["id"]


def test_a_public_device_is_found_below_its_owners_name(world, ada, eve, anonymous, open1):
    owner = open1["owner"].replace("/", "%2F")
    for token in (eve, anonymous, ada):
        for query in ("?owner-nick=ada", f"?owner={owner}"):
            assert get(world, "open1", token, query).json["id"] == open1["id"]


def test_a_nick_means_ones_own_device_where_no_owner_is_named(world, eve, open1):
    assert get(world, "open1", eve).status == 404
    assert get(world, "open1", eve, "?owner-nick=").status == 404


def test_what_is_anothers_is_refused_and_what_is_nowhere_not_found(world, eve, anonymous, gw1):
    for token in (eve, anonymous):
        assert get(world, gw1["id"], token).status == 403
        assert get(world, "gw1", token, "?owner-nick=ada").status == 403
        assert get(world, "0" * 24, token).status == 404
        assert get(world, "gw1", token, "?owner-nick=nobody").status == 404


def test_a_sister_is_an_outsider_too(world, ada, gw1):
    _, sister = world.device(ada)
    assert get(world, gw1["id"], sister).status == 403


def test_an_unclaimed_device_is_its_own_alone(world, ada, anonymous):
    made = world.register()
    assert get(world, made["id"], ada).status == 403
    assert get(world, made["id"], anonymous).status == 403
    assert get(world, made["id"], world.login(made["prn"], made["secret"])).status == 200


def test_without_a_token_one_is_asked_to_log_in(world, gw1, open1):
    """hub-wire 2.4: never 403."""
    for ref in (gw1["id"], open1["id"], "0" * 24, "gw1"):
        reply = get(world, ref, "")
        assert reply.status == 401
        assert "ph-aeps" in reply.headers["www-authenticate"]


@pytest.mark.parametrize("ref", ["%00", "%ff", "..", "%2e%2e%2f", "a" * 3000, "%27%20OR%201=1"])
def test_odd_names_are_not_found(world, ada, ref):
    assert get(world, ref, ada).status in (404, 400, 414)
