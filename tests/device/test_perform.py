"""The hands: what is true once each effect has returned, and which event answers it."""

import asyncio
import errno
import hashlib
import json
import logging

import pytest

from surefoot.device import effects as dev
from surefoot.device import facts, journal
from surefoot.device.logs import LogLine
from surefoot.device.perform import Hands
from surefoot.device.remote import credentials
from surefoot.device.remote.credentials import Identity
from surefoot.device.storage import Space
from surefoot.errors import NoRoom
from surefoot.files import durable
from surefoot.files.durable import Kind
from surefoot.link import effects as link_do
from surefoot.supervisor import effects as sup_do
from surefoot.supervisor import events as sup_on
from surefoot.update import effects as up_do
from surefoot.update import events as up_on
from surefoot.update import tables
from surefoot.update.tables import Cause
from tests.device.hands import Bench, X
from tests.support.bench_device import PATIENCE_S, put


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


def test_a_state_is_loaded_and_parsed(bench):
    text = bench.store()
    (loaded,) = bench.perform(up_do.LoadState(X), answers=1)
    assert (loaded.revision, loaded.state.text, loaded.missing) == (X, text, False)


@pytest.mark.parametrize("damage", [None, b"rotten"], ids=["gone", "rotten"])
def test_objects_of_a_remote_revision_are_looked_for_and_those_of_a_local_one_are_not(
    bench, damage
):
    """R12: what a remote one lacks is downloaded; a local one's failure is told by installing."""
    bench.store("7")
    bench.store(X)
    (whole,) = bench.perform(up_do.LoadState("7"), answers=1)
    assert not whole.missing
    place = bench.storage.objects.path(hashlib.sha256(b"a1").hexdigest())
    place.unlink() if damage is None else place.write_bytes(damage)
    (remote,) = bench.perform(up_do.LoadState("7"), answers=1)
    (local,) = bench.perform(up_do.LoadState(X), answers=1)
    assert (remote.missing, local.missing) == (True, False)


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


def test_a_failed_update_whose_end_the_hub_does_not_know_is_kept(bench):
    """R18: without its record it would be offered, and run, once more."""
    bench.store("7", base="b0", app="a1")
    bench.storage.write_progress("7", facts.Progress(facts.Status.ERROR, "Internal error", 100))
    bench.remote = object()
    bench.perform(dev.CollectGarbage(frozenset({"0"}), 1), answers=1)
    assert "7" in bench.storage.revisions()


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


def test_a_remote_revision_is_copied_or_its_failure_told(bench):
    """R20."""
    bench.store("7")
    bench.storage.install("7", facts.read_state(bench.storage, "7")[0])
    name = "locals/unclaimed-1"
    assert bench.perform(dev.CopyRevision("7"), answers=1) == [dev.RevisionCopied(name)]
    assert (bench.storage.trail(name) / "app/root.squashfs").read_bytes() == b"a1"
    (failed,) = bench.perform(dev.CopyRevision("99"), answers=1)
    assert (failed.name, bool(failed.detail)) == ("", True)


def test_a_forgotten_hub_leaves_neither_credentials_nor_trails(bench):
    """R20: also on a device whose configuration names no Hub any more."""
    bench.store("7")
    credentials.keep(bench.storage, Identity("1", "prn:::devices:/1", "s"))
    credentials.settle(bench.storage)
    bench.perform(dev.ForgetHub(), dev.ForgetHub())
    assert bench.storage.revisions() == ["0"]
    assert not (bench.storage.config / "pantahub.config").exists()
    assert not credentials.is_settled(bench.storage)


class FakeRemote:
    """What the hands ask of the Hub's side."""

    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        return lambda *arguments: self.calls.append((name, *arguments))


def with_hub(bench, *effects, answers=0):
    """The calls on the Hub's side, and what was posted."""
    remote = FakeRemote()

    async def life():
        news = asyncio.Queue()
        hands = Hands(bench.parts, news.put_nowait)
        hands.remote = remote
        async with asyncio.timeout(PATIENCE_S):
            for effect in effects:
                hands.perform(effect)
            heard = [await news.get() for _ in range(answers)]
        hands.catch_up()
        return heard

    heard = asyncio.run(life())
    return remote.calls, heard


def test_what_the_link_wants_goes_to_the_hubs_side(bench):
    ask, forget = link_do.Ask(link_do.What.STEPS), dev.ForgetHub()
    calls, _ = with_hub(bench, ask, forget, up_do.StopFetch("7"))
    assert calls == [
        ("perform", ask),
        ("forget_hub",),
        ("stop_fetch", up_do.StopFetch("7")),
        ("catch_up",),
    ]


def test_local_mode_ends_every_question(bench):
    """R20."""
    calls, _ = with_hub(bench, dev.SetMode(False), dev.SetMode(True))
    assert calls == [("stop_asking",), ("catch_up",)]


def test_the_stored_record_is_what_is_reported(bench):
    bench.store("7")
    calls, _ = with_hub(bench, up_do.Save("7", tables.QUEUED, x=0, y=3), up_do.Report("7"))
    assert calls[0] == ("report", "7", bench.storage.read_progress("7"))


def test_a_record_that_waits_for_room_is_reported_all_the_same(bench):
    """A full disk keeps the Hub from nothing."""
    bench.store("7")
    with durable.observe(full_disk(bench.storage.reserve)):
        saved = up_do.Save("7", tables.QUEUED, x=0, y=3)
        calls, _ = with_hub(bench, saved, up_do.Report("7"))
    assert calls[0][2].message == "Retried 0 of 3"


def test_a_step_whose_trail_is_gone_ends_instead_of_waiting_for_an_answer_for_ever(bench):
    """Design rule 7: the Hub offers it anew."""
    _, heard = with_hub(bench, up_do.Save("7", tables.QUEUED), up_do.Report("7"), answers=1)
    assert heard == [up_on.Reported("7", facts.Status.CANCELLED)]


def test_what_is_missing_is_fetched_with_the_record_that_its_figures_go_into(bench):
    bench.store("7")
    gone = hashlib.sha256(b"a1").hexdigest()
    bench.storage.objects.remove(gone)
    bench.storage.write_progress("7", facts.Progress(facts.Status.DOWNLOADING, "Retry 1 of 3", 25))

    async def life():
        news = asyncio.Queue()
        hands = Hands(bench.parts, news.put_nowait)
        hands.remote = FakeRemote()
        async with asyncio.timeout(PATIENCE_S):
            hands.perform(up_do.LoadState("7"))
            await news.get()
            hands.perform(up_do.Fetch("7"))
        return hands.remote.calls

    assert asyncio.run(life()) == [("fetch", "7", [gone], bench.storage.read_progress("7"))]


def test_what_has_come_into_use_meanwhile_is_not_collected(bench):
    """R21: the collection waits for the lock, and the device goes on."""
    bench.store()
    bench.storage.write_progress(X, facts.Progress(facts.Status.ERROR, "Internal error", 100))

    async def life():
        news = asyncio.Queue()
        hands = Hands(bench.parts, news.put_nowait, in_use=lambda: frozenset({X}))
        hands.perform(dev.CollectGarbage(frozenset({"0"})))
        async with asyncio.timeout(PATIENCE_S):
            return await news.get()

    assert asyncio.run(life()) == dev.Collected(0)
    assert bench.storage.revisions() == ["0", X]


def test_a_step_of_the_hub_that_no_queue_has_yet_is_not_collected(bench):
    """R21: it is stored before anybody is told of it; garbage may be collected in between."""
    bench.store("7")
    bench.parts.stored_this_boot.add("7")
    bench.storage.write_progress("7", facts.Progress(facts.Status.NEW, "", 0))
    bench.perform(dev.CollectGarbage(frozenset({"0"})), answers=1)
    assert bench.storage.revisions() == ["0", "7"]


def test_garbage_collection_takes_what_has_begun_to_come_for_nobody(bench):
    """R14."""
    (bench.storage.partial / ("a" * 64)).write_bytes(b"x" * 5000)
    (collected,) = bench.perform(dev.CollectGarbage(frozenset({"0"})), answers=1)
    assert collected.reclaimed >= 5000
    assert list(bench.storage.partial.iterdir()) == []


def test_room_is_made_for_a_download(bench):
    """R12: after garbage collection."""

    async def life():
        hands = Hands(bench.parts, lambda _: None, in_use=lambda: frozenset({"0"}))
        bench.store(base="b0", app="a" * 100_000)
        bench.storage.write_progress(X, facts.Progress(facts.Status.ERROR, "Internal error", 100))
        await hands.make(1)

    asyncio.run(life())
    assert bench.storage.revisions() == ["0"]


def test_what_is_always_to_be_free_is_no_room_for_a_download(bench, monkeypatch):
    """config.md PV_STORAGE_GC_RESERVED, in percent."""
    hands = Hands(bench.parts, lambda _: None)
    for free, available in ((100, 50), (50, 0), (10, 0)):
        monkeypatch.setattr(bench.storage, "space", lambda free=free: Space(1000, free))
        assert hands.available() == available


def test_without_a_hub_nothing_is_fetched_and_nothing_waits_for_it(bench):
    """R15: the start is spent, the next is counted."""
    (failed,) = bench.perform(up_do.Fetch("7"), up_do.Report("7"), answers=1)
    assert (type(failed), failed.revision) == (up_on.FetchFailed, "7")
