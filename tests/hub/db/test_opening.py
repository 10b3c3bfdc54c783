import sqlite3
from pathlib import Path

import pytest

from surefoot.errors import Busy, Corrupt
from surefoot.hub.db import opening
from surefoot.hub.db.opening import opened


def test_one_connection_writes_and_the_other_cannot(tmp_path: Path) -> None:
    writer, reader = opened(tmp_path / "hub.db")
    writer.execute("CREATE TABLE t (a)")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("INSERT INTO t VALUES (1)")
    for connection in (writer, reader):
        connection.close()


def test_rows_that_belong_to_none_are_refused(tmp_path: Path) -> None:
    writer, reader = opened(tmp_path / "hub.db")
    assert writer.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    for connection in (writer, reader):
        connection.close()


def test_a_file_that_somebody_has_for_himself_is_waited_for_and_then_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "PATIENCE_S", 0.05)
    other = sqlite3.connect(tmp_path / "hub.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Busy):
        opened(tmp_path / "hub.db")
    other.close()


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises((Corrupt, OSError)):
        opened(tmp_path)
