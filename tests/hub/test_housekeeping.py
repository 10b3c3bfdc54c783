import asyncio
import logging
from pathlib import Path

import pytest

from surefoot.errors import Busy, NoRoom
from surefoot.hub.frame.hub import Hub
from surefoot.hub.housekeeping import CHORES, Chore, keep_house
from tests.support.hub_world import HubWorld

NOBODY: Hub = None  # type: ignore[assignment]


class Time:
    """Goes on only when somebody sleeps, and comes to an end."""

    def __init__(self, ends: float) -> None:
        self.now, self.ends = 0.0, ends

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds
        if self.now >= self.ends:
            raise asyncio.CancelledError


def keep(chores: list[Chore], ends: float) -> None:
    time = Time(ends)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(keep_house(NOBODY, chores, time.sleep, time.clock))


def counting(name: str, every_s: float, told: list[str]) -> Chore:
    async def work(_: Hub) -> int:
        told.append(name)
        return 0

    return Chore(name, every_s, work)


def test_each_chore_is_done_at_the_start_and_then_at_its_own_pace() -> None:
    told: list[str] = []
    keep([counting("often", 10, told), counting("seldom", 35, told)], 36)
    assert told == ["often", "seldom", "often", "often", "often", "seldom"]


@pytest.mark.parametrize(
    "error", [Busy("held"), NoRoom("full"), OSError(5, "broken"), ValueError("a slip of ours")]
)
def test_a_chore_that_fails_is_told_and_the_others_are_done(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_: Hub) -> int:
        raise error

    told: list[str] = []
    keep([Chore("things", 10, fail), counting("other", 10, told)], 25)
    assert told == ["other"] * 3
    assert caplog.text.count("things") >= 3
    assert str(error) in caplog.text


def test_what_was_cleared_away_is_told(caplog: pytest.LogCaptureFixture) -> None:
    async def clear(_: Hub) -> int:
        return 3

    with caplog.at_level(logging.INFO):
        keep([Chore("old things", 10, clear)], 5)
    assert "old things cleared away: 3" in caplog.text


@pytest.fixture
def world(tmp_path: Path) -> HubWorld:
    return HubWorld(tmp_path)


def do_all(world: HubWorld) -> int:
    return sum(world.run(chore.work(world.hub)) for chore in CHORES)


def test_the_chores_of_a_fresh_hub_clear_nothing(world: HubWorld) -> None:
    with world:
        owner = world.user("ada")
        device, _ = world.device(owner)
        world.register()
        assert do_all(world) == 0
        assert world.call("GET", f"/devices/{device}", token=owner).status == 200


def test_devices_that_nobody_claimed_go_when_they_are_silent_for_long(world: HubWorld) -> None:
    with world:
        owner = world.user("ada")
        kept, _ = world.device(owner)
        world.register()
        world.run(world.database.run("UPDATE devices SET created = 1, seen = 1"))
        assert do_all(world) == 1
        left = world.run(world.database.all("SELECT id FROM devices"))
        assert [row["id"] for row in left] == [kept]


def test_refused_logins_are_forgotten_in_time(world: HubWorld) -> None:
    with world:
        sql = "INSERT INTO failures VALUES (?, 1, ?)"
        world.run(world.database.run(sql, "old", 1))
        world.run(world.database.run(sql, "new", 1 << 62))
        do_all(world)
        left = world.run(world.database.all("SELECT key FROM failures"))
        assert [row["key"] for row in left] == ["new"]


@pytest.mark.parametrize("chore", CHORES, ids=lambda chore: chore.name)
def test_a_chore_is_harmless_twice(chore: Chore, world: HubWorld) -> None:
    with world:
        for _ in range(2):
            assert world.run(chore.work(world.hub)) == 0
