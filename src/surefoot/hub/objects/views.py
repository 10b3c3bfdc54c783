"""Objects as callers see them: with the URLs that are good for them."""

import time

from surefoot.hub.frame.call import Call, time_text
from surefoot.hub.objects.signing import GET, PUT, url_of
from surefoot.hub.objects.store import LINKED, Stored
from surefoot.wire.hub import objects as wire
from surefoot.wire.hub import prn
from surefoot.wire.hub.objects import ObjectBody

TYPE = "Pantahub-Object-Type"


async def located(call: Call, stored: Stored, name: str = "") -> bytes:
    """With where to get it, and, for its owner, where to put it. `name`: instead of its own."""
    put_url = await url_of(call, stored, PUT) if stored.owner == call.who.owner else ""
    return wire.encode(_body(call, stored, name, await url_of(call, stored, GET), put_url))


def listed(call: Call, stored: Stored) -> bytes:
    """Without URLs."""
    return wire.encode_plain(_body(call, stored, "", "", ""))


def headers(call: Call, stored: Stored) -> dict[str, str]:
    """`link`: its bytes were somebody else's. pvr does not send those again."""
    is_link = stored.present == LINKED or stored.owner != call.who.owner
    return {TYPE: "link" if is_link else "object"}


def _body(call: Call, stored: Stored, name: str, get_url: str, put_url: str) -> ObjectBody:
    return ObjectBody(
        sha=stored.sha,
        owner=prn.account(stored.owner),
        name=name or stored.name,
        mime=stored.mime,
        size=stored.size,
        created=time_text(stored.created),
        modified=time_text(stored.modified),
        get_url=get_url,
        put_url=put_url,
        now=int(time.time()),
        lifetime_s=call.hub.limits.url_s,
    )
