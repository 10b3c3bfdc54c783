"""What all rules of an update share: the record with a change, a point stored, an update ended."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from surefoot.update import effects as do
from surefoot.update.record import Record, Update
from surefoot.update.resume import FACTORY_UPDATE
from surefoot.update.tables import Point

Result = tuple[Record, tuple[do.Effect, ...]]
Rule = Callable[[Record, Any], Result]


def now(record: Record, **changes: Any) -> Record:
    """The record with `changes` made to its update."""
    assert record.update is not None
    return replace(record, update=replace(record.update, **changes))


def update_of(record: Record) -> Update:
    assert record.update is not None
    return record.update


def save(
    record: Record, point: Point, cause: str = "", x: int = 0, y: int = 0
) -> tuple[do.Effect, ...]:
    """Store a point of the update in work; a remote one is told to the Hub as well."""
    update = update_of(record)
    saved = do.Save(update.revision, point, update.retries, x, y, cause)
    return (saved, do.Report(update.revision)) if update.remote else (saved,)


def end(record: Record, point: Point, cause: str = "", x: int = 0, y: int = 0) -> Result:
    """The update ends here; nothing has to be taken back."""
    record, more = idle(record), save(record, point, cause, x, y)
    return record, (*more, *factory_reboot(record))


def idle(record: Record) -> Record:
    """Nothing is in work, but a revision 0 that still has to reach its goals (R9)."""
    waits = record.unproven and record.running == "0"
    return replace(record, update=FACTORY_UPDATE if waits else None)


def factory_reboot(record: Record) -> tuple[do.Effect, ...]:
    """R5: a revision 0 whose container failed tries again, but only once no update is in work:
    it may be the one that mends it."""
    failed = record.factory_fault and record.update is FACTORY_UPDATE
    return (do.Reboot(record.factory_fault),) if failed else ()


def reasons(reasons: tuple[str, ...]) -> str:
    shown = "; ".join(reasons[:3])
    return shown if len(reasons) <= 3 else f"{shown}; and {len(reasons) - 3} more"
