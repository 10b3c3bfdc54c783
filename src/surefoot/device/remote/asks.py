"""The link's questions: one function each in `ASKS`, what was answered as an event of the link."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from surefoot.client.hub.refusals import HubRefused
from surefoot.device import effects as dev
from surefoot.device.remote.steps import store
from surefoot.device.remote.sync import send_revision
from surefoot.device.remote.values import as_texts
from surefoot.errors import Busy, Forbidden, InvalidInput, NotFound, SurefootError, Unreachable
from surefoot.link import effects as do
from surefoot.link import events as on
from surefoot.link.record import What, Why
from surefoot.wire.progress import Status

if TYPE_CHECKING:
    from surefoot.device.remote.remote import Remote

log = logging.getLogger(__name__)
# What a device that is free asks for (hub-wire 4.2), and one that is busy (R16).
OPEN = (Status.NEW, Status.DOWNLOADING, Status.INPROGRESS, Status.TESTING, Status.QUEUED)
NEW_ONLY = (Status.NEW,)


async def answer(remote: "Remote", ask: do.Ask) -> on.Event:
    """The answer to any question, or `Failed`. Raises nothing that a Hub or a disk may say."""
    what = ask.what
    try:
        return await ASKS[what](remote, ask)
    except Unreachable as error:
        return on.Failed(what, Why.SILENT, str(error))
    except Busy as error:
        return on.Failed(what, Why.BUSY, str(error), error.retry_after_s)
    except (Forbidden, NotFound) as error:
        return on.Failed(what, Why.UNKNOWN, str(error))
    except (HubRefused, InvalidInput) as error:
        return on.Failed(what, Why.REFUSED, str(error))
    except (SurefootError, OSError) as error:
        log.error("%s: %s", what.value, error)
        return on.Failed(what, Why.OWN, str(error))


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
    world = remote.world
    statuses = NEW_ONLY if ask.new_only else OPEN
    offered = await remote.hub.pending(remote.identity.id, statuses)
    if offered is not None:
        stored = await asyncio.to_thread(
            store, world.storage, offered, lambda: world.device().in_use
        )
        world.post(dev.StepFound(offered.revision, stored))
    return on.Answered(What.STEPS)


async def user_meta(remote: "Remote", _: do.Ask) -> on.Event:
    values = as_texts(await remote.hub.user_meta(remote.identity.id))
    world = remote.world
    if values != world.user_meta.all():
        await asyncio.to_thread(world.user_meta.replace, values)
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
