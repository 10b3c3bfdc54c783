"""SQLite in the event loop: a query is cheaper than handing it to a thread (libraries.md 6).

One connection writes, one reads. WAL, and every commit is synced: what was answered survives a
power cut.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

from surefoot.errors import Busy, Corrupt, NoRoom
from surefoot.hub.db.errors import Taken
from surefoot.hub.db.migrate import pending
from surefoot.hub.db.protocol import Row, Tx, Value

T = TypeVar("T")
PATIENCE_S = 10.0
LOOK_AGAIN_S = 0.02
DIALECT = "sqlite"


class SqliteDatabase:
    """Raises Corrupt when the file is no database."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with _translated():
            self._writer = _connect(path)
            self._reader = _connect(path)
        self._writing = asyncio.Lock()

    async def one(self, sql: str, *values: Value) -> Row | None:
        rows = await _patiently(lambda: _rows(self._reader, sql, values))
        return rows[0] if rows else None

    async def all(self, sql: str, *values: Value) -> list[Row]:
        return await _patiently(lambda: _rows(self._reader, sql, values))

    async def run(self, sql: str, *values: Value) -> int:
        async with self._writing:
            return await _patiently(lambda: _run(self._writer, sql, values))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        async with self._writing:
            await _patiently(lambda: _run(self._writer, "BEGIN IMMEDIATE", ()))
            try:
                yield _SqliteTx(self._writer)
                with _translated():
                    self._writer.execute("COMMIT")
            finally:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")

    async def migrate(self) -> list[str]:
        await self.run("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY)")
        applied = []
        async with self.transaction() as tx:
            known = {row["name"] for row in await tx.all("SELECT name FROM migrations")}
            for name, statements in pending(DIALECT, known):
                for statement in statements:
                    await tx.run(statement)
                await tx.run("INSERT INTO migrations VALUES (?)", name)
                applied.append(name)
        return applied

    async def close(self) -> None:
        self._reader.close()
        self._writer.close()


class _SqliteTx:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def one(self, sql: str, *values: Value) -> Row | None:
        rows = await self.all(sql, *values)
        return rows[0] if rows else None

    async def all(self, sql: str, *values: Value) -> list[Row]:
        with _translated():
            return _rows(self._connection, sql, values)

    async def run(self, sql: str, *values: Value) -> int:
        with _translated():
            return _run(self._connection, sql, values)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=0, isolation_level=None, cached_statements=512)
    connection.row_factory = sqlite3.Row
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _rows(connection: sqlite3.Connection, sql: str, values: tuple[Value, ...]) -> list[Row]:
    return connection.execute(sql, values).fetchall()


def _run(connection: sqlite3.Connection, sql: str, values: tuple[Value, ...]) -> int:
    return connection.execute(sql, values).rowcount


async def _patiently(work: Callable[[], T]) -> T:
    """Another process that writes (a command beside the server) is waited for, without blocking."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while True:
        try:
            with _translated():
                return work()
        except Busy:
            if asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(LOOK_AGAIN_S)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise Taken(f"There is such a row already ({error})") from error
    except sqlite3.OperationalError as error:
        raise _operational(error) from error
    except sqlite3.DatabaseError as error:
        raise Corrupt(f"The database cannot be read ({error}); see `surefoot hub check`") from error


def _operational(error: sqlite3.OperationalError) -> Exception:
    """Any other code is a slip of ours in the SQL, and stays what it is."""
    code = error.sqlite_errorcode & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Busy("The database is held by another process; try again", retry_after_s=1)
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return NoRoom(f"The database cannot be written ({error}); free some space first")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOTADB):
        return Corrupt(f"The database cannot be opened ({error})")
    return error
