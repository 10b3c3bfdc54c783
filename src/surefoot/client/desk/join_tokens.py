"""Auto-join tokens: a device that has one in its configuration is owned at once, unclaimed
(hub-wire.md 3.3)."""

from collections.abc import Mapping
from typing import Any

from surefoot.client.desk.hub import DeskHub, compact, decoded, part
from surefoot.errors import InvalidInput

_TARGET = "/devices/tokens"


async def create(hub: DeskHub, nick: str, meta: Mapping[str, str]) -> Mapping[str, Any]:
    """As the Hub shows it: its `token` this once. `meta`: user metadata of devices that join."""
    members = {"nick": nick} if nick else {}
    body = compact({**members, "default-user-meta": meta})
    answer = await hub.ask("POST", _TARGET, "a join token", body)
    return _members(decoded(answer.body, "a join token"))


async def listed(hub: DeskHub) -> list[Mapping[str, Any]]:
    return [_members(one) for one in await hub.get(_TARGET, "the list of join tokens") or ()]


async def disable(hub: DeskHub, id: str) -> None:
    """No device joins with it any more. Raises NotFound."""
    await hub.ask("DELETE", f"{_TARGET}/{part(id)}", f"to disable join token {id}")


def _members(found: object) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise InvalidInput("The Hub's answer is no join token")
    return found
