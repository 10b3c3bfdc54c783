import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from surefoot.errors import Conflict, InvalidInput, NotFound
from surefoot.hub import audit, users
from surefoot.hub.db.sqlite import SqliteDatabase
from tests.support.databases import ROWS, Sqlite
from tests.support.hub_world import HubWorld

PASSWORD = "correct horse battery"
T = TypeVar("T")
Work = Callable[[SqliteDatabase], Awaitable[T]]


def on(place: Path, work: Work[T]) -> T:
    async def whole() -> T:
        async with Sqlite(place).opened() as database:
            return await work(database)

    return asyncio.run(whole())


async def add(database: SqliteDatabase, nick: str = "ada", email: str = "") -> None:
    await users.add(database, nick, PASSWORD, email)


def test_an_account_that_was_added_while_the_hub_runs_may_log_in_at_once(tmp_path: Path) -> None:
    with HubWorld(tmp_path) as world:
        on(tmp_path, lambda db: users.add(db, "ada", PASSWORD, "Ada@Example.org", admin=True))
        for name in ("ada", "ada@example.org"):
            assert world.login(name, PASSWORD)


def test_another_password_ends_every_login_of_before(tmp_path: Path) -> None:
    with HubWorld(tmp_path) as world:
        token = world.user("ada", PASSWORD)
        on(tmp_path, lambda db: users.set_password(db, "ada", "another password"))
        assert world.call("GET", "/auth/auth_status", token=token).status == 401
        world.login("ada", "another password")
        body = {"username": "ada", "password": PASSWORD}
        assert world.call("POST", "/auth/login", body).status == 401


def test_a_removed_account_is_nobody_from_then_on(tmp_path: Path) -> None:
    with HubWorld(tmp_path) as world:
        token = world.user("ada", PASSWORD)
        assert on(tmp_path, lambda db: users.remove(db, "ada")) == 0
        assert world.call("GET", "/auth/auth_status", token=token).status == 401
        assert on(tmp_path, users.listing) == []


def test_devices_go_with_an_account_only_when_that_is_said(tmp_path: Path) -> None:
    async def story(database: SqliteDatabase) -> None:
        Sqlite(tmp_path).load(ROWS)
        with pytest.raises(Conflict, match=r"ada owns 1 device.*--with-devices"):
            await users.remove(database, "ada")
        assert await users.remove(database, "ada", with_devices=True) == 1
        assert [row["id"] for row in await database.all("SELECT id FROM devices")] == ["d2"]

    on(tmp_path, story)


@pytest.mark.parametrize(
    ("nick", "email", "password"),
    [("ad", "", PASSWORD), ("a b", "", PASSWORD), ("trails", "", PASSWORD),
     ("ada", "nobody", PASSWORD), ("ada", "", ""), ("ada", "", "short")],
)  # fmt: skip
def test_what_could_not_sign_up_cannot_be_added(
    tmp_path: Path, nick: str, email: str, password: str
) -> None:
    with pytest.raises(InvalidInput):
        on(tmp_path, lambda db: users.add(db, nick, password, email))
    assert on(tmp_path, users.listing) == []


@pytest.mark.parametrize(("nick", "email"), [("ada", "b@example.org"), ("bob", "A@example.org")])
def test_a_nick_or_an_address_is_one_account_s_only(tmp_path: Path, nick: str, email: str) -> None:
    on(tmp_path, lambda db: add(db, "ada", "a@example.org"))
    with pytest.raises(Conflict, match="hub user ls"):
        on(tmp_path, lambda db: add(db, nick, email))


def test_accounts_are_listed_by_nick(tmp_path: Path) -> None:
    on(tmp_path, lambda db: add(db, "bob"))
    on(tmp_path, lambda db: add(db, "ada"))
    assert [account.nick for account in on(tmp_path, users.listing)] == ["ada", "bob"]


def test_who_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="hub user ls"):
        on(tmp_path, lambda db: users.set_password(db, "ada", PASSWORD))
    with pytest.raises(NotFound, match="hub user ls"):
        on(tmp_path, lambda db: users.remove(db, "ada"))
    with pytest.raises(InvalidInput):
        on(tmp_path, lambda db: users.set_password(db, "ada", "short"))


def test_what_the_operator_does_to_an_account_is_in_the_audit_log(tmp_path: Path) -> None:
    async def story(database: SqliteDatabase) -> list[str]:
        made = await users.add(database, "ada", PASSWORD)
        await users.set_password(database, "ada", PASSWORD + "!")
        await users.remove(database, "ada")
        return [one.action for one in await audit.entries(database, made.id, 99, 99)]

    assert on(tmp_path, story) == ["account removed", "password changed", "account made"]


def test_join_tokens_stay_good_when_only_the_password_changes(tmp_path: Path) -> None:
    async def count_of_good(database: SqliteDatabase) -> int:
        sql = "SELECT count(*) AS n FROM join_tokens WHERE disabled = 0"
        row = await database.one(sql)
        return int(row["n"]) if row else 0

    with HubWorld(tmp_path) as world:
        for nick in ("ada", "eve"):
            token = world.user(nick)
            assert world.call("POST", "/devices/tokens", token=token).status == 200
        on(tmp_path, lambda db: users.set_password(db, "ada", PASSWORD))
        assert on(tmp_path, count_of_good) == 2
        on(tmp_path, lambda db: users.set_password(db, "ada", PASSWORD, with_join_tokens=True))
        assert on(tmp_path, count_of_good) == 1
