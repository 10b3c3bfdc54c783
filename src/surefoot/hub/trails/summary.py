"""One line for each device, as `pvr ps` and the console show it (hub-wire 4.4). No clock, no
database."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from surefoot.hub.frame.call import time_text
from surefoot.hub.frame.problems import Malformed
from surefoot.hub.trails.query import filters
from surefoot.hub.trails.store import Standing
from surefoot.wire.hub import prn
from surefoot.wire.progress import Status

# `pvr ps` cuts eight characters off it without asking whether they are there.
NO_SHA = "0" * 64
FLEET = ("fleet-group", "fleet-model", "fleet-location", "fleet-rev")
DEFAULT_SORT = "-timestamp"


class _Said(msgspec.Struct):
    """What is read of a progress; its other members are skipped unread."""

    status: str = ""
    progress: int = 0
    message: str = msgspec.field(name="status-msg", default="")


_READ_SAID = msgspec.json.Decoder(_Said)
# R19: claimed, but nothing synced yet.
_SYNCING = _Said(Status.SYNCING, 0, "")


def summary(standing: Standing, *, is_owners: bool = True) -> dict[str, Any]:
    """`is_owners`: strangers see neither where a public device is nor what its owner notes."""
    said = _SYNCING if standing.progress is None else _READ_SAID.decode(standing.progress)
    return {
        "deviceid": standing.device,
        "device": prn.device(standing.device),
        "device-nick": standing.nick,
        "revision": standing.newest,
        "progress-revision": standing.rev or 0,
        "progress": said.progress,
        "public": bool(standing.public),
        "state-sha": standing.state_sha or NO_SHA,
        "status-msg": said.message,
        "status": said.status,
        "timestamp": time_text(standing.seen),
        "step-time": time_text(standing.step_time or 0),
        "progress-time": time_text(standing.progress_time or 0),
        "trail-touched-time": time_text(standing.touched),
        "real-ip": standing.address if is_owners else "",
        **(_fleet(standing.user_meta) if is_owners else dict.fromkeys(FLEET, "")),
    }


def _fleet(user_meta: str) -> dict[str, str]:
    """The keys `fleet.group`... of the user-meta, where they are texts."""
    found: dict[str, Any] = msgspec.json.decode(user_meta) if "fleet." in user_meta else {}
    values = {key: found.get(key.replace("-", ".")) for key in FLEET}
    return {key: value if isinstance(value, str) else "" for key, value in values.items()}


def selected(summaries: Iterable[dict[str, Any]], query: Mapping[str, str]) -> list[dict[str, Any]]:
    """By `?filter=` and in the order of `?sort=`. Raises Malformed."""
    tests = filters(query["filter"]) if "filter" in query else {}
    chosen = [one for one in summaries if all(test(one.get(key)) for key, test in tests.items())]
    # A word that comes again sorts nothing any more.
    words = dict.fromkeys(query.get("sort", DEFAULT_SORT).split(","))
    for word in reversed(words):
        chosen = _sorted(chosen, word)
    return chosen


def _sorted(summaries: list[dict[str, Any]], word: str) -> list[dict[str, Any]]:
    key = word.removeprefix("-")
    if summaries and key not in summaries[0]:
        raise Malformed(f"sort names {key[:40]!r}, which no summary has")
    return sorted(summaries, key=lambda one: one[key], reverse=word.startswith("-"))
