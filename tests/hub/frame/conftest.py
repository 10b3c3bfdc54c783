"""A small application on the frame: rows of a test instead of the Hub's."""

import asyncio
import http.client
import threading

import pytest
from aiohttp import web

from surefoot.hub.db.sqlite import SqliteDatabase
from surefoot.hub.frame.app import build
from surefoot.hub.frame.hub import Hub, Limits, Urls
from surefoot.hub.frame.principal import ANONYMOUS, Kind, Principal
from surefoot.hub.frame.problems import Unauthenticated
from surefoot.hub.frame.tokens import Tokens

CALLERS = {
    "user": Principal(Kind.USER, "u1", "ada", "u1"),
    "device": Principal(Kind.DEVICE, "d1", "gw", "u1"),
    "anonymous": ANONYMOUS,
}


async def authenticate(hub, token):
    if token not in CALLERS:
        raise Unauthenticated("Log in again")
    return CALLERS[token]


class Frame:
    """`call(method, target, ...)` -> (status, headers, body); `raw(bytes)` -> bytes."""

    def __init__(self, place, routes, limits):
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.run(self._start(place, routes, limits))

    def run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    async def _start(self, place, routes, limits):
        self.database = SqliteDatabase(place / "hub.db")
        urls = Urls("http://hub.test", "https://hub.test")
        self.hub = Hub(self.database, None, Tokens("k" * 40), urls, limits)
        self.runner = web.AppRunner(build(self.hub, routes, authenticate))
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.port = self.runner.addresses[0][1]

    def call(self, method, target, body=None, headers=None, token=""):
        headers = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, found, answer.read()
        finally:
            connection.close()

    def close(self):
        async def stop():
            await self.runner.cleanup()
            await self.database.close()

        self.run(stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@pytest.fixture
def frame(tmp_path):
    """Makes one of the rows given; closed at the end of the test."""
    made = []

    def make(*routes, limits=None):
        made.append(Frame(tmp_path, routes, limits or Limits()))
        return made[-1]

    yield make
    for one in made:
        one.close()
