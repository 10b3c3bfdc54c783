"""Whether the bytes are to be sent."""

import pytest

from surefoot.errors import InvalidInput, NotFound
from surefoot.hub.frame.call import decode
from surefoot.hub.frame.problems import Malformed, TooLarge
from surefoot.hub.objects.announce import BINARY, Announcement, announce, checked_name, wanted
from surefoot.hub.objects.store import ANNOUNCED
from tests.hub.objects.senders import sha_of

SHA = "ab" * 32
# As the C device and pvr really send it (recorded/).
DEVICE = b'{ "objectname": "bsp/pantavisor", "size": "16", "sha256sum": "%s" }' % SHA.encode()
PVR = (
    b'{"id":"","storage-id":"","owner":"","objectname":"app/root.squashfs","sha256sum":"%s",'
    b'"size":"1600","mime-type":"application/x-test","signed-puturl":"","signed-geturl":"",'
    b'"now":"","expire-time":""}' % SHA.encode()
)


def of(body=DEVICE, most=10_000):
    return wanted(decode(body, Announcement), "ada", most)


def test_what_real_clients_send_is_understood():
    device, pvr = of(), of(PVR)
    assert (device.owner, device.sha, device.name, device.size) == (
        "ada",
        SHA,
        "bsp/pantavisor",
        16,
    )
    assert (device.mime, device.present) == (BINARY, ANNOUNCED)
    assert (pvr.name, pvr.size, pvr.mime) == ("app/root.squashfs", 1600, "application/x-test")


@pytest.mark.parametrize("size", [b"16", b'"16"', b'"0"', b"0", b'"0016"'])
def test_a_size_is_digits_with_or_without_quotes(size):
    assert of(DEVICE.replace(b'"16"', size)).size in (0, 16)


@pytest.mark.parametrize(
    "size",
    [b'"-1"', b"-1", b'""', b'" 16"', b'"16 "', b'"1e3"', b'"0x10"', b'"16.0"', b"16.5", b"null",
     b"true", b'"\xd9\xa3"', b'"%s"' % (b"9" * 19), b"9" * 30],
)  # fmt: skip
def test_what_is_no_size_is_refused(size):
    with pytest.raises(Malformed):
        of(DEVICE.replace(b'"16"', size))


def test_more_than_an_object_may_have_is_refused():
    assert of(most=16).size == 16
    with pytest.raises(TooLarge, match="15 bytes"):
        of(most=15)


@pytest.mark.parametrize("sha", ["", "ab", SHA.upper(), SHA + "0", "g" * 64, SHA[:-1] + "\\n"])
def test_what_is_no_sha_is_refused(sha):
    with pytest.raises(Malformed, match="sha256sum"):
        of(DEVICE.replace(SHA.encode(), sha.encode()))


def test_an_id_is_the_sha_or_nothing():
    assert of(DEVICE.replace(b"{", b'{"id":"%s",' % SHA.encode(), 1)).sha == SHA
    with pytest.raises(Malformed, match="id"):
        of(DEVICE.replace(b"{", b'{"id":"other",', 1))


def test_names_are_bounded():
    assert checked_name("é" * 1024)
    for name in ("x" * 1025, "a\0b"):
        with pytest.raises(InvalidInput):
            checked_name(name)


# ---- over the wire -----------------------------------------------------------------------------


def test_new_content_is_asked_for_and_known_content_is_not(ada):
    """hub-wire 5: 200 with where to put it; 409 with the same body, and what it is."""
    asked = ada.announce(b"new")
    assert asked.status == 200
    assert "/local-s3/" in asked.json["signed-puturl"]
    assert "pantahub-object-type" not in asked.headers
    ada.send(b"new")
    known = ada.announce(b"new")
    assert (known.status, known.headers["pantahub-object-type"]) == (409, "object")
    assert known.json.keys() == asked.json.keys()
    assert known.json["sha256sum"] == sha_of(b"new")


def test_it_is_asked_for_until_it_has_been_sent(ada):
    assert [ada.announce(b"not yet").status for _ in range(3)] == [200] * 3


def test_a_device_and_its_owner_have_the_same_objects(world, ada, gateway):
    gateway.send(b"of the gateway")
    assert ada.announce(b"of the gateway").status == 409
    assert gateway.announce(b"of the gateway").status == 409


def test_what_others_have_is_asked_for(ada, eve):
    eve.send(b"eves own")
    assert ada.announce(b"eves own").status == 200


def test_what_a_public_device_has_is_a_link(ada, shared):
    shared.sync(app__a=b"for all")
    reply = ada.announce(b"for all", "mine")
    assert (reply.status, reply.headers["pantahub-object-type"]) == (409, "link")
    assert reply.json["size"] == "7"
    assert ada.announce(b"for all").headers["pantahub-object-type"] == "link"


def test_the_true_size_is_told_of_what_is_here(ada):
    ada.send(b"seven b")
    body = {"sha256sum": sha_of(b"seven b"), "size": "99"}
    assert ada.call("POST", "/objects", body).json["size"] == "7"


def test_lost_bytes_are_asked_for_so_that_they_can_be_healed(world, ada):
    ada.send(b"lost")
    (world.place / "blobs" / sha_of(b"lost")).unlink()
    assert ada.announce(b"lost").status == 200
    ada.send(b"lost")
    assert ada.announce(b"lost").status == 409


def test_a_device_without_an_owner_has_nothing(world):
    made = world.register()
    token = world.login(made["prn"], made["secret"])
    reply = world.call("POST", "/objects/", {"sha256sum": SHA, "size": "1"}, token=token)
    assert (reply.status, "claim it" in reply.json["error"]) == (403, True)


def test_no_error_of_an_announcement_looks_like_good_news(world, ada):
    """A 409 would say that the bytes are here."""
    for body in ({}, {"sha256sum": SHA}, {"sha256sum": SHA, "size": "x"}, [], "x"):
        assert ada.call("POST", "/objects/", body).status == 400
    big = {"sha256sum": SHA, "size": str(world.limits.max_object + 1)}
    assert ada.call("POST", "/objects/", big).status == 413
    long = {"sha256sum": SHA, "size": "1", "objectname": "x" * 2000}
    assert ada.call("POST", "/objects/", long).status == 422


def test_an_account_that_goes_meanwhile_is_no_good_news_either(world):
    late = announce(world.hub, wanted(decode(DEVICE, Announcement), "0" * 24, 100))
    with pytest.raises(NotFound, match="is gone"):
        world.run(late)
