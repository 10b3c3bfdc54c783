"""The lines that a query means, of all its devices together."""

import asyncio
from collections.abc import Sequence
from itertools import accumulate

from surefoot.hub.db.protocol import Value
from surefoot.hub.frame.call import now
from surefoot.hub.frame.hub import Hub
from surefoot.hub.frame.route import MIB
from surefoot.hub.logs import store
from surefoot.hub.logs.cursor import Position
from surefoot.hub.logs.query import SECOND, Order, Query
from surefoot.hub.logs.store import Head, Stored

# From when a line is given its time until everybody can read it.
SETTLE = SECOND // 4
# What a page is about, whatever number of lines was asked for; and a line without its message.
LARGEST_PAGE = 8 * MIB
HEAD_SIZE = 400


async def read(hub: Hub, owner_id: str, query: Query, position: Position) -> list[Stored]:
    """One page, which is shorter than asked for where lines are long. A reader by whole seconds who
    would get nothing but lines of the running second waits for its end, which is soon."""
    if not query.whole_seconds:
        return await _find(hub, owner_id, query, position, None)
    found = await _find(hub, owner_id, query, position, _over())
    if not found and await _find(hub, owner_id, query, position, None):
        await _next_second()
        found = await _find(hub, owner_id, query, position, _over())
    return found


def place(query: Query, line: Stored) -> Position:
    """Where a reader stands who has read up to this line."""
    return tuple(getattr(line, name) for name, _ in store.ordering(query.sort))


async def _find(
    hub: Hub, owner_id: str, query: Query, position: Sequence[Value], before: int | None
) -> list[Stored]:
    best: list[Head] = []
    for device in await store.owned(hub.database, owner_id, query.devices):
        best += await store.find(hub.database, device, query, position, before)
        best = _sorted(best, query.sort)[: query.start + query.page]
        await asyncio.sleep(0)
    return await store.whole(hub.database, _page(best[query.start :]))


def _page(heads: list[Head]) -> list[Head]:
    """As many of the first as an answer may be long; at least one."""
    sizes = accumulate(HEAD_SIZE + head.length for head in heads)
    fitting = sum(size <= LARGEST_PAGE for size in sizes)
    return heads[: max(1, fitting)]


def _sorted(lines: list[Head], sort: Sequence[Order]) -> list[Head]:
    for name, down in reversed(store.ordering(sort)):
        lines = sorted(lines, key=lambda line, name=name: getattr(line, name), reverse=down)  # type: ignore[misc]
    return lines


async def _next_second() -> None:
    """A sleep may end a moment early; a clock that is set back is not waited for."""
    end = (now() // SECOND + 1) * SECOND
    for _ in range(3):
        if _over() < end:
            await asyncio.sleep(min(2.0, (end + SETTLE - now()) / SECOND))


def _over() -> int:
    """The beginning of the second that is not over yet."""
    return (now() - SETTLE) // SECOND * SECOND
