"""What a database offers to the rooms of the Hub. Its conformance suite: `tests/conformance/`."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

Row = Mapping[str, Any]
Value = str | int | float | bytes | None


class Tx(Protocol):
    """Statements that see each other's effects. Values are passed for `?`, never put into `sql`.

    All raise Busy while another process holds the database, NoRoom when its disk is full, and
    `Taken` when a row would break a uniqueness rule.
    """

    async def one(self, sql: str, *values: Value) -> Row | None:
        """The first row, or None."""

    async def all(self, sql: str, *values: Value) -> list[Row]:
        """Every row, in the order of the statement."""

    async def run(self, sql: str, *values: Value) -> int:
        """How many rows were changed."""


class Database(Tx, Protocol):
    """Outside of `transaction` each statement stands alone; what it changed is durable when it
    returns."""

    def transaction(self) -> AbstractAsyncContextManager[Tx]:
        """All statements or none; durable when the block has ended. One writer at a time: two that
        read, decide and write do not overlap. Do nothing slow inside."""

    async def migrate(self) -> list[str]:
        """Brings the tables up to this release; names of the migrations that were applied. Safe
        when several processes start at once, and after a cut."""

    async def close(self) -> None:
        """Twice is harmless."""
