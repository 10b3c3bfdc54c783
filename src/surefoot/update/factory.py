"""Revision 0 on its way to DONE: no update, but judged by its goals all the same (R5, R9)."""

from dataclasses import replace

from surefoot.update import effects as do
from surefoot.update import events as on
from surefoot.update import tables
from surefoot.update.record import Record
from surefoot.update.tables import Stage
from surefoot.update.work import Result, now


def factory_done(record: Record, event: on.GoalsReached) -> Result:
    done = (do.Save("0", tables.FACTORY), do.MarkDone("0"))
    return replace(record, update=None, unproven=False), done


def factory_done_meanwhile(record: Record, event: on.GoalsReached) -> Result:
    """Revision 0 has reached its goals while an update is still checked or fetched."""
    if not record.unproven:
        return record, ()
    _, done = factory_done(record, event)
    return replace(record, unproven=False), done


def factory_failed(record: Record, event: on.ContainerFailed) -> Result:
    """R5: nothing stands behind the factory revision; try again by a reboot."""
    return now(record, stage=Stage.REBOOT), (do.Reboot(_fault(event)),)


def factory_failed_meanwhile(record: Record, event: on.ContainerFailed) -> Result:
    """An update is still checked or fetched, perhaps the one that mends it: it goes first."""
    return replace(record, factory_fault=_fault(event) if record.unproven else ""), ()


def _fault(event: on.ContainerFailed) -> str:
    return f"factory revision: {event.container}: {event.detail}"
