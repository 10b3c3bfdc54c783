"""How an update begins: a local run, a remote step, a rollback by command.

Sources: seed "Flow", "Remote" and "Local", flows.md, rulings R15 to R17, R25.
"""

from dataclasses import replace

from surefoot.update import effects as do
from surefoot.update import events as on
from surefoot.update import tables
from surefoot.update.back import go_back
from surefoot.update.record import Record, Update
from surefoot.update.staged import drop_staged
from surefoot.update.tables import Cause, Stage
from surefoot.update.work import Result, end, now, save, update_of


def run_asked(record: Record, event: on.RunAsked) -> Result:
    record, dropped = drop_staged(record, keep=event.revision)
    update = Update(event.revision, Stage.CHECK, tables.READY_TO_RUN, how=event.how)
    return replace(record, update=update), (*dropped, do.LoadState(event.revision))


def remote_offered(record: Record, event: on.RemoteOffered) -> Result:
    record, dropped = drop_staged(record)
    update = Update(event.revision, Stage.REPORT, tables.QUEUED, remote=True, retries=event.retries)
    record, queued = queue(replace(record, update=update))
    return record, (*dropped, *queued)


def queue(record: Record, cause: str = "") -> Result:
    """QUEUED for one more start, or WONTGO when that start's number would reach Y (R15)."""
    update, limit = update_of(record), record.policy.retries
    if update.retries + 1 >= limit:
        return end(record, tables.WONTGO[Cause.RETRIES], cause or f"{update.retries} starts spent")
    record = now(record, stage=Stage.REPORT, point=tables.QUEUED)
    return record, save(record, tables.QUEUED, cause, x=update.retries, y=limit)


def stale_offered(record: Record, event: on.StaleOffered) -> Result:
    cause = f"older than the running revision {record.running}"
    saved = do.Save(event.revision, tables.ERROR[Cause.STALE], event.retries, cause=cause)
    return record, (saved, do.Report(event.revision))


def rollback_asked(record: Record, event: on.RollbackAsked) -> Result:
    """R25: no record changes; the way back is that of R5."""
    record, dropped = drop_staged(record)
    update = Update(record.running, Stage.RETURN, tables.UPDATED, plan=event.plan)
    record, back = go_back(replace(record, update=update))
    return record, (*dropped, *back)
