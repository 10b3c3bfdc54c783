"""A query and how far it was read, as a text that the reader keeps (hub-wire 9). Pure.

Not signed: it says nothing that a query could not say, and whose lines are shown is asked of the
call each time.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

import msgspec

from surefoot.hub.frame.problems import Malformed
from surefoot.hub.logs.lines import Number
from surefoot.hub.logs.query import Query

Position = tuple[str | Number, ...]


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """`position`: of the last line that was read, its values of the columns that are sorted by, and
    its id; empty before the first."""

    query: Query
    position: Position = ()


class Asked(msgspec.Struct, rename={"cursor": "next-cursor"}):
    """The body of a call for more."""

    cursor: str


def encode(cursor: Cursor) -> str:
    return urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def decode(text: str) -> Cursor:
    """Raises Malformed, which is a 400: on a 403 pvr would ask for a password (hub-wire 0.11)."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        found = msgspec.json.decode(raw, type=Cursor)
    except (ValueError, UnicodeError, RecursionError) as error:
        raise Malformed("This is no cursor of ours; ask for the logs anew") from error
    if not _fits(found.query, found.position):
        raise Malformed("This cursor does not fit its query; ask for the logs anew")
    return found


def onwards(query: Query) -> Query:
    """What is skipped at the start is skipped once."""
    return msgspec.structs.replace(query, start=0)


def _fits(query: Query, position: Sequence[str | int]) -> bool:
    kinds = [*(int if order.by.is_number else str for order in query.sort), int]
    return not position or [type(value) for value in position] == kinds
