"""Routes for looking at a whole: health, metrics, the dashboard of an account, profiles."""

import time
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.web import StreamResponse

from surefoot.errors import Forbidden, NotFound
from surefoot.hub.accounts.overview import store
from surefoot.hub.accounts.overview.store import Profile, Recent, Use
from surefoot.hub.frame.call import Call, now, time_text
from surefoot.hub.frame.hub import Limits
from surefoot.hub.frame.route import Access, Route
from surefoot.wire.hub import prn

ONLINE_S = 300
MOST_PROFILES = 100
GIB = 1024**3


async def health(call: Call) -> StreamResponse:
    """hub-wire 10.1; one look at the database, nothing to know for whoever asks."""
    began = time.monotonic_ns()
    await store.answers(call.hub.database)
    spent = time.monotonic_ns() - began
    return call.answer({"code": 0, "duration": spent, "start-time": time_text(now())})


# ---- metrics -----------------------------------------------------------------------------------

METRICS = {
    "accounts": "Accounts",
    "devices": "Devices, claimed or not",
    "devices_unclaimed": "Devices that nobody has claimed yet",
    "devices_online": "Devices that were here in the last five minutes",
    "objects": "Objects whose bytes are here",
    "object_bytes": "Their size",
}


async def metrics(call: Call) -> StreamResponse:
    """Prometheus' text. For admins: numbers of a fleet are nobody else's business."""
    if not call.who.admin:
        raise Forbidden("Metrics are for admins; log in as one")
    database = call.hub.database
    numbers = await store.counts(database, now() - ONLINE_S * 1_000_000)
    lines = [line for name, text in METRICS.items() for line in _metric(name, text, numbers[name])]
    lines += ["# HELP surefoot_steps Steps of all trails", "# TYPE surefoot_steps gauge"]
    found = await store.steps_by_status(database)
    lines += [f'surefoot_steps{{status="{status}"}} {n}' for status, n in found.items()]
    return web.Response(text="\n".join([*lines, ""]))


def _metric(name: str, text: str, number: int) -> list[str]:
    name = f"surefoot_{name}"
    return [f"# HELP {name} {text}", f"# TYPE {name} gauge", f"{name} {number}"]


# ---- the dashboard -----------------------------------------------------------------------------


async def dash(call: Call) -> StreamResponse:
    """hub-wire 10.1. Nothing is sold here: the plan is free, and a `Max` of 0 is no bound."""
    use = await store.use(call.hub.database, call.who.id)
    recent = await store.recent(call.hub.database, call.who.id)
    body = {
        "prn": call.who.prn,
        "nick": call.who.nick,
        "subscription": {
            "plan-id": "prn::subscriptions:FREE",
            "billing": {"Type": "", "AmountDue": 0, "Currency": "", "VatRegion": ""},
            "quota-stats": _quotas(use, call.hub.limits),
        },
        "top-devices": [_top(device) for device in recent],
    }
    return call.answer(body)


def _quotas(use: Use, limits: Limits) -> dict[str, Any]:
    return {
        "OBJECTS": _quota("OBJECTS", _gib(use.bytes), _gib(limits.account_bytes), "GiB"),
        "DEVICES": _quota("DEVICES", use.devices, limits.account_devices, "Piece"),
    }


def _quota(name: str, actual: float, most: float, unit: str) -> dict[str, Any]:
    return {"Name": name, "Actual": actual, "Max": most, "Unit": unit}


def _gib(count: int) -> float:
    return round(count / GIB, 3)


def _top(device: Recent) -> dict[str, Any]:
    return {
        "device-id": device.id,
        "nick": device.nick,
        "prn": prn.device(device.id),
        "message": _message(device.progress),
        "type": "DEVICE",
        "status": device.status,
        "last-activity": time_text(device.seen),
    }


def _message(progress: str) -> str:
    """Of a report as the device sent it, which may be any JSON."""
    found = msgspec.json.decode(progress) if progress else None
    message = found.get("status-msg", "") if isinstance(found, dict) else ""
    return message if isinstance(message, str) else ""


# ---- profiles ----------------------------------------------------------------------------------


async def profiles(call: Call) -> StreamResponse:
    """`nick`: a whole nick, or `^` and how it begins."""
    asked = call.query.get("nick", "^")
    prefix = asked.removeprefix("^")
    found = await store.profiles(call.hub.database, call.who.id, prefix, MOST_PROFILES)
    is_prefix = asked.startswith("^")
    return call.answer([_profile(one) for one in found if is_prefix or one.nick == asked])


async def profile(call: Call) -> StreamResponse:
    nick = call.part("nick")
    found = await store.profiles(call.hub.database, call.who.id, nick, MOST_PROFILES)
    for one in found:
        if one.nick == nick:
            return call.answer(_profile(one))
    raise NotFound(f"There is no public profile {nick}")


def _profile(found: Profile) -> dict[str, Any]:
    return {
        "prn": prn.account(found.id),
        "nick": found.nick,
        "time-created": time_text(found.created),
        "public-devices": found.devices,
    }


ROUTES: tuple[Route, ...] = (
    Route("GET", "/healthz", health, Access.BLIND, "Whether the Hub and its database answer"),
    Route("GET", "/metrics", metrics, Access.USER, "Counters for Prometheus; admins only"),
    Route("GET", "/dash", dash, Access.USER, "What the caller has, and what was here last"),
    Route("GET", "/profiles", profiles, Access.READER, "Accounts that show something"),
    Route("GET", "/profiles/{nick}", profile, Access.READER, "One of them"),
)
