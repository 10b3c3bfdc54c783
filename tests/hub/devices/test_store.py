"""Rows of devices, on a database without a Hub around it."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from surefoot.hub.accounts import store as accounts
from surefoot.hub.db.errors import Taken
from surefoot.hub.db.sqlite import SqliteDatabase
from surefoot.hub.devices import store
from surefoot.hub.devices.store import TOUCH_EVERY, Device, Match
from surefoot.hub.frame.call import now

SECOND = 1_000_000
GW1 = Device(
    id="5f3e9c0a1b2c3d4e5f607182",
    nick="gw1",
    owner="",
    secret=store.digest("a long secret"),
    challenge="mild-brave-otter",
    public=False,
    user_meta="{}",
    device_meta="{}",
    generation=0,
    created=1000 * SECOND,
    modified=1000 * SECOND,
    seen=0,
    address="192.0.2.1",
)


def on_rows(tmp_path, work):
    """What `work(database, ada)` returns; `ada` is an account's id."""

    async def run():
        database = SqliteDatabase(tmp_path / "hub.db")
        try:
            await database.migrate()
            ada = await accounts.create(database, "ada", "", "x")
            return await work(database, ada.id)
        finally:
            await database.close()

    return asyncio.run(run())


def other(number, **changes):
    return replace(GW1, id=f"{number:024x}", **changes)


def test_a_device_comes_back_as_it_was_put(tmp_path):
    async def work(db, ada):
        await store.insert(db, GW1)
        return await store.get(db, GW1.id)

    assert on_rows(tmp_path, work) == GW1


def test_one_that_is_not_there_is_none(tmp_path):
    async def work(db, ada):
        return await store.get(db, GW1.id), await store.by_nick(db, ada, "gw1")

    assert on_rows(tmp_path, work) == (None, None)


def test_a_nick_is_found_below_its_owner_only(tmp_path):
    async def work(db, ada):
        await store.insert(db, replace(GW1, owner=ada))
        mine = await store.by_nick(db, ada, "gw1")
        return mine.id, await store.by_nick(db, "somebody", "gw1")

    assert on_rows(tmp_path, work) == (GW1.id, None)


def test_an_owner_has_each_nick_once(tmp_path):
    async def work(db, ada):
        await store.insert(db, replace(GW1, owner=ada))
        with pytest.raises(Taken):
            await store.insert(db, other(2, owner=ada))
        await store.insert(db, other(3, owner=ada, nick="gw3"))
        with pytest.raises(Taken):
            await store.save(db, other(3, owner=ada, nick="gw1"))

    on_rows(tmp_path, work)


def test_unclaimed_devices_may_share_a_nick(tmp_path):
    async def work(db, ada):
        await store.insert(db, GW1)
        await store.insert(db, other(2))

    on_rows(tmp_path, work)


def test_all_that_may_change_is_saved_but_when_it_was_seen(tmp_path):
    changed = replace(
        GW1,
        nick="gw2",
        secret=store.digest("another secret"),
        challenge="",
        public=True,
        user_meta='{"a":1}',
        device_meta='{"b":2}',
        generation=1,
        modified=2000 * SECOND,
    )

    async def work(db, ada):
        await store.insert(db, GW1)
        await store.save(db, replace(changed, owner=ada, seen=5))
        return await store.get(db, GW1.id), ada

    found, ada = on_rows(tmp_path, work)
    assert found == replace(changed, owner=ada)


def test_a_secret_is_kept_as_its_hash_and_checked():
    assert "a long secret" not in GW1.secret
    assert store.require_secret(GW1, "a long secret")
    assert not store.require_secret(GW1, "a long secret ")
    assert not store.require_secret(GW1, "\ud800")


def test_a_visit_is_noted_at_most_every_half_minute(tmp_path):
    async def work(db, ada):
        await store.insert(db, GW1)
        await store.touch(db, GW1.id, GW1.seen, "192.0.2.2")
        first = await store.get(db, GW1.id)
        await store.touch(db, GW1.id, first.seen, "192.0.2.3")
        await store.saw(db, first, "192.0.2.3")
        return first, await store.get(db, GW1.id)

    first, second = on_rows(tmp_path, work)
    assert (first.address, first.seen > GW1.created) == ("192.0.2.2", True)
    assert second == first


@pytest.mark.parametrize("away", [-TOUCH_EVERY - SECOND, TOUCH_EVERY + SECOND])
def test_a_visit_is_noted_after_that_and_when_the_clock_was_put_back(tmp_path, away):
    async def work(db, ada):
        old = replace(GW1, seen=now() + away)
        await store.insert(db, old)
        await store.saw(db, old, "192.0.2.9")
        return (await store.get(db, GW1.id)).address

    assert on_rows(tmp_path, work) == "192.0.2.9"


def test_a_visit_of_a_device_that_is_gone_is_nothing(tmp_path):
    async def work(db, ada):
        await store.touch(db, GW1.id, 0, "192.0.2.2")
        return await store.save_device_meta(db, GW1.id, "{}", ""), await store.save_user_meta(
            db, GW1.id, "{}"
        )

    assert on_rows(tmp_path, work) == (False, False)


def test_a_visit_that_cannot_be_noted_now_holds_up_nothing(tmp_path, monkeypatch):
    """hub-wire 0.9: a device that is answered an error registers anew."""
    monkeypatch.setattr(store, "TOUCH_PATIENCE_S", 0.05)

    async def work(db, ada):
        await store.insert(db, GW1)
        with closing(sqlite3.connect(tmp_path / "hub.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await store.saw(db, GW1, "192.0.2.2")
            other.execute("ROLLBACK")
        missed = (await store.get(db, GW1.id)).seen
        await store.saw(db, GW1, "192.0.2.2")
        return missed, (await store.get(db, GW1.id)).seen > 0

    assert on_rows(tmp_path, work) == (0, True)


def test_device_meta_is_a_visit_too(tmp_path):
    async def work(db, ada):
        await store.insert(db, GW1)
        assert await store.save_device_meta(db, GW1.id, '{"a":1}', "192.0.2.7")
        return await store.get(db, GW1.id)

    found = on_rows(tmp_path, work)
    assert (found.device_meta, found.address, found.seen > 0) == ('{"a":1}', "192.0.2.7", True)


@pytest.mark.parametrize(
    ("wanted", "nicks"),
    [
        ((), ["gw1", "GW2", "box%", "g_1"]),
        ((("nick", Match.IS, "gw1"),), ["gw1"]),
        ((("nick", Match.IS, "GW1"),), []),
        ((("nick", Match.IS_NOT, "gw1"),), ["GW2", "box%", "g_1"]),
        ((("nick", Match.BEGINS, "Gw"),), ["gw1", "GW2"]),
        ((("nick", Match.BEGINS, "g_"),), ["g_1"]),
        ((("nick", Match.BEGINS, "%"),), []),
        ((("nick", Match.BEGINS, ""),), ["gw1", "GW2", "box%", "g_1"]),
        ((("nick", Match.BEGINS, "gw"), ("public", Match.IS, 1)), ["GW2"]),
        ((("public", Match.IS_NOT, 1), ("nick", Match.IS_NOT, "gw1")), ["box%", "g_1"]),
        ((("owner", Match.IS, "nobody"),), []),
        ((("nick", Match.IS, "gw1' OR '1'='1"),), []),
    ],
)
def test_devices_are_found_by_conditions_that_all_hold(tmp_path, wanted, nicks):
    async def work(db, ada):
        for number, nick in enumerate(["gw1", "GW2", "box%", "g_1"]):
            device = other(number, nick=nick, owner=ada, created=number, public=nick == "GW2")
            await store.insert(db, device)
        return [(await store.get(db, id)).nick for id in await store.find(db, wanted, 10)]

    assert on_rows(tmp_path, work) == nicks


def test_a_list_comes_in_pages_oldest_first(tmp_path):
    async def work(db, ada):
        for number in (3, 1, 2):
            await store.insert(db, other(number, created=number))
        return [(await store.get(db, id)).created for id in await store.find(db, [], 2, 1)]

    assert on_rows(tmp_path, work) == [2, 3]


def test_a_device_takes_its_trail_and_logs_with_it(tmp_path):
    async def work(db, ada):
        await store.insert(db, replace(GW1, owner=ada))
        await db.run("INSERT INTO trails VALUES (?, ?, 0, 0, 0)", GW1.id, ada)
        await db.run(
            "INSERT INTO steps (trail, rev, commit_msg, state, state_sha, status, progress,"
            " step_time, created, modified) VALUES (?, 0, '', '{}', '', 'DONE', '{}', 0, 0, 0)",
            GW1.id,
        )
        await db.run(
            "INSERT INTO logs (device, created, tsec, tnano, lvl, src, plat, rev, msg)"
            " VALUES (?, 0, 0, 0, '', '', '', '', '')",
            GW1.id,
        )
        await store.remove(db, GW1.id)
        await store.remove(db, GW1.id)
        return [
            len(await db.all(f"SELECT * FROM {table}")) for table in ("trails", "steps", "logs")
        ]

    assert on_rows(tmp_path, work) == [0, 0, 0]


def test_only_what_nobody_claimed_and_nobody_saw_expires(tmp_path, monkeypatch):
    """hub-wire 0.9: one that still asks would register anew, under another challenge."""

    async def work(db, ada):
        await store.insert(db, other(1, created=10, seen=10))
        await store.insert(db, other(2, created=10, seen=90))
        await store.insert(db, other(3, created=90, seen=90))
        await store.insert(db, other(4, created=10, seen=10, owner=ada))
        await store.insert(db, other(5, created=10, seen=10))
        count = await store.expire_unclaimed(db, 50)
        return count, [int(id, 16) for id in await store.find(db, [], 10)]

    monkeypatch.setattr(store, "REMOVED_AT_ONCE", 1)
    assert on_rows(tmp_path, work) == (2, [2, 4, 3])
