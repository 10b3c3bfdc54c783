"""How many bytes an account may have."""

from dataclasses import replace

import pytest

from surefoot.hub.accounts.store import held_bytes
from surefoot.hub.frame.hub import Limits
from surefoot.hub.frame.problems import TooLarge
from surefoot.hub.objects import store
from surefoot.hub.objects.room import require_room
from tests.hub.objects.rows import ADA, BOB, EVE, OBJECT, A, B, C, has, on_rows, post
from tests.hub.objects.senders import SPEC, Sender, Wire, files, sha_of, until
from tests.support.hub_world import HubWorld

MOST = 1000


@pytest.fixture
def narrow(tmp_path):
    with HubWorld(tmp_path, Limits(account_bytes=MOST, account_uploads=2)) as world:
        yield world


@pytest.fixture
def ada(narrow):
    return Sender(narrow, narrow.user("ada"))


def used(world, nick="ada"):
    sql = "SELECT bytes FROM accounts WHERE nick = ?"
    return world.run(world.database.one(sql, nick))["bytes"]


# ---- the sum -----------------------------------------------------------------------------------


def test_the_sum_goes_with_what_an_owner_has(tmp_path):
    async def work(db):
        sums = []

        async def add_up(owner=ADA):
            sums.append(await held_bytes(db, owner))

        await store.announce(db, OBJECT)
        await add_up()
        for _ in range(2):  # once
            await store.prove(db, OBJECT)
            await add_up()
        await has(db, ADA, B)
        await add_up()
        assert await store.delete(db, ADA, A)
        assert not await store.delete(db, ADA, A)
        await add_up()
        assert await store.drop_old(db, (ADA, B), 2**62) == 1
        await add_up()
        await store.announce(db, OBJECT)
        assert await store.drop_old(db, (ADA, A), 2**62) == 1
        await add_up()
        await add_up("nobody")
        return sums

    assert on_rows(tmp_path, work) == [0, 7, 7, 14, 7, 0, 0, 0]


def test_what_a_step_keeps_stays_in_the_sum(tmp_path):
    async def work(db):
        await has(db, ADA, A)
        await post(db, ADA, "d1", A)
        assert not await store.delete(db, ADA, A)
        return await held_bytes(db, ADA)

    assert on_rows(tmp_path, work) == 7


def test_what_is_linked_counts_once_for_each_who_has_it(tmp_path):
    async def work(db):
        for owner, device in ((EVE, "d1"), (BOB, "d2")):
            await store.prove(db, replace(OBJECT, owner=owner, size=9))
            await post(db, owner, device, A, public=True)
        await store.announce(db, OBJECT)
        added = [await store.link(db, ADA, shas) for shas in ([A, C], [A])]
        await store.prove(db, replace(OBJECT, size=9))
        return added, [await held_bytes(db, owner) for owner in (ADA, EVE, BOB)]

    assert on_rows(tmp_path, work) == ([9, 0], [9, 9, 9])


@pytest.mark.parametrize(("coming", "most", "fits"), [(3, 10, True), (4, 10, False), (4, 0, True)])
def test_the_bound_may_be_reached_and_not_passed(tmp_path, coming, most, fits):
    async def work(db):
        await has(db, ADA, A)
        if fits:
            await require_room(db, ADA, coming, most)
        else:
            with pytest.raises(TooLarge, match=r"would have 11 bytes.*may have 10; delete"):
                await require_room(db, ADA, coming, most)

    on_rows(tmp_path, work)


# ---- over the wire -----------------------------------------------------------------------------


def test_what_would_pass_the_bound_is_refused_when_it_is_announced(narrow, ada):
    """413: our clients try 5xx again, pvr ends on all but 200 and 409 (hub-wire 5)."""
    ada.send(b"a" * 600)
    reply = ada.announce(b"b" * 401)
    assert reply.status == 413
    assert "1001" in reply.json["error"]
    assert "1000" in reply.json["error"]
    assert ada.announce(b"a" * 600).status == 409  # it is here
    ada.send(b"b" * 400)
    assert used(narrow) == MOST
    assert Sender(narrow, narrow.user("eve")).announce(b"b" * 400).status == 200


def test_what_was_announced_in_time_is_refused_when_it_comes(narrow, ada):
    one, other = b"a" * 600, b"b" * 600
    urls = [ada.ticket(data) for data in (one, other)]
    assert narrow.call("PUT", urls[0], one).status == 200
    assert narrow.call("PUT", urls[1], other).status == 413
    assert files(narrow) == [sha_of(one)]
    assert used(narrow) == 600
    assert narrow.call("PUT", urls[0], one).status == 200  # what is here may be healed
    assert ada.call("DELETE", f"/objects/{sha_of(one)}").status == 200
    assert narrow.call("PUT", urls[1], other).status == 200


def test_what_is_under_way_counts(narrow, ada):
    one, other = b"a" * 600, b"b" * 600
    urls = [ada.ticket(data) for data in (one, other)]
    with Wire(narrow, urls[0]) as wire:
        wire.head(len(one))
        until(lambda: files(narrow))
        assert narrow.call("PUT", urls[1], other).status == 413
    until(lambda: not files(narrow))
    assert narrow.call("PUT", urls[1], other).status == 200


def test_what_a_public_device_shows_is_linked_only_as_far_as_there_is_room(narrow, ada):
    eve = Sender(narrow, narrow.user("eve"))
    id, token = narrow.device(eve.token)
    assert eve.call("PUT", f"/devices/{id}/public").status == 200
    shown = b"x" * 600
    Sender(narrow, token, id).sync(app__x=shown)
    ada.send(b"a" * 500)
    assert ada.announce(shown).status == 413
    _, device_token = narrow.device(ada.token)
    state = {"#spec": SPEC, "app/x": sha_of(shown)}
    post = ("POST", "/trails/", state)
    assert narrow.call(*post, token=device_token).status == 413
    assert used(narrow) == 500
    assert ada.call("DELETE", f"/objects/{sha_of(b'a' * 500)}").status == 200
    assert narrow.call(*post, token=device_token).status == 200
    assert used(narrow) == 600


def test_no_more_than_a_few_come_at_once_for_one_account(narrow, ada):
    eve = Sender(narrow, narrow.user("eve"))
    first, second, third = [bytes([letter]) * 9 for letter in b"abc"]
    urls = [ada.ticket(data) for data in (first, second, third)]
    with Wire(narrow, urls[0]) as one, Wire(narrow, urls[1]) as two:
        for wire in (one, two):
            wire.head(9)
        until(lambda: len(files(narrow)) == 2)
        reply = narrow.call("PUT", urls[2], third)
        assert (reply.status, reply.headers["retry-after"]) == (429, "5")
        eve.send(third)
        one.write(b"?" * 9)
        assert one.answer()[0] == 400
        assert narrow.call("PUT", urls[2], third).status == 200
    until(lambda: narrow.hub.uploads.count(owner_of(urls[0])) == 0)


def owner_of(url):
    return url.split(".")[-2]
