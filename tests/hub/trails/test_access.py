"""Whose steps a caller sees, and what a step's number is."""

import pytest

from surefoot.errors import NotFound
from surefoot.hub.trails.access import number


def test_a_number():
    assert [number(text) for text in ("0", "7", "120")] == [0, 7, 120]


@pytest.mark.parametrize("text", ["", "-1", "01", "1 ", "1\n", "x", "1e3", "\u0661", "9" * 30])
def test_everything_else_names_no_step(text):
    with pytest.raises(NotFound):
        number(text)


def test_a_step_is_seen_by_owner_device_and_when_public_by_all_who_log_in(
    gateway, synced, eve, anonymous
):
    rev, sister, world = gateway.post(), synced(), gateway.world
    target = f"{gateway.trail}/steps/{rev}"
    insiders, others = (gateway.owner, gateway.token), (eve, sister.token, anonymous)
    assert [world.call("GET", target, token=who).status for who in insiders] == [200, 200]
    assert [world.call("GET", target, token=who).status for who in others] == [403, 403, 403]
    world.call("PUT", f"/devices/{gateway.id}/public", token=gateway.owner)
    assert [world.call("GET", target, token=who).status for who in others] == [200, 200, 200]
    assert world.call("GET", target).status == 401


def test_a_step_is_found_by_its_devices_nick(gateway):
    nick = gateway.world.call("GET", f"/devices/{gateway.id}", token=gateway.owner).json["nick"]
    reply = gateway.world.call("GET", f"/trails/{nick}/steps/0", token=gateway.owner)
    assert reply.json["trail-id"] == gateway.id


def test_the_next_step_is_404_until_it_is_posted(gateway):
    """The simulator asks for it (recorded/mocker-idle)."""
    assert gateway.asks("GET", "/steps/1").status == 404
    gateway.post()
    assert gateway.asks("GET", "/steps/1").status == 200
