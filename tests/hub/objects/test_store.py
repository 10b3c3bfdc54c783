"""Rows of objects: who has what."""

from dataclasses import replace

import pytest

from surefoot.hub.db.errors import Orphan
from surefoot.hub.frame.call import now
from surefoot.hub.objects import store
from surefoot.hub.objects.store import ANNOUNCED, LINKED, PROVED
from tests.hub.objects.rows import (
    ADA,
    BOB,
    EVE,
    OBJECT,
    A,
    B,
    C,
    D,
    age,
    has,
    hide,
    on_rows,
    post,
)

HOUR = 3600 * 1_000_000


def test_an_announcement_comes_back_as_it_was_put(tmp_path):
    async def work(db):
        await store.announce(db, OBJECT)
        return await store.get(db, ADA, A), await store.get(db, EVE, A)

    found, others = on_rows(tmp_path, work)
    assert replace(found, created=0, modified=0) == OBJECT
    assert now() - HOUR < found.created <= found.modified <= now()
    assert others is None


def test_a_later_announcement_counts_until_the_bytes_are_there(tmp_path):
    async def work(db):
        await store.announce(db, OBJECT)
        await store.announce(db, replace(OBJECT, size=8, name="new"))
        announced = await store.get(db, ADA, A)
        await store.prove(db, announced)
        await store.announce(db, replace(OBJECT, size=9, name="newer"))
        return announced, await store.get(db, ADA, A)

    announced, proved = on_rows(tmp_path, work)
    assert (announced.size, announced.name, announced.present) == (8, "new", ANNOUNCED)
    assert (proved.size, proved.name, proved.present) == (8, "new", PROVED)


def test_what_is_announced_again_is_young_again(tmp_path):
    async def work(db):
        await has(db, ADA, A)
        await age(db, HOUR)
        await store.announce(db, OBJECT)
        return await store.get(db, ADA, A)

    found = on_rows(tmp_path, work)
    assert found.modified - found.created >= HOUR
    assert found.present == PROVED


def test_nobody_announces_or_proves_for_an_account_that_is_gone(tmp_path):
    async def work(db):
        for write in (store.announce, store.prove):
            with pytest.raises(Orphan):
                await write(db, replace(OBJECT, owner="0" * 24))

    on_rows(tmp_path, work)


def test_an_owner_lacks_what_he_has_not_proved(tmp_path):
    async def work(db):
        await has(db, ADA, A)
        await has(db, EVE, B)
        await store.announce(db, replace(OBJECT, sha=C))
        await post(db, EVE, "private", B)
        return await store.lacking(db, ADA, [D, C, B, A, B])

    assert on_rows(tmp_path, work) == [B, C, D]


def test_he_may_link_what_a_public_devices_step_names_and_its_owner_has(tmp_path):
    async def work(db):
        await has(db, EVE, A, B)
        await post(db, EVE, "public", A, C, public=True)
        return await store.lacking(db, ADA, [A, B, C])

    assert on_rows(tmp_path, work) == [B, C]


def test_what_was_linked_stays_when_the_device_is_public_no_more(tmp_path):
    async def work(db):
        await has(db, EVE, A, B)
        await post(db, EVE, "public", A, public=True)
        async with db.transaction() as tx:
            await store.link(tx, ADA, [A, B, C])
        await hide(db, "public")
        lacking = await store.lacking(db, ADA, [A, B]), await store.lacking(db, BOB, [A])
        return lacking, await store.get(db, ADA, A)

    (of_ada, of_bob), found = on_rows(tmp_path, work)
    assert (of_ada, of_bob) == ([B], [A])
    assert (found.present, found.size, found.name) == (LINKED, 7, "app/a")


def test_a_link_does_not_touch_what_is_ones_own(tmp_path):
    async def work(db):
        await has(db, EVE, A, B)
        await store.prove(db, replace(OBJECT, name="mine"))
        await store.announce(db, replace(OBJECT, sha=B, size=1))
        await post(db, EVE, "public", A, B, public=True)
        await store.link(db, ADA, [A, B])
        return await store.get(db, ADA, A), await store.get(db, ADA, B)

    own, announced = on_rows(tmp_path, work)
    assert (own.name, own.present) == ("mine", PROVED)
    assert (announced.present, announced.size) == (LINKED, 7)


def test_sending_a_linked_object_makes_it_ones_own(tmp_path):
    async def work(db):
        await has(db, EVE, A)
        await post(db, EVE, "public", A, public=True)
        await store.link(db, ADA, [A])
        await store.prove(db, await store.get(db, ADA, A))
        return await store.get(db, ADA, A)

    assert on_rows(tmp_path, work).present == PROVED


def test_many_are_asked_for_at_once(tmp_path):
    shas = [f"{number:064x}" for number in range(store.AT_ONCE * 2 + 1)]

    async def work(db):
        async with db.transaction() as tx:
            await has(tx, ADA, *shas[:-1])
        held = await store.held(db, ADA, shas)
        return held, await store.lacking(db, ADA, shas), await store.lacking(db, EVE, shas)

    held, of_ada, of_eve = on_rows(tmp_path, work)
    assert sorted(held) == shas[:-1]
    assert (of_ada, of_eve) == (shas[-1:], shas)


def test_only_the_public_ones_are_shared(tmp_path):
    async def work(db):
        await has(db, EVE, A, B)
        await post(db, EVE, "public", A, public=True)
        await post(db, EVE, "private", B)
        return await store.shared(db, A), await store.shared(db, B), await store.shared(db, C)

    shared, hidden, unknown = on_rows(tmp_path, work)
    assert (shared.owner, shared.sha) == (EVE, A)
    assert (hidden, unknown) == (None, None)


def test_a_step_of_another_owners_device_shares_nothing_of_mine(tmp_path):
    async def work(db):
        await has(db, EVE, A)
        await post(db, ADA, "public", A, public=True)
        return await store.shared(db, A), await store.lacking(db, BOB, [A])

    assert on_rows(tmp_path, work) == (None, [A])


def test_a_list_has_what_is_here_oldest_first_by_pages(tmp_path):
    async def work(db):
        for sha in (C, A, B):
            await has(db, ADA, sha)
            await age(db, HOUR)
        await store.announce(db, replace(OBJECT, sha=D))
        pages = [await store.listed(db, ADA, 2, offset) for offset in (0, 2)]
        return [[stored.sha for stored in page] for page in pages]

    assert on_rows(tmp_path, work) == [[C, A], [B]]


def test_a_new_name_is_one_owners(tmp_path):
    async def work(db):
        await has(db, ADA, A)
        await has(db, EVE, A)
        await store.rename(db, ADA, A, "other")
        return [(await store.get(db, owner, A)).name for owner in (ADA, EVE)]

    assert on_rows(tmp_path, work) == ["other", "app/a"]


def test_what_a_step_of_ones_own_names_is_not_deleted(tmp_path):
    async def work(db):
        await has(db, ADA, A, B)
        await has(db, EVE, A)
        await post(db, EVE, "theirs", B)
        await post(db, ADA, "ours", A)
        done = [await store.delete(db, owner, sha) for owner, sha in
                ((ADA, A), (ADA, B), (EVE, A), (EVE, B))]  # fmt: skip
        return done, await store.lacking(db, ADA, [A, B])

    assert on_rows(tmp_path, work) == ([False, True, True, False], [B])


def test_a_look_through_all_rows_goes_by_pages_and_finds_the_old_unnamed_ones(tmp_path):
    async def work(db):
        await has(db, ADA, A, B)
        await has(db, EVE, A, C)
        await post(db, ADA, "ours", B)
        await age(db, HOUR)
        await has(db, ADA, D)
        pages, after = [], ("", "")
        while after is not None:
            after, old = await store.page(db, after, now() - HOUR // 2, 2)
            pages.append(old)
        return pages

    assert on_rows(tmp_path, work) == [[(ADA, A)], [(EVE, A)], [(EVE, C)]]


def test_a_row_that_is_named_or_young_by_now_is_not_dropped(tmp_path):
    async def work(db):
        await has(db, ADA, A, B, C)
        await age(db, HOUR)
        before = now() - HOUR // 2
        await post(db, ADA, "ours", A)
        await store.announce(db, replace(OBJECT, sha=B))
        return [await store.drop_old(db, (ADA, sha), before) for sha in (A, B, C, D)]

    assert on_rows(tmp_path, work) == [0, 0, 1, 0]


def test_ownerless_is_what_nobody_has_or_announced(tmp_path):
    async def work(db):
        await has(db, ADA, A)
        await store.announce(db, replace(OBJECT, owner=EVE, sha=B))
        return await store.ownerless(db, [D, C, B, A])

    assert on_rows(tmp_path, work) == [C, D]
