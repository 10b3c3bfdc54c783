import pytest

from surefoot.client.desk.devices import (
    Device,
    claim,
    find,
    overview,
    overview_of,
    overviews,
    status_word,
)
from surefoot.client.desk.references import Reference
from surefoot.errors import Conflict, NotFound
from tests.client.desk.fleet import Fleet


def test_a_device_is_found_by_nick_id_and_the_start_of_its_id(fleet: Fleet) -> None:
    robot = fleet.robot()
    for name in (robot.id, robot.nick, robot.id[:8]):
        assert fleet.at_desk(lambda hub, name=name: find(hub, Reference(name))).id == robot.id
    assert fleet.at_desk(lambda hub: find(hub, Reference(robot.nick, "ann"))).id == robot.id


@pytest.mark.parametrize("name", ["nobody", "0" * 24, "0123abcd", "a%20b"])
def test_a_device_that_is_not_there_is_told_with_the_hub(fleet: Fleet, name: str) -> None:
    with pytest.raises(NotFound, match=f"no device {name} for you at {fleet.base}"):
        fleet.at_desk(lambda hub: find(hub, Reference(name)))


def test_a_device_of_somebody_else_is_as_good_as_not_there(fleet: Fleet) -> None:
    theirs, _ = fleet.world.device(fleet.world.user("bob"))
    with pytest.raises(NotFound):
        fleet.at_desk(lambda hub: find(hub, Reference(theirs)))


def test_a_claim_needs_the_challenge_of_the_device(fleet: Fleet) -> None:
    made = fleet.world.register()
    with pytest.raises(Conflict, match="challenge"):
        fleet.at_desk(lambda hub: claim(hub, made["id"], "no-such-words"))
    claimed = fleet.at_desk(lambda hub: claim(hub, made["id"], made["challenge"]))
    assert claimed.id == made["id"]
    assert claimed.nick


def test_a_device_without_a_trail_is_syncing(fleet: Fleet) -> None:
    """R19; seed "SYNCING"."""
    id, _ = fleet.world.device(fleet.token)
    (row,) = fleet.at_desk(overviews)
    assert (row.id, row.status, row.running, row.target) == (id, "SYNCING", "", "")


def test_the_list_says_what_runs_and_what_was_posted_last(fleet: Fleet) -> None:
    robot = fleet.robot()
    robot.meta(**{"pantavisor.revision": "0"})
    posted = fleet.world.call(
        "POST",
        f"/trails/{robot.id}/steps",
        b'{"rev":-1,"commit-msg":"","state":%s}' % robot.source.text.encode(),
        token=fleet.token,
    )
    assert posted.status == 200
    robot.tells(1, "QUEUED", "Retried 0 of 10")
    (row,) = fleet.at_desk(overviews)
    assert (row.running, row.target, row.status, row.message) == (
        "0",
        "1",
        "QUEUED",
        "Retried 0 of 10",
    )
    assert row.seen
    assert row.address == "127.0.0.1"
    assert fleet.with_device(robot, overview_of) == row


def test_a_summary_may_lack_anything() -> None:
    row = overview(Device("i" * 24, "x", {"device-meta": None}), {"timestamp": "0001-01-01T0"})
    assert (row.status, row.seen, row.running) == ("SYNCING", "", "")


@pytest.mark.parametrize("word", ["CANCEL", "CANCELED", "CANCELLED"])
def test_cancelled_has_one_spelling(word: str) -> None:
    assert status_word(word) == "CANCELLED"
