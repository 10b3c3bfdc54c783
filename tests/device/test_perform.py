"""The hands: what is true once each effect has returned, which event answers it, and in which order
the work of containers is done."""

import asyncio
import errno
import hashlib
import json
import logging
from concurrent.futures import Future

import pytest

from surefoot.device import effects as dev
from surefoot.device import facts, journal, perform
from surefoot.device.changes import Changes
from surefoot.device.config import Config, Places
from surefoot.device.events import EventLog
from surefoot.device.logs import ErrorLog, LogLine, LogTree
from surefoot.device.perform import Hands, Parts
from surefoot.device.runtimes.protocol import Exit
from surefoot.errors import NoRoom, RuntimeFailed
from surefoot.files import durable
from surefoot.files.durable import Kind
from surefoot.supervisor import effects as sup_do
from surefoot.supervisor import events as sup_on
from surefoot.update import effects as up_do
from surefoot.update import events as up_on
from surefoot.update import tables
from surefoot.update.tables import Cause
from tests.support.bench_device import PATIENCE_S, BenchDevice, put, state_text
from tests.support.quick_runtime import QuickRuntime

X = "locals/x"


class SlowRuntime(QuickRuntime):
    """Tells when each call begins and when it ends, with time for others in between."""

    def __init__(self):
        super().__init__()
        self.told = []
        self.fails = {}

    async def _slowly(self, call):
        self.told.append(f"{call} begins")
        for _ in range(5):
            await asyncio.sleep(0)
        self.told.append(f"{call} ends")
        if call in self.fails:
            raise self.fails[call]

    async def prepare(self, bundle):
        self.bundle = bundle
        await self._slowly(f"prepare {bundle.id}")

    async def start(self, id):
        await self._slowly(f"start {id}")
        return await super().start(id)

    async def wait(self, id):
        return Exit(7, None)

    async def stop(self, id, grace_s):
        await self._slowly(f"stop {id} {grace_s:g}")

    async def release(self, id):
        await self._slowly(f"release {id}")

    async def close(self):
        await self._slowly("close")


class Bench:
    """Real storage, boot file and records; `perform` is one life of the hands."""

    def __init__(self, root):
        device = BenchDevice(root)
        self.storage, self.loader = device.storage, device.loader
        self.runtime = SlowRuntime()
        self.events = EventLog()
        self.parts = Parts(
            self.storage,
            self.loader,
            self.runtime,
            Config.read(Places(self.storage.root, device.run), {}),
            self.events,
            LogTree(self.storage.logs),
            ErrorLog(),
            Changes(self.storage.changes),
            device.run / "pv-ctrl",
        )
        self.hands = None

    def perform(self, *effects, answers=0):
        """What the hands post: `answers` events, and whatever comes until all work has ended."""
        return asyncio.run(self._perform(effects, answers))

    async def _perform(self, effects, answers):
        news = asyncio.Queue()
        self.hands = Hands(self.parts, news.put_nowait)
        self.told_ticket = self.hands.tickets[1] = Future()
        async with asyncio.timeout(PATIENCE_S):
            for effect in effects:
                self.hands.perform(effect)
            heard = [await news.get() for _ in range(answers)]
            await self.hands.finish()
        return heard + [news.get_nowait() for _ in range(news.qsize())]

    def store(self, revision=X, **images):
        """A step; its text."""
        text = state_text(self.storage, **(images or {"base": "b0", "app": "a1"}))
        self.storage.write_state(revision, text)
        return text

    def container(self, name="app"):
        return facts.read_state(self.storage, "0")[0].container(name)

    def prepared(self, name, number=1):
        return sup_do.Prepare(f"{name}.{number}", self.container(name), "0")


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def full_disk(reserve):
    """For `durable.observe`: not one byte is left, and no reserve either."""
    reserve.spend()

    def refuse(step):
        if step.kind in (Kind.CREATE, Kind.WRITE):
            raise OSError(errno.ENOSPC, "the disk is full")

    return refuse


# ---- the update --------------------------------------------------------------------------------


def test_a_state_is_loaded_parsed_and_its_objects_looked_for(bench):
    text = bench.store()
    (loaded,) = bench.perform(up_do.LoadState(X), answers=1)
    assert (loaded.revision, loaded.state.text, loaded.missing) == (X, text, False)
    bench.storage.objects.remove(hashlib.sha256(b"a1").hexdigest())
    (loaded,) = bench.perform(up_do.LoadState(X), answers=1)
    assert loaded.missing


@pytest.mark.parametrize("damage", [b"{torn", None])
def test_a_state_that_cannot_be_used_has_its_cause(bench, damage):
    """R12: `State JSON has bad format`, also for one that is gone."""
    bench.store()
    place = bench.storage.trail(X) / ".pvr/json"
    place.unlink() if damage is None else place.write_bytes(damage)
    (loaded,) = bench.perform(up_do.LoadState(X), answers=1)
    assert (loaded.state, loaded.cause) == (None, Cause.BAD_STATE)
    assert loaded.detail


def installed(bench, before=lambda: None):
    """LoadState, then Install of the same life; what Install answers."""

    async def life():
        news = asyncio.Queue()
        hands = Hands(bench.parts, news.put_nowait)
        async with asyncio.timeout(PATIENCE_S):
            hands.perform(up_do.LoadState(X))
            await news.get()
            before()
            hands.perform(up_do.Install(X))
            return await news.get()

    return asyncio.run(life())


def test_an_installed_revision_has_its_files_as_links(bench):
    bench.store()
    assert installed(bench) == up_on.Installed(X)
    assert (bench.storage.trail(X) / "app/root.squashfs").read_bytes() == b"a1"
    assert (bench.storage.trail(X) / "app/run.json").exists()
    assert installed(bench) == up_on.Installed(X)  # twice: harmless


def test_what_keeps_a_revision_from_being_installed_has_its_cause(bench):
    """R12."""
    bench.store()
    place = bench.storage.objects.path(hashlib.sha256(b"a1").hexdigest())
    failed = installed(bench, lambda: place.write_bytes(b"rotten"))
    assert (failed.revision, failed.cause) == (X, Cause.BAD_OBJECT)
    assert place.name in failed.detail
    failed = installed(bench, place.unlink)
    assert failed.cause is Cause.BAD_OBJECT
    put(bench.storage, b"a1")
    with durable.observe(full_disk(bench.storage.reserve)):
        failed = installed(bench)
    assert failed.cause is Cause.INTERNAL
    assert "disk is full" in failed.detail


def test_what_was_replaced_since_it_was_checked_is_not_installed(bench):
    """R25: a PUT in between."""
    bench.store()
    failed = installed(bench, lambda: bench.store(base="b0", app="a2"))
    assert failed.cause is Cause.INTERNAL
    assert "replaced" in failed.detail


def test_the_boot_file_is_armed_disarmed_and_committed(bench):
    """R4; each is durable when the next begins, and twice is harmless."""
    for effects, rev, try_ in (
        ([up_do.Arm(X)] * 2, "0", X),
        ([up_do.Disarm()] * 2, "0", None),
        ([up_do.Disarm(X)] * 2, "0", X),
        ([up_do.Commit(X)] * 2, X, None),
    ):
        bench.perform(*effects)
        assert (bench.loader.read().rev, bench.loader.read().try_) == (rev, try_)


def test_a_saved_point_is_on_disk_in_the_record_and_told(bench):
    """device.md 1, byte for byte; twice: the same bytes, and no second entry."""
    bench.store()
    effect = up_do.Save(X, tables.INSTALLED, cause="because")
    bench.perform(effect, effect)
    text = (bench.storage.trail(X) / ".pv/progress").read_bytes()
    assert text == (
        b'{"status":"INPROGRESS","status-msg":"Update installed","progress":50,"retries":0}'
    )
    (change,) = bench.parts.changes.all()
    (entry,) = change["timeline"]
    assert (entry["status"], entry["cause"]) == ("INPROGRESS", "because")
    told = [json.loads(text) for kind, text in events_of(bench) if kind == "progress"]
    assert {(one["revision"], one["status-msg"], one["change"]) for one in told} == {
        (X, "Update installed", change["number"])
    }


def events_of(bench):
    bench.events.close()
    return [(one.kind.value, one.text) for one in bench.events.follow(0)]


def test_a_message_gets_its_numbers(bench):
    bench.store()
    bench.perform(up_do.Save(X, tables.QUEUED, retries=1, x=1, y=10))
    assert bench.storage.read_progress(X).message == "Retried 1 of 10"
    assert bench.storage.read_progress(X).retries == 1


def test_an_error_takes_the_error_lines_with_it_in_the_same_write(bench):
    """R7."""
    bench.store()
    bench.parts.errors.add(LogLine(1, 2, "pantavisor", "ERROR", "state", "platform is not running"))
    bench.perform(up_do.Save(X, tables.TRANSITIONING))
    assert bench.storage.read_progress(X).logs is None
    bench.perform(up_do.Save(X, tables.ERROR[Cause.START]))
    assert "platform is not running" in bench.storage.read_progress(X).logs


def test_what_is_saved_quietly_is_neither_shown_nor_recorded(bench):
    bench.store()
    bench.perform(up_do.Save(X, tables.READY_TO_RUN, quiet=True))
    assert bench.storage.read_progress(X).message == "Update ready to be run"
    assert bench.parts.changes.all() == []
    assert events_of(bench) == []


def test_a_record_without_room_is_written_once_there_is_some(bench):
    """peers 3: balena-supervisor#674: a full disk ends neither the update nor the agent."""
    bench.store()
    with durable.observe(full_disk(bench.storage.reserve)):
        bench.perform(up_do.Save(X, tables.INSTALLED))
        bench.hands.catch_up()
        assert bench.storage.read_progress(X).message == "Update ready to be run"
    bench.hands.catch_up()
    assert bench.storage.read_progress(X).message == "Update installed"
    assert bench.storage.reserve.held()


def test_a_revision_is_marked_done(bench):
    bench.store()
    bench.perform(up_do.MarkDone(X), up_do.MarkDone(X))
    assert bench.storage.is_done(X)


# ---- timers ------------------------------------------------------------------------------------


def test_a_timer_fires_once(bench):
    assert bench.perform(up_do.SetTimer("goals", 0), answers=1) == [sup_on.TimerFired("goals")]


def test_a_timer_that_is_set_twice_starts_again_and_one_that_is_dropped_is_silent(bench):
    heard = bench.perform(
        up_do.SetTimer("again", 3600),
        up_do.SetTimer("again", 0),
        sup_do.SetTimer("dropped", 0),
        sup_do.DropTimer("dropped"),
        sup_do.DropTimer("never set"),
        sup_do.SetTimer("last", 0.01),
        answers=2,
    )
    assert heard == [sup_on.TimerFired("again"), sup_on.TimerFired("last")]


# ---- containers --------------------------------------------------------------------------------


def test_a_container_is_prepared_with_what_its_runtime_needs(bench):
    assert bench.perform(bench.prepared("app"), answers=1) == [sup_on.Prepared("app.1")]
    bundle = bench.runtime.bundle
    assert (bundle.id, bundle.revision, bundle.container.name) == ("app.1", "0", "app")
    assert bundle.trail == bench.storage.trail("0")
    assert bundle.console == bench.storage.logs / "0/app/console.log"
    assert bundle.socket == bench.parts.socket


def test_a_start_tells_its_init_and_later_its_end(bench):
    heard = bench.perform(sup_do.Start("app.1", "app"), answers=2)
    assert heard == [sup_on.Started("app.1", 4242), sup_on.Exited("app.1", 7, None)]


@pytest.mark.parametrize("error", [RuntimeFailed("no such init"), OSError("no such init")])
def test_what_fails_is_told_with_its_cause(bench, error):
    bench.runtime.fails = {"prepare app.1": error, "start base.1": error}
    heard = bench.perform(bench.prepared("app"), sup_do.Start("base.1", "base"), answers=2)
    assert sup_on.PrepareFailed("app.1", "no such init") in heard
    assert sup_on.StartFailed("base.1", "no such init") in heard


def test_a_container_that_cannot_be_stopped_makes_the_agent_leave(bench):
    """Design rule 7: whatever waits for its end would wait for ever; the boot loop can end it."""
    bench.runtime.fails = {"stop app.1 10": RuntimeFailed("it does not die")}
    (asked,) = bench.perform(sup_do.Stop("app.1", "app", 10), answers=1)
    assert isinstance(asked, dev.LeaveAsked)
    assert "app" in asked.why


def test_what_cannot_be_released_is_only_logged(bench, caplog):
    """The next boot sweeps it."""
    bench.runtime.fails = {"release app.1": OSError("busy"), "close": RuntimeFailed("busy")}
    assert bench.perform(sup_do.Release("app.1", "app")) == []
    assert "app leaves something behind: busy" in caplog.text
    assert "containers leave something behind: busy" in caplog.text


def test_the_work_of_one_container_is_done_one_after_the_other(bench):
    """Whatever its instances: a new one starts when the old one is gone."""
    bench.perform(
        bench.prepared("app", 2),
        sup_do.Stop("app.1", "app", 10),
        sup_do.Start("app.2", "app"),
        sup_do.Release("app.1", "app"),
        answers=3,
    )
    calls = ["prepare app.2", "stop app.1 10", "start app.2", "release app.1", "close"]
    assert bench.runtime.told == [f"{call} {end}" for call in calls for end in ("begins", "ends")]


def test_one_that_fails_does_not_hold_up_what_comes_after_it(bench):
    bench.runtime.fails = {"stop app.1 10": RuntimeFailed("x"), "prepare app.2": OSError("y")}
    bench.perform(
        sup_do.Stop("app.1", "app", 10), bench.prepared("app", 2), sup_do.Release("app.1", "app")
    )
    assert bench.runtime.told[-3] == "release app.1 ends"


def test_containers_are_prepared_in_the_order_given(bench):
    """One may use the volumes of one before it."""
    bench.perform(bench.prepared("base"), bench.prepared("app"), answers=2)
    assert bench.runtime.told[:4] == [
        "prepare base.1 begins",
        "prepare base.1 ends",
        "prepare app.1 begins",
        "prepare app.1 ends",
    ]


def test_different_containers_start_and_stop_side_by_side(bench):
    """issue 4, 6: within a group containers start in parallel."""
    for effect, call in ((sup_do.Start, "start"), (sup_do.Stop, "stop")):
        bench.runtime.told.clear()
        more = (10,) if effect is sup_do.Stop else ()
        bench.perform(effect("base.1", "base", *more), effect("app.1", "app", *more))
        begun = [told.split()[1] for told in bench.runtime.told[:2]]
        assert begun == ["base.1", "app.1"], call
        assert all(told.endswith("begins") for told in bench.runtime.told[:2])


def test_a_slip_in_a_task_is_posted_so_that_the_agent_ends(bench):
    """It must not go unseen: start-up recovers from it, silence does not."""
    slip = ZeroDivisionError("a slip of ours")
    bench.runtime.fails = {"start app.1": slip}
    assert bench.perform(sup_do.Start("app.1", "app"), answers=1) == [slip]


def test_what_never_ends_does_not_keep_the_agent_from_ending(bench, monkeypatch):
    """Nothing durable hangs on it."""
    monkeypatch.setattr(perform, "FINISH_S", 0.01)

    async def never(_bundle):
        await asyncio.Event().wait()

    monkeypatch.setattr(bench.runtime, "prepare", never)
    assert bench.perform(bench.prepared("app")) == []
    assert bench.runtime.told == ["close begins", "close ends"]


# ---- the composition ---------------------------------------------------------------------------


def test_the_slot_is_on_disk_and_empty_again(bench):
    """R13."""
    command = dev.Command("LOCAL_RUN", X, 1)
    bench.perform(dev.Journal(command))
    assert journal.read(bench.storage) == command
    bench.perform(dev.Journal(None), dev.Journal(None))
    assert journal.read(bench.storage) is None


def test_a_slot_without_room_is_no_promise(bench):
    """R13: the one durable effect whose failure goes to whoever asked."""
    with durable.observe(full_disk(bench.storage.reserve)), pytest.raises(NoRoom):
        bench.perform(dev.Journal(dev.Command("LOCAL_RUN", X)))


def test_an_answer_reaches_the_one_who_asked_once(bench):
    answer = dev.Answer(1, 409, "no")
    bench.perform(answer, dev.Answer(1, 200), dev.Answer(99, 200))
    assert bench.told_ticket.result() == answer


def test_garbage_is_collected_and_told(bench):
    """R21."""
    bench.store(base="b0", app="a" * 10_000)
    bench.storage.write_progress(X, facts.Progress(facts.Status.ERROR, "Internal error", 100))
    (collected,) = bench.perform(dev.CollectGarbage(frozenset({"0"}), 1), answers=1)
    assert collected.reclaimed >= 10_000
    assert bench.told_ticket.result() == dev.Answer(1, 200, str(collected.reclaimed))
    assert bench.storage.revisions() == ["0"]


def test_nothing_is_collected_while_nobody_knows_what_the_boot_loader_names(bench):
    """peers 3: snapd#5145."""
    bench.store()
    bench.storage.write_progress(X, facts.Progress(facts.Status.ERROR, "Internal error", 100))
    (bench.storage.root / "boot/uboot.txt").write_bytes(b"torn")
    effect = dev.CollectGarbage(frozenset({"0"}), 1)
    assert bench.perform(effect, answers=1) == [dev.Collected(0)]
    assert bench.storage.revisions() == ["0", X]


def test_a_factory_revision_is_made_or_its_failure_told(bench):
    """R25."""
    bench.store()
    assert installed(bench) == up_on.Installed(X)
    assert bench.perform(dev.MakeFactory(X), answers=1) == [dev.FactoryMade(X)]
    assert (bench.storage.trail("0") / "app/root.squashfs").read_bytes() == b"a1"
    (failed,) = bench.perform(dev.MakeFactory("locals/absent"), answers=1)
    assert failed.revision == "locals/absent"
    assert failed.detail


def test_the_mode_is_durable(bench):
    """R20."""
    bench.perform(dev.SetMode(True))
    assert journal.read_mode(bench.storage, default=False)
    bench.perform(dev.SetMode(False))
    assert not journal.read_mode(bench.storage, default=True)


def test_a_setting_holds_at_once_and_over_reboots(bench):
    bench.perform(dev.SetSetting("PV_DEBUG_SSH", "1"))
    assert bench.parts.config.flag("PV_DEBUG_SSH")
    assert journal.read_settings(bench.storage) == {"PV_DEBUG_SSH": "1"}


def test_a_line_of_the_machines_is_logged_as_theirs(bench, caplog):
    with caplog.at_level(logging.INFO, "surefoot"):
        bench.perform(dev.Log("ERROR", "state", "platform 'app' is not running"))
    (line,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert (line.src, line.getMessage()) == ("state", "platform 'app' is not running")


def test_the_end_is_noted_for_the_agents_loop(bench):
    leave = dev.Leave(True, "power-off by command")
    bench.perform(leave)
    assert bench.hands.leave == leave


def test_without_a_hub_nothing_is_fetched_and_nothing_waits_for_it(bench):
    """R15: the start is spent, the next is counted."""
    (failed,) = bench.perform(up_do.Fetch("7"), up_do.Report("7"), answers=1)
    assert (type(failed), failed.revision) == (up_on.FetchFailed, "7")
