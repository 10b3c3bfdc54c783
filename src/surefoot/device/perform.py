"""The hands: one handler an effect type, in one table. They do, and decide nothing.

Durable effects are done before the handler returns. Long ones (hashing, mounting, starting) run
beside the loop and answer with the event that `ANSWERS` names. Containers have hands of their own
(`containers.py`), and so has the Hub (`remote/`).
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from surefoot.boot.protocol import BootLoader
from surefoot.device import effects as dev
from surefoot.device import facts, gc, journal
from surefoot.device.changes import Changes
from surefoot.device.config import Config
from surefoot.device.containers import ContainerHands
from surefoot.device.events import EventLog, Kind
from surefoot.device.guard import require_reserve
from surefoot.device.logs import AgentLog, ErrorLog, LogTree
from surefoot.device.remote import credentials, unclaim
from surefoot.device.runtimes.protocol import Bundle, Runtime
from surefoot.device.status import Watch
from surefoot.device.storage import Storage
from surefoot.device.turn import LINK_EFFECTS
from surefoot.errors import Conflict, Corrupt, InvalidInput, NoRoom, NotFound, SurefootError
from surefoot.link import effects as link_do
from surefoot.revision import State, is_local
from surefoot.supervisor import effects as sup_do
from surefoot.supervisor import events as sup_on
from surefoot.update import effects as up_do
from surefoot.update import events as up_on
from surefoot.update.tables import WONTGO, Cause
from surefoot.wire.progress import PERCENT, Downloads, Progress, Status

if TYPE_CHECKING:
    from surefoot.device.remote.remote import Remote

log = logging.getLogger(__name__)
LEVELS = {"ERROR": logging.ERROR, "WARN": logging.WARNING, "INFO": logging.INFO}


@dataclass
class Parts:
    """The edges that the hands use. `storage_lock` is held while trails or objects come or go."""

    storage: Storage
    loader: BootLoader
    runtime: Runtime
    config: Config
    events: EventLog
    logs: LogTree
    errors: ErrorLog
    changes: Changes
    socket: Path
    own_log: AgentLog | None = None
    watch: Watch = field(default_factory=Watch)
    storage_lock: threading.RLock = field(default_factory=threading.RLock)
    stored_this_boot: set[str] = field(default_factory=set)
    recent_objects: set[str] = field(default_factory=set)
    downloads: dict[str, Downloads] = field(default_factory=dict)  # of those under way
    began: float = field(default_factory=time.monotonic)


class Hands:
    """`post` takes an event from the loop's own thread."""

    def __init__(
        self,
        parts: Parts,
        post: Callable[[Any], None],
        in_use: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        self.parts = parts
        self.post = post
        self.in_use = in_use
        self.remote: Remote | None = None  # without a Hub there is none
        self.tickets: dict[int, Future[dev.Answer]] = {}
        self.leave: dev.Leave | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._states: dict[str, State] = {}
        self._checked: dict[str, frozenset[str]] = {}
        self._missing: dict[str, list[str]] = {}
        self._unwritten: dict[str, Progress] = {}
        self.containers = ContainerHands(parts.runtime, self._bundle, post, self.spawn)

    def perform(self, effect: dev.Effect) -> None:
        HANDLERS[type(effect)](self, effect)

    # ---- running beside the loop ---------------------------------------------------------------

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A slip of ours in a task must not go unseen: the agent ends, and start-up recovers."""
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.post(task.exception())

    async def finish(self) -> None:
        """What was begun for containers comes to its end. Nothing durable hangs on it: the next
        boot sweeps whatever is left."""
        await self.containers.finish()

    # ---- the update ----------------------------------------------------------------------------

    def load_state(self, effect: up_do.LoadState) -> None:
        self.spawn(self._load_state(effect.revision))

    async def _load_state(self, revision: str) -> None:
        state, detail = await asyncio.to_thread(facts.read_state, self.parts.storage, revision)
        if state is None:
            self.post(dev.StateLoaded(revision, None, Cause.BAD_STATE, detail))
            return
        self._states[revision] = state
        missing = [] if is_local(revision) else await self._look_for_missing(revision, state)
        self.post(dev.StateLoaded(revision, state, missing=bool(missing)))

    async def _look_for_missing(self, revision: str, state: State) -> list[str]:
        """R12: what is here with wrong bytes is downloaded again. Each object is read once: what is
        found right here, or comes later, is not read again when it is installed."""
        whole = self.parts.storage.objects.verify
        shas = list(dict.fromkeys(state.objects.values()))
        here = await asyncio.to_thread(lambda: frozenset(filter(whole, shas)))
        self._checked[revision] = here
        self._missing[revision] = [sha for sha in shas if sha not in here]
        return self._missing[revision]

    def install(self, effect: up_do.Install) -> None:
        self.spawn(self._install(effect.revision))

    async def _install(self, revision: str) -> None:
        state = self._states.pop(revision)
        checked = self._checked.pop(revision, frozenset())
        if self.remote is not None:
            checked |= self.remote.fetched(revision)
        self.post(await asyncio.to_thread(self._installed, revision, state, checked))

    def _installed(self, revision: str, state: State, checked: frozenset[str]) -> up_on.Event:
        """R12: wrong or missing objects, no room, and anything else of ours. No transition begins
        without the room for its own records and the boot file."""
        try:
            with self.parts.storage_lock:
                require_reserve(self.parts.storage.reserve)
                self._require_same(revision, state)
                self.parts.storage.install(revision, state, checked)
        except (Corrupt, NotFound) as error:
            return self._install_failed(revision, Cause.BAD_OBJECT, error)
        except (NoRoom, SurefootError, OSError) as error:
            return self._install_failed(revision, Cause.INTERNAL, error)
        return up_on.Installed(revision)

    def _require_same(self, revision: str, state: State) -> None:
        """What is installed is what was checked: a PUT may have replaced it since (R25)."""
        if self.parts.storage.read_state_text(revision) != state.text.encode():
            raise Conflict(f"The state JSON of {revision} was replaced meanwhile; run it again")

    def _install_failed(self, revision: str, cause: Cause, error: Exception) -> up_on.Event:
        log.error("revision %s cannot be installed: %s", revision, error)
        return up_on.InstallFailed(revision, cause, str(error))

    def arm(self, effect: up_do.Arm) -> None:
        self._boot_write(lambda: self.parts.loader.arm(effect.revision))

    def disarm(self, effect: up_do.Disarm) -> None:
        """One that does not come true leaves a revision armed whose record says ERROR or WONTGO:
        its boot rolls back at once (R9)."""
        self._tolerate(lambda: self._boot_write(lambda: self.parts.loader.disarm(effect.restore)))

    def commit(self, effect: up_do.Commit) -> None:
        self._boot_write(lambda: self.parts.loader.commit(effect.revision))

    def _boot_write(self, write: Callable[[], None]) -> None:
        self.parts.storage.reserve.lend(write)

    def save(self, effect: up_do.Save) -> None:
        message = effect.point.message.format(x=effect.x, y=effect.y)
        status = effect.point.status
        # R7; and R15: why no further start was made.
        tells_why = status is Status.ERROR or effect.point is WONTGO[Cause.RETRIES]
        logs = self.parts.errors.text() if tells_why else None
        self.parts.downloads.pop(effect.revision, None)
        progress = Progress(status, message, PERCENT[status], effect.retries, logs=logs)
        self._write_progress(effect.revision, progress)
        if not effect.quiet:
            self._show(effect, progress)

    def _show(self, effect: up_do.Save, progress: Progress) -> None:
        change = self.parts.changes.note(effect.revision, progress, effect.cause)
        if len(change["timeline"]) == 1 or change["ended"]:
            told = ("number", "revision", "status", "message", "began", "ended")
            self.parts.events.publish(Kind.CHANGE, {key: change[key] for key in told})
        shown = {
            "revision": effect.revision,
            "status": progress.status.value,
            "status-msg": progress.message,
            "progress": progress.progress,
            "retries": progress.retries,
            "cause": effect.cause,
            "change": change["number"],
        }
        self.parts.events.publish(Kind.PROGRESS, shown)

    def _write_progress(self, revision: str, progress: Progress) -> None:
        """A full disk must not end an update, nor the device (peers 3: balena-supervisor#674): the
        record is written as soon as there is room. A cut before that is a row of R9 too."""
        self._unwritten.pop(revision, None)
        try:
            self.parts.storage.write_progress(revision, progress)
        except NoRoom as error:
            log.error("the progress of %s waits for room: %s", revision, error)
            self._unwritten[revision] = progress
        except (NotFound, InvalidInput) as error:  # its trail is gone: nobody can read it there
            log.error("the progress of %s has no place: %s", revision, error)

    def catch_up(self) -> None:
        """Takes the reserve again, and writes what had to wait for room. From the loop's thread."""
        if self.parts.storage.reserve.hold():
            for revision, progress in list(self._unwritten.items()):
                self._write_progress(revision, progress)
            if self.remote is not None:
                self.remote.catch_up()

    def mark_done(self, effect: up_do.MarkDone) -> None:
        """The mark is made again at the next boot of a DONE revision, so it may be missed."""
        self._tolerate(lambda: self.parts.storage.mark_done(effect.revision))

    def _tolerate(self, write: Callable[[], None]) -> None:
        try:
            write()
        except (NoRoom, NotFound) as error:
            log.error("not written: %s", error)

    def fetch(self, effect: up_do.Fetch) -> None:
        record = self._record(effect.revision)
        if self.remote is None or record is None:
            self.post(up_on.FetchFailed(effect.revision, detail="this device has no Hub"))
        else:
            missing = self._missing.pop(effect.revision, [])
            self.remote.fetch(effect.revision, missing, record)

    def stop_fetch(self, effect: up_do.StopFetch) -> None:
        for known in (self._states, self._checked, self._missing):
            known.pop(effect.revision, None)
        if self.remote is not None:
            self.remote.stop_fetch(effect)

    def report(self, effect: up_do.Report) -> None:
        """Without a Hub the record itself is what is sent once there is one (R18). A step whose
        record is gone with its trail cannot be told of, nor run: it ends, and the Hub offers it
        anew."""
        if self.remote is None:
            return
        record = self._record(effect.revision)
        if record is not None:
            self.remote.report(effect.revision, record)
        else:
            log.error("nothing is known of revision %s any more: it is given up", effect.revision)
            self.post(up_on.Reported(effect.revision, Status.CANCELLED))

    def _record(self, revision: str) -> Progress | None:
        return self._unwritten.get(revision) or facts.read_progress(self.parts.storage, revision)

    def show_downloads(self, revision: str, downloads: Downloads) -> None:
        self.parts.downloads[revision] = downloads

    def to_hub(self, effect: link_do.Effect) -> None:
        if self.remote is not None:
            self.remote.perform(effect)

    def set_timer(self, effect: up_do.SetTimer | sup_do.SetTimer) -> None:
        self._drop(effect.timer)
        loop = asyncio.get_running_loop()
        self._timers[effect.timer] = loop.call_later(effect.seconds, self._fire, effect.timer)

    def _fire(self, timer: str) -> None:
        del self._timers[timer]
        self.post(sup_on.TimerFired(timer))

    def drop_timer(self, effect: up_do.DropTimer | sup_do.DropTimer) -> None:
        self._drop(effect.timer)

    def _drop(self, timer: str) -> None:
        handle = self._timers.pop(timer, None)
        if handle is not None:
            handle.cancel()

    def _bundle(self, effect: sup_do.Prepare) -> Bundle:
        name, revision = effect.container.name, effect.revision
        return Bundle(
            effect.id,
            effect.container,
            revision,
            self.parts.storage.trail(revision),
            self.parts.logs.console(revision, name),
            self.parts.socket,
        )

    # ---- the composition -----------------------------------------------------------------------

    def write_journal(self, effect: dev.Journal) -> None:
        """Raises NoRoom: then the command cannot be promised to anybody (R13)."""
        journal.write(self.parts.storage, effect.command)

    def answer(self, effect: dev.Answer) -> None:
        future = self.tickets.pop(effect.ticket, None)
        if future is not None and not future.done():
            future.set_result(effect)

    def collect(self, effect: dev.CollectGarbage) -> None:
        self.spawn(self._collect(effect))

    async def _collect(self, effect: dev.CollectGarbage) -> None:
        try:
            reclaimed = await asyncio.to_thread(self._collected, effect.keep, self._lacking())
        except (SurefootError, OSError) as error:
            log.error("garbage collection stopped: %s", error)
            reclaimed = 0
        self.answer(dev.Answer(effect.ticket, 200, str(reclaimed)))
        self.post(dev.Collected(reclaimed))

    def _collected(self, keep: frozenset[str], room: int) -> int:
        """Raises Corrupt when the boot file cannot be read: nobody knows then what it may name."""
        parts = self.parts
        parts.loader.read()
        defer_s = parts.config.integer("PV_STORAGE_GC_THRESHOLD_DEFERTIME")
        with parts.storage_lock:
            wanted = gc.Keep(
                # What has come into use while the lock was waited for counts too.
                keep | self.in_use() | self._to_be_told(),
                factory=parts.config.flag("PV_STORAGE_GC_KEEP_FACTORY"),
                stored_this_boot=frozenset(parts.stored_this_boot),
                objects=frozenset(parts.recent_objects),
                unnamed=time.monotonic() - parts.began < defer_s,
            )
            plan = gc.plan(gc.gather(parts.storage), wanted, room)
            return gc.collect(parts.storage, plan) + gc.sweep_partials(parts.storage)

    def _to_be_told(self) -> frozenset[str]:
        """R18: without its record an update that failed would be offered, and run, once more."""
        return frozenset(facts.untold(self.parts.storage)) if self.remote else frozenset()

    def _lacking(self) -> int:
        """Bytes that are lacking to the room that is always to be free (device.md 9)."""
        return max(0, -self._free())

    def _free(self) -> int:
        space = self.parts.storage.space()
        return space.free - space.total * self.parts.config.integer("PV_STORAGE_GC_RESERVED") // 100

    # What a download may take, and makes room by (remote.downloads.Room).

    def available(self) -> int:
        return max(0, self._free())

    async def make(self, lacking: int) -> None:
        room = lacking + self._lacking()
        try:
            await asyncio.to_thread(self._collected, self.in_use(), room)
        except (SurefootError, OSError) as error:
            log.error("no room was made: %s", error)

    def make_factory(self, effect: dev.MakeFactory) -> None:
        self.spawn(self._make_factory(effect.revision))

    async def _make_factory(self, revision: str) -> None:
        detail = ""
        try:
            await asyncio.to_thread(self._made_factory, revision)
        except (SurefootError, OSError) as error:
            detail = str(error)
        self.post(dev.FactoryMade(revision, detail))

    def _made_factory(self, revision: str) -> None:
        with self.parts.storage_lock:
            self.parts.storage.make_factory(revision)

    def copy_revision(self, effect: dev.CopyRevision) -> None:
        self.spawn(self._copy_revision(effect.revision))

    async def _copy_revision(self, revision: str) -> None:
        try:
            name = await asyncio.to_thread(self._locked, unclaim.copy, revision)
        except (SurefootError, OSError) as error:
            self.post(dev.RevisionCopied(detail=str(error)))
        else:
            self.post(dev.RevisionCopied(name))

    def _locked(self, work: Callable[[Storage, str], str], revision: str) -> str:
        with self.parts.storage_lock:
            return work(self.parts.storage, revision)

    def forget_hub(self, effect: dev.ForgetHub) -> None:
        """Credentials first: a cut in between leaves a device that registers anew all the same."""
        del effect
        if self.remote is not None:
            self.remote.forget_hub()
        else:
            credentials.forget(self.parts.storage)
        with self.parts.storage_lock:
            unclaim.drop_trails(self.parts.storage)

    def send_reports(self, effect: dev.SendReports) -> None:
        if self.remote is not None:
            self.remote.reports.wake()

    def set_mode(self, effect: dev.SetMode) -> None:
        self._tolerate(lambda: journal.write_mode(self.parts.storage, effect.remote))
        if self.remote is not None and not effect.remote:
            self.remote.stop_asking()

    def set_setting(self, effect: dev.SetSetting) -> None:
        self.parts.config.set_command(effect.key, effect.value)
        self._tolerate(lambda: journal.write_setting(self.parts.storage, effect.key, effect.value))

    def log(self, effect: dev.Log) -> None:
        log.log(LEVELS[effect.level], effect.message, extra={"src": effect.source})

    def end(self, effect: dev.Leave) -> None:
        self.leave = effect


HANDLERS: dict[type, Callable[[Hands, Any], None]] = {
    up_do.LoadState: Hands.load_state,
    up_do.Install: Hands.install,
    up_do.Arm: Hands.arm,
    up_do.Disarm: Hands.disarm,
    up_do.Commit: Hands.commit,
    up_do.Save: Hands.save,
    up_do.MarkDone: Hands.mark_done,
    up_do.SetTimer: Hands.set_timer,
    up_do.DropTimer: Hands.drop_timer,
    sup_do.SetTimer: Hands.set_timer,
    sup_do.DropTimer: Hands.drop_timer,
    sup_do.Prepare: lambda hands, effect: hands.containers.prepare(effect),
    sup_do.Start: lambda hands, effect: hands.containers.start(effect),
    sup_do.Stop: lambda hands, effect: hands.containers.stop(effect),
    sup_do.Release: lambda hands, effect: hands.containers.release(effect),
    up_do.Fetch: Hands.fetch,
    up_do.StopFetch: Hands.stop_fetch,
    up_do.Report: Hands.report,
    dev.Journal: Hands.write_journal,
    dev.Answer: Hands.answer,
    dev.CollectGarbage: Hands.collect,
    dev.MakeFactory: Hands.make_factory,
    dev.CopyRevision: Hands.copy_revision,
    dev.ForgetHub: Hands.forget_hub,
    dev.SendReports: Hands.send_reports,
    **dict.fromkeys(LINK_EFFECTS, Hands.to_hub),
    dev.SetMode: Hands.set_mode,
    dev.SetSetting: Hands.set_setting,
    dev.Log: Hands.log,
    dev.Leave: Hands.end,
}
