import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest

from surefoot.client.desk.devices import Device
from surefoot.client.desk.hub import DeskHub
from surefoot.client.desk.logs import Entry, Filters, Logs, moment_of
from surefoot.client.desk.pace import Pace
from surefoot.errors import Unreachable
from tests.client.desk.fleet import QUICK, BadLine, Fleet, Robot

ALL = Filters()


@pytest.fixture
def robot(fleet: Fleet) -> Robot:
    return fleet.robot()


def read(fleet: Fleet, robot: Robot, count: int | None = None, filters: Filters = ALL) -> list[str]:
    """The last `count`, or all."""

    async def work(hub: DeskHub, device: Device) -> list[str]:
        log = Logs(hub, device, filters, QUICK)
        if count is not None:
            return [entry["msg"] for entry in await log.last(count)]
        return [entry["msg"] async for entry in log.since()]

    return fleet.with_device(robot, work)


def numbered(first: int, last: int) -> list[str]:
    return [f"line {number}" for number in range(first, last)]


def test_the_last_lines_come_oldest_first(fleet: Fleet, robot: Robot) -> None:
    robot.logs(*numbered(0, 5))
    robot.logs(*numbered(5, 10))
    assert read(fleet, robot, 3) == numbered(7, 10)
    assert read(fleet, robot, 100) == numbered(0, 10)
    assert read(fleet, robot, 0) == []


def test_a_log_that_is_empty_has_no_lines(fleet: Fleet, robot: Robot) -> None:
    assert read(fleet, robot, 10) == read(fleet, robot) == []


def test_all_lines_come_over_many_pages(fleet: Fleet, robot: Robot) -> None:
    for begin in range(0, 1200, 200):
        robot.logs(*numbered(begin, begin + 200))
    assert read(fleet, robot) == numbered(0, 1200)


def test_filters_choose_lines(fleet: Fleet, robot: Robot) -> None:
    robot.logs("plain")
    robot.logs("bad", lvl="ERROR", plat="pantavisor", rev="2", src="/update")
    for filters in (
        Filters(level="ERROR"),
        Filters(platform="pantavisor"),
        Filters(revision="2"),
        Filters(source="/update"),
        Filters(level="ERROR,WARN", revision="2,3"),
    ):
        assert read(fleet, robot, 10, filters) == ["bad"]


def test_since_a_moment_only_later_lines(fleet: Fleet, robot: Robot) -> None:
    robot.logs("one")
    hour = timedelta(hours=1)
    now = datetime.now(UTC)
    assert read(fleet, robot, filters=Filters(since=now - hour)) == ["one"]
    assert read(fleet, robot, filters=Filters(since=(now - hour).replace(microsecond=0))) == ["one"]
    assert read(fleet, robot, filters=Filters(since=now + hour)) == []


def follow(
    fleet: Fleet, robot: Robot, first: int, wanted: int, then: Callable[[int], None]
) -> list[str]:
    """What a follower shows; `then` is called with the number of lines told so far."""

    async def work(hub: DeskHub, device: Device) -> list[str]:
        log = Logs(hub, device, Filters(), QUICK)
        told = [entry["msg"] for entry in await log.last(first)]
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, then, len(told))
        async for entry in _until(log.follow(), wanted - len(told)):
            told.append(entry["msg"])
            await loop.run_in_executor(None, then, len(told))
        return told

    return fleet.with_device(robot, work)


async def _until(entries: AsyncIterator[Entry], count: int) -> AsyncIterator[Entry]:
    async with asyncio.timeout(20):
        async for entry in entries:
            yield entry
            count -= 1
            if not count:
                return


def test_following_tells_each_line_once(fleet: Fleet, robot: Robot) -> None:
    robot.logs(*numbered(0, 3))

    def then(told: int) -> None:
        if told < 6:
            robot.logs(f"line {told}")

    assert follow(fleet, robot, 100, 6, then) == numbered(0, 6)


def test_following_from_the_last_lines_tells_none_before_them(fleet: Fleet, robot: Robot) -> None:
    robot.logs(*numbered(0, 50))

    def then(told: int) -> None:
        if told == 2:
            robot.logs("new")

    assert follow(fleet, robot, 2, 3, then) == ["line 48", "line 49", "new"]


def test_following_goes_on_when_the_hub_is_back(fleet: Fleet, line: BadLine, robot: Robot) -> None:
    def then(told: int) -> None:
        if told == 0:
            robot.logs("one")
        if told == 1:
            line.down()
            robot.logs("two")
            line.up()

    assert follow(fleet, robot, 10, 2, then) == ["one", "two"]


def test_a_hub_that_stays_away_ends_it(fleet: Fleet, line: BadLine, robot: Robot) -> None:
    async def work(hub: DeskHub, device: Device) -> None:
        line.down()
        pace = Pace(patience_s=0.2, pause_s=0.01, look_s=0.01)
        async for _ in Logs(hub, device, pace=pace).follow():
            pass

    with pytest.raises(Unreachable):
        fleet.with_device(robot, work)


def test_an_entry_without_a_time_has_none() -> None:
    assert moment_of({}) is None
    assert moment_of({"time-created": "2026-11-24T06:00:00Z"}) == datetime(
        2026, 11, 24, 6, tzinfo=UTC
    )
