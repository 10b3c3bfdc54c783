"""One turn of the whole device: what it knows, and how an event goes through its machines.

Pure. `compose.py` holds the rules; this file holds the value they change and the routing between
the update machine, the supervisor and the effects for the hands.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from surefoot.device import effects as dev
from surefoot.revision import State, is_local
from surefoot.supervisor import effects as sup_do
from surefoot.supervisor import events as sup_on
from surefoot.supervisor.advance import advance as advance_supervisor
from surefoot.supervisor.record import Record as SupervisorRecord
from surefoot.update import effects as up_do
from surefoot.update import events as up_on
from surefoot.update.advance import advance as advance_update
from surefoot.update.record import Record as UpdateRecord
from surefoot.update.tables import Stage

SUPERVISOR_EVENTS = (
    sup_on.Prepared,
    sup_on.PrepareFailed,
    sup_on.Started,
    sup_on.StartFailed,
    sup_on.Exited,
)


@dataclass(frozen=True)
class Modes:
    """What configuration allows (R20)."""

    remote_allowed: bool = False
    remote_always: bool = False
    claimed: bool = False


@dataclass(frozen=True)
class Device:
    """Everything the agent knows. `states` holds parsed states of revisions in use.

    `sick`: container -> cause, for containers of revision `sick_of` whose files are bad (R12).
    """

    update: UpdateRecord
    supervisor: SupervisorRecord = field(default_factory=SupervisorRecord)
    states: Mapping[str, State] = field(default_factory=dict)
    sick: Mapping[str, str] = field(default_factory=dict)
    sick_of: str = ""
    command: dev.Command | None = None  # the slot
    begun: bool = False  # the slot's command is in work
    queue: tuple[tuple[str, int], ...] = ()
    remote: bool = False
    modes: Modes = field(default_factory=Modes)
    leaving: dev.Leave | None = None

    @property
    def in_use(self) -> frozenset[str]:
        """Revisions that garbage collection must not take (R21)."""
        record = self.update
        names = {record.running, record.done, record.trying, record.staged}
        names |= {record.update.revision} if record.update else set()
        names |= {name for name, _ in self.queue}
        names |= {one.revision for one in self.supervisor.instances}
        names |= {self.command.payload} if self.command else set()
        return frozenset(name for name in names if name)

    @property
    def trying_out(self) -> bool:
        """An update's containers are being judged now."""
        work = self.update.update
        return work is not None and work.stage in (Stage.SWITCH, Stage.GOALS, Stage.STABLE)


@dataclass(frozen=True)
class TakeUp:
    """Nothing is in work any more: a waiting command or remote step may begin."""


Rules = Mapping[type, Callable[["Turn", Any], None]]


class Turn:
    """One event's way through the machines. Facts wait in `pending` until the effects of the
    machine that told them are all in the list, so that orders keep their order."""

    def __init__(self, device: Device, rules: Rules) -> None:
        self.device = device
        self.rules = rules
        self.effects: list[dev.Effect] = []
        self.pending: deque[Any] = deque()

    def take(self, event: dev.Event) -> None:
        self.pending.append(event)
        while self.pending:
            self._dispatch(self.pending.popleft())

    def _dispatch(self, event: Any) -> None:
        rule = self.rules.get(type(event))
        if rule is not None:
            rule(self, event)
        elif isinstance(event, SUPERVISOR_EVENTS):
            self.supervise(event)
        else:
            self.progress(event)

    def do(self, *effects: dev.Effect) -> None:
        self.effects.extend(effects)

    def change(self, **changes: Any) -> None:
        self.device = replace(self.device, **changes)

    def log(self, level: str, source: str, message: str) -> None:
        self.do(dev.Log(level, source, message))

    def answer(self, ticket: int, status: int, text: str = "", retry_after_s: int = 0) -> None:
        self.do(dev.Answer(ticket, status, text, retry_after_s))

    # ---- the machines --------------------------------------------------------------------------

    def progress(self, event: up_on.Event) -> None:
        """Give the update machine an event and route what it wants."""
        before = self.device.update
        record, effects = advance_update(before, event)
        self.change(update=record)
        for effect in effects:
            self._route(effect)
        if before.update is not None and record.update is None:
            self._update_ended(before.update.revision)

    def _route(self, effect: up_do.Effect) -> None:
        if isinstance(effect, up_do.Switch):
            self.adopt(effect.revision)
        elif isinstance(effect, up_do.Reboot):
            self.leave(effect.why)
        elif isinstance(effect, up_do.Arm):
            self.do(effect)
            self._armed(effect.revision)
        else:
            self.do(effect)

    def supervise(self, event: sup_on.Event) -> None:
        record, effects = advance_supervisor(self.device.supervisor, event)
        self.change(supervisor=record)
        for effect in effects:
            if isinstance(effect, sup_do.Tell):
                self.pending.append(effect)
            else:
                self.do(effect)

    def adopt(self, revision: str) -> None:
        """The supervisor runs this revision's containers from now on, but for the sick ones."""
        state = self.device.states.get(revision)
        if state is None:
            return
        sick = self.device.sick if revision == self.device.sick_of else {}
        healthy = tuple(one for one in state.containers if one.name not in sick)
        trial = self.device.update.update is not None
        self.supervise(sup_on.Adopt(revision, state.groups, healthy, trial))

    def leave(self, why: str, poweroff: bool = False) -> None:
        if self.device.leaving is None:
            self.change(leaving=dev.Leave(poweroff, why))
            self.log("INFO", "controller", why)
            self.supervise(sup_on.Halt())

    # ---- what the end of something means -------------------------------------------------------

    def _armed(self, revision: str) -> None:
        """What the command asked for is in the boot file now: a cut can no longer lose it."""
        if self._began(revision):
            self.empty_slot()
        local = is_local(revision) and not self.device.modes.remote_always
        if local and self.device.remote:
            self.set_mode(False)
        elif not is_local(revision) and self.device.modes.remote_allowed:
            self.set_mode(True)

    def set_mode(self, remote: bool) -> None:
        if self.device.remote is not remote:
            self.change(remote=remote)
            self.do(dev.SetMode(remote))

    def fill_slot(self, command: dev.Command) -> None:
        """R13: the command is on disk before it is answered."""
        self.change(command=command, begun=False)
        self.do(dev.Journal(command))

    def empty_slot(self) -> None:
        if self.device.command is not None:
            self.change(command=None, begun=False)
            self.do(dev.Journal(None))

    def _update_ended(self, revision: str) -> None:
        self.supervise(sup_on.TrialOver())
        if self._began(revision):
            self.empty_slot()
        self._forget_states()
        self.pending.append(TakeUp())

    def _began(self, revision: str) -> bool:
        command = self.device.command
        return self.device.begun and command is not None and command.payload == revision

    def _forget_states(self) -> None:
        used = self.device.in_use
        kept = {name: state for name, state in self.device.states.items() if name in used}
        self.change(states=kept)

    def keep(self, revision: str, state: State) -> None:
        self.change(states={**self.device.states, revision: state})
