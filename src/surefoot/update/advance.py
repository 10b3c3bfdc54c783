"""The rules that join tables, record, events and effects: `advance(record, event)`.

`RULES` holds every pair of stage and event that means something; `LATE` names the events that may
come when nobody waits for them any more. Any other pair is a bug of ours and raises `NoRule`.

Sources: seed "Flow" and "Progress", flows.md, rulings R2 to R6, R10 to R18, R25.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from surefoot.update import effects as do
from surefoot.update import events as on
from surefoot.update import tables
from surefoot.update.record import How, Plan, Record, Update
from surefoot.update.resume import FACTORY_UPDATE, resume
from surefoot.update.tables import (
    COMMIT_TIMER,
    GOALS_TIMER,
    HUB_TIMER,
    STABLE_TIMER,
    Cause,
    Point,
    Stage,
)
from surefoot.wire.progress import Status

Result = tuple[Record, tuple[do.Effect, ...]]


class NoRule(AssertionError):
    """An event that this stage cannot meet: a bug of ours, never an input's fault."""


def advance(record: Record, event: on.Event) -> Result:
    """The record after `event`, and what shall be done, in order. Raises NoRule."""
    if _of_another_update(record, event):
        return record, ()
    stage = record.update.stage if record.update else None
    rule = RULES.get((stage, type(event))) or RULES.get((ANY, type(event)))
    if rule is not None:
        return rule(record, event)
    if type(event) in LATE:
        return record, ()
    raise NoRule(f"{type(event).__name__} in stage {stage}")


def _of_another_update(record: Record, event: on.Event) -> bool:
    revision = getattr(event, "revision", None)
    if type(event) not in ANSWER_EVENTS or revision is None:
        return False
    return record.update is None or record.update.revision != revision


def _now(record: Record, **changes: Any) -> Record:
    """The record with `changes` made to its update."""
    assert record.update is not None
    return replace(record, update=replace(record.update, **changes))


def _update(record: Record) -> Update:
    assert record.update is not None
    return record.update


def _save(
    record: Record, point: Point, cause: str = "", x: int = 0, y: int = 0
) -> tuple[do.Effect, ...]:
    """Store a point of the update in work; a remote one is told to the Hub as well."""
    update = _update(record)
    saved = do.Save(update.revision, point, update.retries, x, y, cause)
    return (saved, do.Report(update.revision)) if update.remote else (saved,)


def _end(record: Record, point: Point, cause: str = "", x: int = 0, y: int = 0) -> Result:
    """The update ends here; nothing has to be taken back."""
    return _idle(record), _save(record, point, cause, x, y)


def _idle(record: Record) -> Record:
    """Nothing is in work, but a revision 0 that still has to reach its goals (R9)."""
    waits = record.unproven and record.running == "0"
    return replace(record, update=FACTORY_UPDATE if waits else None)


# ---- beginning ---------------------------------------------------------------------------------


def _run_asked(record: Record, event: on.RunAsked) -> Result:
    record, dropped = _drop_staged(record, keep=event.revision)
    update = Update(event.revision, Stage.CHECK, tables.READY_TO_RUN, how=event.how)
    return replace(record, update=update), (*dropped, do.LoadState(event.revision))


def _remote_offered(record: Record, event: on.RemoteOffered) -> Result:
    record, dropped = _drop_staged(record)
    update = Update(event.revision, Stage.REPORT, tables.QUEUED, remote=True, retries=event.retries)
    record, queued = _queue(replace(record, update=update))
    return record, (*dropped, *queued)


def _queue(record: Record, cause: str = "") -> Result:
    """QUEUED for one more start, or WONTGO when that start's number would reach Y (R15)."""
    update, limit = _update(record), record.policy.retries
    if update.retries + 1 >= limit:
        return _end(record, tables.WONTGO[Cause.RETRIES], cause or f"{update.retries} starts spent")
    record = _now(record, stage=Stage.REPORT, point=tables.QUEUED)
    return record, _save(record, tables.QUEUED, cause, x=update.retries, y=limit)


def _drop_staged(record: Record, keep: str | None = None) -> Result:
    """R3: a staged revision is disarmed before another begins; only then is WONTGO stored."""
    if record.staged is None or record.staged == keep:
        return record, ()
    aborted = do.Save(record.staged, tables.WONTGO[Cause.ABORTED], cause="another command came")
    restored = record.restored
    return replace(record, staged=None, trying=restored), (do.Disarm(restored), aborted)


def _stale_offered(record: Record, event: on.StaleOffered) -> Result:
    cause = f"older than the running revision {record.running}"
    saved = do.Save(event.revision, tables.ERROR[Cause.STALE], event.retries, cause=cause)
    return record, (saved, do.Report(event.revision))


def _abort_idle(record: Record, event: on.AbortAsked) -> Result:
    return _drop_staged(record)


def _abort_soon(record: Record, event: on.AbortAsked) -> Result:
    """A staged revision is disarmed before anybody is told that it is aborted."""
    record = _now(record, aborting=True)
    return _disarm_staged(record)


def _disarm_staged(record: Record) -> Result:
    """If the update in work is the staged one: the boot loader forgets it."""
    if record.staged != _update(record).revision:
        return record, ()
    record = replace(record, staged=None, trying=record.restored)
    return record, (do.Disarm(record.restored),)


def _rollback_asked(record: Record, event: on.RollbackAsked) -> Result:
    """R25: no record changes; the way back is that of R5."""
    record, dropped = _drop_staged(record)
    update = Update(record.running, Stage.RETURN, tables.UPDATED, plan=event.plan)
    record, back = _go_back(replace(record, update=update))
    return record, (*dropped, *back)


# ---- gates, download, install ------------------------------------------------------------------


def _reported(record: Record, event: on.Reported) -> Result:
    """R14: a CANCELLED held by the Hub is obeyed until the try is armed."""
    if event.held is Status.CANCELLED:
        retries = _update(record).retries
        return _idle(record), (do.Save(event.revision, tables.CANCELLED, retries),)
    if _update(record).stage is not Stage.REPORT:
        return record, ()
    # The start is stored before anything that could kill us: a crash in it must count (R15).
    spent = _update(record).retries
    record = _now(record, stage=Stage.CHECK, retries=spent + 1)
    counted = do.Save(
        event.revision, tables.QUEUED, spent + 1, x=spent, y=record.policy.retries, quiet=True
    )
    return record, (counted, do.LoadState(event.revision))


def _checked(record: Record, event: on.Checked) -> Result:
    if _update(record).aborting:
        return _abort_now(record)
    if event.cause is not None:
        return _refuse(record, event.cause, event.detail)
    record = _now(record, plan=event.plan)
    if not _update(record).remote:
        return _install(record)
    return _download(record) if event.missing else _downloaded(record)


def _abort_now(record: Record) -> Result:
    return _refuse(record, Cause.ABORTED, "aborted by a command")


def _refuse(record: Record, cause: Cause, detail: str) -> Result:
    """WONTGO; but a staged revision is in INPROGRESS already, and ends as an ERROR (R3, R12)."""
    if record.staged == _update(record).revision:
        return _fail_before(record, cause, detail)
    return _end(record, tables.WONTGO[cause], detail)


def _fail_before(record: Record, cause: Cause, detail: str) -> Result:
    """ERROR before the transition: the reason is stored, then what was staged is disarmed (R5)."""
    if cause is Cause.BAD_STATE:
        cause = Cause.BAD_OBJECT  # R12: the words for it from INPROGRESS on
    point = tables.ERROR.get(cause, tables.ERROR[Cause.INTERNAL])
    disarmed, disarm = _disarm_staged(record)
    return _idle(disarmed), (*_save(record, point, detail), *disarm)


def _download(record: Record) -> Result:
    update = _update(record)
    record = _now(record, stage=Stage.FETCH, point=tables.DOWNLOADING)
    saved = _save(record, tables.DOWNLOADING, x=update.retries, y=record.policy.retries)
    return record, (*saved, do.Fetch(update.revision))


def _fetched(record: Record, event: on.Fetched) -> Result:
    return _downloaded(record)


def _downloaded(record: Record) -> Result:
    record = _now(record, point=tables.DOWNLOADED)
    saved = _save(record, tables.DOWNLOADED)
    record, installing = _install(record)
    return record, (*saved, *installing)


def _fetch_failed(record: Record, event: on.FetchFailed) -> Result:
    if event.cause is None:
        return _queue(record, event.detail)
    return _end(
        record, tables.WONTGO[event.cause], event.detail, x=event.required, y=event.available
    )


def _install(record: Record) -> Result:
    return _now(record, stage=Stage.INSTALL), (do.Install(_update(record).revision),)


def _install_failed(record: Record, event: on.InstallFailed) -> Result:
    """R12: nothing was armed for this run, so there is nothing to roll back."""
    if _update(record).aborting:
        return _abort_now(record)
    return _fail_before(record, event.cause, event.detail)


# ---- the transition ----------------------------------------------------------------------------


def _installed(record: Record, event: on.Installed) -> Result:
    if _update(record).aborting:
        return _abort_now(record)
    saved: tuple[do.Effect, ...] = ()
    if record.staged != event.revision:  # R3: a staged one is past that
        record = _now(replace(record, trying=event.revision), point=tables.INSTALLED)
        saved = _save(record, tables.INSTALLED)
    record, going = _leave(record)
    return record, (do.Arm(event.revision), *saved, *going)


def _leave(record: Record) -> Result:
    """From `Update installed` on: stay, reboot or switch."""
    update = _update(record)
    assert update.plan is not None
    if update.how is How.APPLY:
        return _stage(record)
    record = replace(record, staged=None)
    if update.plan.reboot or update.how is How.COMMIT:
        return _reboot_into(record, update.plan)
    record = _now(record, stage=Stage.SWITCH, point=tables.TRANSITIONING)
    saved = _save(record, tables.TRANSITIONING, _reasons(update.plan.reasons))
    return record, (*saved, do.Switch(update.revision))


def _stage(record: Record) -> Result:
    record, saved = _end(replace(record, staged=_update(record).revision), tables.APPLIED)
    return record, saved


def _reboot_into(record: Record, plan: Plan) -> Result:
    asked = "" if plan.reboot else "a rollback point was asked for"
    why = _reasons(plan.reasons) if plan.reboot else asked
    record = _now(record, stage=Stage.REBOOT, point=tables.REBOOTING)
    return record, (*_save(record, tables.REBOOTING, why), do.Reboot(f"update: {why}"))


def _reasons(reasons: tuple[str, ...]) -> str:
    shown = "; ".join(reasons[:3])
    return shown if len(reasons) <= 3 else f"{shown}; and {len(reasons) - 3} more"


def _starting(record: Record, event: on.Starting) -> Result:
    update = _update(record)
    record = _now(replace(record, running=update.revision), stage=Stage.GOALS)
    record = _now(record, point=tables.STARTING)
    return record, (*_save(record, tables.STARTING), *_goal_timers(record))


def _goal_timers(record: Record) -> tuple[do.Effect, ...]:
    goals = do.SetTimer(GOALS_TIMER, record.policy.goals_timeout_s)
    if not _update(record).remote:
        return (goals,)
    return (goals, do.SetTimer(HUB_TIMER, record.policy.network_timeout_s))


# ---- goals, testing, end -----------------------------------------------------------------------


def _goals_reached(record: Record, event: on.GoalsReached) -> Result:
    return _test_if_ready(_now(record, goals=True))


def _hub_answered(record: Record, event: on.HubAnswered) -> Result:
    return _test_if_ready(_now(record, contact=True))


def _test_if_ready(record: Record) -> Result:
    """INPROGRESS ends with all goals reached and, for a remote update, the Hub spoken to."""
    update = _update(record)
    if not update.goals or (update.remote and not update.contact):
        return record, ()
    point = tables.TESTING_COMMIT if update.rebooted else tables.TESTING_STABLE
    record = _now(record, stage=Stage.STABLE, point=point)
    timers = (
        do.DropTimer(GOALS_TIMER),
        do.DropTimer(HUB_TIMER),
        do.SetTimer(COMMIT_TIMER, record.policy.commit_delay_s),
    )
    return record, (*_save(record, point), *timers)


def _stabilised(record: Record, event: on.Stabilised) -> Result:
    record = _now(record, stable=True)
    return _finish(record) if _update(record).delay_over else (record, ())


def _destabilised(record: Record, event: on.Destabilised) -> Result:
    return _now(record, stable=False), ()


def _timer(record: Record, event: on.TimerFired) -> Result:
    rule = TIMERS.get((_update(record).stage, event.timer))
    return rule(record) if rule else (record, ())


def _delay_over(record: Record) -> Result:
    record = _now(record, delay_over=True)
    if _update(record).stable:
        return _finish(record)
    record = _now(record, point=tables.TESTING_CONTAINERS)
    limit = do.SetTimer(STABLE_TIMER, stable_limit_s(record))
    return record, (*_save(record, tables.TESTING_CONTAINERS), limit)


def stable_limit_s(record: Record) -> float:
    """How long TESTING may wait for containers beyond the commit delay: nothing waits for ever."""
    plan = record.update.plan if record.update else None
    return record.policy.goals_timeout_s + (plan.stable_s if plan else 0.0)


def _never_stable(record: Record) -> Result:
    limit = f"{stable_limit_s(record):g}"
    return _fail(record, Cause.GOAL, f"containers did not become stable within {limit} s")


def _finish(record: Record) -> Result:
    update = _update(record)
    if not update.rebooted:
        return _end(record, tables.UPDATED)
    # R4: the boot file is the point of no return; only then is DONE stored.
    record = replace(record, done=update.revision, trying=None)
    saved = _save(record, tables.DONE)
    done = (do.Commit(update.revision), saved[0], do.MarkDone(update.revision), *saved[1:])
    return replace(record, update=None), done


def _factory_done(record: Record, event: on.GoalsReached) -> Result:
    done = (do.Save("0", tables.FACTORY), do.MarkDone("0"))
    return replace(record, update=None, unproven=False), done


def _factory_done_meanwhile(record: Record, event: on.GoalsReached) -> Result:
    """Revision 0 has reached its goals while an update is still checked or fetched."""
    if not record.unproven:
        return record, ()
    _, done = _factory_done(record, event)
    return replace(record, unproven=False), done


def _factory_failed(record: Record, event: on.ContainerFailed) -> Result:
    """R5: nothing stands behind the factory revision; try again by a reboot."""
    why = f"factory revision: {event.container}: {event.detail}"
    return _now(record, stage=Stage.REBOOT), (do.Reboot(why),)


# ---- failure and rollback ----------------------------------------------------------------------


def _goals_failed(record: Record, event: on.GoalTimedOut) -> Result:
    return _fail(record, Cause.GOAL, event.detail)


def _goals_late(record: Record) -> Result:
    if _update(record).goals:  # then it is the Hub that lacks, and its own clock says so (R18)
        return record, ()
    seconds = f"{record.policy.goals_timeout_s:g}"
    return _fail(record, Cause.GOAL, f"the goals were not reached within {seconds} s")


def _hub_late(record: Record) -> Result:
    if _update(record).contact:
        return record, ()
    seconds = f"{record.policy.network_timeout_s:g}"
    return _fail(record, Cause.HUB_NOT_REACHABLE, f"no answer from the Hub within {seconds} s")


def _hub_silent(record: Record, event: on.HubSilent) -> Result:
    if not _update(record).remote:
        return record, ()
    return _fail(record, Cause.HUB_NOT_STABLE, "the Hub stopped answering")


def _container_failed(record: Record, event: on.ContainerFailed) -> Result:
    return _fail(record, Cause.START, f"{event.container}: {event.detail}")


def _fail(record: Record, cause: Cause, detail: str) -> Result:
    """R5: the reason is stored first, then the boot loader is dealt with, then the switch."""
    point = tables.ERROR[cause]
    record = _now(record, point=point)
    saved = _save(record, point, detail)
    timers = tuple(do.DropTimer(name) for name in (GOALS_TIMER, HUB_TIMER, *STABLE_TIMERS))
    record, back = _go_back(record)
    return record, (*timers, saved[0], *back, *saved[1:])


def _go_back(record: Record) -> Result:
    update = _update(record)
    if update.rebooted:  # the try is spent: the boot loader falls back by itself
        why = f"rollback to {record.done}"
        return _now(record, stage=Stage.REBOOT), (do.Reboot(why),)
    assert update.plan is not None
    record = replace(record, trying=None)
    if update.plan.back_reboot:
        why = f"rollback to {record.done}: {_reasons(update.plan.back_reasons)}"
        return _now(record, stage=Stage.REBOOT), (do.Disarm(), do.Reboot(why))
    return _now(record, stage=Stage.RETURN), (do.Disarm(), do.Switch(record.done))


def _returning(record: Record, event: on.Starting) -> Result:
    return replace(record, running=record.done), ()


def _returned(record: Record, event: on.GoalsReached | on.GoalTimedOut) -> Result:
    """Outside an update a goal time-out is only logged (R10): the way back ends there too."""
    record = replace(record, running=record.done)
    if record.unproven and isinstance(event, on.GoalsReached):
        return _factory_done(record, event)
    return _idle(record), ()


def _return_failed(record: Record, event: on.ContainerFailed) -> Result:
    why = f"rollback to {record.done} without reboot failed: {event.container}: {event.detail}"
    return _now(record, stage=Stage.REBOOT), (do.Reboot(why),)


STABLE_TIMERS = (COMMIT_TIMER, STABLE_TIMER)
# The revision that ran before the update still runs in these.
BEFORE = (Stage.REPORT, Stage.CHECK, Stage.FETCH, Stage.INSTALL)
ANY = Stage  # stands for every stage in a row of RULES
Rule = Callable[[Record, Any], Result]
RULES: dict[tuple[Any, type], Rule] = {
    (None, on.Booted): resume,
    (None, on.RunAsked): _run_asked,
    (Stage.FACTORY, on.RunAsked): _run_asked,
    (Stage.REPORT, on.RunAsked): _run_asked,
    (Stage.FACTORY, on.AbortAsked): _abort_idle,
    (Stage.FACTORY, on.RemoteOffered): _remote_offered,
    (None, on.RemoteOffered): _remote_offered,
    (None, on.AbortAsked): _abort_idle,
    (None, on.RollbackAsked): _rollback_asked,
    (ANY, on.StaleOffered): _stale_offered,
    (Stage.REPORT, on.Reported): _reported,
    **{(stage, on.GoalsReached): _factory_done_meanwhile for stage in BEFORE},
    (Stage.CHECK, on.Checked): _checked,
    (Stage.CHECK, on.AbortAsked): _abort_soon,
    (Stage.CHECK, on.Reported): _reported,
    (Stage.FETCH, on.Fetched): _fetched,
    (Stage.FETCH, on.FetchFailed): _fetch_failed,
    (Stage.FETCH, on.Reported): _reported,
    (Stage.INSTALL, on.Installed): _installed,
    (Stage.INSTALL, on.InstallFailed): _install_failed,
    (Stage.INSTALL, on.AbortAsked): _abort_soon,
    (Stage.INSTALL, on.Reported): _reported,
    (Stage.SWITCH, on.Starting): _starting,
    (Stage.SWITCH, on.ContainerFailed): _container_failed,
    (Stage.GOALS, on.GoalsReached): _goals_reached,
    (Stage.GOALS, on.HubAnswered): _hub_answered,
    (Stage.GOALS, on.Stabilised): _stabilised,
    (Stage.GOALS, on.Destabilised): _destabilised,
    (Stage.STABLE, on.Destabilised): _destabilised,
    (Stage.GOALS, on.GoalTimedOut): _goals_failed,
    (Stage.GOALS, on.ContainerFailed): _container_failed,
    (Stage.GOALS, on.TimerFired): _timer,
    (Stage.STABLE, on.Stabilised): _stabilised,
    (Stage.STABLE, on.ContainerFailed): _container_failed,
    (Stage.STABLE, on.HubSilent): _hub_silent,
    (Stage.STABLE, on.TimerFired): _timer,
    (Stage.FACTORY, on.GoalsReached): _factory_done,
    (Stage.FACTORY, on.ContainerFailed): _factory_failed,
    (Stage.RETURN, on.Starting): _returning,
    (Stage.RETURN, on.GoalsReached): _returned,
    (Stage.RETURN, on.GoalTimedOut): _returned,
    (Stage.RETURN, on.ContainerFailed): _return_failed,
}
TIMERS: dict[tuple[Stage, str], Callable[[Record], Result]] = {
    (Stage.GOALS, GOALS_TIMER): _goals_late,
    (Stage.GOALS, HUB_TIMER): _hub_late,
    (Stage.STABLE, COMMIT_TIMER): _delay_over,
    (Stage.STABLE, STABLE_TIMER): _never_stable,
}
# May come when nobody waits for them any more, and then mean nothing.
LATE = frozenset(
    {
        on.Checked,
        on.Fetched,
        on.FetchFailed,
        on.Installed,
        on.InstallFailed,
        on.Reported,
        on.Starting,
        on.GoalsReached,
        on.Stabilised,
        on.Destabilised,
        on.GoalTimedOut,
        on.ContainerFailed,
        on.HubAnswered,
        on.HubSilent,
        on.TimerFired,
    }
)
ANSWER_EVENTS = frozenset(event for answers in do.ANSWERS.values() for event in answers)
