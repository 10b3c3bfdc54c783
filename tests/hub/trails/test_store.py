"""Rows of trails and steps, on a database without a Hub around it."""

import asyncio
from dataclasses import replace

import pytest

from surefoot.hub.accounts import store as accounts
from surefoot.hub.db.errors import Taken
from surefoot.hub.db.sqlite import SqliteDatabase
from surefoot.hub.devices import store as devices
from surefoot.hub.trails import store
from surefoot.hub.trails.store import Step, Trail

DEVICE = "5f3e9c0a1b2c3d4e5f607182"
PENDING = ("NEW", "DOWNLOADING", "INPROGRESS", "TESTING", "QUEUED")
SHA = "ab" * 32
ZERO = Step(
    trail=DEVICE,
    rev=0,
    committer="prn:::devices:/x",
    commit_msg="Factory State (rev 0)",
    state='{"#spec" : 1.50}',
    state_sha="cd" * 32,
    status="DONE",
    progress='{"status":"DONE","status-msg":"ok","progress":100}',
    meta="{}",
    step_time=1,
    progress_time=2,
    created=3,
    modified=4,
)


def step(rev, status="NEW", **changes):
    return replace(ZERO, rev=rev, status=status, progress=f'{{"status":"{status}"}}', **changes)


def on_rows(tmp_path, work, *steps):
    """What `work(database)` returns; there is a device of ada's with these steps."""

    async def run():
        database = SqliteDatabase(tmp_path / "hub.db")
        try:
            await database.migrate()
            ada = await accounts.create(database, "ada", "", "x")
            await _device(database, DEVICE, "gw1", ada.id)
            if steps:
                await store.add_trail(database, Trail(DEVICE, ada.id, 10, 20, 30))
            for one in steps:
                await store.add_step(database, one, [SHA])
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


async def _device(database, id, nick, owner):
    device = devices.Device(
        id=id, nick=nick, owner=owner, secret="", challenge="", public=False, user_meta="{}",
        device_meta="{}", generation=0, created=1, modified=1, seen=7, address="192.0.2.1",
    )  # fmt: skip
    await devices.insert(database, device)


def test_a_step_comes_back_as_it_was_put(tmp_path):
    assert on_rows(tmp_path, lambda db: store.get_step(db, DEVICE, 0), ZERO) == ZERO


def test_what_is_not_there_is_none(tmp_path):
    async def work(db):
        return [
            await store.get_step(db, DEVICE, 1),
            await store.get_progress(db, DEVICE, 1),
            await store.get_trail(db, "0" * 24),
            await store.last_rev(db, "0" * 24),
            await store.first_step(db, "0" * 24, PENDING),
            await store.standing_of(db, "0" * 24),
        ]

    assert on_rows(tmp_path, work, ZERO) == [None] * 6


def test_a_number_is_taken_once(tmp_path):
    with pytest.raises(Taken):
        on_rows(tmp_path, lambda db: store.add_step(db, ZERO, []), ZERO)


def test_a_trail_is_made_once(tmp_path):
    async def work(db):
        known = await store.get_trail(db, DEVICE)
        with pytest.raises(Taken):
            await store.add_trail(db, known)
        return known

    trail = on_rows(tmp_path, work, ZERO)
    assert (trail.id, trail.created, trail.touched, trail.insync) == (DEVICE, 10, 20, 30)


def test_the_last_number(tmp_path):
    assert on_rows(tmp_path, lambda db: store.last_rev(db, DEVICE), ZERO, step(1), step(2)) == 2


def test_a_device_gets_the_lowest_of_the_pending_ones(tmp_path):
    steps = (ZERO, step(1, "UPDATED"), step(2, "TESTING"), step(3, "QUEUED"), step(4))

    async def work(db):
        found = [await store.first_step(db, DEVICE, wanted) for wanted in (PENDING, ("NEW",), ())]
        return [one and one.rev for one in found]

    assert on_rows(tmp_path, work, *steps) == [2, 4, None]


def test_the_poll_looks_into_the_index_and_not_along_the_trail(tmp_path):
    """Whatever the trail's length: hub-wire 11 names the poll as what a Hub is made for."""

    async def work(db):
        rows = await db.all(
            "EXPLAIN QUERY PLAN " + store.FIRST.replace("?*", "?, ?"),
            *(DEVICE, DEVICE, "NEW", "QUEUED"),
        )
        return [row["detail"] for row in rows]

    plan = on_rows(tmp_path, work)
    assert any("COVERING INDEX steps_by_status (trail=? AND status=?)" in row for row in plan)
    assert "(trail=? AND rev=?)" in plan[0]


def test_lists_are_paged(tmp_path):
    steps = (ZERO, step(1), step(2, "ERROR"), step(3), step(4))

    async def work(db):
        return [
            await store.revs_in(db, DEVICE, ("NEW", "ERROR"), 10, 0),
            await store.revs_in(db, DEVICE, ("NEW",), 2, 1),
            await store.revs_in(db, DEVICE, (), 2, 0),
        ]

    assert on_rows(tmp_path, work, *steps) == [[1, 2, 3, 4], [3, 4], []]


def test_a_progress_is_written_with_its_status(tmp_path):
    async def work(db):
        await store.set_progress(db, DEVICE, 1, "QUEUED", '{"status":"QUEUED"}', 99)
        return await store.get_step(db, DEVICE, 1), await store.get_progress(db, DEVICE, 1)

    found, text = on_rows(tmp_path, work, ZERO, step(1))
    assert (found.status, found.progress, text) == ("QUEUED", text, '{"status":"QUEUED"}')
    assert (found.progress_time, found.modified, found.created) == (99, 99, 3)


def test_a_state_is_replaced_with_the_objects_that_it_names(tmp_path):
    other = "ef" * 32

    async def work(db):
        before = await store.objects_of(db, DEVICE, 1)
        await store.replace_state(db, DEVICE, 1, "{ }", "01" * 32, [other, other], 99)
        return before, await store.get_step(db, DEVICE, 1), await store.objects_of(db, DEVICE, 1)

    before, found, after = on_rows(tmp_path, work, ZERO, step(1))
    assert (before, after) == ([SHA], [other])
    assert (found.state, found.state_sha, found.step_time) == ("{ }", "01" * 32, 99)


def test_a_meta_is_replaced(tmp_path):
    async def work(db):
        await store.set_meta(db, DEVICE, 0, '{"a":1}', 9)
        return await store.get_step(db, DEVICE, 0)

    found = on_rows(tmp_path, work, ZERO)
    assert (found.meta, found.modified, found.state) == ('{"a":1}', 9, ZERO.state)


def test_a_trail_says_when_it_was_touched_and_when_in_sync(tmp_path):
    async def work(db):
        await store.touch_trail(db, DEVICE, 50)
        await store.set_in_sync(db, DEVICE, 60)
        return await store.get_trail(db, DEVICE)

    trail = on_rows(tmp_path, work, ZERO)
    assert (trail.touched, trail.insync) == (50, 60)


def test_trails_of_an_account(tmp_path):
    async def work(db):
        ada = await accounts.by_nick(db, "ada")
        return await store.trails_of(db, ada.id), await store.trails_of(db, "nobody")

    mine, others = on_rows(tmp_path, work, ZERO)
    assert [trail.id for trail in mine] == [DEVICE]
    assert others == []


def test_a_device_stands_where_its_newest_step_stands_that_was_taken_up(tmp_path):
    async def work(db):
        return await store.standing_of(db, DEVICE)

    found = on_rows(tmp_path, work, ZERO, step(1, "TESTING", state_sha="77" * 32), step(2), step(3))
    assert (found.newest, found.rev, found.state_sha) == (3, 1, "77" * 32)
    assert (found.seen, found.address, found.touched) == (7, "192.0.2.1", 20)


def test_all_devices_of_an_account_stand_in_one_statement(tmp_path):
    async def work(db):
        ada = await accounts.by_nick(db, "ada")
        await _device(db, "0" * 24, "gw2", ada.id)
        return {one.nick: one.rev async for one in store.standings_of(db, ada.id)}

    assert on_rows(tmp_path, work, ZERO) == {"gw1": 0, "gw2": None}
