"""A new device: unclaimed, owned by the maker of its auto-join token, or by the user who asks
(hub-wire 3.1)."""

import secrets
from dataclasses import dataclass, replace

import msgspec

from surefoot.errors import Busy, Conflict, Forbidden
from surefoot.hub import audit
from surefoot.hub.db.errors import Taken
from surefoot.hub.devices import metadata, names, store
from surefoot.hub.devices.bound import require_place
from surefoot.hub.devices.join_tokens import store as tokens
from surefoot.hub.devices.store import Device
from surefoot.hub.frame.call import Call, decode, now
from surefoot.hub.frame.principal import Kind
from surefoot.hub.frame.problems import Malformed
from surefoot.wire.hub import prn

AUTO_TOKEN = "Pantahub-Devices-Auto-Token-V1"  # noqa: S105 - a header's name
TRIES = 8  # new nicks, should one be taken


class NewDevice(msgspec.Struct, rename={"user_meta": "user-meta"}):
    """What a user may choose of a device; a device itself sends nothing, or `{}`."""

    nick: str | None = None
    secret: str | None = None
    user_meta: metadata.Member = None


@dataclass(frozen=True)
class Registered:
    """`secret`: shown this once."""

    device: Device
    secret: str


async def register(call: Call) -> Registered:
    """Raises Malformed for a body, or for an auto-join token that is not known (400, as the
    reference); InvalidInput; Conflict for a nick that the user has given already, and when he has
    all the devices that he may."""
    body = await call.bytes()
    asked = decode(body, NewDevice) if body else NewDevice()
    token = call.request.headers.get(AUTO_TOKEN, "").strip()
    if call.who.kind is Kind.USER:
        return await _of_user(call, asked)
    if call.who.kind is not Kind.NOBODY:
        raise Forbidden("A new device is registered without a login, or by a user")
    return await (_by_token(call, token) if token else _unclaimed(call))


async def _unclaimed(call: Call) -> Registered:
    call.require_room("register", call.hub.limits.unclaimed_rate)
    blank, secret = _fresh(call), names.make_secret()
    device = replace(
        blank,
        nick=names.make_unregistered_nick(),
        secret=store.digest(secret),
        challenge=names.make_challenge(),
        seen=blank.created,
    )
    await store.insert(call.hub.database, device)
    return Registered(device, secret)


async def _by_token(call: Call, text: str) -> Registered:
    token = await tokens.by_text(call.hub.database, text)
    if token is None or token.disabled:
        raise Malformed("This auto-join token is not good (any more); make a new one")
    blank, secret = _fresh(call), names.make_secret()
    device = replace(
        blank,
        owner=token.owner,
        secret=store.digest(secret),
        user_meta=token.user_meta,
        seen=blank.created,
    )
    return Registered(await _owned(call, device, f"by token {token.id}"), secret)


async def _of_user(call: Call, asked: NewDevice) -> Registered:
    secret = names.require_secret(asked.secret) if asked.secret else names.make_secret()
    device = replace(
        _fresh(call),
        nick=names.require_nick(asked.nick) if asked.nick else "",
        owner=call.who.id,
        secret=store.digest(secret),
        user_meta=metadata.first(asked.user_meta),
    )
    return Registered(await _owned(call, device, "by its owner"), secret)


async def _owned(call: Call, device: Device, how: str) -> Device:
    """Inserted, with a nick of its own when it has none."""
    for _ in range(TRIES):
        named = device if device.nick else replace(device, nick=names.make_nick())
        try:
            async with call.hub.database.transaction() as tx:
                await require_place(tx, device.owner, call.hub.limits.account_devices)
                await store.insert(tx, named)
                name = prn.device(device.id)
                await audit.note(tx, call, "device registered", name, how, account=device.owner)
            return named
        except Taken as error:
            if device.nick:
                raise Conflict(f"You have a device {device.nick} already") from error
    raise Busy("No nick was found for the device; try again", retry_after_s=1)


def _fresh(call: Call) -> Device:
    moment = now()
    return Device(
        id=secrets.token_hex(12),
        nick="",
        owner="",
        secret="",
        challenge="",
        public=False,
        user_meta=metadata.EMPTY,
        device_meta=metadata.EMPTY,
        generation=0,
        created=moment,
        modified=moment,
        seen=0,
        address=call.address,
    )
