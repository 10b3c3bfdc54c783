"""Work that is done in a thread, and who waits for it."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def to_the_end(work: Awaitable[T]) -> T:
    """Its result; also when the caller is cancelled it has ended when this returns. A thread cannot
    be cancelled: it must not find its file closed, or another's under its number."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
