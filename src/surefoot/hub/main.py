"""`surefoot hub run`: one process that serves a data directory until it is told to end."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

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
from surefoot.hub.server import Server, listen
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
    layout = Layout(settings.data)
    async with AsyncExitStack() as stack:
        plain = stack.enter_context(listen(settings.listen)) if settings.listen else None
        tls = stack.enter_context(listen(settings.tls_listen)) if settings.tls_listen else None
        urls = urls_of(settings, *(door.getsockname()[1] if door else 0 for door in (plain, tls)))
        database = SqliteDatabase(layout.database)
        stack.push_async_callback(database.close)
        await database.migrate()
        blobs = DirectoryBlobs(layout.blobs)
        await asyncio.to_thread(blobs.recover)
        hub = Hub(database, blobs, Tokens(await load_key(database)), urls, limits_of(settings))
        server = _server(settings, hub)
        doors: list[Any] = [(plain, None)] if plain else []
        if tls:
            own = await asyncio.to_thread(tls_of, settings)
            doors.append((tls, own.context))
            await _beside(stack, _watch(own))
        await server.start(*doors)
        stack.push_async_callback(server.stop)
        await _beside(stack, keep_house(hub, CHORES))
        yield urls


def _server(settings: Settings, hub: Hub) -> Server:
    access = logging.getLogger("surefoot.hub.access") if settings.access_log else None
    app = build(hub, ROUTES, authenticate)
    return Server(app, access_log=access)


async def _beside(stack: AsyncExitStack, work: Any) -> None:
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
