"""The door's commands: which are taken now, and what each begins. Pure.

`OPS` is the table; a command that begins work fills the slot (on disk) before it is answered (R13).

Sources: device.md 7, reference-observed.md "Status codes", rulings R3, R12, R13, R20, R25.
"""

from collections.abc import Callable
from dataclasses import replace

from surefoot.device import effects as dev
from surefoot.device.turn import TakeUp, Turn
from surefoot.device.ways import plan
from surefoot.link import events as link_on
from surefoot.revision import Goal, RestartPolicy, is_local
from surefoot.supervisor import events as sup_on
from surefoot.update import effects as up_do
from surefoot.update import events as up_on
from surefoot.update import tables
from surefoot.update.record import How
from surefoot.wire.progress import Status

SLOT_TAKEN = "A command is already in progress. Try again"
UPDATE_RUNS = "Cannot do this operation while an update is ongoing"
LEAVING = "The device is about to reboot. Try again"
NO_STEP = "Resource does not exist"
REMOTE_OFF = "Cannot do this operation when remote mode is disabled by config"
LOCAL_MODE = "Cannot do this operation while on local mode"
BAD_FORMAT = "Command has bad format"
BEGUN = "The transition has begun; it will finish or roll back by itself"
NOTHING_TO_ABORT = "There is nothing to abort"
UNCLAIMED = "the device is unclaimed"
SOON_S, AFTER_UPDATE_S = 120, 600

HOWS = {"LOCAL_RUN": How.RUN, "LOCAL_RUN_COMMIT": How.COMMIT, "LOCAL_APPLY": How.APPLY}
# A boot is all that these ask for.
COMPLETED_BY_BOOT = frozenset({"REBOOT_DEVICE", "POWEROFF_DEVICE"})
LIMIT = "{} was begun {} times without coming to an end"
# R9: the third start in a row of a command without an end is not made.
MAX_STARTS = 3
NEEDS_PAYLOAD = frozenset(HOWS)
NAME_A_REVISION = frozenset({*HOWS, "ABORT", "ROLLBACK", "MAKE_FACTORY"})
# These wait for nothing and take no slot.
AT_ANY_TIME = frozenset({"ABORT", "ENABLE_SSH", "DISABLE_SSH", "TRY_ONCE", "DEFER_REBOOT"})
NOT_WHILE_UPDATING = frozenset({*HOWS, *COMPLETED_BY_BOOT, "MAKE_FACTORY", "ROLLBACK", "UNCLAIM"})


def given(turn: Turn, event: dev.CommandGiven) -> None:
    """One command of the door: refused, or done, or put into the slot."""
    op = OPS.get(event.op)
    if op is None or (event.op in NEEDS_PAYLOAD and not event.payload):
        turn.answer(event.ticket, 400, BAD_FORMAT)
    elif event.op in AT_ANY_TIME or _free(turn, event):
        op(turn, event)


def _free(turn: Turn, event: dev.CommandGiven) -> bool:
    device = turn.device
    if device.leaving is not None and not _rolls_back(turn):
        turn.answer(event.ticket, 503, LEAVING, SOON_S)
    elif event.op in NOT_WHILE_UPDATING and device.update.busy:
        turn.answer(event.ticket, 503, UPDATE_RUNS, AFTER_UPDATE_S)
    elif device.command is not None or (event.op in NOT_WHILE_UPDATING and device.collecting):
        turn.answer(event.ticket, 503, SLOT_TAKEN, SOON_S)
    else:
        return True
    return False


def _rolls_back(turn: Turn) -> bool:
    """It leaves because an update has failed: that is visible, so the next command is taken into
    the journal, and begins after the boot (R13)."""
    work = turn.device.update.update
    return work is not None and work.point.final


def _accept(turn: Turn, event: dev.CommandGiven, payload: str | None = None) -> None:
    """On disk, answered, and begun as soon as nothing else is in work."""
    turn.fill_slot(dev.Command(event.op, event.payload if payload is None else payload))
    turn.answer(event.ticket, 200)
    turn.pending.append(TakeUp())


def begin(turn: Turn, command: dev.Command) -> None:
    """The slot's command starts, or starts again: each start is counted on disk first (R9)."""
    if turn.device.begun:
        return
    if command.op in HOWS and command.payload == turn.device.update.running:
        turn.empty_slot()
        return
    started = replace(command, starts=command.starts + 1)
    if started.starts >= MAX_STARTS:
        _give_up(turn, command)
        return
    if command.op in HOWS and command.payload != turn.device.update.staged:
        # R25: a new change, its record starts anew; stored before the start is counted, so that
        # one that was begun and has a final record has come to its end.
        turn.do(up_do.Save(command.payload, tables.READY_TO_RUN))
    turn.change(command=started, begun=True)
    turn.do(dev.Journal(started))
    BEGIN[command.op](turn, started)


def _give_up(turn: Turn, command: dev.Command) -> None:
    cause = LIMIT.format(command.op, command.starts)
    turn.log("ERROR", "controller", f"{cause}; it is given up")
    if command.op in HOWS:
        point = tables.ERROR[tables.Cause.INTERNAL]
        turn.do(up_do.Save(command.payload, point, cause=cause))
    turn.empty_slot()


# ---- run, apply, abort, rollback ---------------------------------------------------------------


def _run(turn: Turn, event: dev.CommandGiven) -> None:
    record, coming = turn.device.update, turn.device.coming
    if event.payload == coming:
        _run_running(turn, event)
    elif event.payload == record.done:
        _roll_back_to_done(turn, event)
    elif not event.exists:
        turn.answer(event.ticket, 404, NO_STEP)
    elif not is_local(event.payload):
        turn.answer(event.ticket, 409, "A remote revision is run by the Hub only")
    else:
        _accept(turn, event)


def _run_running(turn: Turn, event: dev.CommandGiven) -> None:
    """R25: nothing to do, but LOCAL_RUN_COMMIT of an UPDATED revision means the reboot (R3)."""
    record = turn.device.update
    turn.progress(up_on.AbortAsked())  # R3: a later run drops what was staged
    if event.op == "LOCAL_RUN_COMMIT" and record.running != record.done:
        turn.fill_slot(dev.Command("REBOOT_DEVICE", "commit of the running revision"))
        turn.answer(event.ticket, 200)
        turn.leave("a rollback point was asked for")
    else:
        turn.answer(event.ticket, 200)


def _roll_back_to_done(turn: Turn, event: dev.CommandGiven) -> None:
    if event.op == "LOCAL_APPLY":
        turn.answer(event.ticket, 409, "The rollback point needs no installing; run it instead")
    else:
        _rollback(turn, replace(event, op="ROLLBACK"))


def _rollback(turn: Turn, event: dev.CommandGiven) -> None:
    record = turn.device.update
    if turn.device.coming == record.done:
        text = f"The device runs its rollback point {record.done} already"
        turn.answer(event.ticket, 409, text)
    else:
        _accept(turn, event, payload=record.running)


def _begin_run(turn: Turn, command: dev.Command) -> None:
    turn.progress(up_on.RunAsked(command.payload, HOWS[command.op]))


def _begin_rollback(turn: Turn, command: dev.Command) -> None:
    record = turn.device.update
    if record.running == record.done:  # a cut in the middle of it has brought it about
        turn.empty_slot()
        return
    running, done = turn.device.state(record.running), turn.device.state(record.done)
    turn.progress(up_on.RollbackAsked(plan(running, running, done)))


def _abort(turn: Turn, event: dev.CommandGiven) -> None:
    record, command = turn.device.update, turn.device.command
    if turn.device.leaving is not None:
        turn.answer(event.ticket, 503, LEAVING, SOON_S)
    elif record.update is not None and record.update.stage in tables.ABORTABLE:
        _abort_run(turn, event, record.update.revision, record.update.remote)
    elif command is not None and command.op in HOWS and _only_waits(turn, command):
        _abort_waiting(turn, event, command)
    elif not record.in_work and record.staged is not None:
        turn.progress(up_on.AbortAsked())
        turn.answer(event.ticket, 200)
    else:
        text = BEGUN if record.in_work else NOTHING_TO_ABORT
        turn.answer(event.ticket, 409, text)


def _only_waits(turn: Turn, command: dev.Command) -> bool:
    """Not begun, and not of the very revision that a try is judging now."""
    work = turn.device.update.update
    tried = turn.device.update.in_work and work is not None and work.revision == command.payload
    return not turn.device.begun and not tried


def _abort_run(turn: Turn, event: dev.CommandGiven, revision: str, remote: bool) -> None:
    if remote:
        turn.answer(event.ticket, 409, "A remote step is cancelled at the Hub")
        return
    turn.progress(up_on.AbortAsked())
    turn.change(command=dev.Command("ABORT", revision), begun=True)
    turn.do(dev.Journal(turn.device.command))
    turn.answer(event.ticket, 200)


def _abort_waiting(turn: Turn, event: dev.CommandGiven, command: dev.Command) -> None:
    point = tables.WONTGO[tables.Cause.ABORTED]
    turn.do(up_do.Save(command.payload, tables.READY_TO_RUN))
    turn.do(up_do.Save(command.payload, point, cause="aborted by a command"))
    turn.empty_slot()
    turn.answer(event.ticket, 200)


# ---- the rest ----------------------------------------------------------------------------------


def _leave(turn: Turn, event: dev.CommandGiven) -> None:
    turn.fill_slot(dev.Command(event.op, event.payload))
    turn.answer(event.ticket, 200)
    poweroff = event.op == "POWEROFF_DEVICE"
    verb = "power-off" if poweroff else "reboot"
    turn.leave(f"{verb} by command: {event.payload}".rstrip(": "), poweroff)


def _factory(turn: Turn, event: dev.CommandGiven) -> None:
    revision = event.payload or turn.device.coming
    done = event.progress is not None and event.progress.status is Status.DONE
    if not event.exists:
        turn.answer(event.ticket, 404, NO_STEP)
    elif turn.device.link.settled:
        turn.answer(event.ticket, 409, "Cannot do this operation when the device is claimed")
    elif not done:
        turn.answer(event.ticket, 409, f"Revision {revision} is not DONE")
    else:
        _accept(turn, event, payload=revision)


def _begin_factory(turn: Turn, command: dev.Command) -> None:
    turn.progress(up_on.AbortAsked())
    turn.make_room()
    turn.do(dev.MakeFactory(command.payload))


def _garbage(turn: Turn, event: dev.CommandGiven) -> None:
    command = dev.Command(event.op)
    turn.fill_slot(command)
    turn.answer(event.ticket, 200)
    if turn.device.leaving is None:
        begin(turn, command)


def _begin_garbage(turn: Turn, command: dev.Command) -> None:
    collect(turn)


def collect(turn: Turn, ticket: int = 0) -> None:
    """R21: what is in use now is kept; until it has ended no other revision comes into use."""
    if not turn.device.collecting:  # else the end of that one is the end of this one too
        turn.change(collecting=True)
        turn.do(dev.CollectGarbage(turn.device.in_use, ticket))


def _ssh(turn: Turn, event: dev.CommandGiven) -> None:
    turn.do(dev.SetSetting("PV_DEBUG_SSH", "1" if event.op == "ENABLE_SSH" else "0"))
    turn.answer(event.ticket, 200)


def _go_remote(turn: Turn, event: dev.CommandGiven) -> None:
    if not turn.device.modes.remote_allowed:
        turn.answer(event.ticket, 409, REMOTE_OFF)
    elif turn.device.remote:
        turn.answer(event.ticket, 204)
    else:
        turn.set_mode(True)
        turn.answer(event.ticket, 200)
        turn.pending.append(TakeUp())


def _metadata(turn: Turn, event: dev.CommandGiven) -> None:
    if turn.device.remote:
        turn.answer(event.ticket, 200)
    else:
        turn.answer(event.ticket, 409, LOCAL_MODE)


def _unclaim(turn: Turn, event: dev.CommandGiven) -> None:
    """R20: only a DONE revision may be what the device goes on with."""
    record = turn.device.update
    if not turn.device.link.known:
        turn.answer(event.ticket, 204)
    elif record.running != record.done or record.unproven:
        turn.answer(event.ticket, 409, f"Revision {record.running} is not DONE; wait or roll back")
    else:
        _accept(turn, event, payload="")


def _begin_unclaim(turn: Turn, command: dev.Command) -> None:
    """A remote revision is copied, and the boot of the copy does the rest; it names it."""
    running = turn.device.update.running
    turn.progress(up_on.AbortAsked())
    turn.make_room()
    if not is_local(running) and running != "0":
        turn.do(dev.CopyRevision(running))
        return
    turn.do(dev.ForgetHub())
    turn.change(queue=())
    turn.connect(link_on.Forgotten())
    turn.empty_slot()
    if command.payload != running:
        turn.leave(UNCLAIMED)


def _try_once(turn: Turn, event: dev.CommandGiven) -> None:
    turn.answer(event.ticket, 400, "TRY_ONCE is not supported")


def _defer_reboot(turn: Turn, event: dev.CommandGiven) -> None:
    turn.answer(event.ticket, 409, "There is no debug shell whose reboot could be deferred")


# ---- containers and their signals --------------------------------------------------------------

NO_CONTAINER = "Container not found"
BAD_ACTION = "Invalid action. Use 'start', 'stop', or 'restart'"
SYSTEM_POLICY = "Container has restart_policy 'system' and cannot be controlled via API"
BAD_SIGNAL = "Signal not expected from this platform"


def container_asked(turn: Turn, event: dev.ContainerAsked) -> None:
    one = turn.device.supervisor.named(event.name)
    if one is None:
        turn.answer(event.ticket, 404, NO_CONTAINER)
    elif event.action not in ("start", "stop", "restart"):
        turn.answer(event.ticket, 400, BAD_ACTION)
    elif one.container.restart_policy is RestartPolicy.SYSTEM:
        turn.answer(event.ticket, 403, SYSTEM_POLICY)
    elif turn.device.trying_out:
        turn.answer(event.ticket, 409, "An update is tested on its containers; wait for its end")
    else:
        turn.answer(event.ticket, 200)
        turn.supervise(sup_on.ActionAsked(event.name, event.action))


def signal_given(turn: Turn, event: dev.SignalGiven) -> None:
    one = turn.device.supervisor.get(event.instance)
    expected = one is not None and one.container.goal is Goal.READY and event.kind == "ready"
    if one is None or not expected:
        turn.answer(event.ticket, 500, BAD_SIGNAL)
    else:
        turn.answer(event.ticket, 200)
        turn.supervise(sup_on.Signalled(one.id))


OPS: dict[str, Callable[[Turn, dev.CommandGiven], None]] = {
    **dict.fromkeys(HOWS, _run),
    "ABORT": _abort,
    "ROLLBACK": _rollback,
    "REBOOT_DEVICE": _leave,
    "POWEROFF_DEVICE": _leave,
    "MAKE_FACTORY": _factory,
    "RUN_GC": _garbage,
    "ENABLE_SSH": _ssh,
    "DISABLE_SSH": _ssh,
    "GO_REMOTE": _go_remote,
    "UPDATE_METADATA": _metadata,
    "UNCLAIM": _unclaim,
    "TRY_ONCE": _try_once,
    "DEFER_REBOOT": _defer_reboot,
}
BEGIN: dict[str, Callable[[Turn, dev.Command], None]] = {
    **dict.fromkeys(HOWS, _begin_run),
    "ROLLBACK": _begin_rollback,
    "MAKE_FACTORY": _begin_factory,
    "UNCLAIM": _begin_unclaim,
    "RUN_GC": _begin_garbage,
}
