"""Sockets: who may connect, for how long, and how it all ends. Plain and TLS are the same."""

import asyncio
import contextlib
import logging
import resource
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from surefoot.errors import Busy, InvalidInput
from surefoot.hub.frame.door import Door
from surefoot.hub.settings import Address

log = logging.getLogger(__name__)
# What is listened on, and with which TLS, if any.
Entrance = tuple[socket.socket, ssl.SSLContext | None]


@dataclass(frozen=True)
class Doorkeeping:
    """Bounds of connections. Times in seconds."""

    most: int = 8192
    # A connection that waits for a request, or has sent a part of its head, is ended after this.
    idle_s: float = 60.0
    handshake_s: float = 10.0
    farewell_s: float = 2.0
    # A peer that takes nothing of what waits for it. The slowest link moves a packet in that time.
    stall_s: float = 120.0
    # Calls that are under way when the Hub ends; a transfer that is longer is cut.
    grace_s: float = 2.0


class Server:
    def __init__(
        self,
        app: web.Application,
        rules: Doorkeeping = Doorkeeping(),
        *,
        access_log: logging.Logger | None = None,
    ) -> None:
        self._rules = rules
        self._free = asyncio.Semaphore(min(rules.most, most_files() - 256))
        self._options: dict[str, Any] = {
            "keepalive_timeout": rules.idle_s,
            "access_log": access_log,
            # Bodies stay what they are: an object is hashed as it came, and no bomb is unpacked.
            "auto_decompress": False,
        }
        self._runner = web.AppRunner(
            app, handle_signals=False, shutdown_timeout=rules.grace_s, **self._options
        )
        self._doors: list[asyncio.Task[None]] = []
        self._greetings: set[asyncio.Task[None]] = set()

    async def start(self, *entrances: Entrance) -> None:
        await self._runner.setup()
        for listener, context in entrances:
            self._doors.append(asyncio.create_task(self._open(listener, context)))

    async def stop(self) -> None:
        """Calls under way get a moment, then they are cut; nobody is listened to any more."""
        for task in (*self._doors, *self._greetings):
            task.cancel()
        await asyncio.gather(*self._doors, *self._greetings, return_exceptions=True)
        await self._runner.cleanup()

    async def _open(self, listener: socket.socket, context: ssl.SSLContext | None) -> None:
        """When as many are in as there may be, one waits at each door, the others in the kernel's
        queue."""
        with listener:
            while True:
                peer = await _next(listener)
                with contextlib.ExitStack() as stack:
                    stack.callback(peer.close)
                    await self._free.acquire()
                    stack.pop_all()
                task = asyncio.create_task(self._greet(peer, context))
                self._greetings.add(task)
                task.add_done_callback(self._greetings.discard)

    async def _greet(self, peer: socket.socket, context: ssl.SSLContext | None) -> None:
        server = self._runner.server
        assert server is not None
        guest = _Guest(server, self._free.release, asyncio.get_running_loop(), self._options)
        times: dict[str, Any] = {}
        if context is not None:
            times = {
                "ssl": context,
                "ssl_handshake_timeout": self._rules.handshake_s,
                "ssl_shutdown_timeout": self._rules.farewell_s,
            }
        try:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: guest, peer, **times)
        except (OSError, TimeoutError) as error:
            log.debug("no TLS with a caller: %s", error)
        finally:
            guest.leave_unless_in()


async def _next(listener: socket.socket) -> socket.socket:
    while True:
        try:
            peer, _ = await asyncio.get_running_loop().sock_accept(listener)
        except OSError as error:
            log.warning("no connection could be taken: %s", error.strerror)
            await asyncio.sleep(1)
        else:
            return peer


class _Guest(Door):
    """A connection that gives its place back, once."""

    __slots__ = ("_is_in", "_release")

    def __init__(
        self,
        server: web.Server,
        release: Callable[[], None],
        loop: asyncio.AbstractEventLoop,
        options: dict[str, Any],
    ) -> None:
        super().__init__(server, loop=loop, **options)
        self._release: Callable[[], None] | None = release
        self._is_in = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._is_in = True
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self._leave()

    def leave_unless_in(self) -> None:
        if not self._is_in:
            self._leave()

    def _leave(self) -> None:
        release, self._release = self._release, None
        if release is not None:
            release()


def listen(address: Address, stall_s: float = Doorkeeping.stall_s) -> socket.socket:
    """Raises Busy when somebody else listens there, InvalidInput when this machine has no such
    address."""
    try:
        found = socket.getaddrinfo(
            address.host or None, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        # IPv4 first: devices know nothing else (hub-wire 12).
        family, kind, protocol, _, place = min(found, key=lambda one: one[0] != socket.AF_INET)
        made = socket.socket(family, kind, protocol)
    except OSError as error:
        raise InvalidInput(f"{address.host} cannot be listened on: {error.strerror}") from error
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(stall_s * 1000))
        made.bind(place)
        made.listen(1024)
        made.setblocking(False)
    except OSError as error:
        made.close()
        raise _refused(address, error) from error
    return made


def _refused(address: Address, error: OSError) -> Exception:
    where = f"{address.host}:{address.port}"
    if error.errno == 98:
        return Busy(f"{where} is in use by another process; end it or take another port")
    return InvalidInput(f"{where} cannot be listened on: {error.strerror}")


def most_files() -> int:
    """How many files this process may have open, once it has asked for all that it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY else 1 << 16
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
