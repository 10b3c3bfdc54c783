"""Lists of steps: what a device is offered, what people see."""

import json

import pytest

from surefoot.hub.frame import long_list
from tests.support import c_device_json as c_device

# hub-wire 4.2: byte for byte what the C agent asks.
POLL = (
    "/steps?progress.status=%7B%22$in%22:%5B%22NEW%22,%22DOWNLOADING%22,%22INPROGRESS%22,"
    "%22TESTING%22,%22QUEUED%22%5D%7D"
)


def revs(reply):
    assert reply.status == 200, reply.body
    return [step["rev"] for step in reply.json]


def asked(condition):
    return "/steps?progress.status=" + (
        condition if isinstance(condition, str) else json.dumps(condition).replace(" ", "%20")
    )


def test_nothing_pending_is_an_empty_array(gateway):
    for target in (POLL, "/steps", asked("NEW")):
        reply = gateway.asks("GET", target)
        assert (reply.status, reply.body) == (200, b"[]")


def test_a_device_is_offered_the_lowest_pending_step_only(gateway):
    """hub-wire 4.2; recorded/device-c-three-steps."""
    for _ in range(3):
        gateway.post()
    assert revs(gateway.asks("GET", POLL)) == [1]
    for rev, status in ((1, "DOWNLOADING"), (1, "INPROGRESS"), (1, "TESTING")):
        gateway.report(rev, status, "Trying new revision")
        assert revs(gateway.asks("GET", POLL)) == [1]
    gateway.report(1, "UPDATED")
    assert revs(gateway.asks("GET", POLL)) == [2]


def test_a_device_that_asks_for_nothing_in_particular_gets_the_first_new_one(gateway):
    for _ in range(3):
        gateway.post()
    gateway.report(1, "QUEUED")
    assert revs(gateway.asks("GET", "/steps")) == [2]
    assert revs(gateway.asks("GET", "/steps?page[size]=5&page[offset]=2")) == [2]


def test_what_a_device_has_begun_is_offered_again(gateway):
    """recorded/README.md: a Hub that hides INPROGRESS steps never hears of a rollback."""
    rev = gateway.post()
    gateway.report(rev, "INPROGRESS", "Rebooting")
    assert revs(gateway.asks("GET", POLL)) == [rev]


def test_a_message_cannot_mislead_the_c_agent(gateway):
    """recorded/device-c-hijack."""
    for word in ("rev", "state", "progress", "commit-msg"):
        rev = gateway.post(**{"commit-msg": word, "meta": {"rev": "committer", word: word}})
        body = gateway.asks("GET", POLL).body.decode()
        assert c_device.find(body, "rev") == str(rev)
        assert json.loads(c_device.find(body, "progress"))["status"] == "NEW"
        assert json.loads(c_device.find(body, "state"))["#spec"]
        gateway.report(rev, "WONTGO")


def test_a_user_sees_all_that_is_not_done(gateway):
    for _ in range(4):
        gateway.post()
    gateway.report(1, "DONE")
    gateway.report(2, "ERROR")
    assert revs(gateway.owner_asks("GET", "/steps")) == [2, 3, 4]
    assert revs(gateway.owner_asks("GET", "/steps/")) == [2, 3, 4]


def test_a_user_picks_by_status_and_page(gateway):
    for _ in range(4):
        gateway.post()
    gateway.report(2, "ERROR")
    gateway.owner_asks("PUT", "/steps/4/cancel")
    for condition, found in [
        ("NEW", [1, 3]),
        ("CANCEL", [4]),
        ("CANCELLED", [4]),
        ("NONSENSE", []),
        ({"$in": ["ERROR", "DONE"]}, [0, 2]),
        ({"$nin": ["NEW", "CANCEL"]}, [0, 2]),
        ({"$ne": "NEW"}, [0, 2, 4]),
    ]:
        assert revs(gateway.owner_asks("GET", asked(condition))) == found
    page = asked("NEW") + "&page[size]=1&page[offset]=1"
    assert revs(gateway.owner_asks("GET", page)) == [3]


@pytest.mark.parametrize(
    "query",
    [
        "progress.status={}",
        "progress.status={",
        "progress.status=%7B%22$regex%22:%22N%22%7D",
        "progress.status=%7B%22$in%22:%22NEW%22%7D",
        "page[size]=x",
        "page[offset]=-1",
    ],
)
def test_a_query_that_is_not_understood_is_refused(gateway, query):
    reply = gateway.owner_asks("GET", f"/steps?{query}")
    assert reply.status == 400
    assert reply.json["error"]


def test_a_stranger_sees_what_is_new_on_a_public_device_only(gateway, eve, anonymous):
    gateway.post()
    gateway.post()
    gateway.report(1, "ERROR")
    world, target = gateway.world, f"{gateway.trail}/steps"
    assert [world.call("GET", target, token=who).status for who in (eve, anonymous)] == [403, 403]
    assert world.call("PUT", f"/devices/{gateway.id}/public", token=gateway.owner).status == 200
    assert revs(world.call("GET", target, token=eve)) == [2]
    assert revs(world.call("GET", target, token=anonymous)) == [2]
    assert world.call("GET", target).status == 401


def test_another_device_gets_one_element_of_a_public_trail(gateway, synced):
    gateway.post()
    gateway.post()
    sister = synced()
    target = f"{gateway.trail}/steps"
    assert gateway.world.call("GET", target, token=sister.token).status == 403
    gateway.world.call("PUT", f"/devices/{gateway.id}/public", token=gateway.owner)
    assert revs(gateway.world.call("GET", target, token=sister.token)) == [1]


def test_a_list_that_would_fill_the_memory_says_how_to_ask(gateway, monkeypatch):
    for _ in range(4):
        gateway.post()
    monkeypatch.setattr(long_list, "LARGEST_ANSWER", 2000)
    reply = gateway.owner_asks("GET", "/steps")
    assert reply.status == 422
    assert "page[size]=1" in reply.json["error"]
    assert revs(gateway.owner_asks("GET", "/steps?page[size]=2")) == [1, 2]


def test_a_poll_is_seen(gateway):
    world = gateway.world
    world.run(world.database.run("UPDATE devices SET seen = 0 WHERE id = ?", gateway.id))
    gateway.asks("GET", POLL)
    row = world.run(world.database.one("SELECT seen FROM devices WHERE id = ?", gateway.id))
    assert row["seen"] > 0
