"""SQLite in the event loop: a query is cheaper than handing it to a thread (libraries.md 6).

One connection writes, one reads. WAL, and every commit is synced: what was answered survives a
power cut.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from surefoot.errors import Busy, Corrupt
from surefoot.hub.db.migrate import Migration, pending
from surefoot.hub.db.opening import opened
from surefoot.hub.db.protocol import Row, Tx, Value
from surefoot.hub.db.refusals import busy, translated

T = TypeVar("T")
DIALECT = "sqlite"
# A device's old client gives up after two seconds (hub-wire 0.6): it is answered before.
PATIENCE_S = 1.5
LOOK_AGAIN_S = 0.02
INTEGRITY = "SELECT integrity_check AS line FROM pragma_integrity_check(100)"
ORPHANS = 'SELECT DISTINCT "table" AS child, parent FROM pragma_foreign_key_check'


class SqliteDatabase:
    """`patience_s`: how long a statement waits for those of others, before it raises Busy. Raises
    Corrupt when the file is no database."""

    def __init__(self, path: Path, patience_s: float = PATIENCE_S) -> None:
        self.path = path
        self._patience_s = patience_s
        self._writer, self._reader = opened(path)
        self._writing = asyncio.Lock()
        self._inside: asyncio.Task[object] | None = None

    async def one(self, sql: str, *values: Value) -> Row | None:
        rows = await self.all(sql, *values)
        return rows[0] if rows else None

    async def all(self, sql: str, *values: Value) -> list[Row]:
        return await _patiently(lambda: _rows(self._reader, sql, values), self._deadline())

    async def run(self, sql: str, *values: Value) -> int:
        async with self._turn() as deadline:
            return await _patiently(lambda: _run(self._writer, sql, values), deadline)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        async with self._turn() as deadline:
            await _patiently(lambda: _run(self._writer, "BEGIN IMMEDIATE", ()), deadline)
            tx = _SqliteTx(self._writer)
            try:
                yield tx
                with translated():
                    self._writer.execute("COMMIT")
            finally:
                tx.end()
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")

    async def outdated(self) -> list[str]:
        return [name for name, _ in await self._missing(self)]

    async def migrate(self) -> list[str]:
        """A database that is up to date is only read: also commands beside a Hub migrate."""
        if not await self._missing(self):
            return []
        async with self.transaction() as tx:
            await tx.run("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY)")
            missing = await self._missing(tx)
            for name, statements in missing:
                for statement in statements:
                    await tx.run(statement)
                await tx.run("INSERT INTO migrations VALUES (?)", name)
        return [name for name, _ in missing]

    async def check(self) -> list[str]:
        try:
            damage = [row["line"] for row in await self.all(INTEGRITY)]
            orphans = [
                f"a row of {row['child']} belongs to no row of {row['parent']}"
                for row in await self.all(ORPHANS)
            ]
        except Corrupt as error:
            return [f"the database is damaged ({error.__cause__})"]
        return [*(line for line in damage if line != "ok"), *orphans]

    async def close(self) -> None:
        self._reader.close()
        self._writer.close()

    async def _missing(self, tx: Tx) -> list[Migration]:
        table = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'"
        rows = await tx.all("SELECT name FROM migrations") if await tx.one(table) else []
        return pending(DIALECT, [row["name"] for row in rows])

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self._patience_s

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[float]:
        """Among the writers of this process; gives the deadline that the waiting counts against."""
        assert self._inside is not asyncio.current_task(), "inside a transaction ask its Tx"
        deadline = self._deadline()
        await _acquire(self._writing, deadline)
        self._inside = asyncio.current_task()
        try:
            yield deadline
        finally:
            self._inside = None
            self._writing.release()


class _SqliteTx:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection: sqlite3.Connection | None = connection

    async def one(self, sql: str, *values: Value) -> Row | None:
        rows = await self.all(sql, *values)
        return rows[0] if rows else None

    async def all(self, sql: str, *values: Value) -> list[Row]:
        with translated():
            return _rows(self._open(), sql, values)

    async def run(self, sql: str, *values: Value) -> int:
        with translated():
            return _run(self._open(), sql, values)

    def end(self) -> None:
        self._connection = None

    def _open(self) -> sqlite3.Connection:
        assert self._connection is not None, "the transaction has ended"
        return self._connection


def _rows(connection: sqlite3.Connection, sql: str, values: tuple[Value, ...]) -> list[Row]:
    return connection.execute(sql, values).fetchall()


def _run(connection: sqlite3.Connection, sql: str, values: tuple[Value, ...]) -> int:
    return connection.execute(sql, values).rowcount


async def _acquire(lock: asyncio.Lock, deadline: float) -> None:
    if not lock.locked():
        await lock.acquire()
        return
    try:
        async with asyncio.timeout_at(deadline):
            await lock.acquire()
    except TimeoutError as error:
        raise busy() from error


async def _patiently(work: Callable[[], T], deadline: float) -> T:
    """Another process that writes (a command beside the server) is waited for, without blocking."""
    while True:
        try:
            with translated():
                return work()
        except Busy:
            if asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(LOOK_AGAIN_S)
