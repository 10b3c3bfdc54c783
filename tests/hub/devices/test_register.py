"""Registration (hub-wire 3.1), as the C device, the mocker and pvr do it."""

import json
import re
import socket

import pytest

from surefoot.hub.frame.hub import Limits
from surefoot.hub.frame.limits import Rate
from tests.support.hub_world import HubWorld

AUTO_TOKEN = "Pantahub-Devices-Auto-Token-V1"


def join_token(world, owner, **body):
    reply = world.call("POST", "/devices/tokens", body or None, token=owner)
    assert reply.status == 200, reply.body
    return reply.json["token"]


def register(world, body=None, *, auto_token="", token=""):
    headers = {AUTO_TOKEN: auto_token} if auto_token else {}
    return world.call("POST", "/devices/", body, token=token, headers=headers)


def old_client(world, request):
    """libthttp: HTTP/1.0, the whole address as target, reads to the end (hub-wire 0.6)."""
    with socket.create_connection(("127.0.0.1", world.port), timeout=30) as connection:
        connection.sendall(request.encode())
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.decode(), json.loads(body)


def test_a_device_registers_without_any_body(world):
    made = world.register()
    assert made["owner"] == ""
    assert re.fullmatch(r"[0-9a-f]{24}", made["id"])
    assert made["prn"] == f"prn:::devices:/{made['id']}"
    assert re.fullmatch(r"[a-z]+-[a-z]+-[a-z]+", made["challenge"])
    assert made["nick"].startswith("__unregistered__")
    assert made["user-meta"] == made["device-meta"] == {}


def test_the_old_client_is_answered_and_its_connection_closed(world):
    """recorded/device-c-register: HTTP/1.0, absolute target, neither body nor Content-Length."""
    head, made = old_client(
        world,
        "POST https://hub.test:12366/devices/ HTTP/1.0\r\nHost: hub.test:12366\r\n"
        "Connection: close\r\nUser-Agent: Pantavisor/2 (Linux; x86_64) PV/029 Date/261124\r\n\r\n",
    )
    assert head.startswith(("HTTP/1.0 200 OK", "HTTP/1.1 200 OK"))
    assert f"Content-Length: {len(json.dumps(made, separators=(',', ':')))}" in head
    assert made["secret"]
    assert made["challenge"]


def test_the_mockers_empty_object_is_a_registration_too(world):
    assert register(world, {}).json["owner"] == ""


def test_the_secret_logs_the_device_in_and_is_never_shown_again(world):
    made = world.register()
    token = world.login(made["prn"], made["secret"])
    seen = world.call("GET", f"/devices/{made['id']}", token=token)
    assert seen.status == 200
    assert {**seen.json, "secret": made["secret"]} == made


def test_every_device_has_its_own_names(world):
    made = [world.register() for _ in range(5)]
    for key in ("id", "secret", "nick"):
        assert len({device[key] for device in made}) == 5


def test_one_network_fills_the_hub_with_no_unclaimed_devices(tmp_path):
    with HubWorld(tmp_path, Limits(unclaimed_rate=Rate(per_s=0.001, burst=2))) as world:
        ada = world.user("ada")
        assert [register(world).status for _ in range(3)] == [200, 200, 429]
        assert register(world, auto_token=join_token(world, ada)).status == 200
        assert register(world, {}, token=ada).status == 200


def test_a_device_with_a_join_token_is_owned_at_once(world, ada):
    token = join_token(world, ada, **{"default-user-meta": {"site": "lab-1"}})
    made = register(world, {}, auto_token=token).json
    assert made["owner-nick"] == "ada"
    assert made["owner"].startswith("prn:::accounts:/")
    assert made["user-meta"] == {"site": "lab-1"}
    assert re.fullmatch(r"[a-z]+_[a-z]+_[a-z]+", made["nick"])
    assert "challenge" not in made
    assert world.login(made["prn"], made["secret"])


def test_a_join_token_works_without_padding_and_with_some(world, ada):
    """recorded: the mocker cuts it at its first `=`."""
    token = join_token(world, ada)
    for text in (token.rstrip("="), token.rstrip("=") + "=", f" {token} "):
        assert register(world, auto_token=text).status == 200


def test_many_devices_join_by_one_token(world, ada):
    token = join_token(world, ada)
    made = [register(world, auto_token=token).json for _ in range(3)]
    assert len({device["nick"] for device in made}) == 3


@pytest.mark.parametrize("text", ["dGVzdC10b2tlbi10ZXN0LXRva2VuLXRlc3Q=", "=", "x" * 500])
def test_a_join_token_that_is_not_known_is_a_bad_request(world, text):
    """hub-wire 3.1: 400; the device tries again 5 s later."""
    assert register(world, auto_token=text).status == 400


def test_a_disabled_join_token_is_a_bad_request(world, ada):
    made = world.call("POST", "/devices/tokens", token=ada).json
    assert world.call("DELETE", f"/devices/tokens/{made['id']}", token=ada).status == 200
    assert register(world, auto_token=made["token"]).status == 400


def test_a_user_makes_a_device_of_his_own(world, ada):
    """recorded/pvr-devices: `pvr device create gw2` posts {"nick":"gw2"}, then logs in as it."""
    made = register(world, {"nick": "gw2", "user-meta": {"a": 1}}, token=ada).json
    assert (made["nick"], made["owner-nick"], made["user-meta"]) == ("gw2", "ada", {"a": 1})
    assert "challenge" not in made
    assert world.login(made["prn"], made["secret"])


def test_a_user_may_choose_the_secret(world, ada):
    made = register(world, {"secret": "chosen by ada"}, token=ada).json
    assert made["secret"] == "chosen by ada"
    assert world.login(made["prn"], "chosen by ada")


def test_without_a_nick_a_user_gets_one(world, ada):
    assert re.fullmatch(r"[a-z]+_[a-z]+_[a-z]+", register(world, token=ada).json["nick"])


def test_a_nick_is_given_once_an_owner(world, ada, eve):
    assert register(world, {"nick": "twice"}, token=ada).status == 200
    again = register(world, {"nick": "twice"}, token=ada)
    assert (again.status, "twice" in again.json["error"]) == (409, True)
    assert register(world, {"nick": "twice"}, token=eve).status == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"nick": "a b"}, 422),
        ({"nick": "secret"}, 422),
        ({"secret": "short"}, 422),
        ({"nick": 5}, 400),
        ({"user-meta": []}, 400),
        ({"user-meta": {"a": "x" * 65_600}}, 413),
        ({"user-meta": {"a": "x" * 99_000}}, 413),
        (b"{", 400),
        (b"\xff", 400),
        (b"[]", 400),
    ],
)
def test_what_a_user_may_not_ask_for_is_told(world, ada, body, status):
    assert register(world, body, token=ada).status == status


def test_neither_a_device_nor_the_anonymous_reader_makes_devices(world, ada, anonymous):
    _, device = world.device(ada)
    assert register(world, token=device).status == 403
    assert register(world, token=anonymous).status == 403


def test_a_void_token_is_no_registration_without_one(world):
    assert register(world, token="void").status == 401


def test_only_a_hash_of_the_secret_is_in_the_database(world):
    made = world.register()
    kept = world.run(world.database.all("SELECT * FROM devices WHERE id = ?", made["id"]))
    assert made["secret"] not in str([dict(row) for row in kept])
