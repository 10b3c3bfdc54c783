import asyncio
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from surefoot.hub.check import store
from surefoot.hub.check.findings import Finding, Kind
from surefoot.hub.check.look import look
from surefoot.hub.db.sqlite import SqliteDatabase
from tests.hub.check.world import BODY, OTHER, SHA, World

NOTED = f"WHERE sha = '{SHA}'"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_what_agrees_is_fine(world: World) -> None:
    seen = world.examine().seen
    assert (seen.objects, seen.size, seen.findings) == (1, len(BODY), [])


@pytest.mark.parametrize(
    ("spoil", "wanted"),
    [
        (World.unnamed, [Finding(Kind.UNNAMED, OTHER)]),
        (World.spoil_bytes, [Finding(Kind.WRONG_BYTES, SHA)]),
        (World.lose_bytes, [Finding(Kind.NO_BYTES, SHA, "a1")]),
        (
            lambda world: world.sql(f"UPDATE objects SET size = 3 {NOTED}"),
            [Finding(Kind.WRONG_SIZE, SHA, "a1"), Finding(Kind.WRONG_SUM, owner="a1")],
        ),
        (
            lambda world: world.sql(f"UPDATE objects SET present = 0 {NOTED}"),
            [Finding(Kind.NO_OBJECT, SHA, "a1", "d1/1"), Finding(Kind.WRONG_SUM, owner="a1")],
        ),
        (
            lambda world: world.sql(f"DELETE FROM objects {NOTED}"),
            [
                Finding(Kind.NO_OBJECT, SHA, "a1", "d1/1"),
                Finding(Kind.WRONG_SUM, owner="a1"),
                Finding(Kind.UNNAMED, SHA),
            ],
        ),
        (
            lambda world: world.sql("UPDATE accounts SET bytes = 0"),
            [Finding(Kind.WRONG_SUM, owner="a1")],
        ),
    ],
)
def test_what_does_not_agree_is_found(
    world: World, spoil: Callable[[World], None], wanted: list[Finding]
) -> None:
    spoil(world)
    assert world.examine().seen.findings == wanted


def test_a_step_whose_object_is_nowhere_is_found(world: World) -> None:
    world.lose_bytes()
    world.sql(f"DELETE FROM objects {NOTED}")
    assert world.examine().seen.findings == [
        Finding(Kind.NOT_KEPT, SHA, "a1", "d1/1"),
        Finding(Kind.WRONG_SUM, owner="a1"),
    ]


def test_an_object_that_is_only_announced_is_no_finding(world: World) -> None:
    world.sql(
        "INSERT INTO objects (owner, sha, name, mime, size, present, created, modified) VALUES"
        f" ('a1', '{OTHER}', 'x', 'y', 3, 0, 1, 1)"
    )
    assert world.examine().seen.findings == []


def test_a_quick_look_reads_no_bytes(world: World) -> None:
    world.spoil_bytes()
    assert world.examine(reads_all=False).seen.findings == []


def test_a_damaged_database_is_the_only_thing_told(world: World) -> None:
    world.lose_bytes()
    raw = sqlite3.connect(world.layout.database)
    raw.execute("PRAGMA foreign_keys = OFF")
    raw.execute("DELETE FROM accounts")
    raw.commit()
    raw.close()
    findings = world.examine().seen.findings
    assert {finding.kind for finding in findings} == {Kind.DATABASE}
    assert any("belongs to no row of accounts" in finding.text for finding in findings)


def test_what_changes_while_it_looks_is_no_finding(world: World) -> None:
    """An upload ends, another object is collected, between its first look and its second."""
    world.unnamed()

    async def story(database: SqliteDatabase) -> None:
        listed = world.blobs.all

        async def meanwhile() -> list[tuple[str, int]]:
            before = [(SHA, len(BODY))]
            await database.run(
                "INSERT INTO objects (owner, sha, name, mime, size, present, created, modified)"
                f" VALUES ('a1', '{OTHER}', 'x', 'y', 17, 1, 1, 1)"
            )
            await database.run("UPDATE accounts SET bytes = bytes + 17")
            assert len(await listed()) == 2
            return before

        world.blobs.all = meanwhile  # type: ignore[method-assign]
        assert (await look(database, world.blobs)).findings == []

    world.on(story)


def test_everything_is_looked_at_however_much_there_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PAGE", 2)
    for number in range(7):
        sha = f"{number:064x}"
        world.sql(
            "INSERT INTO objects (owner, sha, name, mime, size, present, created, modified)"
            f" VALUES ('a1', '{sha}', 'x', 'y', 3, 1, 1, 1)"
        )
        world.sql(f"INSERT INTO step_objects VALUES ('d1', 1, '{number + 10:064x}')")
    kinds = [finding.kind for finding in world.examine().seen.findings]
    assert kinds.count(Kind.NO_BYTES) == 7
    assert kinds.count(Kind.NOT_KEPT) == 7


def test_looking_changes_nothing(world: World) -> None:
    world.spoil_bytes()
    before = {path: path.stat().st_mtime_ns for path in world.layout.blobs.iterdir()}
    world.examine()
    assert {path: path.stat().st_mtime_ns for path in world.layout.blobs.iterdir()} == before
    assert os.listdir(world.layout.blobs) == [SHA]


def test_nothing_is_looked_at_twice_by_one_task_at_once(world: World) -> None:
    async def story(database: SqliteDatabase) -> None:
        both = await asyncio.gather(look(database, world.blobs), look(database, world.blobs))
        assert [report.findings for report in both] == [[], []]

    world.on(story)
