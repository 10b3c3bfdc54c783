"""`GET /trails/ID/steps`: a device's poll, and the lists for people (hub-wire 4.2).

The poll is what a Hub does most: every device asks every few seconds, and mostly for nothing.
"""

from collections.abc import AsyncIterator, Iterable

from aiohttp.web import StreamResponse

from surefoot.hub.devices.access import is_owner, visible
from surefoot.hub.devices.filters import page
from surefoot.hub.devices.store import Device, touch
from surefoot.hub.frame.call import Call
from surefoot.hub.frame.long_list import array
from surefoot.hub.frame.principal import Kind
from surefoot.hub.trails import query, store
from surefoot.hub.trails.access import step_of
from surefoot.hub.trails.shown import step_body
from surefoot.wire.hub import trails as wire

NOTHING = b"[]"
_FILTER = "progress.status"
_NEW = query.statuses("NEW")
_NOT_DONE = query.statuses('{"$ne":"DONE"}')


async def list_steps(call: Call) -> StreamResponse:
    trail = call.part("trail")
    if call.who.kind is Kind.DEVICE and call.who.id == trail:
        await touch(call.hub.database, trail, call.who.seen, call.address)
        return await _first(call, trail, call.who.owner)
    device = await visible(call, trail)
    if call.who.kind is Kind.DEVICE:
        return await _first(call, device.id, device.owner)
    return await _page(call, device)


async def _first(call: Call, trail: str, owner: str) -> StreamResponse:
    """A device uses the first element only, and refuses bodies over 2 MiB."""
    step = await store.first_step(call.hub.database, trail, _wanted(call, _NEW))
    if step is None:
        return call.answer(NOTHING)
    return call.answer(wire.listed([await step_body(call, step, owner)]))


async def _page(call: Call, device: Device) -> StreamResponse:
    wanted = _wanted(call, _NOT_DONE if is_owner(call.who, device) else _NEW)
    asked = page(call.query)
    revs = await store.revs_in(call.hub.database, device.id, wanted, asked.size, asked.offset)
    return call.answer(await array(_bodies(call, device, revs)))


async def _bodies(call: Call, device: Device, revs: Iterable[int]) -> AsyncIterator[bytes]:
    for rev in revs:
        yield await step_body(call, await step_of(call.hub.database, device.id, rev), device.owner)


def _wanted(call: Call, default: tuple[str, ...]) -> tuple[str, ...]:
    text = call.query.get(_FILTER)
    return default if text is None else query.statuses(text)
