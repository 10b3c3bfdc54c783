"""Health, metrics, the dashboard of an account, profiles."""

import pytest

from surefoot.hub.accounts.overview import routes


def test_the_hub_says_that_it_is_well(world):
    for path in ("/healthz", "/healthz/"):
        reply = world.call("GET", path)
        assert reply.status == 200
        assert reply.json["code"] == 0
        assert set(reply.json) == {"code", "duration", "start-time"}


def test_metrics_are_for_admins_and_hold_numbers_only(world):
    token = world.user("ada")
    world.device(token)
    assert world.call("GET", "/metrics").status == 401
    assert world.call("GET", "/metrics", token=token).status == 403
    world.run(world.database.run("UPDATE accounts SET admin = 1"))
    reply = world.call("GET", "/metrics", token=token)
    assert reply.headers["content-type"].startswith("text/plain")
    lines = reply.body.decode().splitlines()
    assert "surefoot_accounts 1" in lines
    assert "surefoot_devices 1" in lines
    assert all(line.startswith("#") or line.rpartition(" ")[2].isdigit() for line in lines)
    assert "ada" not in reply.body.decode()


def test_the_dashboard_shows_what_the_caller_has(world):
    ada, eve = world.user("ada"), world.user("eve")
    id, _ = world.device(ada)
    found = world.call("GET", "/dash/", token=ada).json
    assert found["nick"] == "ada"
    quotas = found["subscription"]["quota-stats"]
    assert (quotas["DEVICES"]["Actual"], quotas["DEVICES"]["Max"]) == (1, 10_000)
    assert (quotas["OBJECTS"]["Actual"], quotas["OBJECTS"]["Max"]) == (0, 64)
    (device,) = found["top-devices"]
    assert (device["device-id"], device["status"], device["message"]) == (id, "", "")
    assert world.call("GET", "/dash", token=eve).json["top-devices"] == []


@pytest.mark.parametrize(
    ("progress", "message"),
    [
        ("", ""),
        ('{"status-msg":"Updated"}', "Updated"),
        ('{"status-msg":7}', ""),
        ("{}", ""),
        ("[]", ""),
    ],
)
def test_a_message_is_found_in_whatever_a_device_reported(progress, message):
    assert routes._message(progress) == message


def test_profiles_are_found_by_how_they_begin_or_whole(world):
    ada, eve = world.user("ada"), world.user("eve")
    assert [one["nick"] for one in world.call("GET", "/profiles", token=ada).json] == ["ada"]
    assert world.call("GET", "/profiles/ada", token=eve).status == 404
    id, _ = world.device(ada)
    world.call("PUT", f"/devices/{id}/public", token=ada)
    reply = world.call("GET", "/profiles/ada", token=eve)
    assert (reply.status, reply.json["public-devices"]) == (200, 1)
    assert "email" not in reply.json
    for query, nicks in (("^A", ["ada"]), ("ad", []), ("ada", ["ada"]), ("^", ["ada", "eve"])):
        found = world.call("GET", f"/profiles?nick={query}", token=eve).json
        assert [one["nick"] for one in found] == nicks
    assert world.call("GET", "/profiles").status == 401
