"""Which device a call means, and whether the caller may see or change it."""

from surefoot.errors import Forbidden, NotFound
from surefoot.hub.accounts import store as accounts
from surefoot.hub.devices import store
from surefoot.hub.devices.store import Device
from surefoot.hub.frame.call import Call
from surefoot.hub.frame.principal import Kind, Principal
from surefoot.hub.frame.problems import Unauthenticated
from surefoot.wire.hub import prn


async def visible(call: Call, ref: str) -> Device:
    """The device of this id, PRN or nick (of the account in `?owner-nick=` or `?owner=`, else of
    the caller's). Its owner, itself, and with a token anybody when it is public.

    Raises NotFound; Forbidden when it is another owner's (hub-wire 3); Unauthenticated.
    """
    device = await _found(call, ref)
    if device.public or is_insider(call.who, device):
        return device
    raise _refusal(call.who, ref)


async def owned(call: Call, ref: str) -> Device:
    """As `visible`, for the owner and the device itself only."""
    device = await _found(call, ref)
    if is_insider(call.who, device):
        return device
    raise _refusal(call.who, ref)


def is_owner(who: Principal, device: Device) -> bool:
    """The account that claimed it."""
    return who.kind is Kind.USER and who.id == device.owner


def is_insider(who: Principal, device: Device) -> bool:
    """The owner or the device itself."""
    return is_owner(who, device) or is_itself(who, device)


def is_itself(who: Principal, device: Device) -> bool:
    return who.kind is Kind.DEVICE and who.id == device.id


async def _found(call: Call, ref: str) -> Device:
    if call.who.kind is Kind.NOBODY:
        raise Unauthenticated("Log in first")
    id = prn.id_of(ref) if prn.is_device(ref) else ref
    if prn.is_id(id):
        device = await store.get(call.hub.database, id)
    else:
        device = await store.by_nick(call.hub.database, await owner_asked(call), id)
    if device is None:
        raise NotFound(f"There is no device {ref}; `surefoot devices` lists those of yours")
    return device


async def owner_asked(call: Call) -> str:
    """The id of the account whose devices the query means: another's, or the caller's ("" for the
    anonymous reader). Raises NotFound."""
    nick, owner = call.query.get("owner-nick", ""), call.query.get("owner", "")
    if not nick:
        return prn.id_of(owner) or call.who.owner
    account = await accounts.by_nick(call.hub.database, nick)
    if account is None:
        raise NotFound(f"There is no account {nick} here")
    return account.id


def _refusal(who: Principal, ref: str) -> Forbidden:
    return Forbidden(f"The device {ref} belongs to somebody else; log in as its owner")
