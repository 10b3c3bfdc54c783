"""A simulated device: the real composition, hands in memory, virtual time, and power that fails.

`Machine.run` plays a story from power-on until nothing happens any more. `cut_at` is the number of
effects after which the power fails (once for each entry); everything but the disk is then lost.
"""

import heapq
from collections.abc import Callable
from itertools import count
from typing import Any

from surefoot.boot.protocol import BootVars
from surefoot.device import compose
from surefoot.device import effects as dev
from surefoot.device.turn import Device
from surefoot.lab.crash.disk import Disk
from surefoot.lab.crash.hub import FIRST, Hub
from surefoot.lab.crash.hub_side import Asked, HubSide, Sending
from surefoot.lab.crash.story import Ask, Behaviour, Story
from surefoot.link import effects as link_do
from surefoot.link.record import Link, Phase
from surefoot.revision import State, is_local, parse
from surefoot.supervisor import effects as sup_do
from surefoot.supervisor import events as sup_on
from surefoot.update import effects as up_do
from surefoot.update import events as up_on
from surefoot.update import tables
from surefoot.update.record import Record
from surefoot.wire.progress import Progress, Status

MAX_TURNS = 5000
MAX_BOOTS = 50
RETRY_S = 1.0
BEGUN = (Status.INPROGRESS, Status.TESTING)


class PowerCut(Exception):
    """The power fails before the next effect."""


class Endless(AssertionError):
    """The story does not come to rest."""


class Machine(HubSide):
    def __init__(self, story: Story, cuts: tuple[int, ...] = ()) -> None:
        self.story = story
        allowed = story.modes.remote_allowed
        known = FIRST if allowed and not story.is_new else ""
        self.disk = Disk(dict(story.states), remote=allowed, id=known, settled=bool(known))
        self.cuts = list(cuts)
        self.cuts_made = 0
        self.performed: list[dev.Effect] = []
        self.asks = list(story.asks)
        self.accepted: list[Ask] = []
        self.refused: list[tuple[Ask, int, str]] = []
        self.boots: list[str] = []
        self.off = False
        self.fetch_failures = story.fetch_fails
        self.hub = Hub(story)
        self.now = 0.0

    # ---- power on, power off -------------------------------------------------------------------

    def run(self) -> "Machine":
        """Boots until the story rests. Raises Endless."""
        limit = MAX_BOOTS + len(self.cuts)
        for _ in range(limit):
            if self._one_boot():
                return self
        raise Endless(f"{self.story.name}: {limit} boots without rest ({self.cuts=})")

    def _one_boot(self) -> bool:
        """One life of the agent; True when nothing is left to do."""
        self._power_on()
        try:
            self._post(0, self._facts())
            return self._live()
        except PowerCut:
            return False

    def _power_on(self) -> None:
        self.heap: list[tuple[float, int, Any]] = []
        self.order = count()
        self.timers: dict[str, int] = {}
        self.live: dict[str, Behaviour] = {}
        self.tickets: dict[int, Ask] = {}
        self.reports = {}
        self.hub.story = self.story
        self.left = False
        running = self.disk.choose()
        self.boots.append(running)
        done = self.disk.pv_rev
        disk = self.disk
        link = Link(id=disk.id, known=bool(disk.id), settled=disk.settled, claimed=disk.settled)
        record = Record(running, done, policy=self.story.policy)
        self.device = Device(record, link=link, modes=self.story.modes)

    def _facts(self) -> dev.Boot:
        disk, running = self.disk, self.boots[-1]
        concerned = disk.pv_try or running
        found = up_on.Booted(
            running,
            disk.pv_rev,
            disk.pv_try,
            disk.progress.get(concerned),
            cause=self.story.broken.get(running) if disk.pv_try == running else None,
            orphans=self._orphans(),
            proven=running in self.disk.done,
        )
        waiting = tuple(
            (name, p.retries) for name, p in disk.progress.items() if self._waits(name, p)
        )
        return dev.Boot(
            found,
            self._state(running),
            self._state(disk.pv_rev),
            journal=disk.journal,
            journal_progress=disk.progress.get(disk.journal.payload) if disk.journal else None,
            waiting=waiting,
            untold=self._untold(),
            remote=disk.remote,
        )

    def _state(self, name: str) -> State:
        return parse(self.disk.states[name])

    def _orphans(self) -> tuple[tuple[str, Progress], ...]:
        return tuple(
            (name, found)
            for name, found in self.disk.progress.items()
            if is_local(name) and found.status in BEGUN and name not in self._booted()
        )

    def _untold(self) -> tuple[str, ...]:
        return tuple(
            name
            for name, found in self.disk.progress.items()
            if not is_local(name) and name != "0" and found.status in tables.FINAL
            if self.disk.told.get(name) != found
        )

    def _waits(self, name: str, found: Progress) -> bool:
        open_ = found.status not in tables.FINAL
        return not is_local(name) and open_ and name not in self._booted()

    def _booted(self) -> tuple[str | None, str]:
        """Those whose records the start-up table looks at."""
        return self.disk.pv_try, self.disk.pv_rev

    # ---- one life ------------------------------------------------------------------------------

    def _live(self) -> bool:
        for ask in self.asks:
            self._post(max(0.0, ask.at_s - self.now), ask)
        for _ in range(MAX_TURNS):
            if not self.heap:
                return True
            self.now, _, event = heapq.heappop(self.heap)
            self._meet(event)
            if self.left:
                return self.off
        raise Endless(f"{self.story.name}: no rest after {MAX_TURNS} events")

    def _post(self, delay_s: float, event: Any) -> int:
        number = next(self.order)
        heapq.heappush(self.heap, (self.now + delay_s, number, event))
        return number

    def _meet(self, found: Any) -> None:
        for event in self._events(found):
            self.device, effects = compose.advance(self.device, event)
            for effect in effects:
                self._perform(effect)

    def _events(self, found: Any) -> list[Any]:
        """What the device hears of it."""
        if isinstance(found, Ask):
            return [self._command(found)] if found in self.asks else []
        if isinstance(found, Asked):
            return self._answered(found)
        if isinstance(found, Sending):
            return self._sent()
        return self._due(*found) if isinstance(found, tuple) else [found]

    def _due(self, timer: str, number: int) -> list[Any]:
        """A timer that was set again or dropped since does not fire."""
        return [sup_on.TimerFired(timer)] if self.timers.get(timer) == number else []

    def _command(self, ask: Ask) -> Any:
        ticket = next(self.order)
        self.tickets[ticket] = ask
        named = ask.payload or self.device.update.running
        known = named in self.disk.states
        return dev.CommandGiven(ticket, ask.op, ask.payload, known, self.disk.progress.get(named))

    def _perform(self, effect: dev.Effect) -> None:
        if self.cuts and len(self.performed) == self.cuts[0]:
            self.cuts.pop(0)
            self.cuts_made += 1
            raise PowerCut
        self.performed.append(effect)
        HANDS[type(effect)](self, effect)

    # ---- hands ---------------------------------------------------------------------------------

    def load_state(self, effect: up_do.LoadState) -> None:
        cause = self.story.refused.get(effect.revision)
        state = None if cause else self._state(effect.revision)
        missing = not is_local(effect.revision) and effect.revision not in self.disk.installed
        self._post(0.1, dev.StateLoaded(effect.revision, state, cause, missing=missing))

    def fetch(self, effect: up_do.Fetch) -> None:
        if self.fetch_failures:
            self.fetch_failures -= 1
            self._post(5, up_on.FetchFailed(effect.revision, detail="cut"))
        else:
            self._post(3, up_on.Fetched(effect.revision))

    def install(self, effect: up_do.Install) -> None:
        self.disk.installed.add(effect.revision)
        cause = self.story.broken.get(effect.revision)
        failed = up_on.InstallFailed(effect.revision, cause) if cause else None
        self._post(0.5, failed or up_on.Installed(effect.revision))

    def arm(self, effect: up_do.Arm) -> None:
        self.disk.pv_trying, self.disk.pv_try = None, effect.revision

    def disarm(self, effect: up_do.Disarm) -> None:
        if effect.restore:
            self.disk.pv_trying = None
        self.disk.pv_try = effect.restore

    def commit(self, effect: up_do.Commit) -> None:
        self.disk.pv_rev, self.disk.pv_try = effect.revision, None

    def save(self, effect: up_do.Save) -> None:
        self.disk.save(effect)

    def mark_done(self, effect: up_do.MarkDone) -> None:
        self.disk.done.add(effect.revision)

    def set_timer(self, effect: up_do.SetTimer | sup_do.SetTimer | link_do.SetTimer) -> None:
        number = next(self.order)
        self.timers[effect.timer] = number
        if not isinstance(effect, link_do.SetTimer) or self._expects(effect.timer):
            self._post(effect.seconds, (effect.timer, number))

    def drop_timer(self, effect: up_do.DropTimer | sup_do.DropTimer | link_do.DropTimer) -> None:
        self.timers.pop(effect.timer, None)

    def prepare(self, effect: sup_do.Prepare) -> None:
        image = self._image(effect)
        self.live[effect.id] = image
        answer = sup_on.Prepared(effect.id)
        failed = sup_on.PrepareFailed(effect.id, "it cannot be mounted")
        self._post(0.1, answer if image.prepares else failed)

    def _image(self, effect: sup_do.Prepare) -> Behaviour:
        path = f"{effect.container.name}/root.squashfs"
        volume = self._state(effect.revision).objects[path]
        return self.story.images.get(volume, Behaviour())

    def start(self, effect: sup_do.Start) -> None:
        image = self.live[effect.id]
        if not image.starts:
            self._post(0.1, sup_on.StartFailed(effect.id, "init does not exist"))
            return
        self._post(0.1, sup_on.Started(effect.id, 1000))
        if image.ready_after_s is not None:
            self._post(0.1 + image.ready_after_s, dev.SignalGiven(0, effect.id, "ready"))
        if image.exits_after_s is not None:
            self._post(0.1 + image.exits_after_s, sup_on.Exited(effect.id, image.exit_code))

    def stop(self, effect: sup_do.Stop) -> None:
        self._post(0.1, sup_on.Exited(effect.id, 0))

    def release(self, effect: sup_do.Release) -> None:
        self.live.pop(effect.id, None)

    def write_journal(self, effect: dev.Journal) -> None:
        self.disk.journal = effect.command

    def answer(self, effect: dev.Answer) -> None:
        ask = self.tickets.get(effect.ticket)
        if ask is None:
            return
        if effect.status == 503:
            self._post(RETRY_S, ask)
            return
        self.asks.remove(ask)
        if effect.status == 200:
            self.accepted.append(ask)
        else:
            self.refused.append((ask, effect.status, effect.text))

    def collect(self, effect: dev.CollectGarbage) -> None:
        self._post(0.1, dev.Collected(0))

    def make_factory(self, effect: dev.MakeFactory) -> None:
        self.disk.states["0"] = self.disk.states[effect.revision]
        factory = up_do.Save("0", tables.FACTORY)
        self.disk.save(factory)
        self.disk.done.add("0")
        self._post(0.1, dev.FactoryMade(effect.revision))

    def copy_revision(self, effect: dev.CopyRevision) -> None:
        name = "locals/unclaimed-1"
        self.disk.states[name] = self.disk.states[effect.revision]
        self.disk.save(up_do.Save(name, tables.DONE))
        self.disk.done.add(name)
        self.disk.installed.add(name)
        self._post(0.1, dev.RevisionCopied(name))

    def set_mode(self, effect: dev.SetMode) -> None:
        self.disk.remote = effect.remote

    def nothing(self, effect: dev.Effect) -> None:
        """Settings, log lines, what is shown or downloaded: nothing that this device would miss."""

    def leave(self, effect: dev.Leave) -> None:
        """Reports that wait get a moment."""
        if self.device.link.phase is Phase.IDLE and self.hub.is_there(self.now):
            self._delivered()
        self.left, self.off = True, effect.poweroff

    @property
    def boot_vars(self) -> BootVars:
        return BootVars(self.disk.pv_rev, self.disk.pv_try, self.disk.pv_trying)


HANDS: dict[type, Callable[[Machine, Any], None]] = {
    up_do.LoadState: Machine.load_state,
    up_do.Fetch: Machine.fetch,
    up_do.StopFetch: Machine.nothing,
    up_do.Install: Machine.install,
    up_do.Arm: Machine.arm,
    up_do.Disarm: Machine.disarm,
    up_do.Commit: Machine.commit,
    up_do.Save: Machine.save,
    up_do.MarkDone: Machine.mark_done,
    up_do.Report: Machine.report,
    link_do.Ask: Machine.ask,
    link_do.Keep: Machine.keep,
    link_do.Forget: Machine.forget,
    link_do.Settle: Machine.settle,
    link_do.Show: Machine.nothing,
    link_do.SetTimer: Machine.set_timer,
    link_do.DropTimer: Machine.drop_timer,
    up_do.SetTimer: Machine.set_timer,
    up_do.DropTimer: Machine.drop_timer,
    sup_do.SetTimer: Machine.set_timer,
    sup_do.DropTimer: Machine.drop_timer,
    sup_do.Prepare: Machine.prepare,
    sup_do.Start: Machine.start,
    sup_do.Stop: Machine.stop,
    sup_do.Release: Machine.release,
    dev.Journal: Machine.write_journal,
    dev.Answer: Machine.answer,
    dev.CollectGarbage: Machine.collect,
    dev.MakeFactory: Machine.make_factory,
    dev.CopyRevision: Machine.copy_revision,
    dev.ForgetHub: Machine.forget_hub,
    dev.SendReports: Machine.send_reports,
    dev.SetMode: Machine.set_mode,
    dev.SetSetting: Machine.nothing,
    dev.Log: Machine.nothing,
    dev.Leave: Machine.leave,
}
