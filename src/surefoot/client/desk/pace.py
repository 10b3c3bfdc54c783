"""How long is waited for a Hub that is away, and how several things are done at once."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from surefoot.errors import Busy, SurefootError

T = TypeVar("T")
_MAX_PAUSE_S = 15.0
_PARALLEL = 4


@dataclass(frozen=True)
class Pace:
    """`patience_s`: without any headway, before it is given up. `stall_s`: without a byte of one
    upload, before it is begun again. `pause_s`: the first between two tries. `look_s`: between two
    looks at a step, or for new log lines."""

    patience_s: float = 180.0
    stall_s: float = 60.0
    pause_s: float = 0.5
    look_s: float = 1.0


PACE = Pace()


class Patience:
    """For one thing that is tried until it succeeds."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self.headway()

    def headway(self) -> None:
        """It came further than ever before."""
        self._since = time.monotonic()
        self._pause_s = self._pace.pause_s

    async def rest(self, error: SurefootError) -> None:
        """Before the next try, longer each time and never in step with others; at least as long as
        a busy Hub asks for. Raises `error` when the patience is over."""
        asked_s = error.retry_after_s if isinstance(error, Busy) else 0.0
        pause_s = max(self._pause_s * random.uniform(0.7, 1.3), float(asked_s))  # noqa: S311
        if time.monotonic() + pause_s - self._since > self._pace.patience_s:
            raise error
        self._pause_s = min(self._pause_s * 2, _MAX_PAUSE_S)
        await asyncio.sleep(pause_s)


async def spread(
    items: Iterator[T], work: Callable[[T], Awaitable[None]], parallel: int = _PARALLEL
) -> None:
    """`work` for each item, some at a time; items are fetched in threads, one at a time, for that
    may take long. The first error stops all, and is raised."""
    fetching = asyncio.Lock()

    async def worker() -> None:
        while True:
            async with fetching:
                item = await asyncio.to_thread(next, items, None)
            if item is None:
                return
            await work(item)

    await _all([worker() for _ in range(parallel)])


async def _all(works: list[Coroutine[Any, Any, None]]) -> None:
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
