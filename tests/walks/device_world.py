"""A composed device that anything may happen to: commands, containers, Hub, and power.

`World.happen` is one thing that happens; `rest` lets everything end well. Whatever was done,
`check` says what must hold.
"""

from itertools import pairwise

from surefoot.boot.choose import choose
from surefoot.boot.protocol import BootVars
from surefoot.device import effects as dev
from surefoot.device.turn import Modes
from surefoot.link import effects as link_do
from surefoot.link import events as link_on
from surefoot.link.advance import LINE
from surefoot.link.record import Link, Phase, What, Why
from surefoot.supervisor import effects as sup_do
from surefoot.supervisor import events as sup_on
from surefoot.update import effects as up_do
from surefoot.update import events as up_on
from surefoot.update import tables
from surefoot.update.tables import Cause, Stage
from surefoot.wire.progress import Status
from tests.device.composed import BASE, FACTORY, NEW_APP, NEW_BASE, OWNED, Bench, stored
from tests.revision.states import app, state

RULE = {"policy": "always", "max_retries": 1, "retry_delay": 1, "stable_timeout": 2}
STATES = {
    "0": FACTORY,
    "locals/a": NEW_APP,
    "locals/b": NEW_BASE,
    "locals/c": state(BASE, app("app", "5", group="app", status_goal="READY")),
    "locals/d": state(BASE, app("web", "1", group="app", auto_recovery=RULE)),
    "7": state(BASE, app("app", "7", group="app")),
    "8": state(app("base", "8", group="root"), app("app", "8", group="app")),
}
MODES = (Modes(), Modes(remote_allowed=True), Modes(True, True))
BEGUN = (Status.INPROGRESS, Status.TESTING)
BAD_OBJECT = Cause.BAD_OBJECT


class Cut(Exception):
    """The power fails before the next effect."""


class World(Bench):
    def __init__(self, modes=MODES[0], proven=True, claimed=False):
        super().__init__(STATES, modes, link=OWNED if claimed else Link())
        self.pv_trying, self.cut_in, self.alive = None, None, {}
        self.progress = {
            name: stored(tables.READY_TO_RUN) for name in STATES if name.startswith("locals/")
        }
        if proven:
            self.progress["0"] = stored(tables.FACTORY)
        self.cancelled, self.away = set(), False
        self.power()

    # --- the power ------------------------------------------------------------------------------

    def power(self, sick=False):
        """Boots until a boot is not cut."""
        while True:
            self.cut_in, self.alive = None, {}
            variables = BootVars(self.pv_rev, self.pv_try, self.pv_trying)
            choice = choose(variables, self.pv_try in self.states)
            self.pv_trying = choice.trying
            try:
                self._booted(choice.rev, sick)
            except Cut:
                continue
            if self.left is None:
                return

    def _booted(self, running, sick):
        tried = running == self.pv_try
        found = {"cause": BAD_OBJECT} if sick and tried else {}
        if sick and not tried:
            found["sick"] = {"app": "app/root.squashfs has other bytes"}
        named = (self.pv_try, self.pv_rev)
        others = [(name, p) for name, p in self.progress.items() if name not in named]
        local = [(name, p) for name, p in others if name.startswith("locals/")]
        orphans = tuple((name, p) for name, p in local if p.status in BEGUN)
        waiting = tuple(
            (name, p.retries)
            for name, p in others
            if (name, p) not in local and p.status not in tables.FINAL and name != "0"
        )
        self.boot(running, orphans=orphans, waiting=waiting, **found)

    def _perform(self, effect):
        if self.cut_in is not None:
            if self.cut_in == 0:
                raise Cut
            self.cut_in -= 1
        super()._perform(effect)

    def arm(self, effect):
        self.pv_trying, self.pv_try = None, effect.revision

    def disarm(self, effect):
        if effect.restore:
            self.pv_trying = None
        self.pv_try = effect.restore

    def ask(self, effect):
        self.todo.append(effect)

    def forget_hub(self, effect):
        super().forget_hub(effect)
        self.log = [(name, point) for name, point in self.log if name in self.progress]

    # --- what happens ---------------------------------------------------------------------------

    def happen(self, what, *how):
        try:
            getattr(self, f"do_{what}")(*how)
        except Cut:
            self.power()
        while self.left is not None:
            self.power()
        self.check()

    def do_cut(self, after):
        """The power fails that many effects later."""
        self.cut_in = after

    def do_off(self, sick):
        self.power(sick)

    def do_command(self, op, payload):
        assert self.command(op, payload).status in (200, 204, 400, 404, 409, 503)

    def do_container(self, name, action):
        self.container(name, action)

    def do_found(self, step):
        self.give(dev.StepFound(step, self.progress.get(step)))

    def do_cancel(self, step):
        self.cancelled.add(step)

    def do_hub(self, away):
        self.away = away

    def do_silent(self):
        self.give(dev.HubSilence(self.device.update.running))

    def do_garbage(self):
        self.give(dev.GarbageAsked())

    def do_heal(self):
        self.give(dev.Healed(("app",)))

    def do_leave(self):
        self.give(dev.LeaveAsked("SIGTERM"))

    def do_exit(self, choice):
        if self.alive:
            one = sorted(self.alive)[choice % len(self.alive)]
            del self.alive[one]
            self.give(sup_on.Exited(one, choice % 2))

    def do_signal(self, choice):
        if self.alive:
            one = sorted(self.alive)[choice % len(self.alive)]
            self.give(dev.SignalGiven(0, one, "ready"))

    def do_timer(self, choice):
        if self.timers:
            timer = sorted(self.timers)[choice % len(self.timers)]
            del self.timers[timer]
            self.give(sup_on.TimerFired(timer))

    def do_answer(self, choice, good=True):
        due = list({key(e): e for e in reversed(self.todo)}.values())
        if due:
            effect = due[choice % len(due)]
            self.todo.remove(effect)
            for event in self._answers(effect, good):
                self.give(event)

    def do_fail(self, choice):
        self.do_answer(choice, good=False)

    def _answers(self, effect, good):
        if isinstance(effect, up_do.Report):
            return self._reported(effect)
        if isinstance(effect, link_do.Ask):
            return self._answered(effect.what, good)
        if isinstance(effect, sup_do.Start):
            if good:
                self.alive[effect.id] = effect.name
            return [
                sup_on.Started(effect.id, 7) if good else sup_on.StartFailed(effect.id, "no init")
            ]
        if isinstance(effect, sup_do.Stop):
            gone = self.alive.pop(effect.id, None)
            return [sup_on.Exited(effect.id, 0)] if gone else []
        return self.answer(effect) if good else [BAD[type(effect)](effect)]

    def _reported(self, effect):
        if self.away:
            return []
        held = self.progress[effect.revision].status
        held = Status.CANCELLED if effect.revision in self.cancelled else held
        return [self._contact(), up_on.Reported(effect.revision, held)]

    def _contact(self):
        return dev.HubContact(True, self.device.update.running)

    def _answered(self, what, good):
        if self.away:
            return [dev.HubSilence(self.device.update.running), link_on.Failed(what, Why.SILENT)]
        if not good:
            return [self._contact(), link_on.Failed(what, Why.UNKNOWN)]
        return [self._contact(), GOOD.get(what) or link_on.Answered(what)]

    # --- the end --------------------------------------------------------------------------------

    def rest(self):
        """All goes well from now on, and time passes: nothing may be left that waits."""
        self.away, self.cancelled, self.cut_in = False, set(), None
        self.give(dev.Healed(("app",)))
        for _ in range(600):
            while self.left is not None:
                self.power()
            if self.todo:
                self.happen("answer", 0)
            elif self._signals() or self._hub_comes_back() or self._time_passes():
                continue
            else:
                return
        raise AssertionError(f"no rest: {self.stage} {self.device.command} {self.timers}")

    def _signals(self):
        waiting = [one for one in self.device.supervisor.current if one.has_process]
        needing = [one for one in waiting if not one.reached and one.id in self.alive]
        for one in needing:
            self.give(dev.SignalGiven(0, one.id, "ready"))
        return bool(needing)

    def _hub_comes_back(self):
        """What could not be reported is reported again by the Hub's client."""
        if self.stage is Stage.REPORT:
            self.todo.append(up_do.Report(self.work.revision))
        elif self.stage is Stage.GOALS and self.work.remote and not self.work.contact:
            self.give(self._contact())
        else:
            return False
        return True

    def _time_passes(self):
        """Once it is idle the link asks on and on: that is its rest."""
        timers, idle = sorted(self.timers), self.device.link.phase is Phase.IDLE
        due = [timer for timer in timers if not (idle and timer.startswith("link."))]
        if due:
            self.happen("timer", timers.index(due[0]))
        return bool(due) or bool(self.todo)

    # --- what must hold -------------------------------------------------------------------------

    def check(self):
        device = self.device
        hash(device)
        assert (device.update.done, device.update.trying) == (self.pv_rev, self.pv_try)
        assert self.journal == device.command, "the slot is what the journal says"
        self._check_records()
        if device.update.update is None and device.leaving is None:
            self._check_rest()

    def _check_records(self):
        for name in self.progress:
            for before, after in pairwise(self.points(name)):
                again = after is tables.READY_TO_RUN and (before.final or before is after)
                assert again or before is after or after in tables.FOLLOWS[before], (
                    f"{name}: {before.message or before.status} -> {after.message or after.status}"
                )

    def _check_rest(self):
        record = self.device.update
        proven = self.progress.get(self.pv_rev)
        assert self.pv_rev == "0" or proven.status is Status.DONE
        if record.running != record.done:
            assert self.progress[record.running].status is Status.UPDATED

    def check_end(self):
        """At rest, everything that was accepted or queued has come to its end."""
        self.check()
        record = self.device.update
        assert record.update is None, f"{record.update} never ends"
        assert self.device.command is None
        assert not (self.device.remote and self.device.queue)
        names = {one.name for one in self.device.supervisor.current}
        state = self.device.state(record.running)
        sick = self.device.sick_in(record.running)
        assert names == {one.name for one in state.containers} - set(sick)
        assert self.device.supervisor.retiring == ()
        self._check_link()
        for name, found in self.progress.items():
            staged = name == record.staged
            queued = name in dict(self.device.queue)
            fresh = found.status is Status.NEW
            assert staged or queued or fresh or found.status in tables.FINAL, f"{name}: {found}"

    def _check_link(self):
        """R20: in remote mode, and in no other, the Hub is spoken to."""
        device = self.device
        remote = device.remote and device.modes.remote_allowed
        assert device.link.phase is (Phase.IDLE if remote else Phase.OFF)
        assert (LINE in self.timers) is remote


def key(effect):
    """Effects of one container keep their order, and so do those of one revision."""
    if isinstance(effect, sup_do.Prepare):
        return effect.container.name
    return getattr(effect, "name", None) or f"{type(effect).__name__} {effect!r}"


GOOD = {
    What.REGISTER: link_on.Registered("d1", "prn:::devices:/d1", "secret"),
    What.LOOK_UP: link_on.Seen(owned=True),
    What.TRAILS: link_on.TrailsSeen(present=True),
}
BAD = {
    up_do.LoadState: lambda e: dev.StateLoaded(e.revision, None, Cause.BAD_STATE, "bad"),
    up_do.Install: lambda e: up_on.InstallFailed(e.revision, BAD_OBJECT, "bad"),
    up_do.Fetch: lambda e: up_on.FetchFailed(e.revision, None, "cut"),
    sup_do.Prepare: lambda e: sup_on.PrepareFailed(e.id, "it cannot be mounted"),
    dev.MakeFactory: lambda e: dev.FactoryMade(e.revision, "no room"),
    dev.CopyRevision: lambda e: dev.RevisionCopied(detail="no room"),
    dev.CollectGarbage: lambda e: dev.Collected(0),
}
