import json

from tests.cli.conftest import Run
from tests.client.desk.fleet import Fleet


def test_a_token_is_made_listed_and_disabled(desk: Run, fleet: Fleet) -> None:
    ran = desk("join-tokens", "create", "--nick", "line-3", "--meta", "site=berlin")
    assert ran.code == 0
    header = {"Pantahub-Devices-Auto-Token-V1": ran.out.strip()}
    joined = fleet.world.call("POST", "/devices/", headers=header).json
    assert joined["user-meta"] == {"site": "berlin"}
    (row,) = json.loads(desk("join-tokens", "ls", "--json").out)
    assert row["id"] in ran.err
    assert "good" in desk("join-tokens", "ls").out
    assert desk("join-tokens", "rm", row["id"]).code == 0
    assert fleet.world.call("POST", "/devices/", headers=header).status == 400


def test_metadata_must_be_pairs(desk: Run) -> None:
    for text in ("x", "=y"):
        assert desk("join-tokens", "create", "--meta", text).code == 2


def test_a_token_that_is_not_there_is_told(desk: Run) -> None:
    assert desk("join-tokens", "rm", "0" * 24).code == 3


def test_without_a_token_the_next_step_is_told(desk: Run) -> None:
    assert "surefoot join-tokens create" in desk("join-tokens", "ls").out
