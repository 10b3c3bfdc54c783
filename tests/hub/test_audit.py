"""Who did what, to what, from where."""

import asyncio
from types import SimpleNamespace

import pytest

from surefoot.errors import Conflict
from surefoot.hub import audit
from surefoot.hub.db.sqlite import SqliteDatabase
from surefoot.hub.devices.register import AUTO_TOKEN
from surefoot.hub.frame.principal import ANONYMOUS, NOBODY, Kind, Principal
from tests.support.hub_world import HubWorld

ADA = Principal(Kind.USER, "a" * 24, "ada", "a" * 24)
ADAS_DEVICE = Principal(Kind.DEVICE, "d" * 24, "gw", ADA.id)
EVE = Principal(Kind.USER, "e" * 24, "eve", "e" * 24)


def by(who):
    return SimpleNamespace(who=who, address="192.0.2.7")


@pytest.fixture
def told(tmp_path):
    """Runs `story(database)` on an empty log."""
    database = SqliteDatabase(tmp_path / "hub.db")
    asyncio.run(database.migrate())
    yield lambda story: asyncio.run(story(database))
    asyncio.run(database.close())


def test_an_entry_says_who_what_and_from_where(told):
    async def story(database):
        await audit.note(database, by(ADA), "device claimed", "prn:::devices:/x", "gw")
        return await audit.entries(database, "", 99, 99)

    (entry,) = told(story)
    assert (entry.actor, entry.action) == (ADA.prn, "device claimed")
    assert (entry.subject, entry.detail, entry.address) == ("prn:::devices:/x", "gw", "192.0.2.7")
    assert entry.created > 0


def test_whoever_has_no_account_is_nobody_here(told):
    async def story(database):
        for who in (NOBODY, ANONYMOUS):
            await audit.note(database, by(who), "login refused", ADA.prn)
        return await audit.entries(database, "", 99, 99)

    assert [entry.actor for entry in told(story)] == ["", ""]


def test_entries_of_an_account_are_its_own_and_newest_first(told):
    async def story(database):
        await audit.note(database, by(ADA), "step posted", "one")
        await audit.note(database, by(EVE), "step posted", "two")
        await audit.note(database, by(ADAS_DEVICE), "step posted", "three")
        await audit.note(database, by(NOBODY), "login refused", ADA.prn, account=ADA.id)
        await audit.note_of_operator(database, ADA.id, "password changed")
        pages = [await audit.entries(database, ADA.id, before, 2) for before in (99, 4, 1)]
        return [[entry.id for entry in page] for page in pages]

    assert told(story) == [[5, 4], [3, 1], []]


def test_what_is_done_at_the_machine_is_the_operators_deed(told):
    async def story(database):
        await audit.note_of_operator(database, ADA.id, "account made", "ada")
        return await audit.entries(database, ADA.id, 99, 99)

    (entry,) = told(story)
    assert (entry.actor, entry.action, entry.subject) == ("operator", "account made", ADA.prn)
    assert (entry.detail, entry.address) == ("ada", "")


def test_of_each_account_the_newest_entries_are_kept_whatever_others_do(told, monkeypatch):
    monkeypatch.setattr(audit, "FORGOTTEN_AT_ONCE", 3)

    async def story(database):
        await audit.note(database, by(EVE), "step posted", "hers")
        for number in range(10):
            await audit.note(database, by(ADA), "step posted", f"{number}")
        forgotten = [await audit.forget(database, 2) for _ in range(2)]
        return forgotten, [one.subject for one in await audit.entries(database, "", 99, 99)]

    assert told(story) == ([8, 0], ["9", "8", "hers"])


def test_an_entry_is_kept_only_with_what_it_tells_of(told):
    async def deed(database):
        async with database.transaction() as tx:
            await audit.note(tx, by(ADA), "device deleted", "x")
            raise Conflict("not now")

    with pytest.raises(Conflict):
        told(deed)
    assert told(lambda database: audit.entries(database, "", 99, 99)) == []


def test_a_long_text_of_a_caller_is_cut(told):
    async def story(database):
        await audit.note(database, by(ADA), "step posted", "x", "m" * 100_000)
        return await audit.entries(database, "", 99, 99)

    assert len(told(story)[0].detail) == audit.LONGEST_DETAIL


# ---- over the wire -----------------------------------------------------------------------------


def test_every_change_by_a_person_is_told_once_to_the_owner(tmp_path):
    """And what others do with what is his: who joins by his token, who fails to log in as it."""
    state = {"#spec": "pantavisor-service-system@1"}
    with HubWorld(tmp_path) as world:
        ada = world.user("ada")
        id, device = world.device(ada)
        world.call("POST", "/trails/", state, token=device)
        at, trail = f"/devices/{id}", f"/trails/{id}"
        join = world.call("POST", "/devices/tokens", {}, token=ada).json
        nobodys = {"username": f"prn:::devices:/{id}", "password": "wrong"}
        story = [
            ("PUT", f"{at}/user-meta", {"a": "1"}, "user-meta changed"),
            ("PATCH", f"{at}/user-meta", {"a": "2"}, "user-meta changed"),
            ("PUT", at, {"user-meta": {"a": "3"}}, "user-meta changed"),
            ("PATCH", at, {"nick": "gw9"}, "device renamed"),
            ("PUT", f"{at}/public", None, "device published"),
            ("POST", f"{trail}/steps", {"rev": -1, "state": state}, "step posted"),
            ("PUT", f"{trail}/steps/1/state", state, "state replaced"),
            ("PUT", f"{trail}/steps/1/meta", {"why": "x"}, "meta replaced"),
            ("PUT", f"{trail}/steps/1/cancel", None, "step cancelled"),
            ("DELETE", f"/devices/tokens/{join['id']}", None, "join-token disabled"),
            ("DELETE", at, None, "device removed"),
        ]
        joined = world.call("POST", "/devices/", headers={AUTO_TOKEN: join["token"]})
        refused = world.call("POST", "/auth/login", nobodys)
        assert (joined.status, refused.status) == (200, 401)
        for method, target, body, _ in story:
            assert world.call(method, target, body, token=ada).status == 200
        told = [entry["action"] for entry in world.call("GET", "/audit", token=ada).json]
    wanted = ["account made", "device claimed", "join-token made"]
    wanted += ["device registered", "login refused", *(action for *_, action in story)]
    assert told[::-1] == wanted
