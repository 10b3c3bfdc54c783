"""A Hub in this process, in a thread with a loop of its own, asked over real sockets."""

import asyncio
import http.client
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from surefoot.hub.accounts.authenticate import authenticate
from surefoot.hub.blobs.directory import DirectoryBlobs
from surefoot.hub.db.sqlite import SqliteDatabase
from surefoot.hub.frame.app import build
from surefoot.hub.frame.hub import Hub, Limits, Urls
from surefoot.hub.frame.tokens import Tokens, load_key
from surefoot.hub.routes import ROUTES

AGENT = "surefoot-test/1"
LIMITS = Limits()


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]  # lower-case names
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class HubWorld:
    """`with HubWorld(tmp_path) as world: world.call("GET", "/healthz")`."""

    def __init__(self, place: Path, limits: Limits = LIMITS) -> None:
        self.place = place
        self.limits = limits
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self) -> "HubWorld":
        self._thread.start()
        self.run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def run(self, work: Any) -> Any:
        """The result of a coroutine, run in the Hub's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    async def _start(self) -> None:
        self.database = SqliteDatabase(self.place / "hub.db")
        await self.database.migrate()
        self.blobs = DirectoryBlobs(self.place / "blobs")
        tokens = Tokens(await load_key(self.database))
        # The address is known once it listens; `Urls` is only read when somebody calls.
        urls = Urls("", "")
        self.hub = Hub(self.database, self.blobs, tokens, urls, self.limits)
        self._runner = web.AppRunner(build(self.hub, ROUTES, authenticate))
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.base = f"http://127.0.0.1:{self.port}"
        object.__setattr__(urls, "plain", self.base)
        object.__setattr__(urls, "tls", "https://hub.test:12366")

    async def _stop(self) -> None:
        await self._runner.cleanup()
        await self.database.close()

    def call(
        self,
        method: str,
        target: str,
        body: Any = None,
        *,
        token: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """`body`: bytes as they are, anything else as JSON."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"User-Agent": AGENT, "Content-Type": "application/json", **(headers or {})}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, target.removeprefix(self.base), data, sent)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, found, answer.read())
        finally:
            connection.close()

    # ---- people and devices --------------------------------------------------------------------

    def user(self, nick: str, password: str = "correct horse battery") -> str:
        """Signs up (if need be) and logs in; the token."""
        account = {"nick": nick, "email": f"{nick}@example.org", "password": password}
        self.call("POST", "/auth/accounts", account)
        return self.login(nick, password)

    def login(self, username: str, password: str) -> str:
        reply = self.call("POST", "/auth/login", {"username": username, "password": password})
        assert reply.status == 200, reply.body
        return str(reply.json["token"])

    def register(self) -> dict[str, Any]:
        """An unclaimed device: its body, `secret` and `challenge` in it."""
        reply = self.call("POST", "/devices/")
        assert reply.status == 200, reply.body
        found: dict[str, Any] = reply.json
        return found

    def device(self, owner: str) -> tuple[str, str]:
        """A device claimed by the user with this token: (id, the device's token)."""
        made = self.register()
        target = f"/devices/{made['id']}?challenge={made['challenge']}"
        assert self.call("PUT", target, token=owner).status == 200
        return made["id"], self.login(made["prn"], made["secret"])
