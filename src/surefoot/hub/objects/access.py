"""Which objects a caller means, and whether he may have them."""

from surefoot.errors import Forbidden, NotFound
from surefoot.hub.devices.access import owned
from surefoot.hub.frame.call import Call
from surefoot.hub.objects import store
from surefoot.hub.objects.store import Stored
from surefoot.hub.trails.access import visible_step
from surefoot.hub.trails.store import Step, get_trail
from surefoot.wire.hub.states import object_names


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
