from collections.abc import Callable
from contextlib import ExitStack
from threading import Thread

import pytest

from surefoot.device.server.lanes import Lanes
from surefoot.device.server.limits import Limits
from surefoot.device.server.routes import Lane
from surefoot.errors import Busy


def test_a_long_request_gives_its_place_among_the_commands_back() -> None:
    lanes = Lanes(Limits(commands=1))
    place = lanes.wait_for_place()
    assert lanes.crowded
    with lanes.enter(Lane.STREAM, place):
        assert not lanes.crowded
        lanes.wait_for_place().give_back()
    place.give_back()
    assert not lanes.crowded


def test_a_place_counts_once_however_often_it_is_given_back() -> None:
    lanes = Lanes(Limits(commands=1))
    place = lanes.wait_for_place()
    place.give_back()
    place.give_back()
    lanes.wait_for_place()
    assert lanes.crowded


def test_a_command_keeps_its_place() -> None:
    lanes = Lanes(Limits(commands=1))
    with lanes.enter(Lane.COMMAND, lanes.wait_for_place()):
        assert lanes.crowded


@pytest.mark.parametrize("lane", [Lane.STREAM, Lane.TRANSFER])
def test_a_full_lane_says_when_to_try_again(lane: Lane) -> None:
    lanes = Lanes(Limits(streams=1, transfers=1))
    with lanes.enter(lane, lanes.wait_for_place()):
        with pytest.raises(Busy) as busy, lanes.enter(lane, lanes.wait_for_place()):
            pass
        assert busy.value.retry_after_s > 0
    with lanes.enter(lane, lanes.wait_for_place()):
        pass


def test_a_container_can_only_starve_itself() -> None:
    lanes = Lanes(Limits(per_container=1))
    with lanes.container("app"):
        with pytest.raises(Busy, match="app"), lanes.container("app"):
            pass
        with lanes.container("base"), lanes.container(None), lanes.container(None):
            pass
    with lanes.container("app"):
        pass


def in_other_thread(call: Callable[[], None]) -> None:
    thread = Thread(target=call)
    thread.start()
    thread.join()


def test_containers_together_leave_places_to_the_host() -> None:
    limits = Limits()
    lanes = Lanes(limits)
    with ExitStack() as served:
        for number in range(limits.commands - 4):
            served.enter_context(lanes.container(f"app{number % 3}"))
        with pytest.raises(Busy, match="containers"):
            served.enter_context(lanes.container("other"))
        with lanes.container(None):
            pass


def test_a_place_that_could_not_be_had_is_not_counted() -> None:
    lanes = Lanes(Limits(commands=2, per_container=1))
    with lanes.container("a"), pytest.raises(Busy, match="containers"), lanes.container("b"):
        pass
    with lanes.container("b"):
        pass


def test_a_container_that_listens_gives_its_place_among_containers_back() -> None:
    lanes = Lanes(Limits(commands=2))
    others: list[str] = []

    def be_served() -> None:
        with lanes.container("other"):
            others.append("other")

    with lanes.container("app"), lanes.enter(Lane.STREAM, lanes.wait_for_place()):
        in_other_thread(be_served)
        with lanes.enter(Lane.TRANSFER, lanes.wait_for_place()):
            in_other_thread(be_served)
    assert others == ["other", "other"]
    with lanes.container("app"):
        pass
