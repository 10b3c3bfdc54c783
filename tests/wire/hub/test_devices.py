"""Bodies of devices and join tokens (hub-wire 3, 0.5)."""

import itertools
import json
from dataclasses import replace

from surefoot.wire.hub import devices
from surefoot.wire.hub.devices import DeviceBody, TokenBody

ID = "5f3e9c0a1b2c3d4e5f607182"
WHEN = "2026-11-24T06:00:00Z"
UNCLAIMED = DeviceBody(
    id=ID,
    prn=f"prn:::devices:/{ID}",
    nick="__unregistered__owl_1",
    owner="",
    owner_nick="",
    secret="ezpk0pu3e13zj0o",
    created=WHEN,
    modified=WHEN,
    challenge="mild-brave-otter",
    public=False,
    user_meta="{}",
    device_meta="{}",
)
CLAIMED = replace(
    UNCLAIMED, owner="prn:::accounts:/1", owner_nick="ada", secret="", challenge="", public=True
)
TOKEN = TokenBody(
    id=ID,
    prn=f"prn:::devices-tokens:/{ID}",
    nick="line",
    owner="prn:::accounts:/1",
    token="",
    user_meta='{"site":"lab"}',
    disabled=False,
    created=WHEN,
    modified=WHEN,
)
ALL_KEYS = [
    "id", "prn", "nick", "owner", "owner-nick", "secret", "time-created", "time-modified",
    "challenge", "public", "user-meta", "device-meta", "garbage", "mark_public_processed",
]  # fmt: skip


def first_match(body, name):
    """What the C device reads: the token after the first string that equals `name` (hub-wire 0.5);
    a match directly followed by the same word arms it again (recorded/README.md)."""
    tokens = []

    def walk(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                tokens.append(key)
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)
        else:
            tokens.append(value)

    walk(json.loads(body))
    for token, following in itertools.pairwise(tokens):
        if token == name and following != name:
            return following
    return None


def keys(body):
    return list(json.loads(body))


def test_a_new_device_is_written_in_the_order_of_the_reference():
    without = [key for key in ALL_KEYS if key != "owner-nick"]
    assert keys(devices.device(UNCLAIMED)) == without


def test_what_is_empty_is_left_out_but_the_owner():
    """Its emptiness tells a device that it is unclaimed (hub-wire 3.2)."""
    body = devices.device(CLAIMED)
    assert keys(body) == [key for key in ALL_KEYS if key not in ("secret", "challenge")]
    assert json.loads(devices.device(UNCLAIMED))["owner"] == ""


def test_values_come_through_compact():
    body = devices.device(replace(CLAIMED, user_meta='{"a":[1,2]}', garbage=True))
    value = json.loads(body)
    assert (value["public"], value["garbage"], value["user-meta"]) == (True, True, {"a": [1, 2]})
    assert b'"user-meta":{"a":[1,2]},"device-meta"' in body
    assert b": " not in body


def test_a_device_reads_the_right_members_whatever_the_metadata_says():
    """hub-wire 0.5; recorded/device-c-hijack."""
    hostile = '{"id":"1","prn":"2","owner":"3","secret":"4","challenge":"5","x":"secret"}'
    body = devices.device(
        replace(UNCLAIMED, owner="prn:::accounts:/1", user_meta=hostile, device_meta=hostile)
    )
    read = {name: first_match(body, name) for name in ("id", "prn", "owner", "secret", "challenge")}
    assert read == {
        "id": UNCLAIMED.id,
        "prn": UNCLAIMED.prn,
        "owner": "prn:::accounts:/1",
        "secret": UNCLAIMED.secret,
        "challenge": UNCLAIMED.challenge,
    }


def test_an_account_named_as_a_member_does_no_harm():
    for nick in ("id", "prn", "owner", "secret"):
        body = devices.device(replace(UNCLAIMED, owner="prn:::accounts:/1", owner_nick=nick))
        assert first_match(body, "secret") == UNCLAIMED.secret
        assert first_match(body, "owner") == "prn:::accounts:/1"


def test_text_is_escaped():
    assert json.loads(devices.device(replace(CLAIMED, nick='a"b\\\n')))["nick"] == 'a"b\\\n'


def test_many_devices_are_an_array():
    assert devices.array([]) == b"[]"
    one = devices.device(CLAIMED)
    assert json.loads(devices.array([one, one])) == [json.loads(one)] * 2


def test_a_token_is_shown_only_when_it_was_made():
    made = devices.token(replace(TOKEN, token="dGVzdA"))
    assert keys(made) == [
        "id", "prn", "nick", "owner", "token", "default-user-meta", "disabled", "time-created",
        "time-modified",
    ]  # fmt: skip
    assert "token" not in keys(devices.token(TOKEN))
    assert json.loads(made)["default-user-meta"] == {"site": "lab"}
