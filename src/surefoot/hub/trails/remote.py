"""`.pvrremote`: where `pvr` learns the URLs of a repository (hub-wire 6), by id or by names."""

from aiohttp.web import StreamResponse

from surefoot.errors import NotFound
from surefoot.hub.accounts import store as accounts
from surefoot.hub.devices import store as devices
from surefoot.hub.devices.access import visible
from surefoot.hub.devices.store import Device
from surefoot.hub.frame.call import Call
from surefoot.hub.trails import store
from surefoot.hub.trails.access import number, step_of, visible_step
from surefoot.wire.hub import trails as wire


async def of_trail(call: Call) -> StreamResponse:
    device = await visible(call, call.part("trail"))
    return await _newest(call, device)


async def of_step(call: Call) -> StreamResponse:
    device, step = await visible_step(call)
    return _answer(call, device, step.rev)


async def of_names(call: Call) -> StreamResponse:
    return await _newest(call, await named(call))


async def of_names_and_rev(call: Call) -> StreamResponse:
    device = await named(call)
    step = await step_of(call.hub.database, device.id, number(call.part("rev")))
    return _answer(call, device, step.rev)


async def named(call: Call) -> Device:
    """By the parts `{owner}` and `{device}` of the path, both nicks. Raises as `visible` does."""
    owner, nick = call.part("owner"), call.part("device")
    account = await accounts.by_nick(call.hub.database, owner)
    found = account and await devices.by_nick(call.hub.database, account.id, nick)
    if not found:
        raise NotFound(f"There is no device {owner}/{nick} here")
    return await visible(call, found.id)


async def newest(call: Call, device: Device) -> int:
    """Raises NotFound while the device has no trail."""
    rev = await store.last_rev(call.hub.database, device.id)
    if rev is None:
        raise NotFound(f"The device {device.nick} has not told the Hub yet what it runs")
    return rev


async def _newest(call: Call, device: Device) -> StreamResponse:
    return _answer(call, device, await newest(call, device))


def _answer(call: Call, device: Device, rev: int) -> StreamResponse:
    return call.answer(wire.pvr_remote(call.base, device.id, rev))
