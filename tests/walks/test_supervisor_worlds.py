"""Containers in any order of events that hands and door can send, and what must come of it.

The hands answer what they were asked, in any order between containers and in the given order within
one, well or badly; processes end when they like; timers run out at any time, also one whose event
was on its way when it was dropped; revisions follow each other. The bench watches every step.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from surefoot.revision import AutoRecovery, Goal, Group, RecoveryPolicy
from surefoot.supervisor import effects as do
from surefoot.supervisor import events as on
from tests.supervisor.bench import ALWAYS, Bench, Fact, S, box

GROUPS = (Group("root"), Group("app", timeout_s=5))
POLICIES = (
    None,
    ALWAYS,
    AutoRecovery(RecoveryPolicy.ON_FAILURE, 1, 1, stable_timeout_s=2, reset_window_s=3),
    AutoRecovery(RecoveryPolicy.ALWAYS, 0, 1, backoff_policy="never", stable_timeout_s=2),
)


@st.composite
def containers(draw):
    """Some of three containers, each in one of two versions, so that revisions have much in
    common."""
    found = []
    for name, group in (("base", "root"), ("app", "app"), ("web", "app")):
        if not draw(st.booleans()):
            continue
        version = draw(st.sampled_from("12"))
        goal = draw(st.sampled_from(Goal))
        found.append(box(name, version, group, goal, draw(st.sampled_from(POLICIES))))
    return tuple(found)


ADOPT = st.tuples(st.just("adopt"), containers(), st.booleans())
CHOOSE = st.tuples(
    st.sampled_from(["answer", "answer", "answer", "fail", "exit", "signal", "timer", "late"]),
    st.integers(0, 1000),
)
COMMAND = st.tuples(
    st.just("command"),
    st.sampled_from(["base", "app", "web"]),
    st.sampled_from(["stop", "start", "restart"]),
)
HAPPENS = st.lists(ADOPT | CHOOSE | CHOOSE | CHOOSE | COMMAND, max_size=60)


class World(Bench):
    """Keeps what is due for each container in order, what runs, and timers that were dropped."""

    def __init__(self):
        super().__init__()
        self.running, self.dropped, self.serial = set(), [], 0

    def happen(self, what, *how):
        getattr(self, f"_{what}")(*how)

    def _adopt(self, wanted, trial):
        self.serial += 1
        self.adopt(str(self.serial), *wanted, groups=GROUPS, trial=trial)

    def _command(self, name, action):
        self.tell(on.ActionAsked(name, action))

    def _due(self):
        """The first effect of each container: the hands keep their order."""
        return list({name_of(e): e for e in reversed(self.todo)}.values())

    def _answer(self, choice, good=True):
        due = self._due()
        if not due:
            return
        effect = due[choice % len(due)]
        self.todo.remove(effect)
        self._answered(effect, good)

    def _fail(self, choice):
        self._answer(choice, good=False)

    def _answered(self, effect, good):
        if isinstance(effect, do.Prepare):
            answer = on.Prepared(effect.id) if good else on.PrepareFailed(effect.id, "no")
        elif isinstance(effect, do.Start):
            if good:
                self.running.add(effect.id)
            answer = on.Started(effect.id, 7) if good else on.StartFailed(effect.id, "no")
        else:
            if effect.id not in self.running:
                return
            self.running.discard(effect.id)
            answer = on.Exited(effect.id, 0)
        self.tell(answer)

    def _exit(self, choice):
        if self.running:
            one = sorted(self.running)[choice % len(self.running)]
            self.running.discard(one)
            self.tell(on.Exited(one, choice % 3))

    def _signal(self, choice):
        if self.running:
            self.tell(on.Signalled(sorted(self.running)[choice % len(self.running)]))

    def _timer(self, choice):
        if self.timers:
            timer = sorted(self.timers)[choice % len(self.timers)]
            self.dropped.append(timer)
            self.fire(timer)

    def _late(self, choice):
        if self.dropped:
            self.tell(on.TimerFired(self.dropped[choice % len(self.dropped)]))

    def _note(self, effect):
        if isinstance(effect, do.DropTimer) and effect.timer in self.timers:
            self.dropped.append(effect.timer)
        if isinstance(effect, do.Release):
            assert effect.id not in self.running, "released while it runs"
        super()._note(effect)

    # --- to the end -----------------------------------------------------------------------------

    def answer_all(self):
        """Everything that was asked for is done, and done well."""
        for _ in range(400):
            if not self.todo:
                return
            self._answer(0)
        raise AssertionError("the hands never come to an end")

    def patience(self):
        """Nobody signals, nobody exits; time passes."""
        for _ in range(60):
            self.answer_all()
            clocks = sorted(name for name in self.timers if name.startswith("goal:"))
            rest = sorted(set(self.timers) - set(clocks))
            if not clocks and not rest:
                return
            self.fire((rest or clocks)[0])


def name_of(effect):
    return effect.container.name if isinstance(effect, do.Prepare) else effect.name


def played(happens):
    world = World()
    for what in happens:
        world.happen(*what)
    return world


@settings(max_examples=250)
@given(HAPPENS)
def test_any_order_of_events_keeps_what_the_bench_watches(happens):
    """One process a name, starts only of what is prepared, moves of the table, nothing released
    that runs; no event raises."""
    played(happens)


@settings(max_examples=150)
@given(HAPPENS)
def test_a_halt_always_comes_to_its_end(happens):
    """Design rule 7: told once, with nothing left that runs."""
    world = played(happens)
    world.tell(on.Halt())
    world.answer_all()
    assert world.told(Fact.HALTED) == 1
    assert not world.running
    for timer in list(world.timers):
        world.fire(timer)
    assert world.told(Fact.HALTED) == 1


@settings(max_examples=150)
@given(HAPPENS, containers())
def test_every_adoption_has_an_outcome(happens, wanted):
    """R10, R11: after whatever went before, a new revision reaches its goals, or one of its
    containers fails or is late: nobody waits for ever."""
    world = played(happens)
    before = len(world.effects)
    world.adopt("last", *wanted, groups=GROUPS, trial=True)
    world.patience()
    outcomes = {Fact.GOALS_REACHED, Fact.GOAL_TIMED_OUT, Fact.CONTAINER_FAILED}
    told = {e.fact for e in world.effects[before:] if isinstance(e, do.Tell)}
    assert told & outcomes


@settings(max_examples=150)
@given(HAPPENS, containers())
def test_what_runs_in_the_end_is_the_revision_that_was_adopted_last(happens, wanted):
    """What is recorded is what runs; nothing of an older revision is left behind."""
    world = played(happens)
    world.adopt("last", *wanted, groups=GROUPS)
    world.patience()
    record = world.record
    assert record.retiring == ()
    assert {one.name for one in record.current} == {one.name for one in wanted}
    assert {one.container.fingerprint for one in record.current} == {
        one.fingerprint for one in wanted
    }
    assert world.running <= {one.id for one in record.current}


@settings(max_examples=100)
@given(containers(), containers())
def test_what_is_the_same_in_two_revisions_is_never_touched(first, second):
    """R5, there and back again."""
    world = World()
    world.adopt("0", *first, groups=GROUPS)
    world.answer_all()
    alive = {one.container.fingerprint: one.id for one in world.record.current if one.alive}
    for revision, wanted in (("1", second), ("2", first)):
        world.adopt(revision, *wanted, groups=GROUPS)
        world.answer_all()
    both = {one.fingerprint for one in first} & {one.fingerprint for one in second}
    for one in world.record.current:
        if one.container.fingerprint in both & set(alive):
            assert one.id == alive[one.container.fingerprint]
            assert one.status is not S.STOPPED
