"""From a token to who calls. The token only says a name: what its holder may do is asked of the
database each time, so that nothing outlives a removal, a new password or a new owner."""

from collections.abc import Mapping
from typing import Any

from surefoot.hub.accounts import store
from surefoot.hub.accounts.store import Holder
from surefoot.hub.frame.hub import Hub
from surefoot.hub.frame.principal import ANONYMOUS, Kind, Principal
from surefoot.hub.frame.problems import Unauthenticated
from surefoot.wire.hub import prn


async def authenticate(hub: Hub, token: str) -> Principal:
    """One query. Raises Unauthenticated for a token that is not ours, has expired, or whose holder
    is gone or of another generation."""
    claims = hub.tokens.read(token)
    name, kind = claims.get("prn"), claims.get("type")
    if not isinstance(name, str):
        raise Unauthenticated("This is no login token; log in")
    if kind == "DEVICE" and prn.is_device(name):
        found = await store.device_holder(hub.database, prn.id_of(name))
        return _principal(Kind.DEVICE, found, claims)
    if kind == "USER" and prn.is_account(name):
        found = await store.user_holder(hub.database, prn.id_of(name))
        return _principal(Kind.USER, found, claims)
    if kind == "USER" and name == prn.ANONYMOUS:
        return ANONYMOUS
    raise Unauthenticated("This is no login token; log in")


def _principal(kind: Kind, found: Holder | None, claims: Mapping[str, Any]) -> Principal:
    if found is None or found.generation != claims.get("gen"):
        raise Unauthenticated("The token is void now; log in again")
    return Principal(kind, found.id, found.nick, found.owner, found.admin, found.seen)
