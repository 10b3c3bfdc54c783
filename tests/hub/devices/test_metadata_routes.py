"""Metadata over the wire (hub-wire 3, 3.4)."""

import json
import threading

import pytest

KINDS = ("user-meta", "device-meta")


@pytest.fixture
def gw(world, ada):
    """(id, the device's token)"""
    return world.device(ada)


def meta(world, method, gw, kind, token, body=None):
    return world.call(method, f"/devices/{gw[0]}/{kind}", body, token=token)


def test_a_new_device_has_empty_metadata(world, ada, gw):
    for kind in KINDS:
        for token in (ada, gw[1]):
            assert meta(world, "GET", gw, kind, token).body == b"{}"


def test_what_the_owner_sets_the_device_reads_flat(world, ada, gw):
    """recorded/device-c-user-meta."""
    body = b'{"plain":"text", "number":5, "object":{"a":[1,2]}, "nothing":null}'
    assert meta(world, "PUT", gw, "user-meta", ada, body).status == 200
    read = meta(world, "GET", gw, "user-meta", gw[1])
    assert read.body == b'{"plain":"text","number":5,"object":{"a":[1,2]}}'
    assert meta(world, "PUT", gw, "user-meta", ada, b"{}").body == b"{}"
    assert meta(world, "GET", gw, "user-meta", gw[1]).body == b"{}"


def test_a_patch_of_user_meta_is_echoed_and_null_removes(world, ada, gw):
    """recorded/pvr-devices: `pvr device set gw1 k=v gone`."""
    meta(world, "PUT", gw, "user-meta", ada, {"gone": "x", "stays": "y"})
    patch = b'{"gone":null,"k":"v"}'
    assert meta(world, "PATCH", gw, "user-meta", ada, patch).body == patch
    read = meta(world, "GET", gw, "user-meta", ada)
    assert read.json == {"stays": "y", "k": "v"}


def test_user_meta_is_found_by_nick_as_well(world, ada, gw):
    nick = world.call("GET", f"/devices/{gw[0]}", token=ada).json["nick"]
    assert world.call("PATCH", f"/devices/{nick}/user-meta", {"a": 1}, token=ada).status == 200
    assert world.call("GET", f"/devices/{nick}/user-meta", token=ada).json == {"a": 1}


def test_the_device_writes_its_device_meta_whole_or_in_part(world, ada, gw):
    """recorded: the C agent PUTs all, the mocker PATCHes."""
    status = {"status": "ok"}
    first = {"pantavisor.revision": "0", "storage": {"free": 270553174016}}
    assert meta(world, "PUT", gw, "device-meta", gw[1], first).json == status
    patch = {"pantavisor.revision": "1", "storage": None, "time": 5}
    assert meta(world, "PATCH", gw, "device-meta", gw[1], patch).json == status
    expected = {"pantavisor.revision": "1", "time": 5}
    assert meta(world, "GET", gw, "device-meta", ada).json == expected
    assert world.call("GET", f"/devices/{gw[0]}", token=ada).json["device-meta"] == expected


def test_only_the_device_writes_device_meta(world, ada, gw):
    for method in ("PUT", "PATCH"):
        assert meta(world, method, gw, "device-meta", ada, {}).status == 403
        _, sister = world.device(ada)
        assert meta(world, method, gw, "device-meta", sister, {}).status == 403


@pytest.mark.parametrize("kind", KINDS)
def test_metadata_is_nobody_elses_even_of_a_public_device(world, ada, eve, anonymous, gw, kind):
    assert world.call("PUT", f"/devices/{gw[0]}/public", token=ada).status == 200
    for token in (eve, anonymous):
        assert meta(world, "GET", gw, kind, token).status == 403
        assert meta(world, "PUT", gw, kind, token, {"a": 1}).status == 403
        assert meta(world, "PATCH", gw, kind, token, {"a": 1}).status == 403
    assert meta(world, "GET", gw, kind, "").status == 401


def test_an_unclaimed_device_has_metadata_too(world):
    made = world.register()
    token = world.login(made["prn"], made["secret"])
    gw = (made["id"], token)
    assert meta(world, "PUT", gw, "device-meta", token, {"a": 1}).status == 200
    assert meta(world, "GET", gw, "user-meta", token).body == b"{}"


@pytest.mark.parametrize(("kind", "most"), [("user-meta", 65_536), ("device-meta", 262_144)])
def test_metadata_is_bounded_as_a_whole(world, gw, kind, most):
    half = "x" * (most // 2)
    assert meta(world, "PUT", gw, kind, gw[1], {"a": half}).status == 200
    refused = meta(world, "PATCH", gw, kind, gw[1], {"b": half})
    assert refused.status == 413
    assert meta(world, "PUT", gw, kind, gw[1], {"a": "x" * most}).status == 413
    assert meta(world, "GET", gw, kind, gw[1]).json == {"a": half}


@pytest.mark.parametrize("body", [None, b"null", b"[1]", b"{", b"\xff\xfe", b'{"a":' * 9999])
def test_what_is_no_object_is_a_bad_request_and_changes_nothing(world, gw, body):
    for kind in KINDS:
        meta(world, "PUT", gw, kind, gw[1], {"a": 1})
        for method in ("PUT", "PATCH"):
            assert meta(world, method, gw, kind, gw[1], body).status == 400
        assert meta(world, "GET", gw, kind, gw[1]).json == {"a": 1}


def test_what_is_nested_too_deep_is_refused(world, gw):
    body = b'{"a":' + b"[" * 40 + b"]" * 40 + b"}"
    assert meta(world, "PUT", gw, "device-meta", gw[1], body).status == 422


def test_patches_at_once_lose_nothing(world, ada, gw):
    start = threading.Barrier(6)

    def patch(number):
        start.wait()
        meta(world, "PATCH", gw, "user-meta", ada, {f"k{number}": number})

    threads = [threading.Thread(target=patch, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert meta(world, "GET", gw, "user-meta", ada).json == {f"k{n}": n for n in range(6)}


def test_an_invitation_to_a_fleet_passes_as_the_string_that_it_is(world, ada, gw):
    """hub-wire 10.3: only devices read what is in it."""
    invite = json.dumps({"#spec": "fleet-update-proto@v1", "type": "INVITE"})
    meta(world, "PATCH", gw, "user-meta", ada, {"fleet.update-proto.token": invite})
    read = meta(world, "GET", gw, "user-meta", gw[1]).json
    assert read == {"fleet.update-proto.token": invite}


def test_a_device_that_is_gone_is_told_so(world, ada, gw):
    world.call("DELETE", f"/devices/{gw[0]}", token=ada)
    assert meta(world, "GET", gw, "user-meta", ada).status == 404
    assert meta(world, "PUT", gw, "user-meta", ada, {}).status == 404
    assert meta(world, "PUT", gw, "device-meta", gw[1], {}).status == 401
