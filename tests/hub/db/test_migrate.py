import pytest

from surefoot.errors import Conflict
from surefoot.hub.db.migrate import pending, statements
from tests.conformance.test_database import DATA


def test_they_come_in_the_order_of_their_numbers_without_the_known_ones() -> None:
    names = [name for name, _ in pending("sqlite", [])]
    assert names == sorted(names)
    assert names[0] == "0001_first"
    assert [name for name, _ in pending("sqlite", names[:1])] == names[1:]
    assert pending("sqlite", names) == []


def test_one_that_this_release_does_not_know_is_refused() -> None:
    with pytest.raises(Conflict, match="0007_other"):
        pending("sqlite", ["0001_first", "0007_other"])


def test_statements_end_with_a_semicolon_at_the_end_of_a_line() -> None:
    text = "-- a; b\nCREATE TABLE t (\n  a TEXT DEFAULT ';x'\n);\n\nCREATE INDEX i ON t (a);"
    assert statements(text) == [
        "-- a; b\nCREATE TABLE t (\n  a TEXT DEFAULT ';x'\n)",
        "CREATE INDEX i ON t (a)",
    ]


def test_a_dump_of_each_version_is_kept_for_the_tests_of_later_ones() -> None:
    """Made by `python -m tests.support.databases dump`; anew while a version is not released."""
    kept = {path.name.split(".")[0] for path in DATA.glob("*.sqlite.sql")}
    assert kept == {name for name, _ in pending("sqlite", [])}
