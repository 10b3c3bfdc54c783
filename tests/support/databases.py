"""The databases that the conformance suite runs on, each with what the suite does behind its back.

python -m tests.support.databases KIND PLACE     migrates; tells what it applied, a line each
python -m tests.support.databases dump           a database of this release, with rows, as SQL
"""

import asyncio
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from surefoot.hub.db.sqlite import PATIENCE_S, SqliteDatabase

# A row in each table, with what a newer release must not lose.
ROWS = """
INSERT INTO settings VALUES ('token-key', 'a key');
INSERT INTO accounts VALUES ('a1', 'ada', 'ada@example.org', 'argon2', 1, 2, 3, 4, 9);
INSERT INTO devices VALUES ('d1', 'gate', 'a1', 's', NULL, 1, 5, 6, 7, 8, '::1', '{"k":"v"}', '{}');
INSERT INTO devices VALUES ('d2', 'new', NULL, 's', 'a-b-c', 0, 0, 1, 1, 0, '', '{}', '{}');
INSERT INTO trails VALUES ('d1', 'a1', 1, 2, 3);
INSERT INTO objects (owner, sha, name, mime, size, present, created, modified)
VALUES ('a1', 'f0', 'bsp/kernel', 'application/octet-stream', 9, 1, 2, 3);
INSERT INTO failures VALUES ('name a1', 3, 4);
"""


class Sqlite:
    """`open` as often as wanted: each is another process's view of the same database."""

    def __init__(self, place: Path) -> None:
        self.path = place / "hub.db"

    def open(self, patience_s: float = PATIENCE_S) -> SqliteDatabase:
        return SqliteDatabase(self.path, patience_s)

    @asynccontextmanager
    async def opened(self, patience_s: float = PATIENCE_S):
        """Migrated, and closed at the end."""
        database = self.open(patience_s)
        try:
            await database.migrate()
            yield database
        finally:
            await database.close()

    @contextmanager
    def held(self) -> Iterator[sqlite3.Connection]:
        """Somebody else writes, and does not come to an end."""
        other = sqlite3.connect(self.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield other
        finally:
            other.close()

    @staticmethod
    def fill(database: SqliteDatabase) -> None:
        """Its disk is full."""
        database._writer.execute("PRAGMA max_page_count = 1").fetchall()

    @staticmethod
    def empty(database: SqliteDatabase) -> None:
        database._writer.execute("PRAGMA max_page_count = 1000000").fetchall()

    def load(self, sql: str) -> None:
        """The database that this dump is of."""
        made = sqlite3.connect(self.path)
        made.executescript(sql)
        made.close()

    def schema(self) -> list[tuple[str, ...]]:
        """Tables, columns and indexes, in an order of their own."""
        seen = sqlite3.connect(self.path)
        try:
            tables = [
                row[0]
                for row in seen.execute(
                    "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
                )
            ]
            found = []
            for table in tables:
                columns = seen.execute(f"PRAGMA table_xinfo({table})").fetchall()
                found.append((table, *(str(column[1:]) for column in columns)))
            return found
        finally:
            seen.close()

    def damage(self) -> None:
        """Bytes in the middle of it are other ones."""
        data = bytearray(self.path.read_bytes())
        data[8192:8292] = bytes(100)
        self.path.write_bytes(data)


BACKENDS = {"sqlite": Sqlite}


async def _migrate(kind: str, place: Path) -> None:
    database = BACKENDS[kind](place).open()
    for name in await database.migrate():
        print(name)  # noqa: T201 - its answer
    await database.close()


def dump(place: Path) -> str:
    backend = Sqlite(place)

    async def make() -> None:
        async with backend.opened():
            pass

    asyncio.run(make())
    made = sqlite3.connect(backend.path)
    made.executescript(ROWS)
    text = "\n".join(made.iterdump()) + "\n"
    made.close()
    return text


if __name__ == "__main__":
    if sys.argv[1] == "dump":
        import tempfile

        with tempfile.TemporaryDirectory() as somewhere:
            sys.stdout.write(dump(Path(somewhere)))
    else:
        asyncio.run(_migrate(sys.argv[1], Path(sys.argv[2])))
