"""Reports of a device, and what its owner may do to a step that runs: `forward.py` decides, in one
transaction with what is held."""

import asyncio
from collections.abc import Callable

from surefoot.errors import InvalidInput, NotFound
from surefoot.hub.audit import note
from surefoot.hub.db.protocol import Tx
from surefoot.hub.frame.call import Call, now
from surefoot.hub.frame.problems import Malformed
from surefoot.hub.trails import store
from surefoot.hub.trails.forward import cancelled, forward, given_up
from surefoot.hub.trails.post import SHORT
from surefoot.wire.hub import trails as wire
from surefoot.wire.hub.trails import Report
from surefoot.wire.progress import Status

_REACHED = (Status.UPDATED, Status.DONE)


async def report(call: Call, trail: str, rev: int) -> str:
    """The progress that is held now (R14). Raises Malformed, InvalidInput, NotFound."""
    told = await _told(call)
    async with call.hub.database.transaction() as tx:
        held = await _held(tx, trail, rev)
        result = forward(held, told)
        if result is not held:
            at = now()
            await store.set_progress(tx, trail, rev, result.status, result.text, at)
            await store.touch_trail(tx, trail, at)
            if result.status in _REACHED:
                await store.set_in_sync(tx, trail, at)
        return result.text


async def cancel(call: Call, trail: str, rev: int) -> str:
    """Raises NotFound, Conflict (R14)."""
    return await _by_owner(call, trail, rev, "step cancelled", cancelled)


async def give_up(call: Call, trail: str, rev: int) -> str:
    """Raises NotFound, Conflict."""
    return await _by_owner(call, trail, rev, "step given up", given_up)


async def _by_owner(
    call: Call, trail: str, rev: int, deed: str, decide: Callable[[Report], Report]
) -> str:
    async with call.hub.database.transaction() as tx:
        held = await _held(tx, trail, rev)
        result = decide(held)
        if result is not held:
            at = now()
            await store.set_progress(tx, trail, rev, result.status, result.text, at)
            await store.touch_trail(tx, trail, at)
            await note(tx, call, deed, f"/trails/{trail}/steps/{rev}", f"was {held.status}")
        return result.text


async def _held(tx: Tx, trail: str, rev: int) -> Report:
    text = await store.get_progress(tx, trail, rev)
    if text is None:
        raise NotFound(f"There is no step {rev} of {trail}")
    return wire.held(text)


async def _told(call: Call) -> Report:
    body = await call.bytes()
    return await asyncio.to_thread(_read, body) if len(body) > SHORT else _read(body)


def _read(body: bytes) -> Report:
    try:
        members = wire.report_members(body)
    except InvalidInput as error:
        raise Malformed(str(error)) from error
    return wire.report(members)
