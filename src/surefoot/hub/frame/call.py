"""One call: the request, who makes it, and the parts of the Hub that answer it."""

import asyncio
import json
import math
import time
from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from surefoot.hub.frame.hub import Hub
from surefoot.hub.frame.limits import Rate, network
from surefoot.hub.frame.principal import Principal
from surefoot.hub.frame.problems import Malformed, TooLarge, TooMany
from surefoot.hub.frame.route import Route

T = TypeVar("T")
# Nobody holds a call open for ever by sending a few bytes now and then.
BODY_PATIENCE_S = 60.0
JSON = "application/json"


class Call:
    def __init__(self, hub: Hub, route: Route, request: web.Request, who: Principal) -> None:
        self.hub = hub
        self.route = route
        self.request = request
        self.who = who

    # ---- what was asked ------------------------------------------------------------------------

    def part(self, name: str) -> str:
        """A part of the path."""
        return self.request.match_info[name]

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query

    @property
    def base(self) -> str:
        """The public address of the door that the caller came in by, without a slash."""
        return self.hub.urls.of(self.request.secure)

    @property
    def address(self) -> str:
        return address_of(self.hub, self.request)

    @property
    def token(self) -> str:
        """As it came; "" when there is none."""
        return self.request.headers.get("Authorization", "").partition(" ")[2].strip()

    def require_room(self, deed: str, rate: Rate) -> None:
        """Of a deed that has a bound of its own, for all callers of one network. Raises TooMany."""
        require_room(self.hub, (deed, network(self.address)), rate)

    async def bytes(self) -> bytes:
        """The body. Raises TooLarge beyond the route's `max_body`, Malformed for one that does not
        come to its end."""
        most = self.route.max_body
        if (self.request.content_length or 0) > most:
            raise TooLarge(f"The body may have {most} bytes")
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_PATIENCE_S):
                async for chunk in self.request.content.iter_any():
                    body += chunk
                    if len(body) > most:
                        raise TooLarge(f"The body may have {most} bytes")
        except (TimeoutError, OSError, web.RequestPayloadError) as error:
            raise Malformed("The body did not come to its end; send it again") from error
        return bytes(body)

    async def json(self, kind: type[T]) -> T:
        """The body as this type (msgspec: a Struct, dict, list...). Raises Malformed, TooLarge."""
        return decode(await self.bytes(), kind)

    # ---- answers -------------------------------------------------------------------------------

    def answer(
        self, value: Any = None, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> web.Response:
        """`value`: bytes that are JSON already, or anything msgspec can encode; keys keep their
        order. None: an empty body."""
        body = value if isinstance(value, bytes) else msgspec.json.encode(value)
        body = b"" if value is None else body
        return web.Response(body=body, status=status, headers=headers, content_type=JSON)


def address_of(hub: Hub, request: web.Request) -> str:
    """Where the caller is. A proxy of ours is believed who it says that it was; anybody else could
    say anything."""
    peer = request.remote or ""
    if peer not in hub.limits.proxies:
        return peer
    named = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return named[:64] or peer


def require_room(hub: Hub, key: Hashable, rate: Rate) -> None:
    """Raises TooMany."""
    wait = hub.buckets.wait_s(key, rate, time.monotonic())
    if wait > 0:
        raise TooMany("Too many calls in a short time; slow down", math.ceil(wait))


def decode(body: bytes, kind: type[T]) -> T:
    """Raises Malformed."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"The body is not what is wanted here: {error}") from error


def now() -> int:
    """Microseconds since 1970, as the database keeps times."""
    return time.time_ns() // 1000


def time_text(micros: int) -> str:
    """RFC 3339 with a fraction (hub-wire 1); 0 is the protocol's zero time."""
    if micros <= 0:
        return "0001-01-01T00:00:00Z"
    seconds, fraction = divmod(micros, 1_000_000)
    clock = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{clock}.{fraction:06d}Z"


def compact(value: Any) -> bytes:
    """JSON bytes without blanks, keys in their order."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
