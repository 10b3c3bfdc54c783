"""A source becomes the next step of a device: what the Hub lacks, then the state.

The number of the step is chosen before anything is sent and never changes, and a mark in the step
tells whose post it is. So a post whose answer was lost is found again instead of being made twice.

Sources: hub-wire.md 4.1, 7; pvr.md 5.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field

from surefoot.client.checkout import Source
from surefoot.client.desk.devices import Device
from surefoot.client.desk.hub import DeskHub, part, refused
from surefoot.client.desk.pace import PACE, Pace, Patience
from surefoot.client.desk.steps import (
    MARK,
    last_revision,
    loaded,
    post_body,
    step_target,
)
from surefoot.client.desk.uploads import Uploads
from surefoot.client.hub.http import Answer
from surefoot.client.hub.refusals import is_busy
from surefoot.client.install import Watch
from surefoot.errors import Busy, Conflict, SurefootError, Unreachable
from surefoot.revision import StateError, canonical, is_sha256, read_json


@dataclass(frozen=True)
class Plan:
    """`wanted`: objects that the last step of the device does not have. `is_new`: the state differs
    from that of the last step, `last`."""

    device: Device
    revision: int
    last: int
    is_new: bool
    wanted: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class Posted:
    """`sent`, `kept`: how many objects went to the Hub, and were there; `sent_bytes`."""

    revision: int
    state_sha: str
    sent: int
    kept: int
    sent_bytes: int


async def plan(hub: DeskHub, device: Device, source: Source, revision: int | None = None) -> Plan:
    """Changes nothing. Raises NotFound for an object that neither side has, Conflict for a device
    without a trail, and for a `revision` that is not the next one."""
    last = await last_revision(hub, device)
    if revision not in (None, last + 1):
        raise Conflict(
            f"Revision {revision} cannot be posted: the last one of {device.nick} is {last}, so the"
            f" next one is {last + 1}"
        )
    text = await _state(hub, device, last)
    there = _objects(text)
    wanted = sorted(set(source.state.objects.values()) - there)
    await _require(hub, source, wanted)
    is_new = not _same_value(text, source.text)
    sendable = tuple(sha for sha in wanted if sha in source.sizes)
    return Plan(device, last + 1, last, is_new, sendable)


async def post(
    hub: DeskHub,
    planned: Plan,
    source: Source,
    *,
    message: str = "",
    watch: Watch = lambda _: None,
    pace: Pace = PACE,
) -> Posted:
    """The step is at the Hub, once. Raises Conflict when somebody else posted that number
    meanwhile, and what a Hub that is away for too long raises."""
    endpoint = f"{step_target(planned.device, planned.last)}/objects/"
    paths = {sha: path for path, sha in sorted(source.state.objects.items(), reverse=True)}
    uploads = Uploads(hub, endpoint, paths, watch, pace)
    brought = await uploads.bring(source, planned.wanted)
    answer = await _Poster(hub, planned, source.text, message, pace).post()
    step = loaded(answer.body)
    kept = len(paths) - brought.sent
    sha = str(step.get("state-sha") or "")
    return Posted(planned.revision, sha, brought.sent, kept, brought.sent_bytes)


class _Poster:
    def __init__(self, hub: DeskHub, planned: Plan, state: str, message: str, pace: Pace) -> None:
        self._hub = hub
        self._plan = planned
        self._mark = secrets.token_hex(12)
        self._body = post_body(planned.revision, message, self._mark, state)
        self._patience = Patience(pace)

    async def post(self) -> Answer:
        """The answer that shows the step."""
        while True:
            try:
                answer = await self._try()
            except (Unreachable, Busy) as error:
                await self._patience.rest(error)
            else:
                return answer

    async def _try(self) -> Answer:
        target = f"/trails/{part(self._plan.device.id)}/steps"
        answer = await self._hub.look("POST", target, self._body, repeatable=False)
        if answer.status == 200:
            return answer
        # A Hub that has the number already says 409, the reference 500 (hub-wire.md 4.1).
        if answer.status == 409 or is_busy(answer.status):
            found = await self._hub.look("GET", self._step)
            if found.status == 200:
                return self._own(found)
        raise self._refused(answer)

    @property
    def _step(self) -> str:
        return step_target(self._plan.device, self._plan.revision)

    def _own(self, found: Answer) -> Answer:
        meta = loaded(found.body).get("meta")
        if isinstance(meta, dict) and meta.get(MARK) == self._mark:
            return found
        nick, revision = self._plan.device.nick, self._plan.revision
        raise Conflict(
            f"Revision {revision} of {nick} is there already, from another post; look at it with"
            f" `surefoot step {nick} {revision}`, then post again"
        )

    def _refused(self, answer: Answer) -> SurefootError:
        return refused(answer, f"revision {self._plan.revision} of {self._plan.device.nick}")


async def _state(hub: DeskHub, device: Device, revision: int) -> str:
    what = f"the state of revision {revision} of {device.nick}"
    answer = await hub.ask("GET", f"{step_target(device, revision)}/state", what)
    return answer.body.decode("utf-8", "replace")


def _objects(state: str) -> set[str]:
    """Of a state that may be one that we would refuse."""
    try:
        members = read_json(state)
    except StateError:
        return set()
    values = members.values() if isinstance(members, dict) else ()
    return {value for value in values if isinstance(value, str) and is_sha256(value)}


def _same_value(one: str, other: str) -> bool:
    try:
        return canonical(read_json(one)) == canonical(read_json(other))
    except StateError:
        return False


async def _require(hub: DeskHub, source: Source, wanted: Collection[str]) -> None:
    """What is not in the source may be at the Hub, from another device."""
    for sha in wanted:
        if sha not in source.sizes:
            answer = await hub.look("GET", f"/objects/{sha}")
            if answer.status != 200:
                source.require([sha], f", nor at {hub.session.url}")
