"""A revision that is armed for the next reboot (LOCAL_APPLY), and what drops it: ruling R3."""

from dataclasses import replace

from surefoot.update import effects as do
from surefoot.update import events as on
from surefoot.update import tables
from surefoot.update.record import Record
from surefoot.update.tables import Cause
from surefoot.update.work import Result, end, now, update_of


def drop_staged(record: Record, keep: str | None = None) -> Result:
    """R3: a staged revision is disarmed before another begins; only then is WONTGO stored."""
    if record.staged is None or record.staged == keep:
        return record, ()
    aborted = do.Save(record.staged, tables.WONTGO[Cause.ABORTED], cause="another command came")
    restored = record.restored
    return replace(record, staged=None, trying=restored), (do.Disarm(restored), aborted)


def abort_idle(record: Record, event: on.AbortAsked) -> Result:
    return drop_staged(record)


def abort_soon(record: Record, event: on.AbortAsked) -> Result:
    """A staged revision is disarmed before anybody is told that it is aborted."""
    record = now(record, aborting=True)
    return disarm_staged(record)


def disarm_staged(record: Record) -> Result:
    """If the update in work is the staged one: the boot loader forgets it."""
    if record.staged != update_of(record).revision:
        return record, ()
    record = replace(record, staged=None, trying=record.restored)
    return record, (do.Disarm(record.restored),)


def stage_it(record: Record) -> Result:
    record, saved = end(replace(record, staged=update_of(record).revision), tables.APPLIED)
    return record, saved
