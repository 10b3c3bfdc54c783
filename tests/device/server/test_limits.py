import pytest

from surefoot.device.server.limits import Limits, Pace


def test_a_pace_without_a_floor_gives_its_grace_and_no_more() -> None:
    assert Pace(grace_s=10, stall_s=1).allowance_s(10**9) == 10


def test_a_floor_gives_time_for_every_byte_that_came() -> None:
    pace = Pace(grace_s=10, stall_s=1, floor=1000)
    assert pace.allowance_s(0) == 10
    assert pace.allowance_s(5000) == 15


def test_the_slowest_link_that_users_have_is_fast_enough_for_an_object() -> None:
    """peers 3: hub.mender.io/t/1178 (15 kbit/s)."""
    bytes_a_second = 15_000 // 8
    day_s = 86_400
    assert Limits().transfer_pace.allowance_s(bytes_a_second * day_s) > day_s


@pytest.mark.parametrize(("commands", "shared"), [(1, 1), (2, 1), (4, 2), (8, 4), (16, 12)])
def test_containers_leave_places_for_commands_to_the_host(commands: int, shared: int) -> None:
    assert Limits(commands=commands).for_containers == shared
