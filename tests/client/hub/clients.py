"""HTTP clients for tests: quick to try again, and always closed; servers that speak TLS."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from surefoot.client.hub.http import HttpClient
from tests.support.certificates import Signed, context
from tests.support.faulty_server import FaultyServer, Reply


@asynccontextmanager
async def client(url: str, **settings: Any) -> AsyncIterator[HttpClient]:
    settings = {"user_agent": "surefoot-test/1", "timeout_s": 20, "pause_s": 0, **settings}
    http = HttpClient(url, **settings)
    try:
        yield http
    finally:
        await http.close()


def tls_server(tmp_path: Path, own: Signed, *between: Signed) -> FaultyServer:
    server = FaultyServer(context(tmp_path / "server", own, *between))
    server.default = Reply(200, b"here")
    return server
