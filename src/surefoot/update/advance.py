"""The engine: `advance(record, event) -> (record, effects)`, and the rows that it looks up.

`RULES` holds every pair of stage and event that means something; `LATE` names the events that may
come when nobody waits for them any more. Any other pair is a bug of ours and raises `NoRule`. The
rules themselves stand in `begin`, `staged`, `gates`, `trial`, `back`, `factory` and `resume`: an
update's life in that order.
"""

from collections.abc import Callable
from typing import Any

from surefoot.update import effects as do
from surefoot.update import events as on
from surefoot.update.back import (
    container_failed,
    goals_failed,
    goals_late,
    hub_late,
    hub_silent,
    return_failed,
    return_late,
    returned,
    returning,
)
from surefoot.update.begin import remote_offered, rollback_asked, run_asked, stale_offered
from surefoot.update.factory import (
    factory_done,
    factory_done_meanwhile,
    factory_failed,
    factory_failed_meanwhile,
)
from surefoot.update.gates import checked, fetch_failed, fetched, install_failed, reported
from surefoot.update.record import Record
from surefoot.update.resume import resume
from surefoot.update.staged import abort_idle, abort_soon
from surefoot.update.tables import (
    COMMIT_TIMER,
    GOALS_TIMER,
    HUB_TIMER,
    STABLE_TIMER,
    SWITCH_TIMER,
    Stage,
)
from surefoot.update.trial import (
    delay_over,
    destabilised,
    goals_reached,
    hub_answered,
    installed,
    never_stable,
    stabilised,
    starting,
    switch_late,
)
from surefoot.update.work import Result, Rule, update_of


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


def timer_fired(record: Record, event: on.TimerFired) -> Result:
    rule = TIMERS.get((update_of(record).stage, event.timer))
    return rule(record) if rule else (record, ())


# The revision that ran before the update still runs in these.
BEFORE = (Stage.REPORT, Stage.CHECK, Stage.FETCH, Stage.INSTALL)
ANY = Stage  # stands for every stage in a row of RULES
RULES: dict[tuple[Any, type], Rule] = {
    (None, on.Booted): resume,
    (None, on.RunAsked): run_asked,
    (Stage.FACTORY, on.RunAsked): run_asked,
    (Stage.REPORT, on.RunAsked): run_asked,
    (Stage.FACTORY, on.AbortAsked): abort_idle,
    (Stage.REPORT, on.AbortAsked): abort_idle,
    (Stage.RETURN, on.AbortAsked): abort_idle,
    (Stage.REPORT, on.RollbackAsked): rollback_asked,
    (Stage.FACTORY, on.RemoteOffered): remote_offered,
    (None, on.RemoteOffered): remote_offered,
    (None, on.AbortAsked): abort_idle,
    (None, on.RollbackAsked): rollback_asked,
    (ANY, on.StaleOffered): stale_offered,
    (Stage.REPORT, on.Reported): reported,
    **{(stage, on.GoalsReached): factory_done_meanwhile for stage in BEFORE},
    **{(stage, on.ContainerFailed): factory_failed_meanwhile for stage in BEFORE},
    (Stage.CHECK, on.Checked): checked,
    (Stage.CHECK, on.AbortAsked): abort_soon,
    (Stage.CHECK, on.Reported): reported,
    (Stage.FETCH, on.Fetched): fetched,
    (Stage.FETCH, on.FetchFailed): fetch_failed,
    (Stage.FETCH, on.Reported): reported,
    (Stage.INSTALL, on.Installed): installed,
    (Stage.INSTALL, on.InstallFailed): install_failed,
    (Stage.INSTALL, on.AbortAsked): abort_soon,
    (Stage.INSTALL, on.Reported): reported,
    (Stage.SWITCH, on.Starting): starting,
    (Stage.SWITCH, on.ContainerFailed): container_failed,
    (Stage.SWITCH, on.TimerFired): timer_fired,
    (Stage.RETURN, on.TimerFired): timer_fired,
    (Stage.GOALS, on.GoalsReached): goals_reached,
    (Stage.GOALS, on.HubAnswered): hub_answered,
    (Stage.GOALS, on.Stabilised): stabilised,
    (Stage.GOALS, on.Destabilised): destabilised,
    (Stage.STABLE, on.Destabilised): destabilised,
    (Stage.GOALS, on.GoalTimedOut): goals_failed,
    (Stage.GOALS, on.ContainerFailed): container_failed,
    (Stage.GOALS, on.TimerFired): timer_fired,
    (Stage.STABLE, on.Stabilised): stabilised,
    (Stage.STABLE, on.ContainerFailed): container_failed,
    (Stage.STABLE, on.HubSilent): hub_silent,
    (Stage.STABLE, on.TimerFired): timer_fired,
    (Stage.FACTORY, on.GoalsReached): factory_done,
    (Stage.FACTORY, on.ContainerFailed): factory_failed,
    (Stage.RETURN, on.Starting): returning,
    (Stage.RETURN, on.GoalsReached): returned,
    (Stage.RETURN, on.GoalTimedOut): returned,
    (Stage.RETURN, on.ContainerFailed): return_failed,
}
TIMERS: dict[tuple[Stage, str], Callable[[Record], Result]] = {
    (Stage.GOALS, GOALS_TIMER): goals_late,
    (Stage.GOALS, HUB_TIMER): hub_late,
    (Stage.STABLE, COMMIT_TIMER): delay_over,
    (Stage.STABLE, STABLE_TIMER): never_stable,
    (Stage.SWITCH, SWITCH_TIMER): switch_late,
    (Stage.RETURN, SWITCH_TIMER): return_late,
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
