import asyncio

import pytest

from surefoot.client.checkout import open_source
from surefoot.client.desk.devices import Device
from surefoot.client.desk.hub import DeskHub
from surefoot.client.desk.pace import Pace
from surefoot.client.desk.post import plan, post
from surefoot.client.desk.steps import View
from surefoot.client.desk.wait import Entry, Waiter, exit_code
from surefoot.errors import NotFound, TimedOut, Unreachable
from tests.client.desk.fleet import QUICK, BadLine, Fleet, Robot


@pytest.fixture
def robot(fleet: Fleet) -> Robot:
    robot = fleet.robot()
    source = open_source(fleet.tree("one", "app", app__x="x"))

    async def work(hub: DeskHub, device: Device) -> None:
        await post(hub, await plan(hub, device, source), source, pace=QUICK)

    fleet.with_device(robot, work)
    return robot


class Story:
    """Tells the next line as soon as the one before was seen."""

    def __init__(self, robot: Robot, *lines: tuple[str, str]) -> None:
        self.robot = robot
        self.lines = list(lines)
        self.seen: list[Entry] = []

    def __call__(self, entry: Entry) -> None:
        self.seen.append(entry)
        if self.lines:
            asyncio.get_running_loop().run_in_executor(
                None, self.robot.tells, 1, *self.lines.pop(0)
            )


def wait(
    fleet: Fleet,
    robot: Robot,
    tell: Story,
    timeout_s: float = 30,
    pace: Pace = QUICK,
    revision: int = 1,
) -> View:
    async def work(hub: DeskHub, device: Device) -> View:
        waiter = Waiter(hub, device, revision, timeout_s=timeout_s, pace=pace)
        return await waiter.wait(tell)

    return fleet.with_device(robot, work)


LINES = (
    ("QUEUED", "Retried 0 of 10"),
    ("DOWNLOADING", "Retry 1 of 10"),
    ("INPROGRESS", "Update installed"),
    ("TESTING", "Awaiting to see if update is stable"),
    ("UPDATED", "Update finished, revision not set as rollback point"),
)


def test_each_line_is_told_once_and_in_order_to_the_end(fleet: Fleet, robot: Robot) -> None:
    story = Story(robot, *LINES)
    view = wait(fleet, robot, story)
    assert (view.status, view.message) == LINES[-1]
    told = [(entry.view.status, entry.view.message) for entry in story.seen]
    assert told == [("NEW", ""), *LINES]
    times = [entry.at_s for entry in story.seen]
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("status", "code"),
    [("UPDATED", 0), ("DONE", 0), ("WONTGO", 3), ("CANCELLED", 3), ("ERROR", 4)],
)
def test_each_end_has_its_exit_code(status: str, code: int) -> None:
    """R24."""
    assert exit_code(status) == code


@pytest.mark.parametrize("status", ["NEW", "TESTING", "SOMETHING", ""])
def test_what_goes_on_has_none(status: str) -> None:
    assert exit_code(status) is None


def test_the_time_is_over(fleet: Fleet, robot: Robot) -> None:
    with pytest.raises(TimedOut, match="surefoot step"):
        wait(fleet, robot, Story(robot), timeout_s=0.2)


def test_a_hub_that_is_away_for_a_while_is_waited_for(
    fleet: Fleet, line: BadLine, robot: Robot
) -> None:
    class Away(Story):
        def __call__(self, entry: Entry) -> None:
            super().__call__(entry)
            if len(self.seen) == 2:
                line.down()
                asyncio.get_running_loop().call_later(0.3, line.up)

    story = Away(robot, *LINES)
    assert wait(fleet, robot, story).status == "UPDATED"
    assert len(story.seen) == len(LINES) + 1


def test_a_hub_that_stays_away_is_given_up(fleet: Fleet, line: BadLine, robot: Robot) -> None:
    class Gone(Story):
        def __call__(self, entry: Entry) -> None:
            line.down()

    with pytest.raises(Unreachable):
        wait(fleet, robot, Gone(robot), pace=Pace(patience_s=0.3, pause_s=0.01, look_s=0.01))


def test_a_step_that_is_not_there_is_not_waited_for(fleet: Fleet, robot: Robot) -> None:
    with pytest.raises(NotFound):
        wait(fleet, robot, Story(robot), revision=9)


def test_downloads_are_watched_between_the_lines(fleet: Fleet, robot: Robot) -> None:
    seen: list[View] = []
    total = {"total_size": 100, "total_downloaded": 40, "start_time": 0, "current_time": 0}

    def tell(entry: Entry) -> None:
        if entry.view.status == "NEW":
            robot.tells(1, "DOWNLOADING", "Retry 1 of 10", downloads={"total": total})
        elif entry.view.status == "DOWNLOADING":
            robot.tells(1, "WONTGO", "Max download retries reached")

    async def work(hub: DeskHub, device: Device) -> View:
        return await Waiter(hub, device, 1, pace=QUICK).wait(tell, seen.append)

    assert fleet.with_device(robot, work).status == "WONTGO"
    assert (100, 40) in [view.downloads for view in seen]
