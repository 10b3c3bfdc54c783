"""The composition: the machines, one queue, one slot for commands. Pure, like its machines.

`advance(device, event) -> (device, effects)` is the whole device's thinking; the agent, the crash
laboratory and the plan run it. It routes the facts of one machine to the others and decides nothing
that a machine could decide.

Sources: design.md rule 3, flows.md, rulings R3, R9, R12, R13, R16, R17, R20.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from surefoot.device import commands
from surefoot.device import effects as dev
from surefoot.device.turn import Device, TakeUp, Turn
from surefoot.device.ways import plan
from surefoot.revision import is_local, number
from surefoot.supervisor import effects as sup_do
from surefoot.supervisor import events as sup_on
from surefoot.supervisor.effects import Fact
from surefoot.update import effects as up_do
from surefoot.update import events as up_on
from surefoot.update import tables

# R9: the third start in a row of a command without an end is not made.
MAX_STARTS = 3

Result = tuple[Device, tuple[dev.Effect, ...]]


def advance(device: Device, event: dev.Event) -> Result:
    """The device after `event`, and what shall be done, in order."""
    turn = Turn(device, RULES)
    turn.take(event)
    return turn.device, tuple(turn.effects)


def _take_up(turn: Turn, event: TakeUp | None = None) -> None:
    """No update is in work: a waiting command goes first, then the lowest remote step (R16)."""
    device = turn.device
    if device.leaving is not None or device.update.update is not None:
        return
    if device.command is not None:
        commands.begin(turn, device.command)
    elif device.remote and device.queue:
        (revision, retries), *rest = sorted(device.queue, key=lambda step: number(step[0]))
        turn.change(queue=tuple(rest))
        _offer(turn, revision, retries)


def _offer(turn: Turn, revision: str, retries: int) -> None:
    running = turn.device.update.running
    if number(revision) < (0 if is_local(running) else number(running)):
        turn.progress(up_on.StaleOffered(revision))
        turn.pending.append(TakeUp())
    else:
        turn.progress(up_on.RemoteOffered(revision, retries))


# ---- events of the composition -----------------------------------------------------------------


def _boot(turn: Turn, event: dev.Boot) -> None:
    found = event.found
    states = {found.running: event.state, found.done: event.done_state}
    known = {name: state for name, state in states.items() if state is not None}
    back = plan(known.get(found.running), known.get(found.running), known.get(found.done))
    turn.change(states=known, remote=event.remote, queue=event.waiting)
    turn.change(sick=event.sick, sick_of=found.running)
    if _given_up_by_command(turn, event):
        return
    turn.progress(replace(found, plan=back))
    if turn.device.leaving is None:
        turn.adopt(found.running)
        _journalled(turn, event)
        _take_up(turn)


def _given_up_by_command(turn: Turn, event: dev.Boot) -> bool:
    """R25: a cut after ROLLBACK was answered made the boot loader try the given-up revision."""
    journal, found = event.journal, event.found
    if journal is None or journal.op != "ROLLBACK" or journal.payload != found.running:
        return False
    if found.trying == found.running and turn.device.leaving is None:
        turn.do(up_do.Disarm(), dev.Journal(None))
        turn.leave(f"rollback by command to {found.done}")
    return turn.device.leaving is not None


def _journalled(turn: Turn, event: dev.Boot) -> None:
    """R9: what a command that the power cut interrupted means now."""
    command = event.journal
    if command is None:
        return
    again = replace(command, starts=command.starts + 1)
    if command.op == "ABORT":
        _aborted_by_cut(turn, command)
    elif command.op in commands.COMPLETED_BY_BOOT or _carried_out(command, event):
        turn.do(dev.Journal(None))
    elif again.starts >= MAX_STARTS:
        _give_up(turn, again)
    else:
        turn.change(command=again)
        turn.do(dev.Journal(again))


def _carried_out(command: dev.Command, event: dev.Boot) -> bool:
    """A run whose revision is armed or has its final record only lacked its journalled end."""
    if command.op not in commands.HOWS:
        return False
    stored = event.journal_progress
    return command.payload == event.found.trying or (
        stored is not None and stored.status in tables.FINAL
    )


def _aborted_by_cut(turn: Turn, command: dev.Command) -> None:
    point = tables.WONTGO[tables.Cause.ABORTED]
    turn.do(up_do.Save(command.payload, point, cause="aborted by a command"), dev.Journal(None))


def _give_up(turn: Turn, command: dev.Command) -> None:
    cause = f"{command.op} was begun {MAX_STARTS - 1} times without coming to an end"
    turn.log("ERROR", "controller", f"{cause}; it is given up")
    if command.op in commands.HOWS:
        point = tables.ERROR[tables.Cause.INTERNAL]
        turn.do(up_do.Save(command.payload, point, cause=cause))
    turn.do(dev.Journal(None))


def _state_loaded(turn: Turn, event: dev.StateLoaded) -> None:
    way = None
    if event.state is not None:
        states, record = turn.device.states, turn.device.update
        way = plan(states.get(record.running), event.state, states.get(record.done))
        turn.keep(event.revision, event.state)
    turn.progress(
        up_on.Checked(event.revision, event.cause, event.detail, way, missing=event.missing)
    )


def _step_found(turn: Turn, event: dev.StepFound) -> None:
    """A remote step of the Hub (flows.md; R16, R17)."""
    if event.stored is not None and event.stored.status in tables.FINAL:
        turn.do(up_do.Report(event.revision))
        return
    retries = event.stored.retries if event.stored else 0
    device = turn.device
    if event.revision in dict(device.queue) or _in_work(device, event.revision):
        return
    turn.change(queue=(*device.queue, (event.revision, retries)))
    if device.update.update is not None or not device.remote:
        _show_queued(turn, event.revision, retries)
    _take_up(turn)


def _in_work(device: Device, revision: str) -> bool:
    return device.update.update is not None and device.update.update.revision == revision


def _show_queued(turn: Turn, revision: str, retries: int) -> None:
    limit = turn.device.update.policy.retries
    turn.do(up_do.Save(revision, tables.QUEUED, retries, x=retries, y=limit))
    if turn.device.remote:
        turn.do(up_do.Report(revision))


def _timer(turn: Turn, event: up_on.TimerFired | sup_on.TimerFired) -> None:
    """Both machines' timers come back under one event; the name says whose it is."""
    if event.timer.startswith("update."):
        turn.progress(up_on.TimerFired(event.timer))
    else:
        turn.supervise(sup_on.TimerFired(event.timer))


def _told(turn: Turn, told: sup_do.Tell) -> None:
    FACTS[told.fact](turn, told)


def _failed(turn: Turn, told: sup_do.Tell) -> None:
    turn.log("ERROR", "state", f"platform '{told.container}' is not running")
    if turn.device.update.update is not None:
        turn.log("ERROR", "controller", "a platform did not work as expected. Tearing down...")
    turn.progress(up_on.ContainerFailed(told.container, told.detail))


def _overdue(turn: Turn, told: sup_do.Tell) -> None:
    turn.log("ERROR", "platforms", f"platform '{told.container}' {told.detail}")
    if turn.device.trying_out:
        turn.log("ERROR", "controller", "timed out before all goals were met. Rolling back...")
    turn.progress(up_on.GoalTimedOut(f"platform '{told.container}' {told.detail}"))


def _reboot_wanted(turn: Turn, told: sup_do.Tell) -> None:
    turn.leave(f"container {told.container} is out of retries: {told.detail}")


def _halted(turn: Turn, told: sup_do.Tell) -> None:
    assert turn.device.leaving is not None
    turn.do(turn.device.leaving)


def _factory_made(turn: Turn, event: dev.FactoryMade) -> None:
    turn.empty_slot()
    if event.detail:
        turn.log("ERROR", "controller", f"no factory revision was made: {event.detail}")
        return
    record = replace(turn.device.update, done="0", trying=None)
    turn.change(update=record)
    turn.do(up_do.Commit("0"))
    turn.leave("a new factory revision was made")


def _healed(turn: Turn, event: dev.Healed) -> None:
    sick = {name: why for name, why in turn.device.sick.items() if name not in event.containers}
    turn.change(sick=sick)
    if turn.device.update.update is None and turn.device.leaving is None:
        turn.adopt(turn.device.update.running)


def _garbage_asked(turn: Turn, event: dev.GarbageAsked) -> None:
    turn.do(dev.CollectGarbage(turn.device.in_use, event.ticket))


def _collected(turn: Turn, event: dev.Collected) -> None:
    if turn.device.command is not None and turn.device.command.op == "RUN_GC":
        turn.empty_slot()
        _take_up(turn)


def _leave_asked(turn: Turn, event: dev.LeaveAsked) -> None:
    turn.leave(event.why)


FACTS: dict[Fact, Callable[[Turn, sup_do.Tell], None]] = {
    Fact.STARTING: lambda turn, told: turn.progress(up_on.Starting()),
    Fact.GOALS_REACHED: lambda turn, told: turn.progress(up_on.GoalsReached()),
    Fact.STABLE: lambda turn, told: turn.progress(up_on.Stabilised()),
    Fact.GOAL_TIMED_OUT: _overdue,
    Fact.CONTAINER_FAILED: _failed,
    Fact.REBOOT_WANTED: _reboot_wanted,
    Fact.HALTED: _halted,
}
RULES: dict[type, Callable[[Turn, Any], None]] = {
    dev.Boot: _boot,
    dev.StateLoaded: _state_loaded,
    dev.StepFound: _step_found,
    dev.FactoryMade: _factory_made,
    dev.Healed: _healed,
    dev.GarbageAsked: _garbage_asked,
    dev.Collected: _collected,
    dev.LeaveAsked: _leave_asked,
    dev.CommandGiven: commands.given,
    dev.ContainerAsked: commands.container_asked,
    dev.SignalGiven: commands.signal_given,
    TakeUp: _take_up,
    sup_do.Tell: _told,
    up_on.TimerFired: _timer,
    sup_on.TimerFired: _timer,
}
