"""`surefoot hub run`: one process that serves a data directory until it is told to end."""

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager

from surefoot.files import durable
from surefoot.hub.accounts.authenticate import authenticate
from surefoot.hub.blobs.directory import DirectoryBlobs
from surefoot.hub.db.sqlite import SqliteDatabase
from surefoot.hub.frame.app import build
from surefoot.hub.frame.hub import Hub, Urls
from surefoot.hub.frame.tokens import Tokens, load_key
from surefoot.hub.holding import held
from surefoot.hub.housekeeping import CHORES, keep_house
from surefoot.hub.routes import ROUTES
from surefoot.hub.server import Entrance, Server, listen
from surefoot.hub.settings import Layout, Settings, limits_of, urls_of
from surefoot.hub.tls import Tls, tls_of

log = logging.getLogger(__name__)
LOOK_AT_CERTIFICATE_S = 10.0
Tell = Callable[[Urls], None]


def run(settings: Settings, tell: Tell) -> int:
    """`tell` is called once it listens. Raises Busy when another Hub serves this directory."""
    layout = Layout(settings.data)
    durable.make_dirs(layout.root, 0o700)
    with held(layout), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_run(settings, tell))
    return 0


async def _run(settings: Settings, tell: Tell) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _end, loop, ended, number)
    async with _serving(settings) as urls:
        tell(urls)
        await ended.wait()


def _end(loop: asyncio.AbstractEventLoop, ended: asyncio.Event, number: int) -> None:
    """The same signal again ends it at once, as it does any process."""
    loop.remove_signal_handler(number)
    ended.set()


@asynccontextmanager
async def _serving(settings: Settings) -> AsyncIterator[Urls]:
    """What was opened is closed in the opposite order, whatever happens."""
    async with AsyncExitStack() as stack:
        plain = stack.enter_context(listen(settings.listen)) if settings.listen else None
        secure = stack.enter_context(listen(settings.tls_listen)) if settings.tls_listen else None
        urls = urls_of(settings, _port(plain), _port(secure))
        hub = await _hub(stack, settings, urls)
        server = _server(settings, hub)
        stack.push_async_callback(server.stop)
        await server.start(*[one async for one in _entrances(stack, settings, plain, secure)])
        await _beside(stack, keep_house(hub, CHORES))
        yield urls


async def _hub(stack: AsyncExitStack, settings: Settings, urls: Urls) -> Hub:
    layout = Layout(settings.data)
    database = SqliteDatabase(layout.database)
    stack.push_async_callback(database.close)
    await database.migrate()
    blobs = DirectoryBlobs(layout.blobs)
    await asyncio.to_thread(blobs.recover)
    return Hub(database, blobs, Tokens(await load_key(database)), urls, limits_of(settings))


def _server(settings: Settings, hub: Hub) -> Server:
    access = logging.getLogger("surefoot.hub.access") if settings.access_log else None
    return Server(build(hub, ROUTES, authenticate), access_log=access)


async def _entrances(
    stack: AsyncExitStack,
    settings: Settings,
    plain: socket.socket | None,
    secure: socket.socket | None,
) -> AsyncIterator[Entrance]:
    if plain is not None:
        yield plain, None
    if secure is not None:
        tls = await asyncio.to_thread(tls_of, settings)
        await _beside(stack, _watch(tls))
        yield secure, tls.context


def _port(listener: socket.socket | None) -> int:
    return int(listener.getsockname()[1]) if listener is not None else 0


async def _beside(stack: AsyncExitStack, work: Coroutine[None, None, None]) -> None:
    """Goes on until the Hub ends."""
    task = asyncio.create_task(work)

    async def end() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(end)


async def _watch(tls: Tls) -> None:
    while True:
        await asyncio.sleep(LOOK_AT_CERTIFICATE_S)
        if await asyncio.to_thread(tls.refresh):
            log.info("a new certificate is in use")


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop is quicker and holds idle TLS connections in less; the Hub does without it too."""
    try:
        import uvloop  # noqa: PLC0415 - it may be missing
    except ImportError:
        return None
    return uvloop.new_event_loop
