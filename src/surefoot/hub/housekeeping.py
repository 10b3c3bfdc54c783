"""What the Hub does from time to time, unasked. Each chore may fail; the Hub goes on."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from surefoot.errors import SurefootError
from surefoot.hub import audit
from surefoot.hub.accounts import store as accounts
from surefoot.hub.devices import store as devices
from surefoot.hub.frame.call import now
from surefoot.hub.frame.hub import Hub
from surefoot.hub.objects.collect import collect

log = logging.getLogger(__name__)
HOUR_S = 3600.0
MICROS = 1_000_000


@dataclass(frozen=True)
class Chore:
    """`work` says how many things it cleared away; it is safe in several processes at once."""

    name: str
    every_s: float
    work: Callable[[Hub], Awaitable[int]]


async def expire_unclaimed(hub: Hub) -> int:
    return await devices.expire_unclaimed(hub.database, now() - hub.limits.unclaimed_s * MICROS)


async def forget_failures(hub: Hub) -> int:
    await accounts.forget_failures(hub.database, now() - 24 * int(HOUR_S) * MICROS)
    return 0


async def forget_deeds(hub: Hub) -> int:
    return await audit.forget(hub.database, hub.limits.audit_entries)


async def collect_objects(hub: Hub) -> int:
    return await collect(hub)


CHORES: tuple[Chore, ...] = (
    Chore("unclaimed devices", HOUR_S, expire_unclaimed),
    Chore("refused logins", HOUR_S, forget_failures),
    Chore("old entries of the audit log", HOUR_S, forget_deeds),
    Chore("objects that nobody names", HOUR_S, collect_objects),
)


async def keep_house(
    hub: Hub,
    chores: Sequence[Chore],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Until it is cancelled. Each chore is done once soon after the start."""
    due = {chore.name: clock() for chore in chores}
    while True:
        for chore in chores:
            if due[chore.name] <= clock():
                await _do(hub, chore)
                due[chore.name] = clock() + chore.every_s
        await sleep(max(1.0, min(due.values()) - clock()))


async def _do(hub: Hub, chore: Chore) -> None:
    try:
        cleared = await chore.work(hub)
    except (SurefootError, OSError) as error:
        log.warning("%s are cleared away later: %s", chore.name, error)
    except Exception:  # a slip of ours in a chore is no reason to end the Hub
        log.exception("clearing away %s failed", chore.name)
    else:
        if cleared:
            log.info("%s cleared away: %d", chore.name, cleared)
