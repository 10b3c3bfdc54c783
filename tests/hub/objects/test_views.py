"""What callers see of an object."""

import time

from surefoot.wire.hub.objects import storage_id
from tests.hub.objects.senders import Sender, sha_of

# hub-wire 5; the simulator insists on all of them but `signed-puturl`.
MEMBERS = {
    "id", "storage-id", "owner", "objectname", "sha256sum", "size", "sizeint", "mime-type",
    "time-created", "time-modified", "signed-puturl", "signed-geturl", "now", "expire-time",
}  # fmt: skip
URLS = {"signed-puturl", "signed-geturl", "now", "expire-time"}


def test_an_object_has_all_members_wherever_it_is_shown(ada, gateway):
    step, sha = gateway.sync(app__a=b"shown"), sha_of(b"shown")
    me = ada.call("GET", "/auth/").json["prn"]
    single = (f"/objects/{sha}", f"{step}/{sha}")
    shown = [ada.call("GET", target).json for target in single]
    shown += [*ada.call("GET", step).json, ada.announce(b"shown").json]
    for body in shown:
        assert set(body) == MEMBERS
        assert (body["id"], body["sha256sum"], body["owner"]) == (sha, sha, me)
        assert (body["size"], body["sizeint"]) == ("5", 5)
        assert body["storage-id"] == storage_id(me, sha)
        assert abs(int(body["now"]) - time.time()) < 60
        assert body["expire-time"] == "1440"  # minutes


def test_a_step_gives_its_own_names_to_its_objects_in_its_own_order(ada, gateway):
    step = gateway.sync(zz__b=b"one", aa__c=b"two", aa__d=b"one")
    names = [body["objectname"] for body in ada.call("GET", step).json]
    assert names == ["zz/b", "aa/c", "aa/d"]
    one = ada.call("GET", f"{step}/{sha_of(b'one')}").json
    assert one["objectname"] == "zz/b"
    assert ada.call("GET", f"/objects/{sha_of(b'one')}").json["objectname"] == "app/root.squashfs"


def test_a_list_has_no_urls(world):
    lister = Sender(world, world.user("lister"))
    assert lister.call("GET", "/objects/").json == []
    lister.send(b"first")
    lister.announce(b"not here")
    lister.send(b"second")
    found = lister.call("GET", "/objects").json
    assert [body["id"] for body in found] == [sha_of(b"first"), sha_of(b"second")]
    assert all(set(body) == MEMBERS - URLS for body in found)
    page = lister.call("GET", "/objects/?page[size]=1&page[offset]=1").json
    assert [body["id"] for body in page] == [sha_of(b"second")]


def test_a_step_without_objects_has_an_empty_list(ada, gateway):
    assert ada.call("GET", gateway.sync()).json == []
