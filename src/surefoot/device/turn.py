"""One turn of the whole device: what it knows, and how an event goes through its machines.

Pure. `compose.py` holds the rules; this file holds the value they change and the routing between
the update machine, the supervisor and the effects for the hands.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from surefoot.device import effects as dev
from surefoot.link import effects as link_do
from surefoot.link import events as link_on
from surefoot.link.advance import RULES as LINK_RULES
from surefoot.link.advance import advance as advance_link
from surefoot.link.record import Link, Phase
from surefoot.revision import State, is_local
from surefoot.supervisor import effects as sup_do
from surefoot.supervisor import events as sup_on
from surefoot.supervisor.advance import advance as advance_supervisor
from surefoot.supervisor.record import Record as SupervisorRecord
from surefoot.update import effects as up_do
from surefoot.update import events as up_on
from surefoot.update.advance import advance as advance_update
from surefoot.update.record import Record as UpdateRecord
from surefoot.update.record import Update
from surefoot.update.tables import Stage
from surefoot.update.work import idle

# What the link wants of the hands; the rest of its effects is carried out here.
LINK_EFFECTS = tuple(
    one for one in get_args(link_do.Effect) if one not in (link_do.Tell, link_do.Say)
)
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


@dataclass(frozen=True)
class Device:
    """Everything the agent knows. `states` holds parsed states of revisions in use.

    `sick`: container -> cause, for containers of revision `sick_of` whose files are bad (R12).
    """

    update: UpdateRecord
    supervisor: SupervisorRecord = field(default_factory=SupervisorRecord)
    link: Link = field(default_factory=Link)
    states: tuple[tuple[str, State], ...] = ()
    sick: tuple[tuple[str, str], ...] = ()
    sick_of: str = ""
    command: dev.Command | None = None  # the slot
    begun: bool = False  # the slot's command is in work
    queue: tuple[tuple[str, int], ...] = ()
    remote: bool = False
    modes: Modes = field(default_factory=Modes)
    leaving: dev.Leave | None = None
    collecting: bool = False  # garbage is being collected: no revision may come into use

    def state(self, revision: str) -> State | None:
        return dict(self.states).get(revision)

    def sick_in(self, revision: str) -> dict[str, str]:
        """Container -> cause, of those of this revision that stay down for their files."""
        return dict(self.sick) if revision == self.sick_of else {}

    @property
    def coming(self) -> str:
        """The revision that runs once what ends now has ended."""
        work = self.update.update
        ends = work is not None and work.stage in (Stage.RETURN, Stage.REBOOT) and work.point.final
        return self.update.done if ends else self.update.running

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
        self._take_pending()
        self._tell_link()
        self._take_pending()

    def _take_pending(self) -> None:
        while self.pending:
            self._dispatch(self.pending.popleft())

    def _dispatch(self, event: Any) -> None:
        rule = self.rules.get(type(event))
        if rule is not None:
            rule(self, event)
        elif isinstance(event, SUPERVISOR_EVENTS):
            self.supervise(event)
        elif type(event) in LINK_RULES:
            self.connect(event)
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
        """Give the update machine an event and route what it wants. One that is leaving has
        nothing to conclude from containers that are being stopped."""
        if self.device.leaving is not None:
            return
        before = self.device.update
        record, effects = advance_update(before, event)
        self.change(update=record)
        for effect in effects:
            self._route(effect)
        if before.in_work and not record.in_work and before.update is not None:
            self._update_ended(before.update.revision)
        elif before.update != record.update and not record.in_work:
            self.pending.append(TakeUp())
        if before.update is not None and before.update.stage is Stage.REPORT:
            self._put_back(before.update)
        if before.running != record.running and self.device.leaving is None:
            self._mode_follows(record.running)

    def _route(self, effect: up_do.Effect) -> None:
        if isinstance(effect, up_do.Switch):
            self.adopt(effect.revision)
        elif isinstance(effect, up_do.Reboot):
            self.leave(effect.why)
        elif isinstance(effect, up_do.Arm):
            self._before_arming(effect.revision)
            self.do(effect)
            if self._began(effect.revision):
                self.empty_slot()  # what the command asked for is in the boot file now
        else:
            self.do(effect)

    def supervise(self, event: sup_on.Event) -> None:
        record, effects = advance_supervisor(self.device.supervisor, event)
        self.change(supervisor=record)
        for effect in effects:
            if isinstance(effect, sup_do.Tell) and effect.fact is sup_do.Fact.STARTING:
                self._dispatch(effect)
            elif isinstance(effect, sup_do.Tell):
                self.pending.append(effect)
            else:
                self.do(effect)

    def connect(self, event: link_on.Event) -> None:
        """Give the link an event and route what it wants."""
        link, effects = advance_link(self.device.link, event)
        self.change(link=link)
        for effect in effects:
            if isinstance(effect, link_do.Tell):
                self.pending.append(effect)
            elif isinstance(effect, link_do.Say):
                self.log(effect.level, "pantahub", effect.text)
            else:
                self.do(effect)

    def _tell_link(self) -> None:
        """A try begins for it with the start of the new revision: what is asked before is no
        contact of that one (R18)."""
        device = self.device
        work, link = device.update.update, device.link
        working = work is not None and work.stage is not Stage.FACTORY
        runs = work is not None and work.revision == device.update.running
        tried = device.trying_out and runs
        if (working, tried) != (link.working, link.tried):
            self.connect(link_on.Working(working, tried))

    def follow_mode(self) -> None:
        """The Hub is spoken to in remote mode, and in no other (R20)."""
        linked = self.device.link.phase is not Phase.OFF
        wanted = self.device.remote and self.device.modes.remote_allowed
        if wanted and not linked:
            self.connect(link_on.Began())
        elif linked and not wanted:
            self.connect(link_on.Ended())

    def adopt(self, revision: str) -> None:
        """The supervisor runs this revision's containers from now on, but for the sick ones."""
        state = self.device.state(revision)
        if state is None:
            return
        sick = self.device.sick_in(revision)
        healthy = tuple(one for one in state.containers if one.name not in sick)
        work = self.device.update.update
        trial = work is not None and work.stage is not Stage.REPORT
        self.supervise(sup_on.Adopt(revision, state.groups, healthy, trial))

    def leave(self, why: str, poweroff: bool = False) -> None:
        leaving = self.device.leaving
        if leaving is None:
            self.change(leaving=dev.Leave(poweroff, why))
            self.log("INFO", "controller", why)
            self.supervise(sup_on.Halt())
        elif poweroff:
            self.change(leaving=replace(leaving, poweroff=True))

    # ---- what the end of something means -------------------------------------------------------

    def _before_arming(self, revision: str) -> None:
        """R20: running a local revision turns to local mode; staging it does not run it yet. Set
        before the boot file is, so that no cut leaves a local try in remote mode."""
        stays = self.device.update.staged == revision and not self.device.update.in_work
        if is_local(revision) and not stays and not self.device.modes.remote_always:
            self.set_mode(False)

    def _mode_follows(self, running: str) -> None:
        """R20: a remote revision that comes to run, also by a rollback, turns remote mode on."""
        if not is_local(running) and self.device.modes.remote_allowed:
            self.set_mode(True)

    def _put_back(self, work: Update) -> None:
        """A remote step that still waited for the Hub made room: it keeps its place."""
        now = self.device.update.update
        if now is not None and now.revision != work.revision:
            self.change(queue=(*self.device.queue, (work.revision, work.retries)))

    def make_room(self) -> None:
        """A step that waits for the Hub's answer is put back: nothing of it was begun, and its
        answer must begin nothing while a command is at work on the trails."""
        work = self.device.update.update
        if work is not None and work.stage is Stage.REPORT:
            queue = (*self.device.queue, (work.revision, work.retries))
            self.change(update=idle(self.device.update), queue=queue)

    def set_mode(self, remote: bool) -> None:
        if self.device.remote is not remote:
            self.change(remote=remote)
            self.do(dev.SetMode(remote))
            self.follow_mode()

    def fill_slot(self, command: dev.Command) -> None:
        """R13: the command is on disk before it is answered."""
        self.change(command=command, begun=False)
        self.do(dev.Journal(command))

    def empty_slot(self) -> None:
        if self.device.command is not None:
            self.change(command=None, begun=False)
            self.do(dev.Journal(None))
            self.pending.append(TakeUp())

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
        self.change(states=tuple(entry for entry in self.device.states if entry[0] in used))

    def keep(self, revision: str, state: State) -> None:
        others = (entry for entry in self.device.states if entry[0] != revision)
        self.change(states=(*others, (revision, state)))
