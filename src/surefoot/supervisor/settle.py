"""What has become possible: done after every event, in one fixed order, and harmless to repeat."""

from dataclasses import replace

from surefoot.revision import Group
from surefoot.supervisor import effects as do
from surefoot.supervisor.record import Instance, Record
from surefoot.supervisor.tables import ContainerStatus
from surefoot.supervisor.turn import Turn


def settle(turn: Turn) -> None:
    if turn.record.halting:
        _tell_halted(turn)
        return
    _tell_starting(turn)
    _stop_retiring(turn)
    _release_groups(turn)
    _start_released(turn)
    _tell_outcome(turn)


def _tell_halted(turn: Turn) -> None:
    if turn.record.told_halted or any(one.has_process for one in turn.record.instances):
        return
    turn.record = replace(turn.record, told_halted=True)
    turn.tell(do.Fact.HALTED)


def _may_stop(record: Record) -> bool:
    """Old containers stay up until every new one is prepared: a failure costs no down time."""
    return all(one.prepared or (one.unprepared and not record.trial) for one in record.current)


def _tell_starting(turn: Turn) -> None:
    if turn.record.told_starting or not _about_to_begin(turn.record):
        return
    turn.record = replace(turn.record, told_starting=True)
    turn.tell(do.Fact.STARTING)


def _about_to_begin(record: Record) -> bool:
    if any(not one.preparing for one in record.retiring):
        return _may_stop(record)
    return not record.current or any(one.prepared for one in record.current)


def _stop_retiring(turn: Turn) -> None:
    if not turn.record.told_starting or not _may_stop(turn.record):
        return
    for one in turn.record.retiring:
        if not one.has_process and not one.preparing:
            turn.drop_timers(one)
            turn.remove(one)
        elif one.has_process and one.status is not ContainerStatus.STOPPING:
            turn.stop(one)


def _release_groups(turn: Turn) -> None:
    """A group waits until all earlier ones have passed: had their goals, or run out of time (R10).
    One that has passed holds nobody up again, whatever becomes of its containers."""
    if not turn.record.told_starting:
        return
    for group in turn.record.groups:
        turn.record = replace(turn.record, released=turn.record.released | {group.name})
        if not _passed(turn.record, group.name):
            _let_clock_run(turn, group)
            return
        turn.record = replace(turn.record, passed=turn.record.passed | {group.name})
        turn.stop_clock(group.name)


def _let_clock_run(turn: Turn, group: Group) -> None:
    """R10; not while a predecessor is still being stopped: that is not the new one's time."""
    waits = any(_predecessor(turn.record, one) for one in turn.record.members(group.name))
    if group.name not in turn.record.clocks and not waits:
        turn.start_clock(group)


def _predecessor(record: Record, one: Instance) -> bool:
    return any(old.name == one.name and old.has_process for old in record.retiring)


def _passed(record: Record, group: str) -> bool:
    if group in record.overdue or group in record.passed:
        return True
    return all(one.reached or one.user_stopped for one in record.members(group))


def _start_released(turn: Turn) -> None:
    for one in turn.record.current:
        if _startable(turn.record, one):
            turn.start(one)


def _startable(record: Record, one: Instance) -> bool:
    if one.status is not ContainerStatus.MOUNTED or one.mounts_only:
        return False
    if one.user_stopped or one.container.group not in record.released:
        return False
    return not _predecessor(record, one)


def _tell_outcome(turn: Turn) -> None:
    record = turn.record
    if not record.told_starting:
        return
    wanted = [one for one in record.current if not one.user_stopped]
    if not record.told_goals and all(one.reached for one in wanted):
        turn.record = replace(turn.record, told_goals=True)
        turn.tell(do.Fact.GOALS_REACHED)
    steady = all(one.steady for one in wanted)
    if steady is not record.told_stable:
        turn.record = replace(turn.record, told_stable=steady)
        turn.tell(do.Fact.STABLE if steady else do.Fact.UNSTABLE)
