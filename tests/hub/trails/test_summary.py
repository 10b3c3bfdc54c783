"""Where devices stand, for people."""

import pytest

from surefoot.hub.frame.problems import Malformed
from surefoot.hub.trails.store import Standing
from surefoot.hub.trails.summary import NO_SHA, selected, summary

SHA = "ab" * 32
GW1 = Standing(
    device="5f3e9c0a1b2c3d4e5f607182",
    nick="gw1",
    owner="5f3e9c0a1b2c3d4e5f600001",
    public=True,
    seen=1_000_000,
    address="192.0.2.1",
    user_meta='{"fleet.group":"north","fleet.rev":7,"other":"x"}',
    touched=2_000_000,
    newest=5,
    rev=4,
    state_sha=SHA,
    progress='{"status":"TESTING","status-msg":"m","progress":75,"logs":"l","x":{"status":"y"}}',
    step_time=3_000_000,
    progress_time=0,
)
NEW = Standing(
    device="0" * 24, nick="gw2", owner=GW1.owner, public=False, seen=0, address="", user_meta="{}",
    touched=0, newest=0, rev=None, state_sha=None, progress=None, step_time=None,
    progress_time=None,
)  # fmt: skip


def test_every_field_of_the_reference_is_there():
    """hub-wire 4.4."""
    assert summary(GW1) == {
        "deviceid": "5f3e9c0a1b2c3d4e5f607182",
        "device": "prn:::devices:/5f3e9c0a1b2c3d4e5f607182",
        "device-nick": "gw1",
        "revision": 5,
        "progress-revision": 4,
        "progress": 75,
        "public": True,
        "state-sha": SHA,
        "status-msg": "m",
        "status": "TESTING",
        "timestamp": "1970-01-01T00:00:01.000000Z",
        "step-time": "1970-01-01T00:00:03.000000Z",
        "progress-time": "0001-01-01T00:00:00Z",
        "trail-touched-time": "1970-01-01T00:00:02.000000Z",
        "real-ip": "192.0.2.1",
        "fleet-group": "north",
        "fleet-model": "",
        "fleet-location": "",
        "fleet-rev": "",
    }


def test_a_claimed_device_without_a_trail_is_syncing():
    """R19. `pvr ps` cuts eight characters off the sha: it must have them."""
    shown = summary(NEW)
    assert (shown["status"], shown["state-sha"]) == ("SYNCING", NO_SHA)
    assert (shown["revision"], shown["progress-revision"], shown["progress"]) == (0, 0, 0)


def test_strangers_see_neither_the_address_nor_the_fleet():
    shown = summary(GW1, is_owners=False)
    assert (shown["real-ip"], shown["fleet-group"]) == ("", "")
    assert shown["status"] == "TESTING"


def nicks(query):
    return [one["device-nick"] for one in selected([summary(NEW), summary(GW1)], query)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["gw1", "gw2"]),
        ({"sort": "timestamp"}, ["gw2", "gw1"]),
        ({"sort": "-device-nick"}, ["gw2", "gw1"]),
        ({"sort": "-public,device-nick"}, ["gw1", "gw2"]),
        ({"sort": "device-nick,timestamp,device-nick,-device-nick"}, ["gw1", "gw2"]),
        ({"filter": '{"status":"SYNCING"}'}, ["gw2"]),
        ({"filter": '{"status":{"$ne":"SYNCING"},"public":true}'}, ["gw1"]),
        ({"filter": '{"no-such-key":1}'}, []),
    ],
)
def test_summaries_are_filtered_and_sorted(query, found):
    assert nicks(query) == found


@pytest.mark.parametrize("query", [{"sort": "no-such-key"}, {"sort": ""}, {"filter": "x"}])
def test_what_is_not_understood_is_refused(query):
    with pytest.raises(Malformed):
        nicks(query)


def test_a_user_sees_where_all_his_devices_stand(gateway, world, ada, eve):
    fresh, _ = world.device(ada)
    gateway.post()
    gateway.report(1, "QUEUED", "Retried 0 of 10")
    gateway.post()
    shown = {one["deviceid"]: one for one in world.call("GET", "/trails/summary", token=ada).json}
    assert shown[fresh]["status"] == "SYNCING"
    mine = shown[gateway.id]
    assert (mine["revision"], mine["progress-revision"], mine["status"]) == (2, 1, "QUEUED")
    assert mine["real-ip"] == "127.0.0.1"
    assert mine["timestamp"] > "2"
    assert world.call("GET", "/trails/summary", token=eve).json == []


def test_one_device(gateway, eve):
    target = f"{gateway.trail}/summary"
    assert gateway.owner_asks("GET", "/summary").json["status"] == "DONE"
    assert gateway.world.call("GET", target, token=eve).status == 403
    gateway.world.call("PUT", f"/devices/{gateway.id}/public", token=gateway.owner)
    seen = gateway.world.call("GET", target, token=eve).json
    assert (seen["status"], seen["real-ip"]) == ("DONE", "")
