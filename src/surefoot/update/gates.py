"""From the state JSON to installed files: checks, download, installation.

Sources: flows.md "can it be installed", rulings R12 (which status a failure gives), R14, R15.
"""

from surefoot.update import effects as do
from surefoot.update import events as on
from surefoot.update import tables
from surefoot.update.begin import queue
from surefoot.update.record import Record
from surefoot.update.staged import disarm_staged
from surefoot.update.tables import Cause, Stage
from surefoot.update.work import Result, end, factory_reboot, idle, now, save, update_of
from surefoot.wire.progress import Status


def reported(record: Record, event: on.Reported) -> Result:
    """R14: a CANCELLED held by the Hub is obeyed until the try is armed."""
    if event.held is Status.CANCELLED:
        return cancel(record)
    if update_of(record).stage is not Stage.REPORT:
        return record, ()
    # The start is stored before anything that could kill us: a crash in it must count (R15).
    spent = update_of(record).retries
    record = now(record, stage=Stage.CHECK, retries=spent + 1)
    counted = do.Save(
        event.revision, tables.QUEUED, spent + 1, x=spent, y=record.policy.retries, quiet=True
    )
    return record, (counted, do.LoadState(event.revision))


def cancel(record: Record) -> Result:
    """What came for it is dropped once its record says CANCELLED, and not before: a cut between
    the two leaves objects that garbage collection knows."""
    update, record = update_of(record), idle(record)
    saved = do.Save(update.revision, tables.CANCELLED, update.retries)
    return record, (saved, do.StopFetch(update.revision), *factory_reboot(record))


def checked(record: Record, event: on.Checked) -> Result:
    if update_of(record).aborting:
        return abort_now(record)
    if event.cause is not None:
        return refuse(record, event.cause, event.detail)
    record = now(record, plan=event.plan)
    if not update_of(record).remote:
        return install(record)
    return download(record) if event.missing else downloaded(record)


def abort_now(record: Record) -> Result:
    return refuse(record, Cause.ABORTED, "aborted by a command")


def refuse(record: Record, cause: Cause, detail: str) -> Result:
    """WONTGO; but a staged revision is in INPROGRESS already, and ends as an ERROR (R3, R12)."""
    if record.staged == update_of(record).revision:
        return fail_before(record, cause, detail)
    return end(record, tables.WONTGO[cause], detail)


def fail_before(record: Record, cause: Cause, detail: str) -> Result:
    """ERROR before the transition: the reason is stored, then what was staged is disarmed (R5)."""
    if cause is Cause.BAD_STATE:
        cause = Cause.BAD_OBJECT  # R12: the words for it from INPROGRESS on
    point = tables.ERROR.get(cause, tables.ERROR[Cause.INTERNAL])
    disarmed, disarm = disarm_staged(record)
    ended = idle(disarmed)
    return ended, (*save(record, point, detail), *disarm, *factory_reboot(ended))


def download(record: Record) -> Result:
    update = update_of(record)
    record = now(record, stage=Stage.FETCH, point=tables.DOWNLOADING)
    saved = save(record, tables.DOWNLOADING, x=update.retries, y=record.policy.retries)
    return record, (*saved, do.Fetch(update.revision))


def fetched(record: Record, event: on.Fetched) -> Result:
    return downloaded(record)


def downloaded(record: Record) -> Result:
    record = now(record, point=tables.DOWNLOADED)
    saved = save(record, tables.DOWNLOADED)
    record, installing = install(record)
    return record, (*saved, *installing)


def fetch_failed(record: Record, event: on.FetchFailed) -> Result:
    if event.cause is None:
        return queue(record, event.detail)
    return end(
        record, tables.WONTGO[event.cause], event.detail, x=event.required, y=event.available
    )


def install(record: Record) -> Result:
    return now(record, stage=Stage.INSTALL), (do.Install(update_of(record).revision),)


def install_failed(record: Record, event: on.InstallFailed) -> Result:
    """R12: nothing was armed for this run, so there is nothing to roll back."""
    if update_of(record).aborting:
        return abort_now(record)
    return fail_before(record, event.cause, event.detail)
