import asyncio

import pytest

from surefoot.client.desk.pace import Pace, Patience, spread
from surefoot.errors import Busy, Unreachable

QUICK = Pace(patience_s=0.05, pause_s=0.001)


def test_what_does_not_come_further_is_given_up_with_its_reason() -> None:
    rests = 0

    async def story() -> None:
        nonlocal rests
        patience = Patience(QUICK)
        while True:
            await patience.rest(Unreachable("nobody"))
            rests += 1

    with pytest.raises(Unreachable, match="nobody"):
        asyncio.run(story())
    assert 1 < rests < 50


def test_headway_begins_the_patience_anew() -> None:
    async def story() -> None:
        patience = Patience(QUICK)
        for _ in range(30):
            await patience.rest(Unreachable("nobody"))
            patience.headway()

    asyncio.run(story())


def test_a_busy_hub_that_asks_for_more_than_the_patience_is_not_waited_for() -> None:
    async def story() -> None:
        with pytest.raises(Busy):
            await Patience(QUICK).rest(Busy("later", 5))

    asyncio.run(story())


def test_all_items_are_worked_on_some_at_a_time() -> None:
    at_once, most, done = 0, 0, []

    async def work(item: int) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1
        done.append(item)

    asyncio.run(spread(iter(range(20)), work))
    assert sorted(done) == list(range(20))
    assert most <= 4


def test_the_first_error_stops_all_the_others() -> None:
    ended = []

    async def work(item: int) -> None:
        if item == 2:
            raise Unreachable("nobody")
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(item)

    with pytest.raises(Unreachable):
        asyncio.run(spread(iter(range(3)), work))
    assert sorted(ended) == [0, 1]
