"""Counts, and the columns of other rooms' rows that an overview shows."""

import asyncio

import pytest

from surefoot.hub.accounts import store as accounts
from surefoot.hub.accounts.overview import store
from surefoot.hub.accounts.overview.store import Use

SHA = "ab" * 32


@pytest.fixture
def owner(database):
    return asyncio.run(accounts.create(database, "ada", "", "x")).id


async def add_device(database, id, owner, seen=0, public=0):
    await database.run(
        "INSERT INTO devices (id, nick, owner, secret, public, created, modified, seen)"
        " VALUES (?, ?, ?, 'x', ?, 1, 1, ?)",
        id,
        f"nick-{id}",
        owner,
        public,
        seen,
    )


async def add_step(database, trail, rev, status, progress):
    await database.run(
        "INSERT INTO steps (trail, rev, commit_msg, state, state_sha, status, progress, step_time,"
        " created, modified) VALUES (?, ?, '', '{}', '', ?, ?, 1, 1, 1)",
        trail,
        rev,
        status,
        progress,
    )


async def add_object(database, owner, sha, size, present=1):
    await database.run(
        "INSERT INTO objects (owner, sha, name, mime, size, present, created, modified)"
        " VALUES (?, ?, '', '', ?, ?, 1, 1)",
        owner,
        sha,
        size,
        present,
    )


def test_the_devices_that_were_here_last_come_first_with_their_newest_step(database, owner):
    async def story():
        for n in range(7):
            await add_device(database, f"d{n}", owner, seen=n)
        await database.run("INSERT INTO trails VALUES ('d6', ?, 1, 1, 1)", owner)
        for rev, status in enumerate(("DONE", "ERROR", "NEW")):
            await add_step(database, "d6", rev, status, f'{{"status-msg":"{rev}"}}')
        return await store.recent(database, owner)

    found = asyncio.run(story())
    assert [one.id for one in found] == ["d6", "d5", "d4", "d3", "d2"]
    assert (found[0].status, found[0].progress) == ("ERROR", '{"status-msg":"1"}')
    assert (found[1].status, found[1].progress) == ("", "")


def test_what_an_account_has_is_its_use(database, owner):
    async def story():
        other = (await accounts.create(database, "eve", "", "x")).id
        await add_device(database, "d1", owner)
        await add_device(database, "d2", other)
        await add_object(database, owner, SHA, 100)
        await add_object(database, owner, SHA[::-1], 50, present=0)
        await add_object(database, other, SHA, 100)
        await accounts.add_bytes(database, owner, 100)
        return [await store.use(database, id) for id in (owner, "nobody")]

    assert asyncio.run(story()) == [Use(1, 1, 100), Use(0, 0, 0)]


def test_bytes_that_two_have_are_counted_once(database, owner):
    async def story():
        other = (await accounts.create(database, "eve", "", "x")).id
        for id in (owner, other):
            await add_object(database, id, SHA, 100)
        await add_device(database, "d1", owner, seen=50)
        await add_device(database, "d2", None, seen=10)
        await database.run("INSERT INTO trails VALUES ('d1', ?, 1, 1, 1)", owner)
        await add_step(database, "d1", 0, "DONE", "")
        await add_step(database, "d1", 1, "NEW", "")
        return await store.counts(database, 50), await store.steps_by_status(database)

    numbers, steps = asyncio.run(story())
    assert numbers == {
        "accounts": 2,
        "devices": 2,
        "devices_unclaimed": 1,
        "devices_online": 1,
        "objects": 1,
        "object_bytes": 100,
    }
    assert steps == {"DONE": 1, "NEW": 1}


def test_a_profile_shows_who_has_something_to_show(database, owner):
    async def story():
        for nick in ("Adam", "bob"):
            await accounts.create(database, nick, "", "x")
        adam = (await accounts.by_nick(database, "Adam")).id
        await add_device(database, "d1", adam, public=1)
        await add_device(database, "d2", owner)
        asked = ((owner, ""), ("", ""), (owner, "AD"), (owner, "b"), ("", "%"))
        return [
            [(one.nick, one.devices) for one in await store.profiles(database, *pair, 10)]
            for pair in asked
        ]

    both, mine = [("Adam", 1), ("ada", 0)], [("Adam", 1)]
    assert asyncio.run(story()) == [both, mine, both, [], []]
