"""From installed files to the end of a good update: transition, goals, TESTING, commit.

Sources: seed "Reboot transition", "Non-reboot transition", "TESTING", rulings R2, R4, R10, R18.
"""

from dataclasses import replace

from surefoot.update import effects as do
from surefoot.update import events as on
from surefoot.update import tables
from surefoot.update.back import fail
from surefoot.update.gates import abort_now
from surefoot.update.record import How, Plan, Record
from surefoot.update.staged import stage_it
from surefoot.update.tables import (
    COMMIT_TIMER,
    GOALS_TIMER,
    HUB_TIMER,
    STABLE_TIMER,
    SWITCH_TIMER,
    Cause,
    Stage,
)
from surefoot.update.work import Result, end, now, reasons, save, update_of


def installed(record: Record, event: on.Installed) -> Result:
    if update_of(record).aborting:
        return abort_now(record)
    saved: tuple[do.Effect, ...] = ()
    if record.staged != event.revision:  # R3: a staged one is past that
        record = now(replace(record, trying=event.revision), point=tables.INSTALLED)
        saved = save(record, tables.INSTALLED)
    record, going = leave(record)
    return record, (do.Arm(event.revision), *saved, *going)


def leave(record: Record) -> Result:
    """From `Update installed` on: stay, reboot or switch."""
    update = update_of(record)
    assert update.plan is not None
    if update.how is How.APPLY:
        return stage_it(record)
    record = replace(record, staged=None)
    if update.plan.reboot or update.how is How.COMMIT:
        return reboot_into(record, update.plan)
    record = now(record, stage=Stage.SWITCH, point=tables.TRANSITIONING)
    saved = save(record, tables.TRANSITIONING, reasons(update.plan.reasons))
    limit = do.SetTimer(SWITCH_TIMER, record.policy.goals_timeout_s)
    return record, (*saved, limit, do.Switch(update.revision))


def switch_late(record: Record) -> Result:
    """Design rule 7: also a mount that hangs must come to an end."""
    seconds = f"{record.policy.goals_timeout_s:g}"
    return fail(record, Cause.START, f"new containers were not prepared within {seconds} s")


def reboot_into(record: Record, plan: Plan) -> Result:
    asked = "" if plan.reboot else "a rollback point was asked for"
    why = reasons(plan.reasons) if plan.reboot else asked
    record = now(record, stage=Stage.REBOOT, point=tables.REBOOTING)
    return record, (*save(record, tables.REBOOTING, why), do.Reboot(f"update: {why}"))


def starting(record: Record, event: on.Starting) -> Result:
    update = update_of(record)
    running = replace(record, running=update.revision, factory_fault="")
    record = now(running, stage=Stage.GOALS)
    record = now(record, point=tables.STARTING)
    limit = do.DropTimer(SWITCH_TIMER)
    return record, (*save(record, tables.STARTING), limit, *goal_timers(record))


def goal_timers(record: Record) -> tuple[do.Effect, ...]:
    goals = do.SetTimer(GOALS_TIMER, record.policy.goals_timeout_s)
    if not update_of(record).remote:
        return (goals,)
    return (goals, do.SetTimer(HUB_TIMER, record.policy.network_timeout_s))


def goals_reached(record: Record, event: on.GoalsReached) -> Result:
    return test_if_ready(now(record, goals=True))


def hub_answered(record: Record, event: on.HubAnswered) -> Result:
    return test_if_ready(now(record, contact=True))


def test_if_ready(record: Record) -> Result:
    """INPROGRESS ends with all goals reached and, for a remote update, the Hub spoken to."""
    update = update_of(record)
    if not update.goals or (update.remote and not update.contact):
        return record, ()
    point = tables.TESTING_COMMIT if update.rebooted else tables.TESTING_STABLE
    record = now(record, stage=Stage.STABLE, point=point)
    timers = (
        do.DropTimer(GOALS_TIMER),
        do.DropTimer(HUB_TIMER),
        do.SetTimer(COMMIT_TIMER, record.policy.commit_delay_s),
    )
    return record, (*save(record, point), *timers)


def stabilised(record: Record, event: on.Stabilised) -> Result:
    record = now(record, stable=True)
    return finish(record) if update_of(record).delay_over else (record, ())


def destabilised(record: Record, event: on.Destabilised) -> Result:
    return now(record, stable=False), ()


def delay_over(record: Record) -> Result:
    record = now(record, delay_over=True)
    if update_of(record).stable:
        return finish(record)
    record = now(record, point=tables.TESTING_CONTAINERS)
    limit = do.SetTimer(STABLE_TIMER, stable_limit_s(record))
    return record, (*save(record, tables.TESTING_CONTAINERS), limit)


def stable_limit_s(record: Record) -> float:
    """How long TESTING may wait for containers beyond the commit delay: nothing waits for ever."""
    plan = record.update.plan if record.update else None
    return record.policy.goals_timeout_s + (plan.stable_s if plan else 0.0)


def never_stable(record: Record) -> Result:
    limit = f"{stable_limit_s(record):g}"
    return fail(record, Cause.GOAL, f"containers did not become stable within {limit} s")


def finish(record: Record) -> Result:
    update = update_of(record)
    waited = update.point is tables.TESTING_CONTAINERS
    timers = (do.DropTimer(STABLE_TIMER),) if waited else ()
    record, ended = _committed(record) if update.rebooted else end(record, tables.UPDATED)
    return record, (*timers, *ended)


def _committed(record: Record) -> Result:
    """R4: the boot file is the point of no return; only then is DONE stored."""
    revision = update_of(record).revision
    saved, *reported = save(record, tables.DONE)
    effects = (do.Commit(revision), saved, do.MarkDone(revision), *reported)
    return replace(record, done=revision, trying=None, update=None), effects
