"""Routes of metadata (hub-wire 3, 3.4): user-meta for the owner and the device, device-meta written
by the device alone."""

from aiohttp.web import StreamResponse

from surefoot.errors import NotFound
from surefoot.hub import audit
from surefoot.hub.db.protocol import Tx
from surefoot.hub.devices import access, metadata, store
from surefoot.hub.devices.metadata import DEVICE_META_MAX, USER_META_MAX
from surefoot.hub.devices.store import Device
from surefoot.hub.frame.call import Call
from surefoot.hub.frame.route import Access, Route
from surefoot.wire.hub import prn

OK = {"status": "ok"}


async def show_user_meta(call: Call) -> StreamResponse:
    device = await _own(call)
    if access.is_itself(call.who, device):
        await store.saw(call.hub.database, device, call.address)
    return call.answer(device.user_meta.encode())


async def show_device_meta(call: Call) -> StreamResponse:
    return call.answer((await _own(call)).device_meta.encode())


async def put_user_meta(call: Call) -> StreamResponse:
    given = metadata.parse(await call.bytes())
    text = metadata.replaced(given, USER_META_MAX)
    id = (await _own(call)).id
    async with call.hub.database.transaction() as tx:
        await _again(tx, id)
        await _save_user_meta(tx, call, id, text)
    return call.answer(metadata.echo(given))


async def patch_user_meta(call: Call) -> StreamResponse:
    given = metadata.parse(await call.bytes())
    id = (await _own(call)).id
    async with call.hub.database.transaction() as tx:
        device = await _again(tx, id)
        text = metadata.merged(device.user_meta, given, USER_META_MAX)
        await _save_user_meta(tx, call, id, text)
    return call.answer(metadata.echo(given))


async def put_device_meta(call: Call) -> StreamResponse:
    text = metadata.replaced(metadata.parse(await call.bytes()), DEVICE_META_MAX)
    id = (await _own(call)).id
    saved = await store.save_device_meta(call.hub.database, id, text, call.address)
    _require_there(saved, id)
    return call.answer(OK)


async def patch_device_meta(call: Call) -> StreamResponse:
    given = metadata.parse(await call.bytes())
    id = (await _own(call)).id
    async with call.hub.database.transaction() as tx:
        device = await _again(tx, id)
        text = metadata.merged(device.device_meta, given, DEVICE_META_MAX)
        await store.save_device_meta(tx, id, text, call.address)
    return call.answer(OK)


async def _own(call: Call) -> Device:
    return await access.owned(call, call.part("device"))


async def _save_user_meta(tx: Tx, call: Call, id: str, text: str) -> None:
    await store.save_user_meta(tx, id, text)
    await audit.note(tx, call, "user-meta changed", prn.device(id))


async def _again(tx: Tx, id: str) -> Device:
    device = await store.get(tx, id)
    _require_there(device is not None, id)
    assert device is not None
    return device


def _require_there(found: bool, id: str) -> None:
    if not found:
        raise NotFound(f"The device {id} was removed just now")


USER_META = "/devices/{device}/user-meta"
DEVICE_META = "/devices/{device}/device-meta"
ROUTES: tuple[Route, ...] = (
    Route("GET", USER_META, show_user_meta, Access.READER, "What the owner tells the device"),
    Route(
        "PUT",
        USER_META,
        put_user_meta,
        Access.MEMBER,
        "Replace the user-meta",
        body=dict,
        max_body=USER_META_MAX,
    ),
    Route(
        "PATCH",
        USER_META,
        patch_user_meta,
        Access.MEMBER,
        "Set keys of the user-meta; null removes one",
        body=dict,
        max_body=USER_META_MAX,
    ),
    Route("GET", DEVICE_META, show_device_meta, Access.READER, "What the device tells of itself"),
    Route(
        "PUT",
        DEVICE_META,
        put_device_meta,
        Access.DEVICE,
        "Replace the device-meta",
        body=dict,
        max_body=DEVICE_META_MAX,
    ),
    Route(
        "PATCH",
        DEVICE_META,
        patch_device_meta,
        Access.DEVICE,
        "Set keys of the device-meta; null removes one",
        body=dict,
        max_body=DEVICE_META_MAX,
    ),
)
