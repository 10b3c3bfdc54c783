"""Routes of trails and steps (hub-wire 4 and 6). Those of a step's objects are in `objects/`."""

import asyncio

from aiohttp.web import Response, StreamResponse

from surefoot.errors import Forbidden, NotFound
from surefoot.hub.devices import access as devices
from surefoot.hub.devices.store import Device, get, saw, touch
from surefoot.hub.frame.call import Call
from surefoot.hub.frame.long_list import BREATH
from surefoot.hub.frame.principal import Kind
from surefoot.hub.frame.route import MIB, Access, Route
from surefoot.hub.trails import export, listing, post, progress, remote, store, summary
from surefoot.hub.trails.access import number, visible_step
from surefoot.hub.trails.shown import step_body, trail_body
from surefoot.revision.limits import LIMITS
from surefoot.wire.hub import trails as wire

# A factory state may be as large as a device takes: it is never offered.
FACTORY_BODY = LIMITS.max_bytes
PROGRESS_BODY = MIB

# ---- trails ------------------------------------------------------------------------------------


async def create_trail(call: Call) -> StreamResponse:
    device = await _itself(call)
    trail, step = await post.post_factory(call, device)
    return call.answer(trail_body(trail, device.owner, step.state))


async def list_trails(call: Call) -> StreamResponse:
    """A device takes `[]` for "not synced yet"."""
    database, who = call.hub.database, call.who
    if who.kind is Kind.DEVICE:
        await touch(database, who.id, who.seen, call.address)
        own = await store.get_trail(database, who.id)
        return call.answer(wire.listed([trail_body(own, who.owner)] if own else []))
    trails = await store.trails_of(database, who.id)
    return call.answer(wire.listed(trail_body(trail, who.id) for trail in trails))


async def show_trail(call: Call) -> StreamResponse:
    device = await _visible(call)
    trail = await store.get_trail(call.hub.database, device.id)
    factory = await store.get_step(call.hub.database, device.id, 0)
    if trail is None or factory is None:
        raise NotFound(f"The device {device.nick} has not told the Hub yet what it runs")
    return call.answer(trail_body(trail, device.owner, factory.state))


async def summaries(call: Call) -> StreamResponse:
    found = []
    async for standing in store.standings_of(call.hub.database, call.who.id):
        found.append(summary.summary(standing))
        if len(found) % BREATH == 0:
            await asyncio.sleep(0)
    return call.answer(summary.selected(found, call.query))


async def show_summary(call: Call) -> StreamResponse:
    device = await devices.visible(call, call.part("trail"))
    standing = await store.standing_of(call.hub.database, device.id)
    if standing is None:
        raise NotFound(f"There is no device {device.id}")
    is_owners = devices.is_insider(call.who, device)
    return call.answer(summary.summary(standing, is_owners=is_owners))


# ---- steps -------------------------------------------------------------------------------------


async def create_step(call: Call) -> StreamResponse:
    device = await devices.owned(call, call.part("trail"))
    step = await post.post_step(call, device)
    return call.answer(await step_body(call, step, device.owner))


async def show_step(call: Call) -> StreamResponse:
    device, step = await visible_step(call)
    await _note_visit(call, device)
    return call.answer(await step_body(call, step, device.owner))


async def show_state(call: Call) -> StreamResponse:
    _, step = await visible_step(call)
    return _json(call, step.state)


async def put_state(call: Call) -> StreamResponse:
    device = await _owners(call)
    return _json(call, await post.replace_state(call, device, number(call.part("rev"))))


async def show_meta(call: Call) -> StreamResponse:
    _, step = await visible_step(call)
    return _json(call, step.meta)


async def put_meta(call: Call) -> StreamResponse:
    device = await _owners(call)
    return _json(call, await post.replace_meta(call, device, number(call.part("rev"))))


# ---- progress ----------------------------------------------------------------------------------


async def show_progress(call: Call) -> StreamResponse:
    device, step = await visible_step(call)
    await _note_visit(call, device)
    return _json(call, step.progress)


async def put_progress(call: Call) -> StreamResponse:
    """Only a device's own: what another says of it is worth nothing."""
    device = await _visible(call)
    if not devices.is_itself(call.who, device):
        raise Forbidden("Only the device itself can report; log in as it")
    return _json(call, await progress.report(call, device.id, number(call.part("rev"))))


async def cancel(call: Call) -> StreamResponse:
    device = await _owners(call)
    return _json(call, await progress.cancel(call, device.id, number(call.part("rev"))))


async def give_up(call: Call) -> StreamResponse:
    device = await _owners(call)
    return _json(call, await progress.give_up(call, device.id, number(call.part("rev"))))


# ---- helpers -----------------------------------------------------------------------------------


async def _visible(call: Call) -> Device:
    device = await devices.visible(call, call.part("trail"))
    await _note_visit(call, device)
    return device


async def _note_visit(call: Call, device: Device) -> None:
    if devices.is_itself(call.who, device):
        await saw(call.hub.database, device, call.address)


async def _owners(call: Call) -> Device:
    return await devices.owned(call, call.part("trail"))


async def _itself(call: Call) -> Device:
    device = await get(call.hub.database, call.who.id)
    if device is None:
        raise NotFound("There is no such device any more")
    await saw(call.hub.database, device, call.address)
    return device


def _json(call: Call, text: str) -> Response:
    return call.answer(text.encode())


_TRAIL = "/trails/{trail}"
_STEP = _TRAIL + "/steps/{rev}"

ROUTES: tuple[Route, ...] = (
    Route(
        "POST", "/trails", create_trail, Access.DEVICE,
        "The first sync of a device: the state that it runs", dict, FACTORY_BODY,
    ),
    Route("GET", "/trails", list_trails, Access.MEMBER, "A device's trail, or all of a user's"),
    Route("GET", "/trails/summary", summaries, Access.USER, "Where each device stands"),
    Route("GET", _TRAIL, show_trail, Access.READER, "A trail with its factory state"),
    Route("GET", _TRAIL + "/summary", show_summary, Access.READER, "Where one device stands"),
    Route("GET", _TRAIL + "/.pvrremote", remote.of_trail, Access.READER, "Discovery for pvr"),
    Route(
        "POST", _TRAIL + "/steps", create_step, Access.MEMBER,
        "Posts a step: rev -1, 0 or none for the next number", dict, post.LARGEST_POST,
    ),
    Route(
        "GET", _TRAIL + "/steps", listing.list_steps, Access.READER,
        "Steps by progress.status; for a device the first one only",
    ),
    Route("GET", _STEP, show_step, Access.READER, "One step"),
    Route("GET", _STEP + "/.pvrremote", remote.of_step, Access.READER, "Discovery at a step"),
    Route("GET", _STEP + "/state", show_state, Access.READER, "A state, byte for byte"),
    Route(
        "PUT", _STEP + "/state", put_state, Access.USER,
        "Replaces the state of a step that is NEW", dict, post.LARGEST_POST,
    ),
    Route("GET", _STEP + "/meta", show_meta, Access.READER, "What the owner notes of a step"),
    Route(
        "PUT", _STEP + "/meta", put_meta, Access.USER, "Replaces the notes", dict,
        post.LARGEST_META,
    ),
    Route("GET", _STEP + "/progress", show_progress, Access.READER, "How far a step is"),
    Route(
        "PUT", _STEP + "/progress", put_progress, Access.DEVICE,
        "A device's report; the answer is what the Hub holds now", dict, PROGRESS_BODY,
    ),
    Route("PUT", _STEP + "/cancel", cancel, Access.USER, "Cancels a step that is not armed yet"),
    Route("PUT", _STEP + "/wontgo", give_up, Access.USER, "Ends a step that hangs in INPROGRESS"),
    Route(
        "GET", "/exports/{owner}/{device}/{rev}/{filename}", export.download, Access.READER,
        "A step and its objects as a tarball; rev may be latest",
    ),
    Route(
        "GET", "/{owner}/{device}/.pvrremote", remote.of_names, Access.READER,
        "Discovery by the nicks of owner and device",
    ),
    Route(
        "GET", "/{owner}/{device}/{rev}/.pvrremote", remote.of_names_and_rev, Access.READER,
        "Discovery at a step, by nicks",
    ),
)  # fmt: skip
