"""Long lists: whole, bounded, and made beside other calls."""

import asyncio
import json

import pytest

from surefoot.errors import InvalidInput
from surefoot.hub.frame import long_list


async def numbers(count):
    for number in range(count):
        yield str(number).encode()


@pytest.mark.parametrize("count", [0, 1, 1000])
def test_it_is_an_array_of_all(count):
    assert json.loads(asyncio.run(long_list.array(numbers(count)))) == list(range(count))


def test_one_that_would_fill_the_memory_is_refused_before_it_does(monkeypatch):
    monkeypatch.setattr(long_list, "LARGEST_ANSWER", 20)
    made = []

    async def elements():
        async for element in numbers(1000):
            made.append(element)
            yield element

    with pytest.raises(InvalidInput, match=r"page\[size\]=8"):
        asyncio.run(long_list.array(elements()))
    assert len(made) == 15 + 1


def test_others_have_their_turn_while_it_is_made():
    async def story():
        turns = 0

        async def other():
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        await long_list.array(numbers(10 * long_list.BREATH))
        task.cancel()
        return turns

    assert asyncio.run(story()) >= 9
