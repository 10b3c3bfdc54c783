"""The agent's hands towards the Hub: what is true after each effect, contact, ends, a full disk."""

import asyncio
import errno
import hashlib
import random
import subprocess
import sys
from dataclasses import replace

import pytest

from surefoot.device import effects as dev
from surefoot.device.remote import credentials
from surefoot.device.remote import remote as room
from surefoot.device.remote.credentials import Identity
from surefoot.device.turn import LINK_EFFECTS
from surefoot.errors import NoRoom
from surefoot.files import durable
from surefoot.files.durable import Kind
from surefoot.link import effects as do
from surefoot.link import events as on
from surefoot.link.record import Link, What, Why
from surefoot.update import effects as up_do
from surefoot.update import events as up_on
from surefoot.update.record import Record
from surefoot.wire.progress import Progress, Status
from tests.device.remote.world import LINKED, Gate, Life
from tests.support.bench_device import state_text

KEEP = do.Keep("5fd0", "prn:::devices:/5fd0", "s3cret")
QUEUED = Progress(Status.QUEUED, "Retried 0 of 3", 5)
DOWNLOADING = Progress(Status.DOWNLOADING, "Retry 1 of 3", 25, 1)
UPDATED = Progress(Status.UPDATED, "Update finished, revision not set as rollback point", 100, 1)


def known(life: Life) -> str:
    path = life.storage.config / "pantahub.config"
    return path.read_text() if path.exists() else ""


def shown(life: Life, name: str) -> str | None:
    path = life.bench.run / name
    return path.read_text() if path.exists() else None


def posted(life: Life, *bodies: bytes) -> int:
    """Step 1, with images that only the Hub has."""
    text = state_text(life.storage, base="b0", app="a1")
    for body in bodies:
        text = text.replace(hashlib.sha256(b"a1").hexdigest(), hashlib.sha256(body).hexdigest())
    life.storage.objects.remove(hashlib.sha256(b"a1").hexdigest())
    rev = life.hub.post(text, objects=[*bodies, b"b0", b"kernel", b"lxc.init.cmd = /init\n"])
    life.storage.write_state(str(rev), text)
    return rev


# --- effects of the link ------------------------------------------------------------------------


def test_there_is_a_hand_for_everything_that_the_link_wants():
    assert set(room.HANDLERS) == set(LINK_EFFECTS)


async def test_what_is_kept_is_on_the_disk_and_who_we_are_from_then_on(life: Life) -> None:
    async with life.begun() as remote:
        remote.perform(KEEP)
        remote.perform(KEEP)
        assert "PH_CREDS_ID=5fd0\n" in known(life)
        assert remote.identity == Identity("5fd0", "prn:::devices:/5fd0", "s3cret")
        remote.perform(do.Forget())
        remote.perform(do.Forget())
        assert (known(life), remote.identity) == ("", Identity())


async def test_an_owner_that_was_seen_is_remembered(life: Life) -> None:
    async with life.begun() as remote:
        remote.perform(do.Settle())
        remote.perform(do.Settle())
    assert credentials.is_settled(life.storage)


async def test_whoever_is_at_the_device_sees_by_what_it_is_claimed(life: Life) -> None:
    """hub-wire 8.2: `device-id` and `challenge` in the run directory."""
    async with life.begun() as remote:
        remote.perform(KEEP)
        remote.perform(do.Show("three-good-words"))
        assert (shown(life, "device-id"), shown(life, "challenge")) == ("5fd0", "three-good-words")
        remote.perform(do.Show())
        assert (shown(life, "device-id"), shown(life, "challenge")) == ("5fd0", None)
        remote.perform(do.Forget())
        remote.perform(do.Show())
        assert shown(life, "device-id") is None


async def test_a_question_is_answered_by_an_event(life: Life) -> None:
    life.register().sync()
    async with life.begun() as remote:
        remote.perform(do.Ask(What.TRAILS))
        assert await life.until(on.TrailsSeen) == on.TrailsSeen(present=True)


async def test_a_timer_fires_once_about_when_it_is_due(life: Life) -> None:
    """Give or take a part of it: a fleet does not ask in step."""
    async with life.begun() as remote:
        loop = asyncio.get_running_loop()
        due = []
        for _ in range(200):
            remote.perform(do.SetTimer("link.line", 100))
            due.append(remote._timers["link.line"].when() - loop.time())
        assert 89 < min(due) < 95
        assert 105 < max(due) < 111
        remote.perform(do.SetTimer("link.line", 0))
        assert await life.until(on.TimerFired) == on.TimerFired("link.line")
        assert remote._timers == {}


async def test_a_timer_that_is_dropped_is_silent(life: Life) -> None:
    async with life.begun() as remote:
        remote.perform(do.SetTimer("dropped", 0))
        remote.perform(do.DropTimer("dropped"))
        remote.perform(do.DropTimer("never set"))
        remote.perform(do.SetTimer("last", 0.01))
        await life.until(on.TimerFired)
    assert life.of(on.TimerFired) == [on.TimerFired("last")]


# --- a full disk --------------------------------------------------------------------------------


def full(step: durable.Step) -> None:
    if step.kind in (Kind.CREATE, Kind.WRITE):
        raise OSError(errno.ENOSPC, "the disk is full")


async def test_credentials_without_room_end_nothing_and_are_stored_as_soon_as_there_is_some(
    life: Life, caplog: pytest.LogCaptureFixture
) -> None:
    """Not a reboot, and a registration, for each try. peers 3: balena-supervisor#674."""
    async with life.begun() as remote:
        with durable.observe(full):
            remote.perform(KEEP)
            remote.perform(do.Settle())
            remote.catch_up()
        assert remote.identity.known, "it goes on with them"
        assert known(life) == ""
        remote.catch_up()
        assert "PH_CREDS_ID=5fd0\n" in known(life)
        assert credentials.is_settled(life.storage)
        caplog.clear()
        remote.catch_up()
    assert "the credentials cannot be stored yet" not in caplog.text


async def test_what_is_forgotten_meanwhile_is_not_stored_later(life: Life) -> None:
    async with life.begun() as remote:
        with durable.observe(full):
            remote.perform(KEEP)
        remote.perform(do.Forget())
        remote.catch_up()
    assert known(life) == ""


async def test_a_run_directory_without_room_ends_nothing(
    life: Life, caplog: pytest.LogCaptureFixture
) -> None:
    async with life.begun() as remote:
        remote.perform(KEEP)
        with durable.observe(full):
            remote.perform(do.Show("three-good-words"))
    assert "challenge is not shown" in caplog.text


async def test_an_unclaimed_device_does_not_come_back_as_a_claimed_one(life: Life) -> None:
    """R20: then rather not at all."""
    life.register()
    async with life.begun() as remote:
        path = life.storage.config / "pantahub.config"
        path.write_text("PH_CREDS_HOST=hub\n" + path.read_text())
        with durable.observe(full), pytest.raises(NoRoom):
            remote.forget_hub()
        remote.forget_hub()
    assert known(life) == "PH_CREDS_HOST=hub\n"


# --- contact (R18) ------------------------------------------------------------------------------


async def test_an_answer_is_contact_of_the_revision_that_ran_when_it_was_asked_for(
    life: Life,
) -> None:
    """R18: what an old container's network brought says nothing of the new one's."""
    life.register().sync()
    async with life.begun() as remote:
        await remote.hub.login()
        life.heard.clear()
        fault = life.hub.fault("GET /trails/", hold=Gate())
        remote.perform(do.Ask(What.TRAILS))
        await fault.hold.arrived()
        life.device = replace(life.device, update=Record("7", "0"))
        fault.hold.set()
        await life.until(on.TrailsSeen)
        remote.perform(do.Ask(What.TRAILS))
        await life.until(on.TrailsSeen, count=2)
    assert life.of(dev.HubContact) == [dev.HubContact(True, "0"), dev.HubContact(True, "7")]


async def test_a_login_and_an_error_are_contact_that_says_nothing_of_the_device(
    life: Life,
) -> None:
    """R18: any HTTP answer, also 5xx; but the goal wants an authenticated one."""
    life.register()
    life.hub.fault("GET /trails/", status=503)
    async with life.begun() as remote:
        remote.perform(do.Ask(What.TRAILS))
        failed = await life.until(on.Failed)
    assert failed.why is Why.BUSY
    assert life.of(dev.HubContact) == [dev.HubContact(False, "0")] * 2


async def test_silence_is_told_once_for_all_tries_of_a_request(life: Life) -> None:
    """R18: each tried again PH_LIBEVENT_HTTP_RETRIES times."""
    life.register()
    life.settings = replace(life.settings, retries=2)
    life.hub.fault("POST /auth/login", times=None, is_silent=True)
    async with life.begun() as remote:
        remote.perform(do.Ask(What.TRAILS))
        failed = await life.until(on.Failed)
        assert len(life.hub.asked("POST /auth/login")) == 3
    assert failed.why is Why.SILENT
    assert life.of(dev.HubSilence) == [dev.HubSilence("0")]


async def test_an_authenticated_answer_confirms_the_time(life: Life) -> None:
    """R23."""
    life.register().sync()
    async with life.begun() as remote:
        await remote.hub.login()
        assert not life.storage.seen.exists()
        await remote.hub.trails()
        assert life.storage.seen.exists()


# --- reports ------------------------------------------------------------------------------------


async def test_progress_is_reported_and_what_the_hub_holds_comes_back(life: Life) -> None:
    """R14."""
    life.register().sync()
    rev = posted(life)
    async with life.begun() as remote:
        assert remote.hub is not None
        remote.report(str(rev), QUEUED)
        assert await life.until(up_on.Reported) == up_on.Reported("1", Status.QUEUED)
        life.hub.fault("PUT /trails/", body=b'{"status":"CANCEL","progress":100}')
        remote.report(str(rev), DOWNLOADING)
        assert await life.until(up_on.Reported, count=2) == up_on.Reported("1", Status.CANCELLED)
    assert life.hub.statuses(rev) == ["QUEUED", "DOWNLOADING"]


async def test_reports_wait_for_the_link(life: Life) -> None:
    """R20: none is sent in local mode."""
    life.register().sync()
    rev = posted(life)
    life.device = replace(life.device, link=Link())
    async with life.begun() as remote:
        assert remote.hub is not None
        remote.report(str(rev), QUEUED)
        await asyncio.sleep(0)
        assert life.hub.progress(rev) == []
        life.device = replace(life.device, link=LINKED)
        remote.reports.wake()
        await life.until(up_on.Reported)


# --- downloads ----------------------------------------------------------------------------------

IMAGE = random.Random(9).randbytes(400_000)


async def test_a_fetch_brings_what_is_missing_and_tells_of_it(life: Life) -> None:
    life.register().sync()
    rev, image = posted(life, IMAGE), hashlib.sha256(IMAGE).hexdigest()
    async with life.begun() as remote:
        remote.fetch(str(rev), [image], DOWNLOADING)
        assert await life.until(up_on.Fetched) == up_on.Fetched("1")
        assert remote.fetched("1") == {image}
        assert remote.fetched("2") == frozenset()
        await remote.reports.flush(60)
    assert life.storage.objects.verify(image)
    revision, downloads = life.shown[-1]
    assert (revision, downloads.total_downloaded) == ("1", len(IMAGE))
    last = life.hub.progress(rev)[-1]
    assert (last["status"], last["downloads"]["total"]["total_size"]) == ("DOWNLOADING", len(IMAGE))


async def test_a_fetch_that_is_stopped_ends_and_what_came_goes_again(life: Life) -> None:
    """R14."""
    life.register().sync()
    rev, image = posted(life, IMAGE), hashlib.sha256(IMAGE).hexdigest()
    life.storage.write_progress(str(rev), Progress(Status.CANCELLED, "", 100))
    fault = life.hub.fault("GET /local-s3/", hold=Gate())
    async with life.begun() as remote:
        remote.fetch(str(rev), [image], DOWNLOADING)
        await fault.hold.arrived()
        remote.stop_fetch(up_do.StopFetch("1"))
        remote.stop_fetch(up_do.StopFetch("1"))
        fault.hold.set()
        remote.stop_fetch(up_do.StopFetch("99"))  # nothing of that is here
    assert life.of(up_on.Fetched, up_on.FetchFailed) == []
    assert list(life.storage.partial.iterdir()) == []


async def test_what_came_in_an_earlier_life_goes_with_its_step_too(life: Life) -> None:
    """R14: it is cancelled at the report before its next start."""
    life.register().sync()
    rev, image = posted(life, IMAGE), hashlib.sha256(IMAGE).hexdigest()
    life.storage.write_progress(str(rev), Progress(Status.CANCELLED, "", 100))
    (life.storage.partial / image).write_bytes(IMAGE[:1000])
    async with life.begun() as remote:
        remote.stop_fetch(up_do.StopFetch("1"))
    assert list(life.storage.partial.iterdir()) == []


# --- ends ---------------------------------------------------------------------------------------


async def test_the_end_of_the_agent_cuts_whatever_is_under_way(
    life: Life, caplog: pytest.LogCaptureFixture
) -> None:
    """No task is left, none ends with an exception that nobody looks at (`filterwarnings` makes
    errors of those)."""
    life.register().sync()
    life.settings = replace(life.settings, push_logs=True)
    rev, image = posted(life, IMAGE), hashlib.sha256(IMAGE).hexdigest()
    hold = life.hub.fault("(GET|PUT) ", times=None, hold=Gate())
    async with life.begun() as remote:
        for what in (What.STEPS, What.USER_META, What.DEVICE_META):
            remote.perform(do.Ask(what))
        remote.fetch(str(rev), [image], DOWNLOADING)
        remote.report(str(rev), DOWNLOADING)
        remote.perform(do.SetTimer("link.line", 0.2))
        await hold.hold.arrived(5)
        await remote.close(0.05)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        hold.hold.set()
    assert life.of(on.Answered, on.Failed, up_on.Fetched, up_on.FetchFailed) == []
    assert life.of(on.TimerFired) == []
    assert "never retrieved" not in caplog.text
    assert "was destroyed" not in caplog.text


async def test_reports_get_a_moment_before_the_end(life: Life) -> None:
    """device.md 2: a reboot waits for them, a little."""
    life.register().sync()
    rev = posted(life)
    async with life.begun() as remote:
        assert remote.hub is not None
        remote.report(str(rev), UPDATED)
        await remote.close(60)
    assert life.hub.statuses(rev) == ["UPDATED"]


async def test_local_mode_waits_for_no_answer(life: Life) -> None:
    """R20: not for one that is due, nor for a first sync that goes on for long."""
    life.register()
    fault = life.hub.fault("POST /objects/", hold=Gate())
    async with life.begun() as remote:
        remote.perform(do.Ask(What.SYNC))
        await fault.hold.arrived()
        remote.stop_asking()
        fault.hold.set()
        await asyncio.wait(life.tasks, return_when=asyncio.FIRST_COMPLETED)
    assert life.of(on.Answered, on.Failed) == []
    assert life.hub.trails == {}


async def test_an_unclaimed_device_tells_its_old_hub_nothing_any_more(life: Life) -> None:
    """R20."""
    life.register().sync()
    rev = posted(life)
    life.device = replace(life.device, link=Link())
    async with life.begun() as remote:
        await remote.hub.login()
        remote.report(str(rev), UPDATED)
        remote.perform(do.Ask(What.TRAILS))
        remote.forget_hub()
        assert remote.hub.token == ""
        assert remote.hub.credentials is None
        life.device = replace(life.device, link=LINKED)
        remote.reports.wake()
        await remote.reports.flush(60)
    assert life.hub.progress(rev) == []
    assert life.of(on.TrailsSeen, up_on.Reported) == []


# --- what is loaded, and when -------------------------------------------------------------------

NOTHING_LOADED = """
import sys
import surefoot.device.main
heavy = {"pycurl", "ssl"} & set(sys.modules)
hub = [name for name in sys.modules if name.startswith("surefoot.client.hub")]
assert not hub, hub
assert "pycurl" not in heavy, heavy
import surefoot.device.remote.remote
assert "pycurl" not in sys.modules
"""


def test_a_device_without_a_hub_loads_nothing_for_one():
    """And pycurl (6 MiB) only once the Hub is spoken to."""
    subprocess.run([sys.executable, "-c", NOTHING_LOADED], check=True)


async def test_a_device_in_local_mode_makes_no_client(life: Life) -> None:
    life.register()
    async with life.begun() as remote:
        remote.report("1", QUEUED)
        remote.perform(do.Show("x"))
        remote.stop_fetch(up_do.StopFetch("1"))
        remote.stop_asking()
        assert remote._hub is None
    assert life.hub.requests == []
