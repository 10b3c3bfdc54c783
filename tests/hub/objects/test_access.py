"""Who may have which object: only who has proved it, by sending it or by a step he can read."""

import pytest

from tests.hub.objects.senders import Sender, sha_of


@pytest.fixture
def private(gateway):
    """A step of Ada's that nobody else may read, with one object."""
    return gateway.sync(app__a=b"private " + gateway.id.encode())


def data(gateway):
    return b"private " + gateway.id.encode()


def status(sender, target, method="GET"):
    return sender.call(method, target).status


def test_an_object_is_its_owners_and_his_devices(world, ada, eve, anonymous, gateway):
    gateway.send(b"mine")
    target = f"/objects/{sha_of(b'mine')}"
    sister = Sender(world, world.device(ada.token)[1])
    stranger = Sender(world, world.device(eve.token)[1])
    assert [status(one, target) for one in (ada, gateway, sister)] == [200] * 3
    assert [status(one, target) for one in (eve, stranger, anonymous)] == [403] * 3
    assert status(Sender(world, ""), target) == 401


def test_what_nobody_has_looks_like_what_others_have(ada, eve):
    eve.send(b"eves secret")
    for sha in (sha_of(b"eves secret"), "0" * 64, "no%20sha", "%00", "x" * 300):
        assert status(ada, f"/objects/{sha}") == 403, sha


def test_an_announcement_opens_nothing(ada, eve):
    eve.send(b"known by its hash")
    assert ada.announce(b"known by its hash").status == 200
    assert status(ada, f"/objects/{sha_of(b'known by its hash')}") == 403


def test_the_objects_of_a_step_are_for_those_who_may_read_it(ada, eve, anonymous, gateway, private):
    one = f"{private}/{sha_of(data(gateway))}"
    for target in (private, one):
        assert [status(sender, target) for sender in (ada, gateway)] == [200, 200]
        assert [status(sender, target) for sender in (eve, anonymous)] == [403, 403]
    assert status(ada, f"{one}/blob") == 302


def test_those_of_a_public_device_are_for_all_who_are_logged_in(
    world, ada, eve, anonymous, gateway, shared
):
    target = shared.sync(app__a=b"public thing")
    sha = sha_of(b"public thing")
    for sender in (ada, gateway, anonymous, eve, shared):
        for place in (target, f"{target}/{sha}", f"/objects/{sha}"):
            assert status(sender, place) == 200, place
    assert status(Sender(world, ""), target) == 401
    reply = anonymous.call("GET", f"/objects/{sha}")
    assert reply.headers["pantahub-object-type"] == "link"
    assert reply.json["signed-puturl"] == ""
    assert anonymous.fetch(reply.json["signed-geturl"]).body == b"public thing"


def test_when_it_is_public_no_more_it_is_closed_again(eve, ada, shared):
    target = shared.sync(app__a=b"for a while")
    assert eve.call("DELETE", f"/devices/{shared.id}/public").status == 200
    assert status(ada, target) == 403
    assert status(ada, f"/objects/{sha_of(b'for a while')}") == 403


def test_only_objects_of_that_step_are_given_by_it(ada, private):
    ada.send(b"another of mine")
    assert status(ada, f"{private}/{sha_of(b'another of mine')}") == 403
    assert status(ada, f"{private}/{'0' * 64}/blob") == 403


def test_a_step_that_is_not_there_has_none(ada, gateway, private):
    for rev in ("1", "99", "x", "-1", "00", "9" * 30):
        assert status(ada, private.replace("steps/0", f"steps/{rev}")) == 404, rev
    assert status(ada, "/trails/0123456789abcdef01234567/steps/0/objects") == 404


def test_an_incomplete_step_is_not_shown_as_a_whole_one(world, ada, gateway, private):
    sql = "DELETE FROM objects WHERE sha = ?"
    world.run(world.database.run(sql, sha_of(data(gateway))))
    reply = ada.call("GET", private)
    assert (reply.status, "app/a" in reply.json["error"]) == (404, True)


def test_objects_for_a_step_are_announced_by_its_owner_or_his_device(
    ada, eve, anonymous, gateway, shared
):
    mine, public = gateway.sync(app__a=b"first"), shared.sync(app__a=b"theirs")
    for sender, endpoint, wanted in (
        (ada, mine, 200),
        (ada, f"{mine}/", 200),  # pvr's form
        (gateway, mine, 200),
        (eve, mine, 403),
        (ada, public, 403),  # reading is not writing
        (anonymous, public, 403),
        (ada, mine.replace("/0/", "/7/"), 404),
    ):
        assert sender.announce(b"for a step", endpoint=endpoint).status == wanted, endpoint
