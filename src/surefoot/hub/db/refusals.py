"""What SQLite says no with, as our errors."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from surefoot.errors import Busy, Corrupt, InvalidInput, NoRoom
from surefoot.hub.db.errors import Orphan, Taken

UNIQUE = frozenset(
    {
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        sqlite3.SQLITE_CONSTRAINT_ROWID,
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    }
)
UNREADABLE = frozenset(
    {sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS}
)
HELD = "The database is in use by another process for too long; try again"


@contextmanager
def translated() -> Iterator[None]:
    """An error of another kind is a slip of ours in the SQL, and stays what it is."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise _constraint(error) from error
    except sqlite3.OperationalError as error:
        raise _operational(error) from error
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.NotSupportedError):
        raise
    except sqlite3.DatabaseError as error:
        raise _corrupt(error) from error
    except (OverflowError, UnicodeEncodeError) as error:
        raise InvalidInput(f"This cannot be stored: {error}") from error


def busy() -> Busy:
    return Busy(HELD, retry_after_s=1)


def _constraint(error: sqlite3.IntegrityError) -> Exception:
    if error.sqlite_errorcode in UNIQUE:
        return Taken(f"There is such a row already ({error})")
    if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
        return Orphan("What this belongs to is not there any more; look again")
    return error


def _operational(error: sqlite3.OperationalError) -> Exception:
    code = error.sqlite_errorcode
    match code & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return busy()
        case sqlite3.SQLITE_FULL:
            return _no_room(error)
        case sqlite3.SQLITE_IOERR:
            return _corrupt(error) if code in UNREADABLE else _no_room(error)
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return Corrupt(
                f"The database cannot be written ({error}); check its directory and permissions"
            )
    return error


def _no_room(error: sqlite3.Error) -> NoRoom:
    return NoRoom(f"The database cannot be written ({error}); free some space on its disk")


def _corrupt(error: sqlite3.Error) -> Corrupt:
    return Corrupt(f"The database cannot be read ({error}); see `surefoot hub check`")
