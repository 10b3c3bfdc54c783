"""What only SQLite has; the rest is tests/conformance/test_database.py."""

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from surefoot.errors import Corrupt
from surefoot.hub.db.migrate import pending
from surefoot.hub.db.sqlite import SqliteDatabase
from tests.support.databases import Sqlite

# Migrates, and is killed before the statement of this number.
DOOMED = """
import asyncio, os, signal, sys
from pathlib import Path
from surefoot.hub.db import sqlite
left, run = [int(sys.argv[2])], sqlite._SqliteTx.run
async def counted(self, sql, *values):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return await run(self, sql, *values)
sqlite._SqliteTx.run = counted
asyncio.run(sqlite.SqliteDatabase(Path(sys.argv[1])).migrate())
"""


def pragma(database: SqliteDatabase, name: str) -> object:
    return database._writer.execute(f"PRAGMA {name}").fetchone()[0]


def test_what_was_answered_survives_a_power_cut(tmp_path: Path) -> None:
    """The log is synced with each commit, and readers are never in the way."""
    database = SqliteDatabase(tmp_path / "hub.db")
    assert pragma(database, "journal_mode") == "wal"
    assert pragma(database, "synchronous") == 2
    asyncio.run(database.close())


def test_nobody_else_on_the_machine_may_read_it(tmp_path: Path) -> None:
    async def write() -> None:
        database = SqliteDatabase(tmp_path / "hub.db")
        await database.migrate()
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        assert modes == dict.fromkeys(["hub.db", "hub.db-wal", "hub.db-shm"], 0o600)
        await database.close()

    umask = os.umask(0o022)
    asyncio.run(write())
    os.umask(umask)


@pytest.mark.parametrize("content", [b"no database at all, but a text\n" * 100, b"SQLite format 3"])
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(
    tmp_path: Path, content: bytes
) -> None:
    place = tmp_path / "hub.db"
    place.write_bytes(content)
    with pytest.raises(Corrupt, match="surefoot hub check"):
        SqliteDatabase(place)
    assert place.read_bytes() == content


def test_damage_is_found(tmp_path: Path) -> None:
    backend = Sqlite(tmp_path)

    async def check() -> list[str]:
        async with backend.opened():
            pass
        backend.damage()
        database = backend.open()
        try:
            return await database.check()
        finally:
            await database.close()

    assert asyncio.run(check())


def test_rows_without_the_one_that_they_belong_to_are_found(tmp_path: Path) -> None:
    backend = Sqlite(tmp_path)

    async def check() -> list[str]:
        async with backend.opened() as database:
            backend.load("INSERT INTO trails VALUES ('d', 'a', 0, 0, 0)")
            return await database.check()

    assert asyncio.run(check()) == [
        "a row of trails belongs to no row of accounts",
        "a row of trails belongs to no row of devices",
    ]


def test_many_who_open_a_new_database_at_once_all_get_it(tmp_path: Path) -> None:
    """The switch to a log needs the file alone."""
    failed: list[BaseException] = []

    def use() -> None:
        async def work() -> None:
            async with Sqlite(tmp_path).opened(60):
                pass

        try:
            asyncio.run(work())
        except BaseException as error:  # noqa: BLE001 - told by the test
            failed.append(error)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


# The first, the one that makes `migrations`, in the middle, the last.
@pytest.mark.parametrize("at", [0, 1, 2, 12, -1])
def test_a_kill_in_the_middle_of_a_migration_undoes_it_and_the_next_start_does_it(
    tmp_path: Path, at: int
) -> None:
    count = 1 + sum(len(statements) + 1 for _, statements in pending("sqlite", []))
    command = [sys.executable, "-c", DOOMED, tmp_path / "hub.db", str(at % count)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    seen = sqlite3.connect(tmp_path / "hub.db")
    assert seen.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    seen.close()

    async def again() -> None:
        async with Sqlite(tmp_path).opened() as database:
            assert await database.check() == []
            assert await database.migrate() == []

    asyncio.run(again())


def test_a_database_that_is_up_to_date_is_only_read(tmp_path: Path) -> None:
    """Also `hub user ls` migrates, while the Hub may be in the middle of a write."""
    backend = Sqlite(tmp_path)

    async def work() -> None:
        async with backend.opened():
            pass
        with backend.held():
            async with backend.opened(0.0) as database:
                assert await database.all("SELECT * FROM accounts") == []

    asyncio.run(work())
