"""Steps of one device, as its owner sees them: looked at, compared, cancelled.

Sources: hub-wire.md 4, 6; R14 (cancel).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from surefoot.client.desk.devices import Device, status_word
from surefoot.client.desk.hub import DeskHub, compact, decoded, part, refused
from surefoot.errors import Conflict, InvalidInput, NotFound
from surefoot.revision import Change, StateError, diff, parse
from surefoot.wire.hub.answers import member_text

_LAST = re.compile(r"/steps/([0-9]{1,9})(/|\Z)")


@dataclass(frozen=True)
class View:
    """What the Hub holds of a step. `causes`: the messages of the log lines that came with an
    ERROR. `downloads`: bytes in all and bytes that are through, when the device tells them."""

    status: str
    message: str
    retries: int = 0
    causes: tuple[str, ...] = ()
    downloads: tuple[int, int] | None = None


async def last_revision(hub: DeskHub, device: Device) -> int:
    """The number of the newest step. Raises Conflict for a device that has none yet (R19)."""
    answer = await hub.look("GET", f"/trails/{part(device.id)}/.pvrremote")
    if answer.status in (403, 404):
        raise Conflict(
            f"{device.nick} has no revision at the Hub yet: it sends its own after it was claimed"
            " (SYNCING); start it, and try again"
        )
    if answer.status != 200:
        raise refused(answer, f"the last revision of {device.nick}")
    remote = decoded(answer.body, "a remote")
    # Its host may be one that only others can reach; the number is what is wanted.
    found = _LAST.search(str(remote.get("json-get-url"))) if isinstance(remote, dict) else None
    if not found:
        raise InvalidInput(f"The Hub does not say which revision of {device.nick} is the last")
    return int(found[1])


def step_target(device: Device, revision: int) -> str:
    return f"/trails/{part(device.id)}/steps/{revision}"


async def step(hub: DeskHub, device: Device, revision: int) -> dict[str, Any]:
    """All that the Hub shows of it. Raises NotFound."""
    return loaded(await step_body(hub, device, revision))


async def step_body(hub: DeskHub, device: Device, revision: int) -> bytes:
    answer = await hub.look("GET", step_target(device, revision))
    if answer.status in (400, 404):
        raise NotFound(f"{device.nick} has no revision {revision}; see `surefoot devices`")
    if answer.status != 200:
        raise refused(answer, f"revision {revision} of {device.nick}")
    return answer.body


def loaded(body: bytes) -> dict[str, Any]:
    found = decoded(body, "a step")
    if not isinstance(found, dict):
        raise InvalidInput("The Hub's answer is no step")
    return found


def state_text(body: bytes) -> str:
    """Of the body of a step, as it stands there."""
    return member_text(body.decode("utf-8", "replace"), "state") or "{}"


async def cancel(hub: DeskHub, device: Device, revision: int) -> View:
    """Raises Conflict with the Hub's reason once the device has gone too far (R14)."""
    answer = await hub.look("PUT", f"{step_target(device, revision)}/cancel")
    if answer.status == 404:
        raise NotFound(f"{device.nick} has no revision {revision}; see `surefoot devices`")
    if answer.status != 200:
        raise refused(answer, f"to cancel revision {revision} of {device.nick}")
    return view_of(loaded(answer.body))


def changes(before: str, after: str) -> tuple[Change, ...]:
    """Files that differ between two states. Empty when one of them cannot be read."""
    try:
        return diff(parse(before), parse(after))
    except StateError:
        return ()


def view_of(progress: object) -> View:
    """Lenient, other than the device's own reader: a Hub may hold what newer devices tell."""
    members: Mapping[str, Any] = progress if isinstance(progress, dict) else {}
    retries = members.get("retries")
    return View(
        status=status_word(members.get("status")) or "NEW",
        message=str(members.get("status-msg") or ""),
        retries=retries if isinstance(retries, int) else 0,
        causes=tuple(log_messages(members.get("logs"))),
        downloads=_downloads(members.get("downloads")),
    )


def log_messages(logs: object) -> list[str]:
    """Messages of the JSON lines that a device sends with an ERROR (R7); other lines as they
    are."""
    lines = logs.splitlines() if isinstance(logs, str) else []
    return [_message(line) for line in lines if line.strip()]


def _message(line: str) -> str:
    try:
        entry = json.loads(line)
        return f"{entry.get('src', '')}: {entry['msg']}".removeprefix(": ")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return line


def _downloads(found: object) -> tuple[int, int] | None:
    total = found.get("total") if isinstance(found, dict) else None
    if not isinstance(total, dict):
        return None
    size, done = total.get("total_size"), total.get("total_downloaded")
    return (size, done) if isinstance(size, int) and isinstance(done, int) else None


def post_body(revision: int, message: str, mark: str, state: str) -> bytes:
    """Scalars first (hub-wire.md 0.5); the state as it is, for signatures cover its text."""
    head = compact({"rev": revision, "commit-msg": message, "meta": {MARK: mark}})
    return head[:-1] + b',"state":' + state.encode() + b"}"


MARK = "surefoot-post"
"""The member of a step's meta that tells whose post it was."""
