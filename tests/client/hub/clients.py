"""HTTP clients for tests: quick to try again, and always closed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from surefoot.client.hub.http import HttpClient


@asynccontextmanager
async def client(url: str, **settings: Any) -> AsyncIterator[HttpClient]:
    settings = {"user_agent": "surefoot-test/1", "timeout_s": 20, "pause_s": 0, **settings}
    http = HttpClient(url, **settings)
    try:
        yield http
    finally:
        await http.close()
