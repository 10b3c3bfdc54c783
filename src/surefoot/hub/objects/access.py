"""Which objects a caller means, and whether he may have them."""

from dataclasses import dataclass

from surefoot.errors import Forbidden, NotFound
from surefoot.hub.devices.access import owned
from surefoot.hub.frame.call import Call
from surefoot.hub.objects import store
from surefoot.hub.objects.named import named
from surefoot.hub.objects.store import Stored
from surefoot.hub.trails.access import number, step_of, visible_step


def owner(call: Call) -> str:
    """The account that the caller's objects are of. Raises Forbidden for an unclaimed device."""
    if not call.who.owner:
        raise Forbidden("This device has no owner yet; claim it first")
    return call.who.owner


async def own(call: Call) -> Stored:
    """The caller's own object of `{sha}`. Raises Forbidden; whether somebody else has it is nobody
    else's business."""
    stored = await store.get(call.hub.database, owner(call), call.part("sha"))
    if stored is None or not stored.present:
        raise _refusal(call.part("sha"))
    return stored


async def readable(call: Call) -> Stored:
    """As `own`, or what a public device's step has."""
    sha, found = call.part("sha"), None
    if call.who.owner:
        found = await store.get(call.hub.database, call.who.owner, sha)
    if found is None or not found.present:
        found = await store.shared(call.hub.database, sha)
    if found is None:
        raise _refusal(sha)
    return found


@dataclass(frozen=True)
class Named:
    """One object of a step under the name that its state gives it."""

    name: str
    stored: Stored


async def of_step(call: Call, sha: str = "") -> list[Named]:
    """Those of the step of `{trail}` and `{rev}`, in the order of its state; only `sha` if given.
    Raises Forbidden when the state does not have it (hub-wire 4), NotFound when the Hub has lost
    one: an incomplete answer would be taken for the whole."""
    device, step = await visible_step(call)
    names = {name: found for name, found in named(step.state).items() if sha in ("", found)}
    if sha and not names:
        raise Forbidden(f"Object {sha} is none of step {step.rev}; ask the step that has it")
    held = await store.held(call.hub.database, device.owner, names.values())
    for name, found in names.items():
        if found not in held:
            raise NotFound(f"Object {found} ({name}) is not here; post the step anew")
    return [Named(name, held[found]) for name, found in names.items()]


async def owner_of_step(call: Call) -> str:
    """Who the objects that are announced for a step are of. Raises Forbidden for others, NotFound
    when there is no such step."""
    device = await owned(call, call.part("trail"))
    await step_of(call.hub.database, device.id, number(call.part("rev")))
    return device.owner


def _refusal(sha: str) -> Forbidden:
    return Forbidden(f"Object {sha} is none of yours; send it, or ask the step that has it")
