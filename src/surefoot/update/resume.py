"""Start-up is recovery: what was found at boot leads to what is meant (ruling R9).

`ROWS` is the table of R9, in its order: the first row that fits decides. Every row's meaning is one
small function; after any of them the same engine goes on.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from surefoot.update import effects as do
from surefoot.update import tables
from surefoot.update.events import Booted
from surefoot.update.record import Record, Update
from surefoot.update.tables import Cause, Stage
from surefoot.wire.progress import Progress, Status

Result = tuple[Record, tuple[do.Effect, ...]]


class Loader(StrEnum):
    """What the boot loader says."""

    NO_TRY = "no pv_try"
    TRYING = "pv_try, running it"
    FELL_BACK = "pv_try, not running it"


class Stored(StrEnum):
    """What the stored status of the revision concerned says."""

    DONE = "DONE"
    FAILED = "ERROR or WONTGO"
    OTHER = "anything else, or unreadable"


ANYTHING = frozenset(Stored)
FACTORY_UPDATE = Update("0", Stage.FACTORY, tables.NEW, rebooted=True)


@dataclass(frozen=True)
class Row:
    loader: Loader
    stored: frozenset[Stored]
    means: Callable[[Record, Booted], Result]
    factory: bool = False  # fits revision 0 only


def resume(record: Record, event: Booted) -> Result:
    """The record at start-up, and what shall be done first. Never raises: every fact has a row."""
    record = Record(event.running, event.done, event.trying, policy=record.policy)
    record, effects = row_for(event).means(record, event)
    if _is_unproven_factory(record, event):
        record = replace(record, update=FACTORY_UPDATE, unproven=True)
    return record, (*_orphans(event), *effects)


def _is_unproven_factory(record: Record, event: Booted) -> bool:
    """Fallen back to a revision 0 that never was DONE: it becomes it by its goals, as in row 1."""
    return event.running == "0" and not event.proven and record.update is None


def row_for(event: Booted) -> Row:
    loader, stored = _loader(event), _stored(event)
    return next(row for row in ROWS if _fits(row, loader, stored, event))


def _fits(row: Row, loader: Loader, stored: Stored, event: Booted) -> bool:
    if row.factory and event.running != "0":
        return False
    return row.loader is loader and stored in row.stored


def _loader(event: Booted) -> Loader:
    if event.trying is None:
        return Loader.NO_TRY
    return Loader.TRYING if event.trying == event.running else Loader.FELL_BACK


def _stored(event: Booted) -> Stored:
    status = event.stored.status if event.stored else None
    if status is Status.DONE:
        return Stored.DONE
    return Stored.FAILED if status in tables.FAILED else Stored.OTHER


def _orphans(event: Booted) -> tuple[do.Effect, ...]:
    """R3: what was installed or applied and is not tried was dropped by a cut. What had gone
    further lost its boot file (R8) and is told as such, so that no record is open for ever (peers
    3: pantavisor#481)."""
    return tuple(_orphan(name, found) for name, found in event.orphans)


def _orphan(name: str, found: Progress) -> do.Save:
    stood = tables.point_of(found.status, found.message)
    if stood in (tables.INSTALLED, tables.APPLIED):
        point, cause = tables.WONTGO[Cause.ABORTED], "the power was cut while it was dropped"
    else:
        point, cause = tables.ERROR[Cause.UNEXPECTED], "the boot loader does not know of it"
    return do.Save(name, point, found.retries, cause=cause)


def _remote(revision: str) -> bool:
    return not revision.startswith("locals/")


def _factory(record: Record, event: Booted) -> Result:
    return replace(record, update=FACTORY_UPDATE, unproven=True), ()


def _normal(record: Record, event: Booted) -> Result:
    return record, (do.MarkDone(event.running),)


def _commit_was_cut(record: Record, event: Booted) -> Result:
    retries = event.stored.retries if event.stored else 0
    saved = do.Save(event.running, tables.DONE, retries, cause="the power was cut after the commit")
    report = (do.Report(event.running),) if _reports(event.running) else ()
    return record, (saved, do.MarkDone(event.running), *report)


def _reports(revision: str) -> bool:
    return _remote(revision) and revision != "0"


def _failed_already(record: Record, event: Booted) -> Result:
    point = tables.ERROR[Cause.UNEXPECTED]
    update = Update(event.running, Stage.REBOOT, point, rebooted=True)
    why = f"revision {event.running} failed before: back to {event.done}"
    return replace(record, update=update), (do.Reboot(why),)


def _commit_again(record: Record, event: Booted) -> Result:
    record = replace(record, done=event.running, trying=None)
    return record, (do.Commit(event.running), do.MarkDone(event.running))


def _go_on(record: Record, event: Booted) -> Result:
    retries = event.stored.retries if event.stored else 0
    update = Update(
        event.running,
        Stage.GOALS,
        tables.STARTING,
        remote=_reports(event.running),
        retries=retries,
        rebooted=True,
        plan=event.plan,
    )
    record = replace(record, update=update)
    if event.cause is not None:
        return _sick_try(record, event, event.cause)
    return record, (*_saved(update), *_timers(record))


def _saved(update: Update) -> tuple[do.Effect, ...]:
    saved = do.Save(update.revision, tables.STARTING, update.retries)
    return (saved, do.Report(update.revision)) if update.remote else (saved,)


def _timers(record: Record) -> tuple[do.Effect, ...]:
    goals = do.SetTimer(tables.GOALS_TIMER, record.policy.goals_timeout_s)
    hub = do.SetTimer(tables.HUB_TIMER, record.policy.network_timeout_s)
    return (goals, hub) if record.update and record.update.remote else (goals,)


def _sick_try(record: Record, event: Booted, cause: Cause) -> Result:
    """R12, last column: what cannot be started as a try is rolled back before it starts."""
    assert record.update is not None
    point = tables.ERROR[cause]
    update = replace(record.update, stage=Stage.REBOOT, point=point)
    saved = do.Save(event.running, point, update.retries, cause=event.detail)
    return replace(record, update=update), (saved, do.Reboot(f"rollback to {event.done}"))


def _known_rollback(record: Record, event: Booted) -> Result:
    assert event.trying is not None
    report = (do.Report(event.trying),) if _reports(event.trying) else ()
    return replace(record, trying=None), (do.Disarm(), *report)


def _done_but_not_running(record: Record, event: Booted) -> Result:
    """Cannot happen by R4's order; a DONE record is never overwritten."""
    return replace(record, trying=None), (do.Disarm(),)


def _unexpected(record: Record, event: Booted) -> Result:
    assert event.trying is not None
    retries = event.stored.retries if event.stored else 0
    cause = "the device came back on the rollback point without a stored reason"
    saved = do.Save(event.trying, tables.ERROR[Cause.UNEXPECTED], retries, cause=cause)
    report = (do.Report(event.trying),) if _reports(event.trying) else ()
    return replace(record, trying=None), (saved, do.Disarm(), *report)


_NOT_DONE = frozenset({Stored.FAILED, Stored.OTHER})
ROWS: tuple[Row, ...] = (
    Row(Loader.NO_TRY, _NOT_DONE, _factory, factory=True),
    Row(Loader.NO_TRY, frozenset({Stored.DONE}), _normal),
    Row(Loader.NO_TRY, ANYTHING, _commit_was_cut),
    Row(Loader.TRYING, frozenset({Stored.FAILED}), _failed_already),
    Row(Loader.TRYING, frozenset({Stored.DONE}), _commit_again),
    Row(Loader.TRYING, ANYTHING, _go_on),
    Row(Loader.FELL_BACK, frozenset({Stored.FAILED}), _known_rollback),
    Row(Loader.FELL_BACK, frozenset({Stored.DONE}), _done_but_not_running),
    Row(Loader.FELL_BACK, ANYTHING, _unexpected),
)
