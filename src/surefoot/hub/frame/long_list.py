"""Answers that may be long: their elements are made one by one, so that no list fills the memory,
nor holds up others while it is made."""

import asyncio
from collections.abc import AsyncIterator

from surefoot.errors import InvalidInput
from surefoot.hub.frame.route import MIB

LARGEST_ANSWER = 64 * MIB
# Rows come without waiting, so others must be let in now and then.
BREATH = 64


async def array(elements: AsyncIterator[bytes]) -> bytes:
    """A JSON array of them. Raises InvalidInput, saying how to ask for fewer."""
    found: list[bytes] = []
    left = LARGEST_ANSWER
    async for element in elements:
        if len(found) % BREATH == 0:
            await asyncio.sleep(0)
        found.append(element)
        left -= len(element)
        if left < 0:
            raise InvalidInput(
                f"This list is more than {LARGEST_ANSWER} bytes; ask for fewer with "
                f"page[size]={max(1, len(found) // 2)}, and page[offset] for the next"
            )
    return b"[" + b",".join(found) + b"]"
