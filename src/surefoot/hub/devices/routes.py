"""Routes of devices (hub-wire 3). Fixed paths stand before `/devices/{device}`."""

from collections.abc import Callable
from dataclasses import replace

from aiohttp.web import StreamResponse

from surefoot.errors import Conflict, NotFound
from surefoot.hub import audit
from surefoot.hub.accounts import store as accounts
from surefoot.hub.db.errors import Taken
from surefoot.hub.devices import access, filters, metadata, store, views
from surefoot.hub.devices import register as registration
from surefoot.hub.devices.claim import claim
from surefoot.hub.devices.join_tokens.routes import ROUTES as JOIN_TOKENS
from surefoot.hub.devices.metadata_routes import ROUTES as METADATA
from surefoot.hub.devices.register import NewDevice
from surefoot.hub.devices.store import Device, Match
from surefoot.hub.devices.update import DeviceUpdate, NickUpdate, renamed, updated
from surefoot.hub.frame.call import Call, decode, now
from surefoot.hub.frame.principal import Kind
from surefoot.hub.frame.route import Access, Route
from surefoot.hub.logs import store as logs
from surefoot.wire.hub import prn

Change = Callable[[Device], Device]

# ---- registration, claim ------------------------------------------------------------------------


async def register(call: Call) -> StreamResponse:
    made = await registration.register(call)
    return call.answer(await views.one(call, made.device, secret=made.secret))


async def put(call: Call) -> StreamResponse:
    """A claim with `?challenge=`, else a full update."""
    ref, challenge = call.part("device"), call.query.get("challenge")
    if challenge is not None:
        device = await claim(call, ref, challenge)
    else:
        device = await _update(call, ref)
    return call.answer(await views.one(call, device))


async def _update(call: Call, ref: str) -> Device:
    asked = decode(await call.bytes(), DeviceUpdate)
    by_device = call.who.kind is Kind.DEVICE
    return await _changed(
        call, ref, lambda device: updated(device, asked, by_device=by_device, moment=now())
    )


# ---- one device, many devices -------------------------------------------------------------------


async def show(call: Call) -> StreamResponse:
    device = await access.visible(call, call.part("device"))
    if access.is_itself(call.who, device):
        await store.saw(call.hub.database, device, call.address)
    return call.answer(await views.one(call, device))


async def show_by_names(call: Call) -> StreamResponse:
    """`/devices/np/<user>/<device>`. What one may not see is not there: nicks can be guessed."""
    user, nick = call.part("user"), call.part("device")
    account = await accounts.by_nick(call.hub.database, user)
    device = account and await store.by_nick(call.hub.database, account.id, nick)
    if not device or not (device.public or access.is_insider(call.who, device)):
        raise NotFound(f"There is no device {user}/{nick} that you may see")
    return call.answer(await views.one(call, device))


async def show_all(call: Call) -> StreamResponse:
    """Of a user: his own; of a device: itself; of another owner: the public ones."""
    wanted, page = filters.conditions(call.query), filters.page(call.query)
    owner = await access.owner_asked(call)
    if call.who.kind is Kind.DEVICE and owner == call.who.owner:
        wanted.append(("id", Match.IS, call.who.id))
    else:
        wanted.append(("owner", Match.IS, owner))
        if owner != call.who.id:
            wanted.append(("public", Match.IS, 1))
    found = await store.find(call.hub.database, wanted, page.size, page.offset)
    return call.answer(await views.many(call, found))


# ---- changes -----------------------------------------------------------------------------------


async def rename(call: Call) -> StreamResponse:
    asked = decode(await call.bytes(), NickUpdate)

    def change(device: Device) -> Device:
        return device if asked.nick is None else renamed(device, asked.nick, now())

    device = await _changed(call, call.part("device"), change)
    return call.answer(await views.one(call, device))


async def publish(call: Call) -> StreamResponse:
    return await _set_public(call, is_public=True)


async def hide(call: Call) -> StreamResponse:
    return await _set_public(call, is_public=False)


async def _set_public(call: Call, is_public: bool) -> StreamResponse:
    device = await _changed(
        call, call.part("device"), lambda device: replace(device, public=is_public, modified=now())
    )
    return call.answer(await views.one(call, device))


async def remove(call: Call) -> StreamResponse:
    """Its tokens are void with it: its next call is answered 401. Its logs go first: they may be
    so many that others would wait for it."""
    device = await access.owned(call, call.part("device"))
    await logs.forget(call.hub.database, device.id)
    async with call.hub.database.transaction() as tx:
        await store.remove(tx, device.id)
        await audit.note(tx, call, "device removed", prn.device(device.id), device.nick)
    return call.answer(await views.one(call, device, is_removed=True))


async def _changed(call: Call, ref: str, change: Change) -> Device:
    """The device after `change`, which sees it as it is now. Raises Conflict for a nick that is
    another's."""
    id = (await access.owned(call, ref)).id
    try:
        async with call.hub.database.transaction() as tx:
            device = await store.get(tx, id)
            if device is None:
                raise NotFound(f"The device {ref} was removed just now")
            changed = change(device)
            await store.save(tx, changed)
            for action in _noted(device, changed):
                await audit.note(tx, call, action, prn.device(id), changed.nick)
    except Taken as error:
        raise Conflict("Another device of this owner has that nick; choose another") from error
    return changed


def _noted(before: Device, after: Device) -> list[str]:
    """What the audit log is told of a change."""
    actions = []
    if before.public != after.public:
        actions.append("device published" if after.public else "device hidden")
    if before.secret != after.secret:
        actions.append("secret changed")
    if before.nick != after.nick:
        actions.append("device renamed")
    if before.user_meta != after.user_meta:
        actions.append("user-meta changed")
    return actions


DEVICES = "/devices"
ONE = "/devices/{device}"
ROUTES: tuple[Route, ...] = (
    *JOIN_TOKENS,
    Route(
        "POST",
        DEVICES,
        register,
        Access.OPEN,
        "Register a device; its secret is shown this once",
        body=NewDevice,
        max_body=metadata.USER_META_BODY_MAX,
    ),
    Route("GET", DEVICES, show_all, Access.READER, "Devices of the caller, or public ones"),
    Route(
        "GET", "/devices/np/{user}/{device}", show_by_names, Access.READER, "A device by its names"
    ),
    *METADATA,
    Route("PUT", f"{ONE}/public", publish, Access.USER, "Let everybody see a device"),
    Route("DELETE", f"{ONE}/public", hide, Access.USER, "Let only its owner see a device"),
    Route("GET", ONE, show, Access.READER, "One device, by id, PRN or nick"),
    Route(
        "PUT",
        ONE,
        put,
        Access.MEMBER,
        "Claim a device (`?challenge=`), or update it",
        body=DeviceUpdate,
        max_body=metadata.BOTH_METAS_BODY_MAX,
    ),
    Route("PATCH", ONE, rename, Access.MEMBER, "Give a device another nick", body=NickUpdate),
    Route("DELETE", ONE, remove, Access.USER, "Remove a device with its trail and logs"),
)
