"""What of a device a caller is shown."""

from collections.abc import AsyncIterator, Iterable

from surefoot.hub.accounts import store as accounts
from surefoot.hub.devices import store
from surefoot.hub.devices.access import is_insider
from surefoot.hub.devices.metadata import EMPTY
from surefoot.hub.devices.store import Device
from surefoot.hub.frame.call import Call, time_text
from surefoot.hub.frame.long_list import array
from surefoot.hub.frame.principal import Principal
from surefoot.wire.hub import devices as wire
from surefoot.wire.hub import prn


async def one(call: Call, device: Device, *, secret: str = "", is_removed: bool = False) -> bytes:
    """`secret`: as it was made, at registration only."""
    nick = await _nick(call, device.owner)
    return wire.device(body(call.who, device, nick, secret, is_removed))


async def many(call: Call, ids: Iterable[str]) -> bytes:
    """Raises InvalidInput for more than an answer holds."""
    return await array(_each(call, ids))


async def _each(call: Call, ids: Iterable[str]) -> AsyncIterator[bytes]:
    nicks: dict[str, str] = {}
    for id in ids:
        device = await store.get(call.hub.database, id)
        if device is not None:  # it may be removed meanwhile
            nicks[device.owner] = nicks.get(device.owner) or await _nick(call, device.owner)
            yield wire.device(body(call.who, device, nicks[device.owner]))


def body(
    who: Principal, device: Device, owner_nick: str, secret: str = "", is_removed: bool = False
) -> wire.DeviceBody:
    """Outsiders see no metadata of a public device, and a challenge is nobody's but the device's
    (hub-wire 3). One that just registered has no login yet: `secret` shows it."""
    is_inside = bool(secret) or is_insider(who, device)
    return wire.DeviceBody(
        id=device.id,
        prn=prn.device(device.id),
        nick=device.nick,
        owner=prn.account(device.owner) if device.owner else "",
        owner_nick=owner_nick,
        secret=secret,
        created=time_text(device.created),
        modified=time_text(device.modified),
        challenge=device.challenge if is_inside else "",
        public=device.public,
        user_meta=device.user_meta if is_inside else EMPTY,
        device_meta=device.device_meta if is_inside else EMPTY,
        garbage=is_removed,
    )


async def _nick(call: Call, owner: str) -> str:
    if owner == call.who.id:
        return call.who.nick
    account = await accounts.get(call.hub.database, owner) if owner else None
    return account.nick if account else ""
