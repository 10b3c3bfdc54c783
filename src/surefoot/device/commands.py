"""The door's commands: which are taken now, and what each begins. Pure.

`OPS` is the table; a command that begins work fills the slot (on disk) before it is answered (R13).

Sources: device.md 7, reference-observed.md "Status codes", rulings R3, R12, R13, R20, R25.
"""

from collections.abc import Callable
from dataclasses import replace

from surefoot.device import effects as dev
from surefoot.device.turn import TakeUp, Turn
from surefoot.device.ways import plan
from surefoot.revision import Goal, RestartPolicy, is_local
from surefoot.supervisor import events as sup_on
from surefoot.update import effects as up_do
from surefoot.update import events as up_on
from surefoot.update import tables
from surefoot.update.record import How
from surefoot.update.tables import Stage
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
SOON_S, AFTER_UPDATE_S = 120, 600

HOWS = {"LOCAL_RUN": How.RUN, "LOCAL_RUN_COMMIT": How.COMMIT, "LOCAL_APPLY": How.APPLY}
# A boot is all that these ask for.
COMPLETED_BY_BOOT = frozenset({"REBOOT_DEVICE", "POWEROFF_DEVICE"})
# These wait for nothing and take no slot.
AT_ANY_TIME = frozenset({"ABORT", "ENABLE_SSH", "DISABLE_SSH", "TRY_ONCE", "DEFER_REBOOT"})
NOT_WHILE_UPDATING = frozenset({*HOWS, *COMPLETED_BY_BOOT, "MAKE_FACTORY", "ROLLBACK", "UNCLAIM"})


def given(turn: Turn, event: dev.CommandGiven) -> None:
    """One command of the door: refused, or done, or put into the slot."""
    op = OPS.get(event.op)
    if op is None:
        turn.answer(event.ticket, 400, BAD_FORMAT)
    elif event.op in AT_ANY_TIME or _free(turn, event):
        op(turn, event)


def _free(turn: Turn, event: dev.CommandGiven) -> bool:
    device = turn.device
    if device.leaving is not None:
        turn.answer(event.ticket, 503, LEAVING, SOON_S)
    elif event.op in NOT_WHILE_UPDATING and _updating(turn):
        turn.answer(event.ticket, 503, UPDATE_RUNS, AFTER_UPDATE_S)
    elif device.command is not None:
        turn.answer(event.ticket, 503, SLOT_TAKEN, SOON_S)
    else:
        return True
    return False


def _updating(turn: Turn) -> bool:
    """A factory revision that never gets its goals must still be replaceable: it is no update."""
    work = turn.device.update.update
    return turn.device.update.busy and work is not None and work.stage is not Stage.FACTORY


def _accept(turn: Turn, event: dev.CommandGiven, payload: str | None = None) -> None:
    """On disk, answered, and begun as soon as nothing else is in work."""
    payload = event.payload if payload is None else payload
    if event.op in HOWS and event.progress is not None and event.progress.status in tables.FINAL:
        # R25: a new change, its record starts anew; stored first, so that a journalled command
        # whose revision has a final record has come to its end.
        turn.do(up_do.Save(payload, tables.READY_TO_RUN))
    turn.fill_slot(dev.Command(event.op, payload))
    turn.answer(event.ticket, 200)
    turn.pending.append(TakeUp())
    work = turn.device.update.update
    if work is not None and work.stage is Stage.FACTORY and event.op in HOWS:
        assert turn.device.command is not None
        begin(turn, turn.device.command)


def begin(turn: Turn, command: dev.Command) -> None:
    """The slot's command starts (or starts again) its work."""
    if not turn.device.begun:
        turn.change(begun=True)
        BEGIN[command.op](turn, command)


# ---- run, apply, abort, rollback ---------------------------------------------------------------


def _run(turn: Turn, event: dev.CommandGiven) -> None:
    record = turn.device.update
    if event.payload == record.running:
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
    if record.running == record.done:
        text = f"The device runs its rollback point {record.done} already"
        turn.answer(event.ticket, 409, text)
    else:
        _accept(turn, event, payload=record.running)


def _begin_run(turn: Turn, command: dev.Command) -> None:
    turn.progress(up_on.RunAsked(command.payload, HOWS[command.op]))


def _begin_rollback(turn: Turn, command: dev.Command) -> None:
    states, record = turn.device.states, turn.device.update
    if record.running == record.done:  # a cut in the middle of it has brought it about
        turn.empty_slot()
        return
    running, done = states.get(record.running), states.get(record.done)
    turn.progress(up_on.RollbackAsked(plan(running, running, done)))


def _abort(turn: Turn, event: dev.CommandGiven) -> None:
    record, command = turn.device.update, turn.device.command
    if record.update is not None and record.update.stage in tables.ABORTABLE:
        _abort_run(turn, event, record.update.revision, record.update.remote)
    elif command is not None and command.op in HOWS and not turn.device.begun:
        _abort_waiting(turn, event, command)
    elif record.update is None and record.staged is not None:
        turn.progress(up_on.AbortAsked())
        turn.answer(event.ticket, 200)
    else:
        text = BEGUN if record.update is not None else NOTHING_TO_ABORT
        turn.answer(event.ticket, 409, text)


def _abort_run(turn: Turn, event: dev.CommandGiven, revision: str, remote: bool) -> None:
    if remote:
        turn.answer(event.ticket, 409, "A remote step is cancelled at the Hub")
        return
    turn.change(command=dev.Command("ABORT", revision), begun=True)
    turn.do(dev.Journal(turn.device.command))
    turn.progress(up_on.AbortAsked())
    turn.answer(event.ticket, 200)


def _abort_waiting(turn: Turn, event: dev.CommandGiven, command: dev.Command) -> None:
    point = tables.WONTGO[tables.Cause.ABORTED]
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
    revision = event.payload or turn.device.update.running
    done = event.progress is not None and event.progress.status is Status.DONE
    if not event.exists:
        turn.answer(event.ticket, 404, NO_STEP)
    elif turn.device.modes.claimed:
        turn.answer(event.ticket, 409, "Cannot do this operation when the device is claimed")
    elif not done:
        turn.answer(event.ticket, 409, f"Revision {revision} is not DONE")
    else:
        _accept(turn, event, payload=revision)


def _begin_factory(turn: Turn, command: dev.Command) -> None:
    turn.progress(up_on.AbortAsked())
    turn.do(dev.MakeFactory(command.payload))


def _garbage(turn: Turn, event: dev.CommandGiven) -> None:
    turn.fill_slot(dev.Command(event.op))
    turn.answer(event.ticket, 200)
    begin(turn, dev.Command(event.op))


def _begin_garbage(turn: Turn, command: dev.Command) -> None:
    turn.do(dev.CollectGarbage(turn.device.in_use))


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
    if not turn.device.modes.claimed:
        turn.answer(event.ticket, 204)
    else:
        turn.answer(event.ticket, 409, "This release cannot unclaim a device yet")


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
    "RUN_GC": _begin_garbage,
}
