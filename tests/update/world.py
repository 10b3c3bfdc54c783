"""The update machine with a disk, a boot loader and every answer its hands could give.

`explore` visits all that can be reached, with the power failing after every single effect, and
gathers what was stored after what. The composition's own rules for what is offered when (one update
at a time, nothing for the running revision) are in `_asked`.
"""

from collections import deque
from dataclasses import dataclass, replace

from surefoot.boot.choose import choose
from surefoot.boot.protocol import BootVars
from surefoot.update import effects as do
from surefoot.update import events as on
from surefoot.update import tables
from surefoot.update.advance import RULES, advance
from surefoot.update.record import How, Record
from surefoot.update.tables import Cause
from surefoot.wire.progress import Status
from tests.update.engine import ONE_WAY, POLICY, REBOOT, SWITCH, stored

BEGUN = (Status.INPROGRESS, Status.TESTING)
REFUSALS = (Cause.BAD_STATE, Cause.NOT_COVERED, Cause.BAD_SIGNATURE, Cause.UNKNOWN, Cause.INTERNAL)
SICK = (Cause.BAD_OBJECT, Cause.NOT_COVERED, Cause.BAD_SIGNATURE, Cause.UNKNOWN, Cause.INTERNAL)
TOLD = (
    on.Starting(),
    on.GoalsReached(),
    on.Stabilised(),
    on.Destabilised(),
    on.GoalTimedOut("late"),
    on.ContainerFailed("app", "exited"),
    on.HubAnswered(),
    on.HubSilent(),
)


@dataclass(frozen=True)
class World:
    """`points`: revision -> (row, retries) on disk. `due`: effects whose answer is on its way.

    `record` is None while the power is off."""

    record: Record | None = None
    pv_rev: str = "0"
    pv_try: str | None = None
    pv_trying: str | None = None
    points: frozenset = frozenset()
    due: frozenset = frozenset()
    timers: frozenset = frozenset()

    def point(self, revision):
        return dict(self.points).get(revision, (None, 0))

    def storing(self, revision, point, retries):
        others = {(name, found) for name, found in self.points if name != revision}
        return replace(self, points=frozenset({*others, (revision, (point, retries))}))

    def off(self):
        return replace(self, record=None, due=frozenset(), timers=frozenset())


class Explorer:
    """`new`: revisions that may be run, local ones by a command, others by the Hub; `stale`: those
    that the Hub offers too late."""

    def __init__(self, *new, plans=(SWITCH, REBOOT, ONE_WAY), stale=(), lose_boot_file=False):
        self.new = new
        self.stale = stale
        self.plans = plans
        self.lose_boot_file = lose_boot_file
        self.edges = set()
        self.met = set()
        self.seen = {}

    def explore(self, start):
        todo = deque([start])
        self.seen[start] = None
        while todo:
            world = todo.popleft()
            for event, following in self._nexts(world):
                if following not in self.seen:
                    self.seen[following] = (world, event)
                    todo.append(following)
        return self

    def _nexts(self, world):
        if world.record is None:
            yield from (("boot", following) for following in self.boots(world))
            return
        for event in self.events(world):
            yield from ((event, following) for following in self.after(world, event))

    def way_to(self, world):
        """The events that lead to a world, for a failing test's message."""
        way = []
        while self.seen.get(world) is not None:
            world, event = self.seen[world]
            way.append(event)
        return way[::-1]

    # --- what may happen ------------------------------------------------------------------------

    def events(self, world):
        yield from self._answers(world)
        yield from (on.TimerFired(timer) for timer in sorted(world.timers))
        if world.record.update is not None:
            yield from TOLD
        yield from self._asked(world)

    def _answers(self, world):
        for effect in sorted(world.due, key=repr):
            name = effect.revision
            if isinstance(effect, do.LoadState):
                yield from self._checked(name, world.record.update)
            elif isinstance(effect, do.Fetch):
                yield on.Fetched(name)
                for cause in (None, Cause.NO_ROOM, Cause.RETRIES, Cause.INTERNAL):
                    yield on.FetchFailed(name, cause)
            elif isinstance(effect, do.Install):
                yield on.Installed(name)
                for cause in (Cause.BAD_OBJECT, Cause.INTERNAL):
                    yield on.InstallFailed(name, cause)
            else:
                held = world.point(name)[0].status
                yield from (on.Reported(name, held), on.Reported(name, Status.CANCELLED))

    def _checked(self, name, update):
        for plan in self.plans:
            yield on.Checked(name, plan=plan)
            if update is not None and update.remote:
                yield on.Checked(name, plan=plan, missing=True)
        yield from (on.Checked(name, cause) for cause in REFUSALS)

    def _asked(self, world):
        """What the composition asks for when it sees that it may."""
        record = world.record
        stage = record.update.stage if record.update else None
        if record.update is None or not record.update.remote:
            yield from (on.AbortAsked() for _ in range((stage, on.AbortAsked) in RULES))
        if record.running != record.done and (stage, on.RollbackAsked) in RULES:
            yield from (on.RollbackAsked(plan) for plan in self.plans)
        for name in self.new:
            if name not in (record.running, record.done):
                yield from self._begun(world, name, stage)
        if stage is None:
            yield from self._too_late(world)

    def _too_late(self, world):
        for name in self.stale:
            point, retries = world.point(name)
            if point in (tables.NEW, tables.QUEUED):  # steps begin in the order of their numbers
                yield on.StaleOffered(name, retries)

    def _begun(self, world, name, stage):
        if name.startswith("locals/"):
            if (stage, on.RunAsked) in RULES:
                yield from (on.RunAsked(name, how) for how in How)
            return
        point, retries = world.point(name)
        if stage is None and (point is None or not point.final):
            yield on.RemoteOffered(name, retries)

    # --- what comes of it -----------------------------------------------------------------------

    def after(self, world, event):
        """The world in which all effects were done, and those in which the power failed before."""
        stage = world.record.update.stage if world.record.update else None
        self.met.add((stage, type(event)))
        world = self._answered(world, event)
        record, effects = advance(world.record, event)
        yield from self.perform(replace(world, record=record), effects)

    def _answered(self, world, event):
        if isinstance(event, on.TimerFired):
            return replace(world, timers=world.timers - {event.timer})
        kinds = [kind for kind, answers in do.ANSWERS.items() if type(event) in answers]
        gone = {e for e in world.due if type(e) in kinds and e.revision == event.revision}
        if isinstance(event, on.RunAsked) and event.revision != world.record.staged:
            # R25: the door stores a new record first
            world = world.storing(event.revision, tables.READY_TO_RUN, 0)
        return replace(world, due=world.due - gone)

    def perform(self, world, effects):
        for effect in effects:
            yield world.off()
            if isinstance(effect, do.Reboot):
                return
            world = self._done(world, effect)
        yield world

    def _done(self, world, effect):
        hand = HANDS.get(type(effect))
        return world if hand is None else hand(self, world, effect)

    def _saved(self, world, effect):
        before, _ = world.point(effect.revision)
        if before != effect.point:
            self.edges.add((before, effect.point))
        return world.storing(effect.revision, effect.point, effect.retries)

    def _armed(self, world, effect):
        return replace(world, pv_try=effect.revision, pv_trying=None)

    def _disarmed(self, world, effect):
        trying = None if effect.restore else world.pv_trying
        return replace(world, pv_try=effect.restore, pv_trying=trying)

    def _committed(self, world, effect):
        return replace(world, pv_rev=effect.revision, pv_try=None)

    def _timed(self, world, effect):
        return replace(world, timers=world.timers | {effect.timer})

    def _dropped(self, world, effect):
        return replace(world, timers=world.timers - {effect.timer})

    def _begun_work(self, world, effect):
        return replace(world, due=world.due | {effect})

    # --- the power comes back -------------------------------------------------------------------

    def boots(self, world):
        yield from self._booted(world)
        if self.lose_boot_file and world.pv_try is not None:
            yield from self._booted(replace(world, pv_try=None, pv_trying=None))

    def _booted(self, world):
        choice = choose(BootVars(world.pv_rev, world.pv_try, world.pv_trying))
        world = replace(world, pv_trying=choice.trying)
        causes = (None, *SICK) if choice.rev == world.pv_try else (None,)
        for cause in causes:
            record = Record(choice.rev, world.pv_rev, policy=POLICY)
            record, effects = advance(record, self._found(world, choice.rev, cause))
            yield from self.perform(replace(world, record=record), effects)

    def _found(self, world, running, cause):
        point, retries = world.point(world.pv_try or running)
        found = stored(point, retries) if point else None
        orphans = tuple(sorted(self._orphans(world), key=repr))
        self.met.add((None, on.Booted))
        own, _ = world.point(running)
        proven = own is not None and own.status is Status.DONE
        return on.Booted(
            running, world.pv_rev, world.pv_try, found, cause, orphans=orphans, proven=proven
        )

    def _orphans(self, world):
        for name, (point, retries) in world.points:
            named = name in (world.pv_try, world.pv_rev)
            if name.startswith("locals/") and point.status in BEGUN and not named:
                yield name, stored(point, retries)


HANDS = {
    do.Save: Explorer._saved,
    do.Arm: Explorer._armed,
    do.Disarm: Explorer._disarmed,
    do.Commit: Explorer._committed,
    do.SetTimer: Explorer._timed,
    do.DropTimer: Explorer._dropped,
    do.LoadState: Explorer._begun_work,
    do.Fetch: Explorer._begun_work,
    do.Install: Explorer._begun_work,
    do.Report: Explorer._begun_work,
}
