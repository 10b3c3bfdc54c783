"""Rows of accounts and of refused logins."""

import asyncio

import pytest

from surefoot.hub.accounts import store
from surefoot.hub.accounts.store import Failures
from surefoot.hub.db.errors import Taken
from surefoot.wire.hub import prn


def make(database, nick="ada", email="Ada@Example.org", **more):
    return asyncio.run(store.create(database, nick, email, "a hash", **more))


def test_an_account_is_found_by_each_of_its_names(database):
    made = make(database)
    names = ("ada", "ada@example.org", "ADA@example.ORG", prn.account(made.id))
    for name in names:
        assert asyncio.run(store.by_login(database, name)) == made
    assert asyncio.run(store.by_nick(database, "ada")) == made
    assert asyncio.run(store.get(database, made.id)) == made
    assert prn.is_id(made.id)


@pytest.mark.parametrize("name", ["", "Ada", "x@y", "prn:::accounts:/x", "prn:::devices:/x", "@"])
def test_other_names_find_nobody(database, name):
    make(database, email="")
    assert asyncio.run(store.by_login(database, name)) is None


def test_accounts_without_an_address_do_not_meet(database):
    assert make(database, "ada", "").email == ""
    assert make(database, "eve", "").email == ""
    assert [one.nick for one in asyncio.run(store.everybody(database))] == ["ada", "eve"]


@pytest.mark.parametrize(("nick", "email"), [("ada", "other@x"), ("other", "ADA@example.org")])
def test_a_nick_and_an_address_belong_to_one_account(database, nick, email):
    make(database)
    with pytest.raises(Taken):
        make(database, nick, email)


def test_a_new_password_makes_a_new_generation(database):
    made = make(database, admin=True)
    asyncio.run(store.set_password(database, made.id, "another hash"))
    found = asyncio.run(store.get(database, made.id))
    assert (found.password, found.generation, found.admin) == ("another hash", 1, True)
    holder = asyncio.run(store.user_holder(database, made.id))
    assert (holder.generation, holder.owner, holder.admin) == (1, made.id, True)


def test_a_removed_account_is_gone(database):
    made = make(database)
    assert asyncio.run(store.remove(database, made.id))
    assert not asyncio.run(store.remove(database, made.id))
    assert asyncio.run(store.user_holder(database, made.id)) is None


def test_the_holder_of_a_device_token_is_read_from_the_devices(database):
    owner = make(database)
    sql = (
        "INSERT INTO devices (id, nick, owner, secret, generation, created, modified, seen)"
        " VALUES (?, 'gw', ?, 'x', 4, 1, 1, 9)"
    )
    asyncio.run(database.run(sql, "1" * 24, owner.id))
    asyncio.run(database.run(sql, "2" * 24, None))
    found = asyncio.run(store.device_holder(database, "1" * 24))
    assert (found.nick, found.owner, found.generation, found.seen) == ("gw", owner.id, 4, 9)
    assert asyncio.run(store.device_holder(database, "2" * 24)).owner == ""
    assert asyncio.run(store.device_holder(database, "3" * 24)) is None


def test_failures_are_kept_until_they_are_cleared_or_old(database):
    async def story():
        assert await store.failures(database, "a") == Failures()
        await store.set_failures(database, "a", Failures(1, 10))
        await store.set_failures(database, "a", Failures(2, 20))
        await store.set_failures(database, "b", Failures(1, 99))
        assert await store.failures(database, "a") == Failures(2, 20)
        await store.forget_failures(database, 50)
        assert await store.failures(database, "a") == Failures()
        await store.clear_failures(database, "b")
        await store.clear_failures(database, "b")
        assert await store.failures(database, "b") == Failures()

    asyncio.run(story())
