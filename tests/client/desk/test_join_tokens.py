import pytest

from surefoot.client.desk.join_tokens import create, disable, listed
from surefoot.errors import NotFound
from tests.client.desk.fleet import Fleet


def test_a_device_with_a_token_is_owned_at_once(fleet: Fleet) -> None:
    made = fleet.at_desk(lambda hub: create(hub, "line-3", {"site": "berlin"}))
    header = {"Pantahub-Devices-Auto-Token-V1": made["token"]}
    device = fleet.world.call("POST", "/devices/", headers=header).json
    assert device["owner"]
    assert device["user-meta"] == {"site": "berlin"}
    (row,) = fleet.at_desk(listed)
    assert row["id"] == made["id"]
    assert not row.get("token")


def test_a_disabled_token_lets_nobody_in(fleet: Fleet) -> None:
    made = fleet.at_desk(lambda hub: create(hub, "", {}))
    fleet.at_desk(lambda hub: disable(hub, made["id"]))
    header = {"Pantahub-Devices-Auto-Token-V1": made["token"]}
    assert fleet.world.call("POST", "/devices/", headers=header).status == 400
    with pytest.raises(NotFound):
        fleet.at_desk(lambda hub: disable(hub, "0" * 24))
