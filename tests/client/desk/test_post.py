"""A post makes one step, whatever happens to the line; and nothing is sent that is there."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from surefoot.client.checkout import Source, open_source
from surefoot.client.desk.devices import Device
from surefoot.client.desk.hub import DeskHub
from surefoot.client.desk.pace import Pace
from surefoot.client.desk.post import Posted, plan, post
from surefoot.errors import Conflict, NotFound, SurefootError, Unreachable
from tests.client.checkouts import checkout, exported, sha
from tests.client.desk.fleet import QUICK, BadLine, Fleet, Robot, objects_of


@pytest.fixture
def robot(fleet: Fleet) -> Robot:
    return fleet.robot()


def send(
    fleet: Fleet,
    robot: Robot,
    source: Source,
    message: str = "",
    revision: int | None = None,
    pace: Pace = QUICK,
) -> Posted:
    async def work(hub: DeskHub, device: Device) -> Posted:
        planned = await plan(hub, device, source, revision)
        return await post(hub, planned, source, message=message, pace=pace)

    return fleet.with_device(robot, work)


def test_only_what_the_last_step_lacks_is_announced(fleet: Fleet, robot: Robot) -> None:
    tree = fleet.tree("one", "app", app__extra="new")
    source = open_source(tree)

    async def work(hub: DeskHub, device: Device) -> tuple[str, ...]:
        return (await plan(hub, device, source)).wanted

    assert fleet.with_device(robot, work) == (sha("new"),)
    done = send(fleet, robot, source, "a message")
    assert (done.revision, done.sent, done.kept, done.sent_bytes) == (
        1,
        1,
        len(objects_of(source)) - 1,
        len("new"),
    )
    step = fleet.step(robot, 1)
    assert step["commit-msg"] == "a message"
    assert step["state-sha"] == done.state_sha
    assert step["progress"]["status"] == "NEW"


def test_the_state_arrives_byte_for_byte(fleet: Fleet, robot: Robot, tmp_path: Path) -> None:
    """pvr.md 4.3: signatures cover the text."""
    state = json.loads(robot.source.text) | {"app/n.json": {"n": 1.5, "ü": "\u20ac"}}
    text = json.dumps(state, indent=3).replace("1.5", "1.50")
    (tmp_path / "state").mkdir()
    file = tmp_path / "state" / "json"
    file.write_text(text)
    done = send(fleet, robot, open_source(file))
    target = f"/trails/{robot.id}/steps/{done.revision}/state"
    assert fleet.world.call("GET", target, token=fleet.token).body.decode() == text


def test_an_object_that_only_the_hub_has_is_taken_from_there(
    fleet: Fleet, robot: Robot, tmp_path: Path
) -> None:
    other = fleet.robot(fleet.tree("other", "app", app__extra="of the other"))
    source = open_source(exported(tmp_path / "x.tar", other.source.text))
    assert send(fleet, robot, source).sent == 0


def test_an_object_that_nobody_has_is_named_before_anything_is_sent(
    fleet: Fleet, robot: Robot, tmp_path: Path
) -> None:
    full = open_source(fleet.tree("full", "app", app__extra="e", app__more="m"))
    source = open_source(exported(tmp_path / "x.tar", full.text, "m"))
    with pytest.raises(NotFound, match=r"app/extra needs object .* nor at"):
        send(fleet, robot, source)
    assert fleet.world.call("GET", f"/objects/{sha('m')}", token=fleet.token).status != 200


def test_a_device_without_a_trail_takes_no_step_yet(fleet: Fleet) -> None:
    """R19."""
    id, token = fleet.world.device(fleet.token)
    lonely = object.__new__(Robot)
    lonely.world, lonely.id, lonely.token = fleet.world, id, token
    with pytest.raises(Conflict, match="SYNCING"):
        send(fleet, lonely, open_source(fleet.tree("one")))


@pytest.mark.parametrize("revision", [0, 3])
def test_a_number_that_is_not_the_next_is_refused_at_once(
    fleet: Fleet, robot: Robot, revision: int
) -> None:
    with pytest.raises(Conflict, match="the next one is 1"):
        send(fleet, robot, open_source(fleet.tree("one")), revision=revision)
    assert send(fleet, robot, open_source(fleet.tree("one")), revision=1).revision == 1


def test_a_post_whose_answer_is_lost_is_found_again(
    fleet: Fleet, line: BadLine, robot: Robot
) -> None:
    source = open_source(fleet.tree("one", "app", app__extra="new"))
    line.lose(b'"commit-msg":"the message"')
    done = send(fleet, robot, source, "the message")
    assert line.losses == 1
    assert done.revision == 1
    assert done.state_sha == fleet.step(robot, 1)["state-sha"]
    assert fleet.revisions(robot) == [0, 1]


def test_a_hub_that_comes_back_gets_the_post(fleet: Fleet, line: BadLine, robot: Robot) -> None:
    source = open_source(fleet.tree("one", "app", app__extra="new"))

    async def work(hub: DeskHub, device: Device) -> Posted:
        planned = await plan(hub, device, source)
        line.down()
        asyncio.get_running_loop().call_later(0.2, line.up)
        return await post(hub, planned, source, pace=QUICK)

    assert fleet.with_device(robot, work).sent == 1
    assert fleet.revisions(robot) == [0, 1]


def test_a_hub_that_stays_away_is_given_up(fleet: Fleet, line: BadLine, robot: Robot) -> None:
    source = open_source(fleet.tree("one", "app", app__extra="new"))

    async def work(hub: DeskHub, device: Device) -> Posted:
        planned = await plan(hub, device, source)
        line.down()
        return await post(hub, planned, source, pace=Pace(patience_s=0.3, pause_s=0.01))

    with pytest.raises(Unreachable):
        fleet.with_device(robot, work)


def test_of_two_posts_of_the_same_number_one_wins_and_the_other_is_told(
    fleet: Fleet, robot: Robot
) -> None:
    one, two = (open_source(fleet.tree(name, "app", app__x=name)) for name in ("one", "two"))

    async def work(hub: DeskHub, device: Device) -> Posted:
        late = await plan(hub, device, one)
        await post(hub, await plan(hub, device, two), two, pace=QUICK)
        return await post(hub, late, one, pace=QUICK)

    with pytest.raises(Conflict, match=r"Revision 1 .* another post"):
        fleet.with_device(robot, work)
    assert fleet.revisions(robot) == [0, 1]


def test_the_same_content_is_known_as_such(fleet: Fleet, robot: Robot) -> None:
    changed = open_source(fleet.tree("one", "app", app__x="x"))

    async def work(hub: DeskHub, device: Device) -> list[bool]:
        return [(await plan(hub, device, each)).is_new for each in (robot.source, changed)]

    assert fleet.with_device(robot, work) == [False, True]


def test_a_state_that_the_hub_refuses_is_told_with_its_reason(
    fleet: Fleet, robot: Robot, tmp_path: Path
) -> None:
    source = open_source(checkout(tmp_path / "x", "app"))
    bad = source.state.text.replace("pantavisor-service-system@1", "something-else@1")

    async def work(hub: DeskHub, device: Device) -> Posted:
        planned = await plan(hub, device, source)
        spoiled = replace(source, state=replace(source.state, text=bad))
        return await post(hub, planned, spoiled, pace=QUICK)

    with pytest.raises(SurefootError, match="#spec"):
        fleet.with_device(robot, work)
    assert fleet.revisions(robot) == [0]
