"""A failed update, and the way back to the rollback point: ruling R5, in its order."""

from dataclasses import replace

from surefoot.update import effects as do
from surefoot.update import events as on
from surefoot.update import tables
from surefoot.update.factory import factory_done
from surefoot.update.record import Record
from surefoot.update.tables import (
    COMMIT_TIMER,
    GOALS_TIMER,
    HUB_TIMER,
    STABLE_TIMER,
    SWITCH_TIMER,
    Cause,
    Stage,
)
from surefoot.update.work import Result, idle, now, reasons, save, update_of

TRIAL_TIMERS = (COMMIT_TIMER, STABLE_TIMER, SWITCH_TIMER)


def goals_failed(record: Record, event: on.GoalTimedOut) -> Result:
    return fail(record, Cause.GOAL, event.detail)


def goals_late(record: Record) -> Result:
    if update_of(record).goals:  # then it is the Hub that lacks, and its own clock says so (R18)
        return record, ()
    seconds = f"{record.policy.goals_timeout_s:g}"
    return fail(record, Cause.GOAL, f"the goals were not reached within {seconds} s")


def hub_late(record: Record) -> Result:
    if update_of(record).contact:
        return record, ()
    seconds = f"{record.policy.network_timeout_s:g}"
    return fail(record, Cause.HUB_NOT_REACHABLE, f"no answer from the Hub within {seconds} s")


def hub_silent(record: Record, event: on.HubSilent) -> Result:
    if not update_of(record).remote:
        return record, ()
    return fail(record, Cause.HUB_NOT_STABLE, "the Hub stopped answering")


def container_failed(record: Record, event: on.ContainerFailed) -> Result:
    return fail(record, Cause.START, f"{event.container}: {event.detail}")


def fail(record: Record, cause: Cause, detail: str) -> Result:
    """R5: the reason is stored first, then the boot loader is dealt with, then the switch."""
    point = tables.ERROR[cause]
    record = now(record, point=point)
    saved = save(record, point, detail)
    timers = tuple(do.DropTimer(name) for name in (GOALS_TIMER, HUB_TIMER, *TRIAL_TIMERS))
    record, back = go_back(record)
    return record, (*timers, saved[0], *back, *saved[1:])


def go_back(record: Record) -> Result:
    update = update_of(record)
    if update.rebooted:  # the try is spent: the boot loader falls back by itself
        why = f"rollback to {record.done}"
        return now(record, stage=Stage.REBOOT), (do.Reboot(why),)
    assert update.plan is not None
    record = replace(record, trying=None)
    if update.plan.back_reboot:
        why = f"rollback to {record.done}: {reasons(update.plan.back_reasons)}"
        return now(record, stage=Stage.REBOOT), (do.Disarm(), do.Reboot(why))
    limit = do.SetTimer(SWITCH_TIMER, record.policy.goals_timeout_s)
    return now(record, stage=Stage.RETURN), (do.Disarm(), limit, do.Switch(record.done))


def returning(record: Record, event: on.Starting) -> Result:
    return replace(record, running=record.done), ()


def returned(record: Record, event: on.GoalsReached | on.GoalTimedOut) -> Result:
    """Outside an update a goal time-out is only logged (R10): the way back ends there too."""
    record = replace(record, running=record.done, factory_fault="")
    limit = do.DropTimer(SWITCH_TIMER)
    if record.unproven and isinstance(event, on.GoalsReached):
        record, done = factory_done(record, event)
        return record, (limit, *done)
    return idle(record), (limit,)


def return_late(record: Record) -> Result:
    """Design rule 7: a way back without an end ends by a reboot."""
    seconds = f"{record.policy.goals_timeout_s:g}"
    why = f"rollback to {record.done} without reboot took more than {seconds} s"
    return now(record, stage=Stage.REBOOT), (do.Reboot(why),)


def return_failed(record: Record, event: on.ContainerFailed) -> Result:
    why = f"rollback to {record.done} without reboot failed: {event.container}: {event.detail}"
    return now(record, stage=Stage.REBOOT), (do.Reboot(why),)
