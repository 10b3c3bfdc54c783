"""What is left of the routes: redirects, names, removal, and answers that clients depend on."""

import json

import pytest

from tests.hub.objects.senders import files, sha_of


def test_a_blob_is_behind_a_redirect(world, ada, gateway):
    step, sha = gateway.sync(app__a=b"redirected"), sha_of(b"redirected")
    for target in (f"/objects/{sha}/blob", f"{step}/{sha}/blob", f"{step}/{sha}/blob/"):
        reply = ada.call("GET", target)
        assert (reply.status, reply.body) == (302, b"")
        assert world.call("GET", reply.headers["location"]).body == b"redirected"


def test_every_answer_is_json_or_empty(world, ada):
    """hub-wire 0.7."""
    for method, target, body in (
        ("POST", "/objects/", {}),
        ("PUT", "/local-s3/x", b"x"),
        ("GET", "/local-s3/x", None),
        ("GET", "/objects/x", None),
    ):
        reply = ada.call(method, target, body)
        assert json.loads(reply.body)["code"] == reply.status


def test_a_stale_login_spoils_no_signed_url(world, ada):
    """The right is in the path (hub-wire 0.3)."""
    stale = {"Authorization": "Bearer of.another.time"}
    announced = ada.announce(b"signed").json
    assert world.call("PUT", announced["signed-puturl"], b"signed", headers=stale).status == 200
    reply = world.call("GET", announced["signed-geturl"], headers=stale)
    assert (reply.status, reply.body) == (200, b"signed")


def test_only_the_name_of_an_object_is_changed(ada, eve):
    ada.send(b"named anew")
    target = f"/objects/{sha_of(b'named anew')}"
    before = ada.call("GET", target).json
    reply = ada.call("PUT", target, {"objectname": "new", "size": "1", "owner": "eve"})
    assert (reply.status, reply.json["objectname"]) == (200, "new")
    for member in ("owner", "size", "sha256sum", "time-created"):
        assert reply.json[member] == before[member]
    assert eve.call("PUT", target, {"objectname": "hers"}).status == 403
    assert ada.call("PUT", target, {"objectname": "x" * 2000}).status == 422
    assert ada.call("PUT", target, {}).status == 400


def test_a_deleted_object_is_gone_and_its_bytes_are_not_anybodys_until_sent_again(world, ada):
    ada.send(b"deleted")
    target = f"/objects/{sha_of(b'deleted')}"
    assert ada.call("DELETE", target).json == {"status": "OK"}
    assert ada.call("GET", target).status == 403
    assert ada.call("DELETE", target).status == 403
    assert ada.announce(b"deleted").status == 200
    sql = "SELECT actor, detail FROM audit WHERE action = 'object removed' AND subject = ?"
    row = world.run(world.database.one(sql, sha_of(b"deleted")))
    assert tuple(row) == (ada.call("GET", "/auth/").json["prn"], "app/root.squashfs")


def test_one_owner_deletes_nothing_of_anothers(ada, eve):
    for sender in (ada, eve):
        sender.send(b"of two")
    target = f"/objects/{sha_of(b'of two')}"
    assert ada.call("DELETE", target).status == 200
    assert eve.fetch(eve.call("GET", target).json["signed-geturl"]).body == b"of two"


def test_an_object_of_a_step_is_not_deleted(world, ada, gateway):
    gateway.sync(app__a=b"in use")
    reply = ada.call("DELETE", f"/objects/{sha_of(b'in use')}")
    assert (reply.status, "A step still has" in reply.json["error"]) == (409, True)
    assert sha_of(b"in use") in files(world)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_device_changes_none_of_its_owners_objects(ada, gateway, method):
    ada.send(b"owners")
    target = f"/objects/{sha_of(b'owners')}"
    assert gateway.call(method, target, {"objectname": "x"}).status == 403


def test_a_step_can_be_posted_with_objects_that_were_linked(ada, eve, shared, gateway):
    """hub-wire 5: and it keeps them when the public device is public no more."""
    shared.sync(app__a=b"borrowed")
    gateway.sync(app__a=b"own")
    state = {
        "#spec": "pantavisor-service-system@1",
        "bsp/run.json": {"linux": "bsp/k", "initrd": "bsp/k"},
        "app/a": sha_of(b"borrowed"),
    }
    body = {"rev": -1, "state": state, "commit-msg": "linked"}
    reply = ada.call("POST", f"/trails/{gateway.id}/steps", body)
    assert reply.status == 200, reply.body
    assert eve.call("DELETE", f"/devices/{shared.id}/public").status == 200
    found = gateway.call("GET", f"/trails/{gateway.id}/steps/1/objects").json
    assert [body["objectname"] for body in found] == ["app/a"]
    assert gateway.fetch(found[0]["signed-geturl"]).body == b"borrowed"
