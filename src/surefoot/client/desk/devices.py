"""Devices of a person: found by a reference, listed with what they run, claimed.

Sources: hub-wire.md 3, 3.2, 4.4; R19 (SYNCING).
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from surefoot.client.desk.hub import DeskHub, decoded, part, refused
from surefoot.client.desk.references import Reference
from surefoot.client.hub.refusals import is_busy
from surefoot.errors import NotFound
from surefoot.wire.progress import Status

RUNNING = "pantavisor.revision"
_SHORT_ID = re.compile(r"[0-9a-f]{6,23}\Z")
_SEE = "see `surefoot devices`"

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Device:
    """`members`: all that the Hub shows of it."""

    id: str
    nick: str
    members: Row = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Overview:
    """`running` and `target`: revisions, empty where unknown; the target is the last one posted.
    `status` and `message`: of the newest step that the device has begun. `seen`: RFC 3339, empty
    for never."""

    id: str
    nick: str
    running: str
    target: str
    status: str
    message: str
    seen: str
    address: str


async def find(hub: DeskHub, reference: Reference) -> Device:
    """Raises NotFound; of what belongs to others and is not public, too."""
    owner = f"?owner-nick={part(reference.owner)}" if reference.owner else ""
    answer = await hub.look("GET", f"/devices/{part(reference.device)}{owner}")
    if answer.status == 200:
        return _device(_members(decoded(answer.body, "a device")))
    if is_busy(answer.status) and answer.status != 500:
        raise refused(answer, f"device {reference}")
    # The reference says 400 or 403 for what it does not know (hub-wire.md 3).
    return await _by_short_id(hub, reference)


async def claim(hub: DeskHub, id: str, challenge: str) -> Device:
    """The device is the caller's. Raises Conflict for a wrong challenge or one that is taken."""
    target = f"/devices/{part(id)}?challenge={part(challenge)}"
    answer = await hub.ask("PUT", target, f"the claim of device {id}")
    return _device(_members(decoded(answer.body, "a device")))


async def overviews(hub: DeskHub) -> list[Overview]:
    """All devices of the caller, by nick."""
    summaries, listed = await asyncio.gather(
        hub.get("/trails/summary", "the list of devices"),
        hub.get("/devices/", "the list of devices"),
    )
    by_id = {str(row.get("deviceid")): row for row in map(_members, summaries or ())}
    devices = [_device(_members(row)) for row in listed or ()]
    found = [overview(device, by_id.get(device.id, {})) for device in devices]
    return sorted(found, key=lambda one: (one.nick.casefold(), one.id))


async def overview_of(hub: DeskHub, device: Device) -> Overview:
    """Of one device, also a public one of somebody else."""
    answer = await hub.look("GET", f"/trails/{part(device.id)}/summary")
    if answer.status == 404:
        return overview(device, {})
    if answer.status != 200:
        raise refused(answer, f"the summary of {device.nick}")
    return overview(device, _members(decoded(answer.body, "a summary")))


def overview(device: Device, summary: Row) -> Overview:
    """`summary` is empty for a device that has no trail yet."""
    meta = _members(device.members.get("device-meta"))
    status = status_word(summary.get("status")) or Status.SYNCING.value
    # Its numbers are none before there is a trail.
    known = {} if status == Status.SYNCING else summary
    return Overview(
        id=device.id,
        nick=device.nick,
        running=_text(meta.get(RUNNING)) or _text(known.get("progress-revision")),
        target=_text(known.get("revision")),
        status=status,
        message=_text(summary.get("status-msg")),
        seen=_moment(summary.get("timestamp")),
        address=_text(summary.get("real-ip")),
    )


def status_word(found: object) -> str:
    """In our spelling (R14)."""
    word = _text(found)
    return Status.CANCELLED.value if word in ("CANCEL", "CANCELED") else word


async def _by_short_id(hub: DeskHub, reference: Reference) -> Device:
    """The start of an id, as lists show it, is as good as the id where only one device has it."""
    if not reference.owner and _SHORT_ID.match(reference.device):
        listed = await hub.get("/devices/", "the list of devices")
        devices = [_device(_members(row)) for row in listed or ()]
        found = [one for one in devices if one.id.startswith(reference.device)]
        if len(found) == 1:
            return found[0]
    raise NotFound(f"There is no device {reference} for you at {hub.session.url}; {_SEE}")


def _device(members: Row) -> Device:
    return Device(_text(members.get("id")), _text(members.get("nick")), members)


def _members(found: object) -> Row:
    return found if isinstance(found, dict) else {}


def _text(found: object) -> str:
    return "" if found is None or isinstance(found, dict | list) else str(found)


def _moment(found: object) -> str:
    """The protocol's zero time is none (hub-wire.md 1)."""
    text = _text(found)
    return "" if text.startswith(("0001-", "1970-01-01T00:00:00")) else text
