"""The connections of one SQLite database: how they are set up, and who may open its file."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from surefoot.errors import Busy
from surefoot.hub.db.refusals import translated

PATIENCE_S = 10.0
LOOK_AGAIN_S = 0.02
PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "trusted_schema = OFF",
    "journal_size_limit = 67108864",
)
# Of the one that reads: the steps that a thousand devices wait for fit, in 16 MiB at most. SQLite's
# own 2 MiB would have them read from the file again and again.
READER_PRAGMAS = ("query_only = ON", "cache_size = -16384")


def opened(path: Path) -> tuple[sqlite3.Connection, sqlite3.Connection]:
    """The one that writes, the one that reads. Waits for others that open it at the same time: the
    first one of all has it for itself for a moment. What is in it is for the Hub's eyes only."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return _connect(path)
        except Busy:
            if time.monotonic() > deadline:
                raise
            time.sleep(LOOK_AGAIN_S)


def _connect(path: Path) -> tuple[sqlite3.Connection, sqlite3.Connection]:
    with translated(), _closed_on_error() as opened:
        for _ in ("writer", "reader"):
            made = sqlite3.connect(path, timeout=0, isolation_level=None, cached_statements=512)
            opened.append(made)
            made.row_factory = sqlite3.Row
            for pragma in PRAGMAS:
                made.execute(f"PRAGMA {pragma}").fetchall()
        for pragma in READER_PRAGMAS:
            opened[1].execute(f"PRAGMA {pragma}")
        return opened[0], opened[1]


@contextmanager
def _closed_on_error() -> Iterator[list[sqlite3.Connection]]:
    opened: list[sqlite3.Connection] = []
    try:
        yield opened
    except sqlite3.Error:
        for connection in opened:
            connection.close()
        raise
