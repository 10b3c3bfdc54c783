from pathlib import Path

from surefoot.hub.check import store
from surefoot.hub.db.sqlite import SqliteDatabase
from tests.hub.check.world import BODY, SHA, World


def test_a_withdrawn_object_is_asked_for_again_and_nobody_has_it(tmp_path: Path) -> None:
    async def story(database: SqliteDatabase) -> None:
        assert await store.size_of(database, "a1", SHA) == len(BODY)
        await store.withdraw(database, SHA)
        assert await store.size_of(database, "a1", SHA) is None
        assert await store.is_named(database, SHA)
        assert [row async for row in store.held(database)] == []
        assert [row async for row in store.lost(database)] == [store.Lost("d1", 1, SHA, "a1")]

    World(tmp_path).on(story)


def test_a_given_object_keeps_its_name_where_there_was_one(tmp_path: Path) -> None:
    async def story(database: SqliteDatabase) -> None:
        await store.withdraw(database, SHA)
        await store.give(database, "a1", SHA, 10)
        await store.give(database, "a1", "f" * 64, 3)
        rows = await database.all("SELECT sha, name, size, present FROM objects ORDER BY sha")
        assert [tuple(row) for row in rows] == [
            (SHA, "bsp/kernel", 10, 1),
            ("f" * 64, "f" * 64, 3, 1),
        ]

    World(tmp_path).on(story)
