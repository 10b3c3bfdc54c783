"""Names and passwords in, tokens out: people, devices, the anonymous reader."""

import time
from collections.abc import Mapping
from typing import Any

from surefoot.hub import audit
from surefoot.hub.accounts import passwords, store, throttle
from surefoot.hub.accounts.store import Account, Holder
from surefoot.hub.accounts.throttle import Mark
from surefoot.hub.db.protocol import Database
from surefoot.hub.devices import store as devices
from surefoot.hub.devices.store import Device
from surefoot.hub.frame.call import Call, now
from surefoot.hub.frame.hub import Hub
from surefoot.hub.frame.principal import Kind
from surefoot.hub.frame.problems import TooMany, Unauthenticated
from surefoot.wire.hub import auth, prn

REFUSED = "The name or the password is wrong"


async def log_in(call: Call, username: str, password: str) -> str:
    """The token. Raises Unauthenticated, TooMany after too many refusals, Busy."""
    if username == prn.ANONYMOUS:
        return anonymous_token(call.hub)
    if prn.is_device(username):
        return await _device(call, prn.id_of(username), password)
    return user_token(call.hub, await checked_user(call, username, password))


async def refresh(call: Call) -> str:
    """A new token for the holder of a good one, while the login itself is not too old
    (hub-wire 2.5). Raises Unauthenticated."""
    claims = call.hub.tokens.read(call.token)
    began, lifetime = claims.get("orig_iat"), _lifetime_s(call)
    if not isinstance(began, int) or time.time() > began + lifetime + call.hub.limits.refresh_s:
        raise Unauthenticated("The login was too long ago; log in again")
    if call.who.kind is Kind.ANONYMOUS:
        return anonymous_token(call.hub, began)
    is_user = call.who.kind is Kind.USER
    found = await (store.user_holder if is_user else store.device_holder)(
        call.hub.database, call.who.id
    )
    if found is None:
        raise Unauthenticated("The holder of this token was removed")
    return (user_token if is_user else device_token)(call.hub, found, began)


def _lifetime_s(call: Call) -> int:
    limits = call.hub.limits
    lifetimes = {Kind.USER: limits.user_token_s, Kind.DEVICE: limits.token_s}
    return lifetimes.get(call.who.kind, limits.anonymous_s)


async def checked_user(call: Call, username: str, password: str) -> Account:
    """Raises Unauthenticated, TooMany, Busy."""
    database = call.hub.database
    account = await store.by_login(database, username)
    names = throttle.name(account.id if account else "", username, call.address)
    marks = (*names, throttle.address(call.address))
    await _require_no_wait(database, marks)
    async with passwords.turn(call.hub):
        # Again: others of the same name were checked while this one waited for its turn.
        await _require_no_wait(database, marks)
        if not await passwords.matches(account.password if account else "", password):
            name = prn.account(account.id) if account else ""
            await _refuse(call, marks, name, account.id if account else "")
    assert account is not None
    # The address is not cleared: an own account would make it free for guessing at others.
    for mark in names:
        await store.clear_failures(database, mark.key)
    return account


async def _device(call: Call, id: str, secret: str) -> str:
    """A device that is not there costs no row: any number of them can be made up."""
    database = call.hub.database
    device = await devices.get(database, id)
    if device is None:
        raise Unauthenticated(REFUSED)
    mark = throttle.device(id, call.address)
    await _require_no_wait(database, (mark,))
    if not devices.require_secret(device, secret):
        await _refuse(call, (mark,), prn.device(id), device.owner)
    await store.clear_failures(database, mark.key)
    await devices.saw(database, device, call.address)
    return device_token(call.hub, device)


async def _require_no_wait(database: Database, marks: tuple[Mark, ...]) -> None:
    at = now()
    waits = [throttle.wait_s(await store.failures(database, mark.key), at) for mark in marks]
    if any(waits):
        raise TooMany("Too many wrong passwords; wait, then log in again", max(waits))


async def _refuse(call: Call, marks: tuple[Mark, ...], subject: str, account: str) -> None:
    at = now()
    async with call.hub.database.transaction() as tx:
        for mark in marks:
            found = await store.failures(tx, mark.key)
            await store.set_failures(tx, mark.key, throttle.after(found, mark.free, at))
        await store.forget_failures(tx, at - throttle.FORGOTTEN_S * throttle.SECOND)
        if subject:
            await audit.note(tx, call, "login refused", subject, account=account)
    raise Unauthenticated(REFUSED)


# ---- tokens ------------------------------------------------------------------------------------


def user_token(hub: Hub, holder: Account | Holder, began: int = 0) -> str:
    """`began`: when the holder gave a password (seconds since 1970); 0 for now."""
    claims = auth.user_claims(holder.id, holder.nick, holder.admin, holder.generation)
    return _signed(hub, claims, hub.limits.user_token_s, began)


def device_token(hub: Hub, holder: Device | Holder, began: int = 0) -> str:
    claims = auth.device_claims(holder.id, holder.nick, holder.owner, holder.generation)
    return _signed(hub, claims, hub.limits.token_s, began)


def anonymous_token(hub: Hub, began: int = 0) -> str:
    return _signed(hub, auth.anonymous_claims(), hub.limits.anonymous_s, began)


def _signed(hub: Hub, claims: Mapping[str, Any], lifetime_s: int, began: int) -> str:
    return hub.tokens.sign({**claims, "orig_iat": began or int(time.time())}, lifetime_s)
