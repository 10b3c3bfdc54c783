"""A user becomes a device's owner by its challenge (hub-wire 3.2)."""

import hmac
from dataclasses import replace

from surefoot.errors import Busy, Conflict, Forbidden, NotFound
from surefoot.hub import audit
from surefoot.hub.accounts import store as accounts
from surefoot.hub.accounts import throttle
from surefoot.hub.accounts.throttle import Mark
from surefoot.hub.db.errors import Taken
from surefoot.hub.devices import names, store
from surefoot.hub.devices.bound import require_place
from surefoot.hub.devices.store import Device
from surefoot.hub.frame.call import Call, now
from surefoot.hub.frame.principal import Kind
from surefoot.hub.frame.problems import TooMany
from surefoot.wire.hub import prn

TRIES = 8  # new nicks, should one be taken


class WrongChallenge(Conflict):
    """The device is there to be claimed, but not by this."""


async def claim(call: Call, ref: str, challenge: str) -> Device:
    """The device, now the caller's; also when it was before. Of two callers at once one wins.

    Raises NotFound; Conflict for a wrong challenge, a device of somebody else, or a caller who has
    all the devices that he may: not Forbidden, since pvr then asks for a password for ever
    (hub-wire 0.11).
    """
    if call.who.kind is not Kind.USER:
        raise Forbidden("Only a user can claim a device; log in as one")
    id = prn.id_of(ref)
    mark = Mark(f"claim {id} by {call.who.id}", free=10)
    await _require_patience(call, mark)
    try:
        return await _claim_under_some_nick(call, id, challenge)
    except WrongChallenge:
        await _count(call, mark)
        raise


async def _require_patience(call: Call, mark: Mark) -> None:
    """A challenge is short: nobody tries them all. Raises TooMany."""
    found = await accounts.failures(call.hub.database, mark.key)
    if wait := throttle.wait_s(found, now()):
        raise TooMany(f"Too many wrong challenges; wait {wait} s", retry_after_s=wait)


async def _count(call: Call, mark: Mark) -> None:
    async with call.hub.database.transaction() as tx:
        found = await accounts.failures(tx, mark.key)
        await accounts.set_failures(tx, mark.key, throttle.after(found, mark.free, now()))


async def _claim_under_some_nick(call: Call, id: str, challenge: str) -> Device:
    for _ in range(TRIES):
        try:
            return await _claim(call, id, challenge)
        except Taken:  # the new nick, by another device of this owner
            continue
    raise Busy("No nick was found for the device; claim it again", retry_after_s=1)


async def _claim(call: Call, id: str, challenge: str) -> Device:
    async with call.hub.database.transaction() as tx:
        device = await store.get(tx, id)
        if device is None:
            raise NotFound(f"There is no device {id}; `device-id` on the device has its id")
        if device.owner == call.who.id:
            return device
        require_claimable(device, challenge)
        await require_place(tx, call.who.id, call.hub.limits.account_devices)
        mine = claimed(device, call.who.id, names.make_nick(), now())
        await store.save(tx, mine)
        await audit.note(tx, call, "device claimed", prn.device(id), mine.nick)
        return mine


def require_claimable(device: Device, challenge: str) -> None:
    """Raises Conflict, WrongChallenge. People type a challenge: case and blanks around it do not
    matter."""
    if device.owner:
        raise Conflict(f"The device {device.id} is claimed already, by somebody else")
    given = challenge.strip().lower().encode("utf-8", "replace")
    if not device.challenge or not hmac.compare_digest(device.challenge.encode(), given):
        raise WrongChallenge("That is not the device's challenge; read it again, on the device")


def claimed(device: Device, owner: str, nick: str, moment: int) -> Device:
    return replace(device, owner=owner, nick=nick, challenge="", modified=moment)
