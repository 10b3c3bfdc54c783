"""Who holds a data directory, and how commands work on it beside the Hub that does."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from surefoot.errors import Busy, Conflict
from surefoot.files import durable
from surefoot.files.lock import Lock
from surefoot.hub.db.sqlite import SqliteDatabase
from surefoot.hub.settings import Layout

# A command may wait longer than a caller of the Hub.
PATIENCE_S = 30.0


@contextmanager
def held(layout: Layout) -> Iterator[None]:
    """The data directory is this process's: only its holder serves it, recovers and repairs blobs.
    Raises Busy, naming the process that has it."""
    lock = Lock(layout.lock)
    try:
        lock.acquire()
    except Busy as error:
        raise Busy(f"A Hub serves {layout.root} already: {error}", error.retry_after_s) from error
    try:
        yield
    finally:
        lock.release()


@asynccontextmanager
async def database(layout: Layout) -> AsyncIterator[SqliteDatabase]:
    """The database of a Hub that may run at the same time. Raises Conflict when that Hub is of an
    older release: its tables are not changed under it."""
    durable.make_dirs(layout.root, 0o700)
    opened = SqliteDatabase(layout.database, PATIENCE_S)
    try:
        if await opened.outdated():
            await _migrate(layout, opened)
        yield opened
    finally:
        await opened.close()


async def _migrate(layout: Layout, opened: SqliteDatabase) -> None:
    try:
        with held(layout):
            await opened.migrate()
    except Busy as error:
        raise Conflict(
            f"Start the Hub of {layout.root} anew first: it is of an older release"
        ) from error
