"""Rows as bodies: times as text, keys in the caller's order."""

from surefoot.hub.trails import store
from surefoot.hub.trails.shown import offered_bytes
from tests.hub.trails.conftest import members

TIMES = ("step-time", "progress-time", "time-created", "time-modified")


def test_a_device_and_a_user_get_the_same_in_different_orders(gateway):
    rev = gateway.post()
    for_device = gateway.asks("GET", f"/steps/{rev}")
    for_user = gateway.owner_asks("GET", f"/steps/{rev}")
    assert members(for_device.body)[:4] == ["rev", "progress", "commit-msg", "state"]
    assert members(for_user.body) == sorted(members(for_user.body))
    assert for_user.json == {**for_device.json, "used_objects": []}


def test_the_simulator_finds_all_that_it_insists_on(gateway):
    """recorded/README.md, the last part."""
    step = gateway.asks("GET", "/steps/0").json
    assert isinstance(step["rev"], int)
    for key in ("id", "owner", "device", "trail-id", *TIMES):
        assert isinstance(step[key], str)
        assert step[key]
    assert isinstance(step["progress"]["status-msg"], str)


def test_times_are_rfc_3339(gateway):
    step = gateway.owner_asks("GET", "/steps/0").json
    assert all(step[key].endswith("Z") and "T" in step[key] for key in TIMES)


def test_a_trail_names_its_owner_of_now(gateway):
    trail = gateway.owner_asks("GET", "").json
    me = gateway.world.call("GET", "/auth/auth_status", token=gateway.owner).json["prn"]
    assert (trail["owner"], trail["device"]) == (me, f"prn:::devices:/{gateway.id}")


def test_what_is_counted_is_what_a_device_is_sent(gateway):
    rev = gateway.post(**{"commit-msg": "é"})
    world = gateway.world
    step = world.run(store.get_step(world.database, gateway.id, rev))
    owner = world.call("GET", "/auth/auth_status", token=gateway.owner).json["prn"]
    sent = gateway.asks("GET", f"/steps/{rev}").body
    assert offered_bytes(step, owner.partition("/")[2]) == len(sent)
