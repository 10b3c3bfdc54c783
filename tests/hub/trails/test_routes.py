"""What the other test files of this room do not ask for."""

import pytest

from surefoot.hub.frame.route import Access
from surefoot.hub.trails.routes import ROUTES


def test_each_route_stands_once():
    named = [(route.method, route.path) for route in ROUTES]
    assert len(named) == len(set(named))


def test_fixed_paths_stand_before_patterns_that_would_take_them():
    paths = [route.path for route in ROUTES]
    assert paths.index("/trails/summary") < paths.index("/trails/{trail}")
    assert paths.index("/trails/{trail}/.pvrremote") < paths.index("/{owner}/{device}/.pvrremote")


def test_nothing_of_a_trail_is_open():
    assert not [route for route in ROUTES if route.access is Access.OPEN]


def test_a_user_lists_his_trails_without_their_states(gateway, synced, world, ada, eve):
    other = synced()
    trails = world.call("GET", "/trails/", token=ada).json
    assert {gateway.id, other.id} <= {trail["id"] for trail in trails}
    assert "factory-state" not in trails[0]
    assert world.call("GET", "/trails", token=eve).json == []


def test_a_device_lists_its_own_trail_only(gateway, synced):
    synced()
    listed = gateway.world.call("GET", "/trails/", token=gateway.token).json
    assert [trail["id"] for trail in listed] == [gateway.id]


def test_a_trail_has_its_factory_state(gateway, eve):
    for reply in (gateway.owner_asks("GET", ""), gateway.asks("GET", "/")):
        assert reply.json["factory-state"] == {"#spec": "pantavisor-service-system@1"}
    assert gateway.world.call("GET", gateway.trail, token=eve).status == 403


def test_a_device_that_has_not_synced_has_no_trail(world, ada):
    id, _ = world.device(ada)
    reply = world.call("GET", f"/trails/{id}", token=ada)
    assert reply.status == 404
    assert "has not told" in reply.json["error"]


@pytest.mark.parametrize("part", ["", "/state", "/meta", "/progress", "/.pvrremote"])
def test_a_step_that_is_not_there_is_404_everywhere(gateway, part):
    assert gateway.owner_asks("GET", f"/steps/7{part}").status == 404


@pytest.mark.parametrize("part", ["", "/steps", "/steps/0", "/summary", "/.pvrremote"])
def test_a_trail_that_is_not_there_is_404_everywhere(world, ada, part):
    assert world.call("GET", f"/trails/{'0' * 24}{part}", token=ada).status == 404


def test_whatever_a_device_asks_of_its_trail_it_was_seen(gateway):
    rev, world = gateway.post(), gateway.world

    def seen():
        row = world.run(world.database.one("SELECT seen FROM devices WHERE id = ?", gateway.id))
        world.run(world.database.run("UPDATE devices SET seen = 0 WHERE id = ?", gateway.id))
        return row["seen"] > 0

    seen()
    for ask in (
        lambda: world.call("GET", "/trails/", token=gateway.token),
        lambda: world.call("POST", "/trails/", b"{}", token=gateway.token),
        lambda: gateway.asks("GET", ""),
        lambda: gateway.asks("GET", "/steps"),
        lambda: gateway.asks("GET", f"/steps/{rev}"),
        lambda: gateway.asks("GET", f"/steps/{rev}/progress"),
        lambda: gateway.report(rev, "QUEUED"),
    ):
        ask()
        assert seen()
    gateway.owner_asks("GET", f"/steps/{rev}")
    assert not seen()
