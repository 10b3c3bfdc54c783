"""The composed device on a table: its hands are the test's, one effect at a time."""

from dataclasses import replace

from surefoot.device import compose
from surefoot.device import effects as dev
from surefoot.device.turn import Device, Modes
from surefoot.link import effects as link_do
from surefoot.link import events as link_on
from surefoot.link.record import Link
from surefoot.supervisor import effects as sup_do
from surefoot.supervisor import events as sup_on
from surefoot.update import effects as up_do
from surefoot.update import events as up_on
from surefoot.update import tables
from surefoot.update.record import Policy, Record
from surefoot.wire.progress import PERCENT, Progress, Status
from tests.revision.states import app, state

X, Y, SEVEN = "locals/x", "locals/y", "7"
POLICY = Policy(commit_delay_s=25, goals_timeout_s=120, network_timeout_s=60, max_retries=3)
REMOTE = Modes(remote_allowed=True)
OWNED = Link(known=True, settled=True, claimed=True)
BASE = app("base", group="root")

FACTORY = state(BASE, app("app", group="app"))
NEW_APP = state(BASE, app("app", "2", group="app"))
NEWER_APP = state(BASE, app("app", "3", group="app"))
NEW_BASE = state(app("base", "2", group="root"), app("app", group="app"))
WITH_READY = state(BASE, app("app", "2", group="app", status_goal="READY"))
STATES = {"0": FACTORY, X: NEW_APP, Y: NEWER_APP, SEVEN: NEW_APP, "8": NEWER_APP}


def done(revision="0"):
    point = tables.FACTORY if revision == "0" else tables.DONE
    return stored(point)


def stored(point, retries=0, x=0, y=0):
    """The progress that a row of the table leaves on disk."""
    message = point.message.format(x=x, y=y)
    return Progress(point.status, message, PERCENT[point.status], retries)


class Bench:
    """A device that was booted. `give` is one event; `settle` carries out what waits, in order.

    `states`: revision -> parsed state; `progress`: revision -> what is stored of it.
    """

    def __init__(self, states=STATES, modes=None, policy=POLICY, **facts):
        self.states = dict(states)
        self.modes = modes or Modes()
        self.policy = policy
        self.progress = {"0": done()}
        self.dead, self.bad = set(), set()
        self.installs_fail = None
        self.hub_answers, self.held = True, None
        self.link = Link()
        self.pv_rev, self.pv_try = "0", None
        self.journal, self.remote, self.left = None, self.modes.remote_allowed, None
        self.log, self.effects, self.answers, self.timers, self.todo = [], [], {}, {}, []
        self.asked = []
        self.tickets, self.pids = iter(range(1, 1000)), iter(range(100, 10000))
        self.__dict__.update(facts)

    # --- power ----------------------------------------------------------------------------------

    def boot(self, running=None, **found):
        """The agent starts on `running` (default: what the boot loader would choose first)."""
        running = running or self.pv_try or self.pv_rev
        self.todo, self.timers, self.left = [], {}, None
        record = Record(running, self.pv_rev, policy=self.policy)
        self.device = Device(record, link=self.link, modes=self.modes)
        cause = found.pop("cause", None)
        facts = up_on.Booted(
            running,
            self.pv_rev,
            self.pv_try,
            self.progress.get(self.pv_try or running),
            cause=cause,
            orphans=found.pop("orphans", ()),
            proven=self._is_done(running),
        )
        payload = self.journal.payload if self.journal else ""
        boot = dev.Boot(
            facts,
            self.states.get(running),
            self.states.get(self.pv_rev),
            journal=self.journal,
            journal_progress=self.progress.get(payload),
            remote=self.remote,
            **found,
        )
        self.give(boot)
        return self

    def _is_done(self, revision):
        found = self.progress.get(revision)
        return found is not None and found.status is Status.DONE

    def on(self, running=None, **found):
        """Booted, and everything that then wants to be done is done."""
        self.boot(running, **found)
        self.settle()
        return self

    # --- events and effects ---------------------------------------------------------------------

    def give(self, event):
        self.device, effects = compose.advance(self.device, event)
        for effect in effects:
            self._perform(effect)
        return list(effects)

    def _perform(self, effect):
        self.effects.append(effect)
        hand = HANDS.get(type(effect))
        if hand is not None:
            getattr(self, hand.__name__)(effect)
        elif type(effect) in ANSWERS:
            self.todo.append(effect)

    def settle(self):
        """Every answer that is due comes, oldest first; gives all effects on the way."""
        effects = []
        while self.todo and self.left is None:
            for event in self.answer(self.todo.pop(0)):
                effects += self.give(event)
        return effects

    def step(self):
        """The oldest effect that waits for an answer gets it."""
        return [e for event in self.answer(self.todo.pop(0)) for e in self.give(event)]

    def answer(self, effect):
        """The events that answer an effect; none from a Hub that is away."""
        answer = ANSWERS[type(effect)](self, effect)
        return answer if isinstance(answer, list) else [answer]

    def _load(self, effect):
        found = self.states.get(effect.revision)
        cause = None if found else tables.Cause.BAD_STATE
        missing = effect.revision in ("7", "8")
        return dev.StateLoaded(effect.revision, found, cause, missing=missing)

    def _install(self, effect):
        if self.installs_fail:
            return up_on.InstallFailed(effect.revision, self.installs_fail)
        return up_on.Installed(effect.revision)

    def _fetch(self, effect):
        return up_on.Fetched(effect.revision)

    def _report(self, effect):
        held = self.held or self.progress[effect.revision].status
        answers = [up_on.HubAnswered(), up_on.Reported(effect.revision, held)]
        return answers if self.hub_answers else []

    def _container(self, effect):
        names = {effect.id, effect.id.split(".")[0]}
        if isinstance(effect, sup_do.Prepare):
            failed = sup_on.PrepareFailed(effect.id, "it cannot be mounted")
            return failed if names & self.bad else sup_on.Prepared(effect.id)
        if isinstance(effect, sup_do.Start):
            failed = sup_on.StartFailed(effect.id, "init does not exist")
            return failed if names & self.dead else sup_on.Started(effect.id, next(self.pids))
        return sup_on.Exited(effect.id, 0)

    # --- hands that answer nothing --------------------------------------------------------------

    def save(self, effect):
        found = stored(effect.point, effect.retries, effect.x, effect.y)
        self.progress[effect.revision] = found
        self.log.append((effect.revision, effect.point))

    def arm(self, effect):
        self.pv_try = effect.revision

    def disarm(self, effect):
        self.pv_try = effect.restore

    def commit(self, effect):
        self.pv_rev, self.pv_try = effect.revision, None

    def set_timer(self, effect):
        self.timers[effect.timer] = effect.seconds

    def drop_timer(self, effect):
        self.timers.pop(effect.timer, None)

    def reply(self, effect):
        self.answers[effect.ticket] = effect

    def write(self, effect):
        self.journal = effect.command

    def mode(self, effect):
        self.remote = effect.remote

    def leave(self, effect):
        self.left = effect

    def copy(self, effect):
        name = "locals/unclaimed-1"
        self.states[name] = self.states[effect.revision]
        self.progress[name] = done(name)
        return dev.RevisionCopied(name)

    def forget_hub(self, effect):
        self.link = Link()
        for name in [name for name in self.progress if name.isdigit() and name != "0"]:
            del self.progress[name]

    # --- the Hub, as far as the link asks it ----------------------------------------------------

    def ask(self, effect):
        self.asked.append(effect.what)

    def keep(self, effect):
        self.link = replace(self.link, known=True)

    def settle_link(self, effect):
        self.link = replace(self.link, settled=True, claimed=True)

    def linked(self):
        """The Hub knows the device and its trail."""
        self.give(link_on.Seen(owned=True))
        self.give(link_on.TrailsSeen(present=True))
        self.settle()
        return self

    # --- what a user does -----------------------------------------------------------------------

    def command(self, op, payload=""):
        """The answer of the door to a command."""
        ticket = next(self.tickets)
        named = payload or self.device.update.running
        known, found = named in self.states, self.progress.get(named)
        self.give(dev.CommandGiven(ticket, op, payload, known, found))
        return self.answers[ticket]

    def container(self, name, action):
        ticket = next(self.tickets)
        self.give(dev.ContainerAsked(ticket, name, action))
        return self.answers[ticket]

    def signal(self, name, kind="ready"):
        ticket = next(self.tickets)
        one = self.device.supervisor.named(name)
        self.give(dev.SignalGiven(ticket, one.id if one else "", kind))
        return self.answers[ticket]

    def fire(self, timer):
        del self.timers[timer]
        effects = self.give(sup_on.TimerFired(timer))
        return effects + self.settle()

    def run(self, revision=X, op="LOCAL_RUN"):
        """A command, and everything up to the next thing that only time brings."""
        answer = self.command(op, revision)
        assert answer.status == 200, answer
        self.settle()
        return self

    def updated(self, revision=X):
        """The revision runs and is UPDATED."""
        self.run(revision)
        self.fire(tables.COMMIT_TIMER)
        assert self.progress[revision].status is Status.UPDATED
        return self

    def reboots(self, running=None, **found):
        """The device left; the next boot is of `running`."""
        assert self.left is not None
        return self.on(running, **found)

    # --- what there is to see -------------------------------------------------------------------

    @property
    def work(self):
        return self.device.update.update

    @property
    def stage(self):
        return self.work and self.work.stage

    def points(self, revision=X):
        """What was stored of a revision, in order."""
        return [point for name, point in self.log if name == revision]

    def running_pids(self):
        return {one.name: one.pid for one in self.device.supervisor.current if one.has_process}


ANSWERS = {
    up_do.LoadState: Bench._load,
    up_do.Install: Bench._install,
    up_do.Fetch: Bench._fetch,
    up_do.Report: Bench._report,
    sup_do.Prepare: Bench._container,
    sup_do.Start: Bench._container,
    sup_do.Stop: Bench._container,
    dev.MakeFactory: lambda bench, effect: dev.FactoryMade(effect.revision),
    dev.CopyRevision: Bench.copy,
    dev.CollectGarbage: lambda bench, effect: dev.Collected(0),
}
HANDS = {
    up_do.Save: Bench.save,
    up_do.Arm: Bench.arm,
    up_do.Disarm: Bench.disarm,
    up_do.Commit: Bench.commit,
    up_do.SetTimer: Bench.set_timer,
    sup_do.SetTimer: Bench.set_timer,
    up_do.DropTimer: Bench.drop_timer,
    sup_do.DropTimer: Bench.drop_timer,
    dev.Answer: Bench.reply,
    dev.Journal: Bench.write,
    dev.SetMode: Bench.mode,
    dev.Leave: Bench.leave,
    dev.ForgetHub: Bench.forget_hub,
    link_do.Ask: Bench.ask,
    link_do.Keep: Bench.keep,
    link_do.Settle: Bench.settle_link,
    link_do.SetTimer: Bench.set_timer,
    link_do.DropTimer: Bench.drop_timer,
}


def of(kind, effects):
    return [effect for effect in effects if isinstance(effect, kind)]


def with_states(**more):
    return {**STATES, **more}
