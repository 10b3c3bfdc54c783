"""A supervisor with hands that do what they are told, and a watch over what must always hold."""

from dataclasses import replace

from surefoot.revision import AutoRecovery, Container, Goal, Group, RecoveryPolicy, RestartPolicy
from surefoot.supervisor import effects as do
from surefoot.supervisor import events as on
from surefoot.supervisor.advance import advance
from surefoot.supervisor.effects import Fact
from surefoot.supervisor.record import Record
from surefoot.supervisor.tables import MOVES
from surefoot.supervisor.tables import ContainerStatus as S

GROUPS = (Group("root"), Group("app"))
ALWAYS = AutoRecovery(policy=RecoveryPolicy.ALWAYS, max_retries=2, retry_delay_s=5)


def box(name="app", version="1", group="app", goal=Goal.STARTED, recovery=None, **more):
    """A container; two with equal arguments are the same container."""
    fingerprint = f"{name} {version} {goal} {recovery}"
    policy = more.pop("policy", RestartPolicy.CONTAINER)
    return Container(
        name, group, goal, policy, auto_recovery=recovery, fingerprint=fingerprint, **more
    )


def data(name="data", version="1", group="root"):
    """A container without a process."""
    return box(name, version, group, Goal.MOUNTED)


def ready(name="app", version="1", group="app", **more):
    return box(name, version, group, Goal.READY, **more)


class Bench:
    """`tell` gives one event; `settle` carries out what is wanted until nothing is left to do.

    `bad` holds ids or names whose preparation fails, `dead` those whose init cannot be started,
    `deaf` those that do not end when they are asked to.
    """

    def __init__(self):
        self.record = Record()
        self.effects = []
        self.timers = {}
        self.todo = []
        self.bad, self.dead, self.deaf = set(), set(), set()
        self.pids = iter(range(100, 100000))

    def tell(self, event):
        before = self.record
        self.record, effects = advance(before, event)
        check(before, self.record, effects, event)
        for effect in effects:
            self._note(effect)
        return effects

    def _note(self, effect):
        self.effects.append(effect)
        if isinstance(effect, do.SetTimer):
            self.timers[effect.timer] = effect.seconds
        elif isinstance(effect, do.DropTimer):
            self.timers.pop(effect.timer, None)
        elif isinstance(effect, do.Prepare | do.Start | do.Stop):
            self.todo.append(effect)

    def adopt(self, revision, *containers, groups=GROUPS, trial=False):
        return self.tell(on.Adopt(revision, groups, containers, trial))

    def boot(self, *containers, groups=GROUPS, trial=False):
        """Revision 0 is up: every container started, those with goal READY ready."""
        self.adopt("0", *containers, groups=groups, trial=trial)
        self.settle()
        for one in self.record.current:
            if one.container.goal is Goal.READY and one.has_process:
                self.tell(on.Signalled(one.id))
                self.settle()
        return self

    def settle(self):
        effects = []
        while self.todo:
            answer = self.answer(self.todo.pop(0))
            effects += self.tell(answer) if answer else ()
        return effects

    def answer(self, effect):
        names = {effect.id, effect.id.split(".")[0]}
        if isinstance(effect, do.Prepare):
            failed = on.PrepareFailed(effect.id, "it cannot be mounted")
            return failed if names & self.bad else on.Prepared(effect.id)
        if isinstance(effect, do.Start):
            failed = on.StartFailed(effect.id, "init does not exist")
            return failed if names & self.dead else on.Started(effect.id, next(self.pids))
        return None if names & self.deaf else on.Exited(effect.id, 0)

    def fire(self, timer):
        """The timer runs out; it must be running."""
        del self.timers[timer]
        return self.tell(on.TimerFired(timer))

    def one(self, name):
        return self.record.named(name)

    def status(self, name):
        found = self.one(name)
        return None if found is None else self.record.shown_status(found)

    def pid(self, name):
        return self.one(name).pid

    @property
    def facts(self):
        return [effect.fact for effect in self.effects if isinstance(effect, do.Tell)]

    def told(self, fact):
        return self.facts.count(fact)


def wanted(effects, *kinds):
    """(kind, id) of the effects of these kinds, in order."""
    return [(type(e).__name__, e.id) for e in effects if isinstance(e, kinds)]


def facts_of(effects):
    return [effect.fact for effect in effects if isinstance(effect, do.Tell)]


def check(before, after, effects, event):
    """What holds after every event, whatever it was."""
    hash(after)
    assert after == replace(after)
    ids = [one.id for one in after.instances]
    assert len(ids) == len(set(ids))
    names = [one.name for one in after.current]
    assert len(names) == len(set(names)), "one instance a container in the revision that runs"
    alive = [one.name for one in after.instances if one.has_process]
    assert len(alive) == len(set(alive)), f"two of one name have processes: {alive}"
    assert after.clocks <= after.released
    for effect in effects:
        if isinstance(effect, do.Start):
            _check_start(before, after, effect)
    if after.told_halted and not before.told_halted:
        assert not alive or isinstance(event, on.TimerFired), "halted, and something runs"
    _check_moves(before, after)


def _check_start(before, after, effect):
    one, was = after.get(effect.id), before.get(effect.id)
    assert one.status is S.STARTING
    assert not one.user_stopped
    assert not after.halting, f"{effect.id} is started while everything is stopped"
    assert was is not None, "an instance is prepared before it is started"


def _check_moves(before, after):
    """An event moves a container along the table, at most two steps (down and up again)."""
    for one in after.instances:
        was = before.get(one.id)
        if was is None or was.status is one.status:
            continue
        direct = MOVES[was.status]
        assert one.status in direct | {s for step in direct for s in MOVES[step]}, (
            f"{one.id}: {was.status} -> {one.status}"
        )


__all__ = ["ALWAYS", "GROUPS", "Bench", "Fact", "S", "box", "data", "facts_of", "ready", "wanted"]
