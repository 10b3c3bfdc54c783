"""States that come in: the factory state of a device, steps, a step's state replaced.

Source: hub-wire.md 4 and 4.1, pvr.md 1.3 (the sha). What the Hub checks of a state is less than
what a device will: its spec, its size, its names, and that its objects exist. Two that post at once
meet in the database: one wins, the other is told what to do.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace
from hashlib import sha256

from surefoot.errors import Conflict, InvalidInput
from surefoot.hub.audit import note
from surefoot.hub.db.protocol import Tx
from surefoot.hub.devices.store import Device
from surefoot.hub.frame.call import Call, now
from surefoot.hub.frame.problems import Malformed
from surefoot.hub.frame.route import KIB, MIB
from surefoot.hub.objects.room import require_room
from surefoot.hub.objects.store import lacking, link
from surefoot.hub.trails import store
from surefoot.hub.trails.access import step_of
from surefoot.hub.trails.forward import FACTORY_DONE, FRESH
from surefoot.hub.trails.shown import offered_bytes
from surefoot.hub.trails.store import Step, Trail
from surefoot.revision.canonical import canonical
from surefoot.revision.errors import StateError, alternatives, describe
from surefoot.revision.json_text import read_json
from surefoot.revision.limits import LIMITS
from surefoot.revision.names import check_path
from surefoot.revision.values import Json, is_sha256
from surefoot.wire.hub import trails as wire
from surefoot.wire.progress import Status

SPECS = (
    "pantavisor-service-system@1",
    "pantavisor-service-embed@1",
    "pantavisor-multi-platform@1",
)
LONGEST_MESSAGE = 64 * KIB
LARGEST_META = 256 * KIB
MOST_NAMED = 20
# 2 MiB, and room for what the device's own reports add to it.
MOST_OFFERED = 2 * MIB - 64 * KIB
# A body that could become such a step, with its message, its meta, and blanks. A longer one would
# only be read to be refused, and while JSON is read nobody else is answered.
LARGEST_POST = MOST_OFFERED + MIB
# Longer texts are read in a thread: the poll of another device must not wait for them.
SHORT = 64 * KIB


_BLANKS = " \t\r\n"


@dataclass(frozen=True)
class Checked:
    """`text`: as it came. `sha`: of its canonical form. `objects`: the shas that it names."""

    text: str
    sha: str
    objects: frozenset[str]


def check_state(text: str) -> Checked:
    """Raises StateError."""
    value = read_json(text)
    if not isinstance(value, dict):
        raise StateError("", "a JSON object", describe(value))
    if value.get("#spec") not in SPECS:
        raise StateError("#spec", alternatives(list(SPECS)), describe(value.get("#spec")))
    if len(value) > LIMITS.max_keys:
        raise StateError("", f"at most {LIMITS.max_keys} files", str(len(value)))
    objects = {sha for path, found in value.items() if (sha := _object_at(path, found))}
    return Checked(text, sha256(canonical(value).encode()).hexdigest(), frozenset(objects))


def _object_at(path: str, value: Json) -> str:
    """The sha that stands there, "" for inline JSON. A sha under `*.json` is an object too."""
    if path == "#spec":
        return ""
    check_path(path)
    if isinstance(value, str) and is_sha256(value):
        return value
    if not path.endswith(".json"):
        raise StateError(path, "a sha256 (64 lower-case hex digits)", describe(value))
    return ""


def next_rev(asked: int | None, last: int) -> int:
    """Raises Conflict."""
    following = last + 1
    if asked is not None and asked != following:
        raise Conflict(
            f"Step {asked} cannot be posted: the next one is {following}; "
            "post with rev -1, or look at what came in between"
        )
    return following


# ---- calls -------------------------------------------------------------------------------------


async def post_factory(call: Call, device: Device) -> tuple[Trail, Step]:
    """The first sync. Again with the same state it changes nothing: the answer to the first may
    have been lost. Raises Malformed, InvalidInput, Conflict."""
    checked = await _checked_body(call)
    if not device.owner:
        raise Conflict("The device has no owner yet; claim it first")
    async with call.hub.database.transaction() as tx:
        known = await store.get_trail(tx, device.id)
        if known is not None:
            return known, _same_factory(await step_of(tx, device.id, 0), checked)
        await _require_objects(call, tx, device.owner, checked.objects)
        at = now()
        trail = Trail(device.id, device.owner, at, at, at)
        await store.add_trail(tx, trail)
        step = _step(call, device, 0, checked, wire.FACTORY_MESSAGE, "{}", FACTORY_DONE, at)
        await store.add_step(tx, step, checked.objects)
        return trail, step


def _same_factory(step: Step, checked: Checked) -> Step:
    if step.state_sha != checked.sha:
        raise Conflict("This device has a trail already, with another factory state")
    return step


async def post_step(call: Call, device: Device) -> Step:
    """Raises Malformed, InvalidInput, Conflict."""
    posted = await _posted(call)
    checked = await check(posted.state)
    async with call.hub.database.transaction() as tx:
        last = await store.last_rev(tx, device.id)
        if last is None:
            raise Conflict(
                "The device has not told the Hub yet what it runs; post when its first sync is over"
            )
        rev = next_rev(posted.rev, last)
        await _require_objects(call, tx, device.owner, checked.objects)
        at = now()
        step = _step(call, device, rev, checked, posted.commit_msg, posted.meta, FRESH, at)
        _require_short(step, device)
        await store.add_step(tx, step, checked.objects)
        await store.touch_trail(tx, device.id, at)
        await note(tx, call, "step posted", f"/trails/{device.id}/steps/{rev}", checked.sha)
        return step


async def replace_state(call: Call, device: Device, rev: int) -> str:
    """Of a step that no device has taken up. The text that is stored now. Raises Malformed,
    InvalidInput, Conflict."""
    checked = await _checked_body(call)
    async with call.hub.database.transaction() as tx:
        step = await step_of(tx, device.id, rev)
        if step.status != Status.NEW:
            raise Conflict(f"Step {rev} is {step.status}, not NEW any more; post another one")
        _require_short(replace(step, state=checked.text), device)
        await _require_objects(call, tx, device.owner, checked.objects)
        at = now()
        await store.replace_state(
            tx, device.id, rev, checked.text, checked.sha, checked.objects, at
        )
        await store.touch_trail(tx, device.id, at)
        await note(tx, call, "state replaced", f"/trails/{device.id}/steps/{rev}", checked.sha)
    return checked.text


async def replace_meta(call: Call, device: Device, rev: int) -> str:
    """The text that is stored now. Raises Malformed, InvalidInput, NotFound."""
    text = _as_text(await call.bytes()).strip(_BLANKS)
    try:
        wire.require_object(text)
    except InvalidInput as error:
        raise Malformed(str(error)) from error
    async with call.hub.database.transaction() as tx:
        _require_short(replace(await step_of(tx, device.id, rev), meta=text), device)
        await store.set_meta(tx, device.id, rev, text, now())
        await note(tx, call, "meta replaced", f"/trails/{device.id}/steps/{rev}")
    return text


def _step(
    call: Call, device: Device, rev: int, checked: Checked, message: str, meta: str,
    progress: wire.Report, at: int,
) -> Step:  # fmt: skip
    return Step(
        trail=device.id,
        rev=rev,
        committer=call.who.prn,
        commit_msg=message,
        state=checked.text,
        state_sha=checked.sha,
        status=progress.status,
        progress=progress.text,
        meta=meta,
        step_time=at,
        progress_time=0 if progress.status is Status.NEW else at,
        created=at,
        modified=at,
    )


def _require_short(step: Step, device: Device) -> None:
    """To a device a longer answer is none at all: it would poll in vain for ever, and roll back
    what it tests meanwhile (hub-wire 0.8, 4.3)."""
    size = offered_bytes(step, device.owner)
    if size > MOST_OFFERED:
        raise InvalidInput(
            f"The step is {size} bytes as a device is sent it, and devices take {MOST_OFFERED}; "
            "make large inline JSON files objects"
        )


async def _require_objects(call: Call, tx: Tx, owner: str, shas: Collection[str]) -> None:
    missing = await lacking(tx, owner, shas)
    if missing:
        named = ", ".join(missing[:MOST_NAMED])
        more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
        raise InvalidInput(f"Upload these objects first, the state names them: {named}{more}")
    if await link(tx, owner, shas):
        await require_room(tx, owner, 0, call.hub.limits.account_bytes)


# ---- bodies ------------------------------------------------------------------------------------


async def _posted(call: Call) -> wire.Posted:
    text = _as_text(await call.bytes())
    try:
        posted = (
            await asyncio.to_thread(wire.posted, text) if len(text) > SHORT else wire.posted(text)
        )
    except InvalidInput as error:
        raise Malformed(str(error)) from error
    if len(posted.commit_msg) > LONGEST_MESSAGE or len(posted.meta) > LARGEST_META:
        raise InvalidInput(
            f"A commit message may have {LONGEST_MESSAGE} characters, a meta {LARGEST_META}"
        )
    return posted


async def _checked_body(call: Call) -> Checked:
    """A body that is a bare state."""
    return await check(_as_text(await call.bytes()).strip(_BLANKS))


async def check(text: str) -> Checked:
    """As `check_state`; a text that is no JSON at all raises Malformed."""
    try:
        return (
            await asyncio.to_thread(check_state, text) if len(text) > SHORT else check_state(text)
        )
    except StateError as error:
        if error.expected == "JSON":
            raise Malformed(str(error)) from error
        raise


def _as_text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not UTF-8 ({error})") from error
