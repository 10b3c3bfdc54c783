"""What a full update may change, and by whom (hub-wire 3.2)."""

import pytest

from surefoot.errors import Forbidden, InvalidInput
from surefoot.hub.devices.store import require_secret
from surefoot.hub.devices.update import DeviceUpdate, renamed, updated
from surefoot.hub.frame.call import decode, time_text
from surefoot.hub.frame.problems import TooLarge
from tests.hub.devices.test_views import GW1

OWNER = "prn:::accounts:/" + GW1.owner
LATER = GW1.modified + 5_000_000


def after(body, by_device=False):
    return updated(GW1, decode(body, DeviceUpdate), by_device=by_device, moment=LATER)


def test_nothing_asked_is_nothing_changed_but_the_time():
    changed = after(b"{}")
    assert changed.modified == LATER
    assert changed.__class__(**{**changed.__dict__, "modified": GW1.modified}) == GW1


def test_a_user_changes_nick_publicity_and_user_meta():
    changed = after(b'{"nick":"gw9","public":false,"user-meta":{"x":1},"device-meta":{"y":1}}')
    assert (changed.nick, changed.public, changed.user_meta) == ("gw9", False, '{"x":1}')
    assert changed.device_meta == GW1.device_meta


def test_a_device_changes_nick_and_device_meta():
    changed = after(b'{"nick":"gw9","public":true,"user-meta":{"x":1},"device-meta":{"y":1}}', True)
    assert (changed.nick, changed.device_meta) == ("gw9", '{"y":1}')
    assert changed.user_meta == GW1.user_meta


def test_a_device_does_not_publish_itself():
    with pytest.raises(Forbidden):
        after(b'{"public":false}', True)


def test_what_a_device_is_may_be_sent_back_as_it_was_shown():
    created = time_text(GW1.created)
    other_zone = created.replace("Z", "+00:00")
    for time in (created, other_zone, created[:19] + "Z"):
        body = (
            f'{{"id":"{GW1.id}","prn":"prn:::devices:/{GW1.id}","owner":"{OWNER}",'
            f'"time-created":"{time}","challenge":"x","garbage":true,"secret":null}}'
        )
        assert after(body.encode()).owner == GW1.owner


@pytest.mark.parametrize(
    "body",
    [b'{"id":"0"}', b'{"prn":"prn:::devices:/0"}', b'{"owner":""}', b'{"owner":"prn"}',
     b'{"time-created":"2020-01-01T00:00:00Z"}', b'{"time-created":"yesterday"}',
     b'{"time-created":"2026-11-24T06:00:00"}'],
)  # fmt: skip
def test_what_a_device_is_cannot_be_changed(body):
    """Not Forbidden as the reference: pvr asks for passwords then (hub-wire 0.11)."""
    with pytest.raises(InvalidInput):
        after(body)


def test_a_new_secret_voids_the_tokens_of_the_old():
    changed = after(b'{"secret":"another long secret"}', True)
    assert require_secret(changed, "another long secret")
    assert changed.generation == GW1.generation + 1


def test_the_same_secret_voids_nothing():
    changed = after(b'{"secret":"another long secret"}')
    again = updated(
        changed, DeviceUpdate(secret="another long secret"), by_device=False, moment=LATER
    )
    assert again.generation == changed.generation


@pytest.mark.parametrize("body", [b'{"secret":""}', b'{"nick":""}', b'{"nick":"a/b"}'])
def test_secret_and_nick_keep_their_rules(body):
    with pytest.raises(InvalidInput):
        after(body)


def test_too_much_metadata_is_refused():
    with pytest.raises(TooLarge):
        after(b'{"user-meta":{"a":"' + b"x" * 66_000 + b'"}}')


def test_a_nick_that_a_device_has_already_is_fine():
    old = GW1.__class__(**{**GW1.__dict__, "nick": "not a nick"})
    assert renamed(old, "not a nick", LATER).nick == "not a nick"
    assert renamed(old, "gw3", LATER).nick == "gw3"
    with pytest.raises(InvalidInput):
        renamed(GW1, "not a nick", LATER)
