from collections.abc import Callable
from pathlib import Path

import pytest

from surefoot.hub.check.findings import Kind
from surefoot.hub.check.repair import repair
from surefoot.hub.db.sqlite import SqliteDatabase
from tests.hub.check.world import BODY, OTHER, SHA, World

NOTED = f"WHERE sha = '{SHA}'"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize(
    "spoil",
    [
        World.unnamed,
        lambda world: world.sql("UPDATE accounts SET bytes = 3"),
        lambda world: world.sql(f"UPDATE objects SET size = 3 {NOTED}"),
        lambda world: world.sql(f"UPDATE objects SET present = 0 {NOTED}"),
        lambda world: world.sql(f"DELETE FROM objects {NOTED}"),
    ],
)
def test_what_can_be_known_is_as_it_was_afterwards(
    world: World, spoil: Callable[[World], None]
) -> None:
    spoil(world)
    visit = world.examine(mends=True)
    assert visit.mended == visit.seen.findings != []
    assert visit.left == []
    assert world.examine().seen.findings == []
    assert (world.layout.blobs / SHA).read_bytes() == BODY
    assert not (world.layout.blobs / OTHER).exists()


@pytest.mark.parametrize("spoil", [World.lose_bytes, World.spoil_bytes])
def test_lost_bytes_are_asked_for_again_and_all_is_well_when_they_came(
    world: World, spoil: Callable[[World], None]
) -> None:
    spoil(world)
    visit = world.examine(mends=True)
    assert len(visit.mended) == 1
    assert [finding.kind for finding in visit.left] == [Kind.NOT_KEPT]
    assert not (world.layout.blobs / SHA).exists()

    async def come_again(database: SqliteDatabase) -> None:
        await world.put(SHA, BODY)
        await database.run(f"UPDATE objects SET present = 1 {NOTED}")
        await database.run("UPDATE accounts SET bytes = ?", len(BODY))

    world.on(come_again)
    assert world.examine().seen.findings == []


def test_what_is_not_so_any_more_is_left_alone(world: World) -> None:
    """Twice is harmless: the second time it finds nothing of it."""
    world.unnamed()
    findings = world.examine().seen.findings
    world.spoil_bytes()
    findings = [*findings, *world.examine().seen.findings]

    async def twice(database: SqliteDatabase) -> None:
        for _ in range(2):
            await repair(database, world.blobs, findings)

    world.on(twice)
    assert [finding.kind for finding in world.examine().seen.findings] == [Kind.NOT_KEPT]


def test_what_a_kill_left_half_is_swept_by_a_repair(world: World) -> None:
    leftover = world.layout.blobs / f"{SHA}.00000000.surefoot-tmp"
    leftover.write_bytes(b"half")
    assert world.examine().seen.findings == []
    assert leftover.exists()
    world.examine(mends=True)
    assert not leftover.exists()
