"""The link's questions: one function each in `ASKS`, what was answered as an event of the link."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from surefoot.client.hub.refusals import HubRefused, is_forbidden
from surefoot.device import effects as dev
from surefoot.device.remote.credentials import Identity
from surefoot.device.remote.steps import store
from surefoot.device.remote.sync import send_revision
from surefoot.device.remote.values import as_texts
from surefoot.errors import (
    Busy,
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    SurefootError,
    Unreachable,
)
from surefoot.link import effects as do
from surefoot.link import events as on
from surefoot.link.record import What, Why
from surefoot.wire.hub.answers import Offered
from surefoot.wire.progress import Progress, Status

if TYPE_CHECKING:
    from surefoot.device.remote.remote import Remote

log = logging.getLogger(__name__)
# What a device that is free asks for (hub-wire 4.2), and one that is busy (R16).
OPEN = (Status.NEW, Status.DOWNLOADING, Status.INPROGRESS, Status.TESTING, Status.QUEUED)
NEW_ONLY = (Status.NEW,)
WHYS: tuple[tuple[type[Exception], Why], ...] = (
    (Unreachable, Why.SILENT),
    (Busy, Why.BUSY),
    (Forbidden, Why.UNKNOWN),
    (NotFound, Why.UNKNOWN),
    (HubRefused, Why.REFUSED),
    (InvalidInput, Why.REFUSED),
)


async def answer(remote: "Remote", ask: do.Ask) -> on.Event:
    """The answer to any question, or `Failed`. Raises nothing that a Hub or a disk may say."""
    what = ask.what
    try:
        event = await ASKS[what](remote, ask)
    except (SurefootError, OSError) as error:
        why = _why(error)
        if why is Why.OWN:
            _complain(remote, what, str(error))
        retry_after_s = error.retry_after_s if isinstance(error, Busy) else 0
        return on.Failed(what, why, str(error), retry_after_s)
    remote.complaints.pop(what, None)
    return event


def _why(error: Exception) -> Why:
    if is_forbidden(error):
        return Why.UNKNOWN
    return next((why for kind, why in WHYS if isinstance(error, kind)), Why.OWN)


def _complain(remote: "Remote", what: What, text: str) -> None:
    """What goes wrong here is said once, not at each question."""
    if remote.complaints.get(what) != text:
        log.error("%s: %s", what.value, text)
    remote.complaints[what] = text


async def register(remote: "Remote", _: do.Ask) -> on.Event:
    made = await remote.hub.register(remote.settings.auto_token)
    return on.Registered(made.id, made.prn, made.secret, made.challenge)


async def look_up(remote: "Remote", _: do.Ask) -> on.Event:
    seen = await remote.hub.device(remote.identity.id)
    if seen.owner and not remote.world.device().link.claimed:
        await remote.hub.login()  # the token of before says that nobody owns it (hub-wire 2.2)
    return on.Seen(bool(seen.owner), seen.challenge)


async def trails(remote: "Remote", _: do.Ask) -> on.Event:
    return on.TrailsSeen(bool(await remote.hub.trails()))


async def sync(remote: "Remote", _: do.Ask) -> on.Event:
    running = remote.world.device().update.running
    await send_revision(remote.hub, remote.world.storage, running, remote.settings.patience_s)
    return on.Answered(What.SYNC)


async def steps(remote: "Remote", ask: do.Ask) -> on.Event:
    """A step that is found is stored, then told of; only then is the question answered."""
    world, identity = remote.world, remote.identity
    statuses = NEW_ONLY if ask.new_only else OPEN
    offered = await remote.hub.pending(identity.id, statuses)
    if offered is not None:
        stored = await asyncio.to_thread(_store, remote, identity, offered)
        world.post(dev.StepFound(offered.revision, stored))
    return on.Answered(What.STEPS)


def _store(remote: "Remote", identity: Identity, offered: Offered) -> Progress | None:
    """Garbage collection meanwhile must not take it for one that nobody wants (R21). Raises
    Conflict when it is a step of the device that this one was before (R20)."""
    world = remote.world
    with world.lock:
        if remote.identity != identity:
            raise Conflict(f"Step {offered.revision} is none of this device any more")
        world.stored_this_boot.add(offered.revision)
        return store(world.storage, offered, lambda: world.device().in_use)


async def user_meta(remote: "Remote", _: do.Ask) -> on.Event:
    values = as_texts(await remote.hub.user_meta(remote.identity.id))
    world = remote.world
    if await asyncio.to_thread(world.user_meta.replace, values):
        world.met()
    return on.Answered(What.USER_META)


async def device_meta(remote: "Remote", _: do.Ask) -> on.Event:
    facts = await asyncio.to_thread(remote.world.facts)
    facts["pantahub.address"] = remote.settings.address
    await remote.hub.put_device_meta(remote.identity.id, facts)
    return on.Answered(What.DEVICE_META)


ASKS: dict[What, Callable[["Remote", do.Ask], Awaitable[on.Event]]] = {
    What.REGISTER: register,
    What.LOOK_UP: look_up,
    What.TRAILS: trails,
    What.SYNC: sync,
    What.STEPS: steps,
    What.USER_META: user_meta,
    What.DEVICE_META: device_meta,
}
