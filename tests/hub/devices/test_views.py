"""What of a device a caller is shown."""

from surefoot.hub.devices import views
from surefoot.hub.devices.store import Device
from surefoot.hub.frame.principal import ANONYMOUS, NOBODY, Kind, Principal

OWNER = Principal(Kind.USER, "a" * 24, "ada", "a" * 24)
STRANGER = Principal(Kind.USER, "b" * 24, "eve", "b" * 24)
ITSELF = Principal(Kind.DEVICE, "d" * 24, "gw1", "a" * 24)
SISTER = Principal(Kind.DEVICE, "e" * 24, "gw2", "a" * 24)
GW1 = Device(
    id="d" * 24,
    nick="gw1",
    owner=OWNER.id,
    secret="hash",
    challenge="mild-brave-otter",
    public=True,
    user_meta='{"a":1}',
    device_meta='{"b":2}',
    generation=0,
    created=1_795_500_000_123_456,
    modified=1_795_500_000_123_456,
    seen=0,
    address="",
)


def shown(who, **more):
    body = views.body(who, GW1, "ada", **more)
    return body.challenge, body.user_meta, body.device_meta


def test_its_owner_and_the_device_itself_see_metadata_and_the_challenge():
    assert shown(OWNER) == shown(ITSELF) == ("mild-brave-otter", '{"a":1}', '{"b":2}')


def test_others_see_neither_metadata_nor_the_challenge():
    for who in (STRANGER, SISTER, ANONYMOUS, NOBODY):
        assert shown(who) == ("", "{}", "{}")


def test_one_that_has_just_registered_sees_all_of_itself():
    assert shown(NOBODY, secret="made just now") == shown(ITSELF)


def test_the_hash_of_a_secret_is_shown_to_nobody():
    assert views.body(OWNER, GW1, "ada").secret == ""


def test_names_and_times_are_those_of_the_wire():
    body = views.body(OWNER, GW1, "ada")
    assert body.prn == "prn:::devices:/" + "d" * 24
    assert body.owner == "prn:::accounts:/" + "a" * 24
    assert body.created.endswith(".123456Z")
