"""The lines that a query means, of all its devices together."""

import asyncio
from collections.abc import Sequence

from surefoot.hub.db.protocol import Value
from surefoot.hub.frame.call import now
from surefoot.hub.frame.hub import Hub
from surefoot.hub.logs import store
from surefoot.hub.logs.cursor import Position
from surefoot.hub.logs.query import SECOND, Order, Query
from surefoot.hub.logs.store import Stored

# From when a line is given its time until everybody can read it.
SETTLE = SECOND // 4


async def read(hub: Hub, owner_id: str, query: Query, position: Position) -> list[Stored]:
    """One page. A reader by whole seconds who would get nothing but lines of the running second
    waits for its end, which is soon."""
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
    best: list[Stored] = []
    for device in await store.owned(hub.database, owner_id, query.devices):
        best += await store.find(hub.database, device, query, position, before)
        best = _sorted(best, query.sort)[: query.start + query.page]
        await asyncio.sleep(0)
    return best[query.start :]


def _sorted(lines: list[Stored], sort: Sequence[Order]) -> list[Stored]:
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
