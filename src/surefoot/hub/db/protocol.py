"""What a database offers to the rooms of the Hub. Its conformance suite: `tests/conformance/`."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

Row = Mapping[str, Any]
Value = str | int | float | bytes | None


class Tx(Protocol):
    """Statements that see each other's effects. Values are passed for `?`, never put into `sql`.

    All raise Busy while others hold the database for longer than a caller waits, NoRoom when its
    disk is full, Corrupt when it cannot be read, `Taken` when a row would break a uniqueness rule,
    `Orphan` when it would belong to one that is not there, and InvalidInput for a value that
    cannot be stored (text that is no Unicode, a number beyond 64 bits). A statement that raised
    did nothing; a transaction in which one raised can only be left.
    """

    async def one(self, sql: str, *values: Value) -> Row | None:
        """The first row, or None."""

    async def all(self, sql: str, *values: Value) -> list[Row]:
        """Every row, in the order of the statement."""

    async def run(self, sql: str, *values: Value) -> int:
        """How many rows were changed."""


class Database(Tx, Protocol):
    """Outside of `transaction` each statement stands alone; what it changed is durable when it
    returns, and no half of another's transaction is seen. Used from one event loop; other processes
    may use the same database at the same time."""

    def transaction(self) -> AbstractAsyncContextManager[Tx]:
        """All statements or none; durable when the block has ended. One writer at a time: two that
        read, decide and write do not overlap. Do nothing slow inside, and ask nobody but the Tx:
        the database itself would wait for the end of the block."""

    async def outdated(self) -> list[str]:
        """Names of the migrations that `migrate` would apply. Raises as it does."""

    async def migrate(self) -> list[str]:
        """Brings the tables up to this release; names of the migrations that were applied. Safe
        when several processes start at once, and after a cut. Raises Conflict when the tables are
        those of a newer release."""

    async def check(self) -> list[str]:
        """What is damaged in the database itself, a line each."""

    async def close(self) -> None:
        """Twice is harmless."""
