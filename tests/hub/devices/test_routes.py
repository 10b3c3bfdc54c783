"""Devices over the wire: lists, look-ups, changes, removal (hub-wire 3)."""

import pytest

from surefoot.hub.frame import long_list


@pytest.fixture(scope="module")
def fleet(world):
    """A user with four devices, one of them public."""
    token = world.user("fleet")
    for nick in ("gw1", "gw2", "GWX", "box"):
        assert world.call("POST", "/devices/", {"nick": nick}, token=token).status == 200
    assert world.call("PUT", "/devices/gw2/public", token=token).status == 200
    return token


@pytest.fixture
def gw(world, ada):
    return world.device(ada)


def nicks(world, token, query=""):
    reply = world.call("GET", f"/devices/{query}", token=token)
    assert reply.status == 200, reply.body
    return [device["nick"] for device in reply.json]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["gw1", "gw2", "GWX", "box"]),
        ("?nick=gw1", ["gw1"]),
        ("?nick=^gw", ["gw1", "gw2", "GWX"]),
        ("?nick=%5EGW&owner-nick=", ["gw1", "gw2", "GWX"]),
        ("?nick=!gw1", ["gw2", "GWX", "box"]),
        ("?nick=none", []),
        ("?public=true", ["gw2"]),
        ("?public=!true", ["gw1", "GWX", "box"]),
        ("?owner-nick=fleet", ["gw1", "gw2", "GWX", "box"]),
        ("?page[size]=2&page[offset]=1", ["gw2", "GWX"]),
    ],
)
def test_a_user_lists_his_devices_by_filters(world, fleet, query, found):
    assert nicks(world, fleet, query) == found


def test_a_list_shows_no_secrets_and_whose_they_are(world, fleet):
    devices = world.call("GET", "/devices", token=fleet).json
    assert all("secret" not in device and "challenge" not in device for device in devices)
    assert {device["owner-nick"] for device in devices} == {"fleet"}


def test_of_another_owner_only_public_devices_are_listed(world, fleet, eve, anonymous):
    owner = world.call("GET", "/devices/gw1", token=fleet).json["owner"]
    for token in (eve, anonymous):
        assert nicks(world, token, "?owner-nick=fleet") == ["gw2"]
        assert nicks(world, token, f"?owner={owner}") == ["gw2"]
        assert nicks(world, token, "?owner-nick=fleet&nick=gw1") == []


def test_who_has_no_devices_lists_none(world, anonymous):
    assert nicks(world, world.user("newcomer")) == []
    assert nicks(world, anonymous) == []


def test_a_device_lists_itself(world, ada, gw):
    listed = world.call("GET", "/devices/", token=gw[1]).json
    assert [device["id"] for device in listed] == [gw[0]]


def test_an_unclaimed_device_lists_itself_alone(world):
    world.register()
    made = world.register()
    listed = world.call("GET", "/devices/", token=world.login(made["prn"], made["secret"])).json
    assert [device["id"] for device in listed] == [made["id"]]
    assert listed[0]["challenge"] == made["challenge"]


@pytest.mark.parametrize("query", ["?colour=red", "?public=maybe", "?page[size]=x"])
def test_a_filter_that_means_nothing_is_a_bad_request(world, fleet, query):
    assert world.call("GET", f"/devices/{query}", token=fleet).status == 400


def test_devices_of_an_account_that_is_not_there_are_not_found(world, fleet):
    assert world.call("GET", "/devices/?owner-nick=nobody", token=fleet).status == 404


def test_a_device_is_found_by_the_names_of_owner_and_device(world, fleet, eve, anonymous):
    for token in (fleet, eve, anonymous):
        assert world.call("GET", "/devices/np/fleet/gw2", token=token).json["nick"] == "gw2"
    assert world.call("GET", "/devices/np/fleet/gw1", token=fleet).status == 200


@pytest.mark.parametrize("path", ["fleet/gw1", "fleet/none", "nobody/gw1"])
def test_names_do_not_tell_what_one_may_not_see(world, eve, fleet, path):
    assert world.call("GET", f"/devices/np/{path}", token=eve).status == 404


def test_an_unclaimed_device_that_polls_is_answered_200_each_time(world):
    """hub-wire 0.9: anything else makes it register again."""
    made = world.register()
    token = world.login(made["prn"], made["secret"])
    statuses = {world.call("GET", f"/devices/{made['id']}", token=token).status for _ in range(50)}
    assert statuses == {200}


def test_a_poll_notes_when_and_from_where(world, ada, gw):
    world.run(world.database.run("UPDATE devices SET seen = 0 WHERE id = ?", gw[0]))
    world.call("GET", f"/devices/{gw[0]}", token=ada)
    row = world.run(world.database.one("SELECT * FROM devices WHERE id = ?", gw[0]))
    assert row["seen"] == 0
    world.call("GET", f"/devices/{gw[0]}", token=gw[1])
    row = world.run(world.database.one("SELECT * FROM devices WHERE id = ?", gw[0]))
    assert (row["seen"] > 0, row["address"]) == (True, "127.0.0.1")


def test_a_nick_is_changed_by_patch(world, ada, gw):
    reply = world.call("PATCH", f"/devices/{gw[0]}", {"nick": "renamed", "public": True}, token=ada)
    assert (reply.status, reply.json["nick"], reply.json["public"]) == (200, "renamed", False)
    assert world.call("GET", "/devices/renamed", token=ada).json["id"] == gw[0]
    by_device = world.call("PATCH", f"/devices/{gw[0]}", {"nick": "by-itself"}, token=gw[1])
    assert by_device.json["nick"] == "by-itself"


def test_a_patch_without_a_nick_changes_nothing(world, ada, gw):
    before = world.call("GET", f"/devices/{gw[0]}", token=ada).json
    assert world.call("PATCH", f"/devices/{gw[0]}", {}, token=ada).json == before


@pytest.mark.parametrize(
    ("body", "status"),
    [({"nick": "a b"}, 422), ({"nick": ""}, 422), ({"nick": 1}, 400), (b"{", 400), (None, 400)],
)
def test_a_bad_nick_is_refused(world, ada, gw, body, status):
    assert world.call("PATCH", f"/devices/{gw[0]}", body, token=ada).status == status


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_nick_that_another_device_has_is_a_conflict(world, ada, gw, method):
    nick = f"taken-{method}"
    world.call("POST", "/devices/", {"nick": nick}, token=ada)
    assert world.call(method, f"/devices/{gw[0]}", {"nick": nick}, token=ada).status == 409


def test_a_full_update_takes_back_what_it_was_shown(world, ada, gw):
    shown = world.call("GET", f"/devices/{gw[0]}", token=ada).json
    changed = {**shown, "nick": "whole", "user-meta": {"a": 1}, "public": True}
    reply = world.call("PUT", f"/devices/{gw[0]}", changed, token=ada)
    assert reply.status == 200
    assert {**reply.json, "time-modified": ""} == {**changed, "time-modified": ""}


@pytest.mark.parametrize(
    ("body", "status"),
    [({"owner": ""}, 422), ({"secret": ""}, 422), ({"public": "yes"}, 400), (None, 400),
     ({"user-meta": {"a": "x" * 70_000}}, 413), ({"device-meta": {"a": "x" * 400_000}}, 413)],
)  # fmt: skip
def test_a_full_update_that_is_wrong_is_refused(world, ada, gw, body, status):
    assert world.call("PUT", f"/devices/{gw[0]}", body, token=ada).status == status


def test_a_new_secret_logs_the_device_out(world, ada, gw):
    body = {"secret": "a new long secret"}
    assert world.call("PUT", f"/devices/{gw[0]}", body, token=ada).status == 200
    assert world.call("GET", f"/devices/{gw[0]}", token=gw[1]).status == 401
    assert world.login(f"prn:::devices:/{gw[0]}", "a new long secret")


def test_a_device_is_published_and_hidden_by_its_owner(world, ada, eve, gw):
    target = f"/devices/{gw[0]}"
    assert world.call("PUT", f"{target}/public", token=ada).json["public"] is True
    world.call("PATCH", f"{target}/user-meta", {"a": 1}, token=ada)
    seen = world.call("GET", target, token=eve).json
    assert (seen["user-meta"], seen["device-meta"]) == ({}, {})
    assert world.call("DELETE", f"{target}/public", token=ada).json["public"] is False
    assert world.call("GET", target, token=eve).status == 403


def test_neither_a_device_nor_another_user_publishes_it(world, ada, eve, gw):
    for method in ("PUT", "DELETE"):
        for token in (gw[1], eve):
            assert world.call(method, f"/devices/{gw[0]}/public", token=token).status == 403


def test_a_public_device_is_changed_by_its_owner_only(world, ada, eve, gw):
    target = f"/devices/{gw[0]}"
    world.call("PUT", f"{target}/public", token=ada)
    assert world.call("PATCH", target, {"nick": "eves"}, token=eve).status == 403
    assert world.call("PUT", target, {"nick": "eves"}, token=eve).status == 403
    assert world.call("DELETE", target, token=eve).status == 403
    assert world.call("DELETE", target, token=gw[1]).status == 403


def test_a_removed_device_is_gone_with_its_trail_and_its_token_void(world, ada, gw):
    id, token = gw
    state = {"#spec": "pantavisor-service-system@1"}
    assert world.call("POST", "/trails/", state, token=token).status == 200
    reply = world.call("DELETE", f"/devices/{id}", token=ada)
    assert (reply.status, reply.json["id"], reply.json["garbage"]) == (200, id, True)
    assert world.call("GET", f"/devices/{id}", token=ada).status == 404
    assert world.call("GET", f"/trails/{id}", token=ada).status == 404
    assert world.call("GET", "/trails/", token=token).status == 401
    assert world.call("DELETE", f"/devices/{id}", token=ada).status == 404


def test_a_list_of_much_metadata_says_how_to_ask(world, monkeypatch):
    owner = world.user("muchtold")
    for _ in range(4):
        world.call("POST", "/devices/", {"user-meta": {"k": "x" * 1000}}, token=owner)
    monkeypatch.setattr(long_list, "LARGEST_ANSWER", 3000)
    reply = world.call("GET", "/devices/", token=owner)
    assert reply.status == 422
    assert "page[size]=1" in reply.json["error"]
    assert len(world.call("GET", "/devices/?page[size]=1&page[offset]=2", token=owner).json) == 1


def test_a_removed_device_cannot_log_in(world, ada):
    made = world.call("POST", "/devices/", token=ada).json
    world.call("DELETE", f"/devices/{made['id']}", token=ada)
    login = {"username": made["prn"], "password": made["secret"]}
    assert world.call("POST", "/auth/login", login).status == 401


def test_changes_are_in_the_audit_log(world, ada, gw):
    target = f"/devices/{gw[0]}"
    world.call("PUT", f"{target}/public", token=ada)
    world.call("PUT", f"{target}/public", token=ada)
    world.call("PATCH", target, {"nick": "audited"}, token=ada)
    world.call("PUT", target, {"secret": "a new long secret", "public": False}, token=ada)
    world.call("DELETE", target, token=ada)
    sql = "SELECT action FROM audit WHERE subject = ? ORDER BY id"
    rows = world.run(world.database.all(sql, f"prn:::devices:/{gw[0]}"))
    assert [row["action"] for row in rows] == [
        "device claimed",
        "device published",
        "device renamed",
        "device hidden",
        "secret changed",
        "device removed",
    ]


@pytest.mark.parametrize("path", ["/devices", "/devices/"])
def test_both_forms_of_a_path_are_served(world, ada, path):
    """hub-wire 1: never by a redirect, which would lose a body."""
    assert world.call("GET", path, token=ada).status == 200
    assert world.call("POST", path).status == 200
