import sqlite3

import pytest

from surefoot.errors import Busy, Corrupt, InvalidInput, NoRoom, SurefootError
from surefoot.hub.db.errors import Orphan, Taken
from surefoot.hub.db.refusals import translated


def raised(code: int, kind: type[sqlite3.Error] = sqlite3.OperationalError) -> Exception:
    error = kind("its words")
    error.sqlite_errorcode = code
    with pytest.raises(Exception) as caught, translated():  # noqa: PT011 - told by the tests
        raise error
    return caught.value


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_BUSY, Busy),
        (sqlite3.SQLITE_BUSY_RECOVERY, Busy),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, Busy),
        (sqlite3.SQLITE_LOCKED, Busy),
        (sqlite3.SQLITE_FULL, NoRoom),
        (sqlite3.SQLITE_IOERR_WRITE, NoRoom),
        (sqlite3.SQLITE_IOERR_FSYNC, NoRoom),
        (sqlite3.SQLITE_IOERR_SHMSIZE, NoRoom),
        (sqlite3.SQLITE_IOERR_READ, Corrupt),
        (sqlite3.SQLITE_CANTOPEN, Corrupt),
        (sqlite3.SQLITE_READONLY, Corrupt),
    ],
)
def test_what_is_no_slip_of_ours_becomes_our_error(code: int, kind: type[SurefootError]) -> None:
    assert type(raised(code)) is kind
    assert raised(code).__cause__ is not None


@pytest.mark.parametrize("code", [sqlite3.SQLITE_ERROR, sqlite3.SQLITE_INTERRUPT])
def test_a_slip_of_ours_stays_what_it_is(code: int) -> None:
    assert type(raised(code)) is sqlite3.OperationalError


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_CONSTRAINT_UNIQUE, Taken),
        (sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, Taken),
        (sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY, Orphan),
        (sqlite3.SQLITE_CONSTRAINT_NOTNULL, sqlite3.IntegrityError),
        (sqlite3.SQLITE_CONSTRAINT_CHECK, sqlite3.IntegrityError),
    ],
)
def test_only_a_value_that_is_there_already_is_taken(code: int, kind: type[Exception]) -> None:
    assert type(raised(code, sqlite3.IntegrityError)) is kind


def test_damage_is_told_with_what_to_do() -> None:
    assert "surefoot hub check" in str(raised(sqlite3.SQLITE_CORRUPT, sqlite3.DatabaseError))


def test_a_wrong_call_of_sqlite_stays_what_it_is() -> None:
    with pytest.raises(sqlite3.ProgrammingError), translated():
        raise sqlite3.ProgrammingError("closed")


def test_a_value_that_cannot_be_stored_is_the_caller_s_mistake() -> None:
    with pytest.raises(InvalidInput), translated():
        raise OverflowError("too large")
