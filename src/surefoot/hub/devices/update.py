"""What a full update may change, and by whom (hub-wire 3.2)."""

from dataclasses import replace
from datetime import datetime

import msgspec

from surefoot.errors import Forbidden, InvalidInput
from surefoot.hub.devices import metadata, names
from surefoot.hub.devices.store import Device, digest
from surefoot.hub.frame.call import time_text
from surefoot.wire.hub import prn

WIRE_NAMES = {
    "time_created": "time-created",
    "user_meta": "user-meta",
    "device_meta": "device-meta",
}


class DeviceUpdate(msgspec.Struct, rename=WIRE_NAMES):
    """Members that are missing stay as they are."""

    id: str | None = None
    prn: str | None = None
    owner: str | None = None
    time_created: str | None = None
    nick: str | None = None
    secret: str | None = None
    public: bool | None = None
    user_meta: metadata.Member = None
    device_meta: metadata.Member = None


class NickUpdate(msgspec.Struct):
    """The one member that a PATCH changes."""

    nick: str | None = None


def updated(device: Device, asked: DeviceUpdate, *, by_device: bool, moment: int) -> Device:
    """A user's update leaves device-meta alone and a device's user-meta; so that each may send
    back all that it was shown.

    Raises InvalidInput for a change of what a device is; Forbidden for a device that publishes
    itself; Malformed and TooLarge for metadata.
    """
    _require_same(device, asked)
    if by_device and asked.public not in (None, device.public):
        raise Forbidden("A device does not publish itself; log in as its owner")
    changed = replace(device, modified=moment)
    if asked.nick is not None:
        changed = renamed(changed, asked.nick, moment)
    if asked.secret is not None:
        changed = _with_secret(changed, asked.secret)
    return _with_own_part(changed, asked, by_device)


def renamed(device: Device, nick: str, moment: int) -> Device:
    """A nick that it has already is fine, whatever the rule became since. Raises InvalidInput."""
    nick = nick if nick == device.nick else names.require_nick(nick)
    return replace(device, nick=nick, modified=moment)


def _with_secret(device: Device, secret: str) -> Device:
    """Tokens that were got with the old one are void."""
    kept = digest(names.require_secret(secret))
    if kept == device.secret:
        return device
    return replace(device, secret=kept, generation=device.generation + 1)


def _with_own_part(device: Device, asked: DeviceUpdate, by_device: bool) -> Device:
    if by_device:
        kept = metadata.member(asked.device_meta, device.device_meta, metadata.DEVICE_META_MAX)
        return replace(device, device_meta=kept)
    kept = metadata.member(asked.user_meta, device.user_meta, metadata.USER_META_MAX)
    public = device.public if asked.public is None else asked.public
    return replace(device, user_meta=kept, public=public)


def _require_same(device: Device, asked: DeviceUpdate) -> None:
    owner = prn.account(device.owner) if device.owner else ""
    fixed = {
        "id": asked.id in (None, "", device.id),
        "prn": asked.prn in (None, "", prn.device(device.id)),
        "owner": asked.owner in (None, owner),
        "time-created": asked.time_created is None or _is_moment(asked.time_created, device),
    }
    wrong = [name for name, is_same in fixed.items() if not is_same]
    if wrong:
        raise InvalidInput(f"The {', '.join(wrong)} of a device cannot be changed")


def _is_moment(text: str, device: Device) -> bool:
    """Clients write the same time with fewer digits or another zone."""
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        return False
    kept = datetime.fromisoformat(time_text(device.created))
    return given.tzinfo is not None and abs((given - kept).total_seconds()) < 1
