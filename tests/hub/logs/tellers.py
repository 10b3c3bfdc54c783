"""Who sends and who reads logs in tests."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.support.hub_world import HubWorld

LINE = {
    "tsec": 0,
    "tnano": 0,
    "lvl": "INFO",
    "src": "/pantavisor.log",
    "plat": "pantavisor",
    "rev": "0",
}


def line(msg: str, **changes: Any) -> dict[str, Any]:
    """As the C device sends it."""
    return {**LINE, "msg": msg, **changes}


@dataclass
class Teller:
    world: HubWorld
    id: str
    token: str

    def tell(self, *msgs: Any) -> None:
        """Texts, or whole lines."""
        body = [line(msg) if isinstance(msg, str) else msg for msg in msgs]
        reply = self.world.call("POST", "/logs/", body, token=self.token)
        assert (reply.status, reply.body) == (200, b'{"status":"ok"}'), reply.body


@dataclass
class Reader:
    world: HubWorld
    token: str

    def ask(self, **query: Any) -> Any:
        return self.world.call("GET", f"/logs/?{urlencode(query)}", token=self.token)

    def page(self, **query: Any) -> Any:
        reply = self.ask(**query)
        assert reply.status == 200, reply.body
        return reply.json

    def read(self, **query: Any) -> list[str]:
        return [entry["msg"] for entry in self.page(**query).get("entries", [])]

    def on(self, cursor: str) -> Any:
        reply = self.world.call("POST", "/logs/cursor", {"next-cursor": cursor}, token=self.token)
        assert reply.status == 200, reply.body
        return reply.json
