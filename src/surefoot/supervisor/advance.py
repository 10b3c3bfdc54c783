"""The supervisor's rules. Each event changes what is known of one instance; then `settle` does all
that has become possible: stop what retires, release groups, start what may start, tell facts.

Sources: seed "Non-reboot transition", device.md 10, rulings R5, R10, R11, R22.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from surefoot.revision import Container
from surefoot.supervisor import effects as do
from surefoot.supervisor import events as on
from surefoot.supervisor.record import Instance, Record
from surefoot.supervisor.recovery import Verdict, judge
from surefoot.supervisor.settle import settle
from surefoot.supervisor.tables import HALT_LIMIT_S, RUNNING, ContainerStatus
from surefoot.supervisor.turn import Turn, timer_name

Result = tuple[Record, tuple[do.Effect, ...]]


def advance(record: Record, event: on.Event) -> Result:
    """The record after `event`, and what shall be done, in order."""
    turn = Turn(record)
    RULES[type(event)](turn, event)
    settle(turn)
    return turn.record, turn.effects


def _adopt(turn: Turn, event: on.Adopt) -> None:
    if turn.record.halting:
        return
    for group in turn.record.clocks:
        turn.stop_clock(group)
    kept = {one.name: one for one in turn.record.instances if _same(one, event)}
    for one in turn.record.instances:
        _keep_or_retire(turn, one, kept)
    new = [_instance(turn, c, event.revision) for c in event.containers if c.name not in kept]
    _take_over(turn, event, new)
    for one in new:
        turn.want(do.Prepare(one.id, one.container, one.revision))


def _same(instance: Instance, event: on.Adopt) -> bool:
    """Equal in the next revision and alive: it keeps its init process (R5). That also holds for
    one that was about to retire, when the way back comes before it was stopped."""
    wanted = {c.name: c.fingerprint for c in event.containers}
    return instance.alive and wanted.get(instance.name) == instance.container.fingerprint


def _keep_or_retire(turn: Turn, one: Instance, kept: dict[str, Instance]) -> None:
    if kept.get(one.name) is one:
        turn.put(replace(one, retiring=False))
    elif not one.retiring:
        _retire(turn, one)


def _take_over(turn: Turn, event: on.Adopt, new: list[Instance]) -> None:
    turn.record = replace(
        turn.record,
        revision=event.revision,
        groups=event.groups,
        instances=(*turn.record.instances, *new),
        released=frozenset(),
        overdue=frozenset(),
        passed=frozenset(),
        trial=event.trial,
        told_starting=False,
        told_goals=False,
        told_stable=False,
    )


def _instance(turn: Turn, container: Container, revision: str) -> Instance:
    turn.record = replace(turn.record, serial=turn.record.serial + 1)
    return Instance(f"{container.name}.{turn.record.serial}", container, revision)


def _retire(turn: Turn, instance: Instance) -> None:
    """It stays as it is until its successors are prepared: a failure then costs nothing."""
    if instance.prepared or instance.preparing:
        turn.put(replace(instance, retiring=True))
    else:
        turn.remove(instance)


def _trial_over(turn: Turn, event: on.TrialOver) -> None:
    turn.record = replace(turn.record, trial=False)


def _halt(turn: Turn, event: on.Halt) -> None:
    turn.record = replace(turn.record, halting=True)
    turn.want(do.SetTimer("halt:", HALT_LIMIT_S))
    for one in turn.record.instances:
        turn.drop_timers(one)
        if one.has_process and one.status is not ContainerStatus.STOPPING:
            turn.stop(one)


def _prepared(turn: Turn, event: on.Prepared) -> None:
    one = turn.record.get(event.id)
    if one is None or not one.preparing:
        return
    if one.retiring:
        turn.remove(one)
    else:
        turn.put(replace(one, status=ContainerStatus.MOUNTED))


def _prepare_failed(turn: Turn, event: on.PrepareFailed) -> None:
    one = turn.record.get(event.id)
    if one is None or not one.preparing:
        return
    if one.retiring:
        turn.remove(one)
        return
    turn.put(replace(one, unprepared=True, failed=True, cause=event.detail))
    turn.tell(do.Fact.CONTAINER_FAILED, one.name, event.detail)


def _started(turn: Turn, event: on.Started) -> None:
    one = turn.record.get(event.id)
    if one is None:
        return
    if one.status is not ContainerStatus.STARTING:
        turn.put(replace(one, pid=event.pid))
        return
    status = ContainerStatus.READY if one.signalled else ContainerStatus.STARTED
    one = replace(one, status=status, pid=event.pid)
    turn.put(one)
    if not one.retiring:
        turn.set_life_timers(one)


def _start_failed(turn: Turn, event: on.StartFailed) -> None:
    _gone(turn, event.id, None, event.detail)


def _exited(turn: Turn, event: on.Exited) -> None:
    _gone(turn, event.id, event.code, _how(event))


def _how(event: on.Exited) -> str:
    if event.signal is not None:
        return f"init was killed by signal {event.signal}"
    return f"init exited with code {event.code}"


def _gone(turn: Turn, instance_id: str, code: int | None, detail: str) -> None:
    one = turn.record.get(instance_id)
    if one is None or not one.has_process:
        return
    turn.drop_timers(one)
    if one.retiring or turn.record.halting:
        turn.remove(one)
    elif one.status is ContainerStatus.STOPPING:
        _stopped_by_command(turn, one)
    else:
        _recover(turn, one, code, detail)


def _stopped_by_command(turn: Turn, one: Instance) -> None:
    status = ContainerStatus.MOUNTED if one.restarting else ContainerStatus.STOPPED
    turn.put(replace(one, status=status, restarting=False, pid=None, signalled=False, stable=False))


def _recover(turn: Turn, one: Instance, code: int | None, detail: str) -> None:
    down = replace(one, pid=None, signalled=False, stable=False, cause=detail)
    found = judge(one, code, turn.record.trial)
    if found.verdict is Verdict.AGAIN:
        retries = 0 if found.fresh else one.retries + 1
        turn.put(replace(down, status=ContainerStatus.RECOVERING, retries=retries))
        turn.want(do.SetTimer(timer_name("recover", one), found.delay_s))
        return
    success = found.verdict is Verdict.SUCCESS
    turn.put(replace(down, status=ContainerStatus.STOPPED, succeeded=success, failed=not success))
    if not success:
        turn.tell(do.Fact.CONTAINER_FAILED, one.name, detail)
    if found.verdict is Verdict.REBOOT:
        turn.tell(do.Fact.REBOOT_WANTED, one.name, detail)


def _signalled(turn: Turn, event: on.Signalled) -> None:
    one = turn.record.get(event.id)
    if one is None or not one.has_process:
        return
    first = one.status is ContainerStatus.STARTED
    status = ContainerStatus.READY if one.status in RUNNING else one.status
    one = replace(one, signalled=True, status=status)
    turn.put(one)
    if first and not one.retiring:
        turn.reach(one)


def _action(turn: Turn, event: on.ActionAsked) -> None:
    one = turn.record.named(event.name)
    if one is None or turn.record.halting:
        return
    ACTIONS[event.action](turn, one)


def _stop_asked(turn: Turn, one: Instance) -> None:
    turn.drop_timers(one)
    one = replace(one, user_stopped=True, restarting=False)
    turn.put(one)
    if one.has_process and one.status is not ContainerStatus.STOPPING:
        turn.stop(one)
    elif one.status is ContainerStatus.RECOVERING:
        turn.put(replace(one, status=ContainerStatus.STOPPED))


def _start_asked(turn: Turn, one: Instance) -> None:
    one = replace(one, user_stopped=False, failed=False, succeeded=False, retries=0)
    if one.unprepared:
        one = replace(one, unprepared=False)
        turn.want(do.Prepare(one.id, one.container, one.revision))
    if one.status in (ContainerStatus.STOPPED, ContainerStatus.RECOVERING):
        turn.drop_timers(one)
        one = replace(one, status=ContainerStatus.MOUNTED)
    if one.status is ContainerStatus.STOPPING:
        one = replace(one, restarting=True)
    turn.put(one)


def _restart_asked(turn: Turn, one: Instance) -> None:
    if not one.has_process:
        _start_asked(turn, one)
        return
    turn.drop_timers(one)
    one = replace(one, user_stopped=False, restarting=True, retries=0)
    turn.put(one)
    if one.status is not ContainerStatus.STOPPING:
        turn.stop(one)


def _timer(turn: Turn, event: on.TimerFired) -> None:
    kind, _, subject = event.timer.partition(":")
    TIMERS[kind](turn, subject)


def _goal_timer(turn: Turn, group: str) -> None:
    members = turn.record.members(group)
    late = [one.name for one in members if not (one.reached or one.user_stopped)]
    # The event of a clock that was stopped meanwhile may have been on its way already.
    if not late or group not in turn.record.clocks:
        return
    overdue, clocks = turn.record.overdue | {group}, turn.record.clocks - {group}
    turn.record = replace(turn.record, overdue=overdue, clocks=clocks)
    timeout = next((g.timeout_s for g in turn.record.groups if g.name == group), 0)
    detail = f"status goal timed out after waiting for more than {timeout:g} secs"
    for name in late:
        turn.tell(do.Fact.GOAL_TIMED_OUT, name, detail)


def _recover_timer(turn: Turn, instance_id: str) -> None:
    one = turn.record.get(instance_id)
    recovering = one is not None and one.status is ContainerStatus.RECOVERING
    if one is not None and recovering and not turn.record.halting:
        turn.start(one)


def _stable_timer(turn: Turn, instance_id: str) -> None:
    one = turn.record.get(instance_id)
    if one is not None and one.status in RUNNING:
        turn.put(replace(one, stable=True))


def _reset_timer(turn: Turn, instance_id: str) -> None:
    one = turn.record.get(instance_id)
    if one is not None and one.status in RUNNING:
        turn.put(replace(one, retries=0))


def _halt_timer(turn: Turn, subject: str) -> None:
    if turn.record.halting and not turn.record.told_halted:
        turn.record = replace(turn.record, told_halted=True)
        turn.tell(do.Fact.HALTED)


ACTIONS = {"stop": _stop_asked, "start": _start_asked, "restart": _restart_asked}
TIMERS: dict[str, Callable[[Turn, str], None]] = {
    "goal": _goal_timer,
    "recover": _recover_timer,
    "stable": _stable_timer,
    "reset": _reset_timer,
    "halt": _halt_timer,
}
RULES: dict[type, Callable[[Turn, Any], None]] = {
    on.Adopt: _adopt,
    on.TrialOver: _trial_over,
    on.Halt: _halt,
    on.Prepared: _prepared,
    on.PrepareFailed: _prepare_failed,
    on.Started: _started,
    on.StartFailed: _start_failed,
    on.Exited: _exited,
    on.Signalled: _signalled,
    on.ActionAsked: _action,
    on.TimerFired: _timer,
}
