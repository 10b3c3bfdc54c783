"""From rows to bodies."""

from surefoot.hub.frame.call import Call, time_text
from surefoot.hub.frame.principal import Kind
from surefoot.hub.trails import store
from surefoot.hub.trails.store import Step, Trail
from surefoot.wire.hub import trails as wire


def trail_body(trail: Trail, owner: str, factory: str | None = None) -> bytes:
    """`owner`: the account that owns the device now."""
    touched, insync = time_text(trail.touched), time_text(trail.insync)
    return wire.trail(wire.TrailBody(trail.id, owner, insync, touched, factory))


async def step_body(call: Call, step: Step, owner: str) -> bytes:
    """In the order of keys that suits the caller (hub-wire 0.5)."""
    if call.who.kind is Kind.DEVICE:
        return wire.step_for_device(_wire_step(step, owner))
    used = await store.objects_of(call.hub.database, step.trail, step.rev)
    return wire.step_for_user(_wire_step(step, owner), used)


def offered_bytes(step: Step, owner: str) -> int:
    """How many a device is sent for it."""
    return len(wire.step_for_device(_wire_step(step, owner)))


def _wire_step(step: Step, owner: str) -> wire.StepBody:
    return wire.StepBody(
        trail=step.trail,
        owner=owner,
        rev=step.rev,
        committer=step.committer,
        commit_msg=step.commit_msg,
        state=step.state,
        state_sha=step.state_sha,
        progress=step.progress,
        meta=step.meta,
        step_time=time_text(step.step_time),
        progress_time=time_text(step.progress_time),
        created=time_text(step.created),
        modified=time_text(step.modified),
    )
