"""Routes of objects, of their bytes, and of the objects of a step (hub-wire 4, 5)."""

from collections.abc import AsyncIterator, Iterable

from aiohttp.web import StreamResponse

from surefoot.errors import Conflict
from surefoot.hub import audit
from surefoot.hub.devices.filters import page
from surefoot.hub.frame import long_list
from surefoot.hub.frame.call import Call
from surefoot.hub.frame.route import Access, Route
from surefoot.hub.objects import access, store, views
from surefoot.hub.objects.announce import Announcement, Renaming, announce, checked_name, wanted
from surefoot.hub.objects.download import download
from surefoot.hub.objects.signing import GET, url_of
from surefoot.hub.objects.store import Stored
from surefoot.hub.objects.upload import upload
from surefoot.wire.hub.objects import array

# ---- announcing --------------------------------------------------------------------------------


async def post_object(call: Call) -> StreamResponse:
    return await _announce(call, access.owner(call))


async def post_step_object(call: Call) -> StreamResponse:
    return await _announce(call, await access.owner_of_step(call))


async def _announce(call: Call, owner_id: str) -> StreamResponse:
    """200: send the bytes. 409: they are here already; every client takes that for good news."""
    body = await call.json(Announcement)
    done = await announce(call.hub, wanted(body, owner_id, call.hub.limits.max_object))
    answer = await views.located(call, done.stored)
    if not done.present:
        return call.answer(answer)
    return call.answer(answer, 409, views.headers(call, done.stored))


# ---- one's own ---------------------------------------------------------------------------------


async def list_objects(call: Call) -> StreamResponse:
    asked = page(call.query)
    found = await store.listed(call.hub.database, access.owner(call), asked.size, asked.offset)
    return call.answer(array(views.listed(call, stored) for stored in found))


async def get_object(call: Call) -> StreamResponse:
    return await _located(call, await access.readable(call))


async def get_blob(call: Call) -> StreamResponse:
    return await _redirect(call, await access.readable(call))


async def put_object(call: Call) -> StreamResponse:
    name = checked_name((await call.json(Renaming)).objectname)
    stored = await access.own(call)
    async with call.hub.database.transaction() as tx:
        await store.rename(tx, stored.owner, stored.sha, name)
        await audit.note(tx, call, "object renamed", stored.sha, name)
    return await _located(call, await access.own(call))


async def delete_object(call: Call) -> StreamResponse:
    stored = await access.own(call)
    async with call.hub.database.transaction() as tx:
        if not await store.delete(tx, stored.owner, stored.sha):
            raise Conflict(f"A step still has object {stored.sha}; it goes when its device does")
        await audit.note(tx, call, "object removed", stored.sha, stored.name)
    return call.answer({"status": "OK"})


# ---- of a step ---------------------------------------------------------------------------------


async def list_step_objects(call: Call) -> StreamResponse:
    return call.answer(await long_list.array(_each(call, await access.of_step(call))))


async def _each(call: Call, found: Iterable[access.Named]) -> AsyncIterator[bytes]:
    for one in found:
        yield await views.located(call, one.stored, one.name)


async def get_step_object(call: Call) -> StreamResponse:
    one, *_ = await access.of_step(call, call.part("sha"))
    return await _located(call, one.stored, one.name)


async def get_step_blob(call: Call) -> StreamResponse:
    one, *_ = await access.of_step(call, call.part("sha"))
    return await _redirect(call, one.stored)


# ---- answers -----------------------------------------------------------------------------------


async def _located(call: Call, stored: Stored, name: str = "") -> StreamResponse:
    body = await views.located(call, stored, name)
    return call.answer(body, headers=views.headers(call, stored))


async def _redirect(call: Call, stored: Stored) -> StreamResponse:
    return call.answer(status=302, headers={"Location": await url_of(call, stored, GET)})


OBJECT = "/objects/{sha}"
STEP = "/trails/{trail}/steps/{rev}/objects"
ROUTES: tuple[Route, ...] = (
    Route("POST", "/objects", post_object, Access.MEMBER, "Announce an object", Announcement),
    Route("GET", "/objects", list_objects, Access.MEMBER, "List own objects"),
    Route("GET", OBJECT, get_object, Access.READER, "One object, with where to get its bytes"),
    Route("GET", f"{OBJECT}/blob", get_blob, Access.READER, "Go to an object's bytes"),
    Route("PUT", OBJECT, put_object, Access.USER, "Rename an object", Renaming),
    Route("DELETE", OBJECT, delete_object, Access.USER, "Delete an object that no step names"),
    Route("POST", STEP, post_step_object, Access.MEMBER, "Announce for a step", Announcement),
    Route("GET", STEP, list_step_objects, Access.READER, "The objects of a step"),
    Route("GET", f"{STEP}/{{sha}}", get_step_object, Access.READER, "One object of a step"),
    Route("GET", f"{STEP}/{{sha}}/blob", get_step_blob, Access.READER, "Go to its bytes"),
    *(
        Route(method, f"{mount}/{{token}}", handler, Access.BLIND, summary, body)
        for mount in ("/local-s3", "/s3")
        for method, handler, summary, body in (
            ("PUT", upload, "Send an object's bytes to a signed URL", bytes),
            ("GET", download, "Fetch an object's bytes from a signed URL", None),
            ("HEAD", download, "What a GET of this signed URL would answer", None),
        )
    ),
)
