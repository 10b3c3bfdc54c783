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
from surefoot.link import effects as link_do
from surefoot.link import events as link_on
from surefoot.revision import is_local, number
from surefoot.supervisor import effects as sup_do
from surefoot.supervisor import events as sup_on
from surefoot.supervisor.effects import Fact
from surefoot.update import effects as up_do
from surefoot.update import events as up_on
from surefoot.update import tables
from surefoot.wire.progress import Status

Result = tuple[Device, tuple[dev.Effect, ...]]


def advance(device: Device, event: dev.Event) -> Result:
    """The device after `event`, and what shall be done, in order."""
    turn = Turn(device, RULES)
    turn.take(event)
    return turn.device, tuple(turn.effects)


def _take_up(turn: Turn, event: TakeUp | None = None) -> None:
    """No update is in work: a waiting command goes first, then the lowest remote step (R16)."""
    device = turn.device
    if device.leaving is not None or device.update.in_work or device.collecting:
        return
    _complete(turn)
    if device.command is not None:
        commands.begin(turn, device.command)
    elif device.remote and device.queue and device.update.update is None:
        (revision, retries), *rest = sorted(device.queue, key=lambda step: number(step[0]))
        turn.change(queue=tuple(rest))
        _offer(turn, revision, retries)


def _complete(turn: Turn) -> None:
    """R12: a container whose files were healed while an update was in work starts now."""
    device = turn.device
    state, sick = device.state(device.update.running), device.sick_in(device.update.running)
    wanted = {one.name for one in state.containers if one.name not in sick} if state else set()
    if wanted - {one.name for one in device.supervisor.current}:
        turn.adopt(device.update.running)


def _offer(turn: Turn, revision: str, retries: int) -> None:
    running = turn.device.update.running
    if number(revision) < (0 if is_local(running) else number(running)):
        turn.progress(up_on.StaleOffered(revision, retries))
        turn.pending.append(TakeUp())
    else:
        turn.progress(up_on.RemoteOffered(revision, retries))
        if not _in_work(turn.device, revision):  # it had no start left: the next one's turn
            turn.pending.append(TakeUp())


# ---- events of the composition -----------------------------------------------------------------


def _boot(turn: Turn, event: dev.Boot) -> None:
    found, allowed = event.found, turn.device.modes.remote_allowed
    turn.change(remote=event.remote and allowed, queue=event.waiting)
    turn.do(*(up_do.Report(revision) for revision in event.untold))
    turn.change(sick=tuple(event.sick.items()), sick_of=found.running)
    for name, state in ((found.done, event.done_state), (found.running, event.state)):
        if state is not None:
            turn.keep(name, state)
    back = plan(event.state, event.state, event.done_state)
    _boot_mode(turn, found)
    if _given_up_by_command(turn, event):
        return
    turn.progress(replace(found, plan=back))
    if turn.device.leaving is None:
        turn.adopt(found.running)
        _journalled(turn, event)
        _take_up(turn)
        turn.follow_mode()


def _boot_mode(turn: Turn, found: up_on.Booted) -> None:
    """R20: a remote revision that runs again turns remote mode on, the first try of a local one
    turns it off. One that is UPDATED already keeps what was chosen since."""
    tried = found.trying == found.running
    chosen = found.stored is not None and found.stored.status is Status.UPDATED
    if not is_local(found.running) and turn.device.modes.remote_allowed:
        turn.set_mode(True)
    elif tried and is_local(found.running) and not chosen:
        turn.set_mode(turn.device.remote and turn.device.modes.remote_always)


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
    if command.op == "ABORT":
        _aborted_by_cut(turn, command)
    elif command.op in commands.COMPLETED_BY_BOOT or _carried_out(command, event):
        turn.do(dev.Journal(None))
    elif command.op not in commands.BEGIN:
        turn.log("ERROR", "controller", f"the journal holds {command.op}, which means nothing")
        turn.do(dev.Journal(None))
    else:
        turn.change(command=command, begun=False)


def _carried_out(command: dev.Command, event: dev.Boot) -> bool:
    """A run whose revision is armed or has its final record only lacked its journalled end."""
    if command.op not in commands.HOWS:
        return False
    stored, begun = event.journal_progress, command.starts > 0
    ended = stored is not None and stored.status in tables.FINAL
    return begun and (ended or command.payload == event.found.trying)


def _aborted_by_cut(turn: Turn, command: dev.Command) -> None:
    point = tables.WONTGO[tables.Cause.ABORTED]
    turn.do(up_do.Save(command.payload, point, cause="aborted by a command"), dev.Journal(None))


def _state_loaded(turn: Turn, event: dev.StateLoaded) -> None:
    way = None
    if event.state is not None:
        device, record = turn.device, turn.device.update
        way = plan(device.state(record.running), event.state, device.state(record.done))
        turn.keep(event.revision, event.state)
    turn.progress(
        up_on.Checked(event.revision, event.cause, event.detail, way, missing=event.missing)
    )


def _step_found(turn: Turn, event: dev.StepFound) -> None:
    """A remote step of the Hub (flows.md; R16, R17). What has ended here, or runs here, is told
    again and never run again; and so is that it waits: the Hub has not heard of it."""
    device, revision = turn.device, event.revision
    queued = dict(device.queue).get(revision)
    if queued is not None:
        _show_queued(turn, revision, queued)
    if queued is not None or _in_work(device, revision):
        return
    ended = event.stored is not None and event.stored.status in tables.FINAL
    if ended or revision in (device.update.running, device.update.done):
        turn.do(up_do.Report(revision))
        return
    retries = event.stored.retries if event.stored else 0
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
    """All machines' timers come back under one event; the name says whose it is."""
    if event.timer.startswith("update."):
        turn.progress(up_on.TimerFired(event.timer))
    elif event.timer.startswith("link."):
        turn.connect(link_on.TimerFired(event.timer))
    else:
        turn.supervise(sup_on.TimerFired(event.timer))


def _told(turn: Turn, told: sup_do.Tell) -> None:
    FACTS[told.fact](turn, told)


def _goals(turn: Turn, told: sup_do.Tell) -> None:
    """R12: containers that stay down for their files have not reached their goals."""
    sick = turn.device.sick_in(turn.device.supervisor.revision)
    if not (turn.device.update.unproven and sick):
        turn.progress(up_on.GoalsReached())
    elif turn.device.update.in_work:  # the way back has ended; revision 0 goes on waiting
        turn.progress(up_on.GoalTimedOut(f"bad files keep {', '.join(sick)} down"))


def _failed(turn: Turn, told: sup_do.Tell) -> None:
    """What really happened goes first: the owner at the Hub sees these lines and no others (R7)."""
    if told.detail:
        turn.log("ERROR", "supervisor", f"container {told.container}: {told.detail}")
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
    if event.detail:
        turn.log("ERROR", "controller", f"no factory revision was made: {event.detail}")
        turn.empty_slot()
        return
    turn.change(update=replace(turn.device.update, done="0", trying=None))
    turn.do(up_do.Commit("0"))
    turn.empty_slot()  # only now: until then the journal makes the next boot do it again
    turn.leave("a new factory revision was made")


def _revision_copied(turn: Turn, event: dev.RevisionCopied) -> None:
    """R20: the boot file names the copy; what is left of UNCLAIM is done by the next boot, when
    nothing runs from the remote trails any more. That is a begin of its own: this one has come to
    its end (R9)."""
    if event.detail:
        turn.log("ERROR", "controller", f"the device stays claimed: {event.detail}")
        turn.empty_slot()
        return
    turn.change(update=replace(turn.device.update, done=event.name, trying=None))
    turn.change(command=dev.Command("UNCLAIM", event.name))
    turn.do(up_do.Commit(event.name), dev.Journal(turn.device.command))
    turn.leave(commands.UNCLAIMED)


def _hub_contact(turn: Turn, event: dev.HubContact) -> None:
    turn.connect(link_on.Contact())
    if event.authenticated and event.running == turn.device.update.running:
        turn.progress(up_on.HubAnswered())


def _hub_silence(turn: Turn, event: dev.HubSilence) -> None:
    if event.running == turn.device.update.running:
        turn.connect(link_on.Silence())


def _link_told(turn: Turn, told: link_do.Tell) -> None:
    if told.fact is link_do.Fact.SILENT:
        turn.progress(up_on.HubSilent())
    else:
        turn.do(dev.SendReports())


def _healed(turn: Turn, event: dev.Healed) -> None:
    sick = tuple(entry for entry in turn.device.sick if entry[0] not in event.containers)
    turn.change(sick=sick)
    turn.pending.append(TakeUp())


def _garbage_asked(turn: Turn, event: dev.GarbageAsked) -> None:
    if turn.device.collecting or turn.device.leaving is not None:
        turn.answer(event.ticket, 503, commands.SLOT_TAKEN, commands.SOON_S)
    else:
        commands.collect(turn, event.ticket)


def _collected(turn: Turn, event: dev.Collected) -> None:
    turn.change(collecting=False)
    if turn.device.command is not None and turn.device.command.op == "RUN_GC":
        turn.empty_slot()
    turn.pending.append(TakeUp())


def _leave_asked(turn: Turn, event: dev.LeaveAsked) -> None:
    turn.leave(event.why)


FACTS: dict[Fact, Callable[[Turn, sup_do.Tell], None]] = {
    Fact.STARTING: lambda turn, told: turn.progress(up_on.Starting()),
    Fact.GOALS_REACHED: _goals,
    Fact.STABLE: lambda turn, told: turn.progress(up_on.Stabilised()),
    Fact.UNSTABLE: lambda turn, told: turn.progress(up_on.Destabilised()),
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
    dev.RevisionCopied: _revision_copied,
    dev.HubContact: _hub_contact,
    dev.HubSilence: _hub_silence,
    dev.Healed: _healed,
    dev.GarbageAsked: _garbage_asked,
    dev.Collected: _collected,
    dev.LeaveAsked: _leave_asked,
    dev.CommandGiven: commands.given,
    dev.ContainerAsked: commands.container_asked,
    dev.SignalGiven: commands.signal_given,
    TakeUp: _take_up,
    sup_do.Tell: _told,
    link_do.Tell: _link_told,
    up_on.TimerFired: _timer,
    sup_on.TimerFired: _timer,
}
