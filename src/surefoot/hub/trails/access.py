"""Whose steps a caller may see. Whether a device may be seen at all is decided in `devices/`."""

import re

from surefoot.errors import NotFound
from surefoot.hub.db.protocol import Tx
from surefoot.hub.devices.access import visible
from surefoot.hub.devices.store import Device
from surefoot.hub.frame.call import Call
from surefoot.hub.trails import store
from surefoot.hub.trails.store import Step

_REV = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)


async def visible_step(call: Call) -> tuple[Device, Step]:
    """From the parts `{trail}` and `{rev}` of the path: for the owner, the device itself, and
    anybody who is logged in when the device is public. Raises NotFound, Forbidden."""
    device = await visible(call, call.part("trail"))
    return device, await step_of(call.hub.database, device.id, number(call.part("rev")))


async def step_of(db: Tx, trail: str, rev: int) -> Step:
    """Raises NotFound."""
    found = await store.get_step(db, trail, rev)
    if found is None:
        raise NotFound(f"There is no step {rev} of {trail}")
    return found


def number(text: str) -> int:
    """Raises NotFound: no step has any other name."""
    if not _REV.fullmatch(text):
        raise NotFound("There is no such step: steps are numbered 0, 1, 2...")
    return int(text)
