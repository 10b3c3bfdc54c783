"""The link's questions, asked of a Hub that answers as the reference does."""

import json
import logging
import threading
from dataclasses import replace

import pytest

from surefoot.client.hub.refusals import Gone, HubRefused
from surefoot.device import effects as dev
from surefoot.device.remote import asks
from surefoot.device.remote.remote import Remote
from surefoot.errors import (
    Busy,
    Conflict,
    Corrupt,
    Forbidden,
    InvalidInput,
    NoRoom,
    NotFound,
    TimedOut,
    Unreachable,
)
from surefoot.link import effects as do
from surefoot.link import events as on
from surefoot.link.record import Link, Phase, What, Why
from surefoot.wire.progress import Progress, Status
from tests.device.remote.world import LINKED, Life
from tests.support.bench_device import state_text

OPEN = "%22NEW%22,%22DOWNLOADING%22,%22INPROGRESS%22,%22TESTING%22,%22QUEUED%22"


async def ask(remote: Remote, what: What, new_only: bool = False) -> on.Event:
    return await asks.answer(remote, do.Ask(what, new_only))


def test_every_question_has_its_function():
    assert set(asks.ASKS) == set(What)


# --- from nobody to idle ------------------------------------------------------------------------


async def test_a_device_registers_without_credentials(life: Life) -> None:
    """hub-wire 3.1."""
    async with life.begun() as remote:
        made = await ask(remote, What.REGISTER)
    device = life.hub.device
    assert made == on.Registered(device.id, device.prn, device.secret, device.challenge)
    (request,) = life.hub.asked("POST /devices/")
    assert "authorization" not in request.asked.headers


async def test_a_device_with_a_token_for_it_is_owned_at_once(life: Life) -> None:
    """hub-wire 3.3: no challenge then."""
    life.hub.world.auto_tokens["dG9rZW4="] = {"color": "red"}
    life.settings = replace(life.settings, auto_token="dG9rZW4=")
    async with life.begun() as remote:
        made = await ask(remote, What.REGISTER)
    assert (made.challenge, life.hub.device.user_meta) == ("", {"color": "red"})


async def test_the_hub_is_asked_who_owns_the_device(life: Life) -> None:
    life.register(claim=False)
    life.device = replace(life.device, link=Link(Phase.CLAIM, known=True))
    async with life.begun() as remote:
        assert await ask(remote, What.LOOK_UP) == on.Seen(False, life.hub.device.challenge)
        life.hub.claim()
        assert await ask(remote, What.LOOK_UP) == on.Seen(True)


async def test_a_device_that_was_just_claimed_logs_in_anew(life: Life) -> None:
    """hub-wire 2.2: the token of before says that nobody owns it."""
    life.register(claim=False)
    life.device = replace(life.device, link=Link(Phase.CLAIM, known=True))
    async with life.begun() as remote:
        await ask(remote, What.LOOK_UP)
        life.hub.claim()
        before = len(life.hub.asked("POST /auth/login"))
        await ask(remote, What.LOOK_UP)
        assert len(life.hub.asked("POST /auth/login")) == before + 1
        life.device = replace(life.device, link=LINKED)
        await ask(remote, What.LOOK_UP)
        assert len(life.hub.asked("POST /auth/login")) == before + 1


async def test_a_trail_is_there_or_not(life: Life) -> None:
    life.register()
    async with life.begun() as remote:
        assert await ask(remote, What.TRAILS) == on.TrailsSeen(present=False)
        life.sync()
        assert await ask(remote, What.TRAILS) == on.TrailsSeen(present=True)


async def test_the_first_sync_sends_what_runs(life: Life) -> None:
    """R20."""
    life.register()
    async with life.begun() as remote:
        assert await ask(remote, What.SYNC) == on.Answered(What.SYNC)
        assert await ask(remote, What.TRAILS) == on.TrailsSeen(present=True)
    step = life.hub.trails[life.hub.device.id][0]
    assert step.state == json.loads(life.storage.read_state_text("0"))


# --- steps --------------------------------------------------------------------------------------


@pytest.fixture
def posted(life: Life) -> Life:
    """Step 1 waits at the Hub."""
    life.register().sync()
    life.text = state_text(life.storage, base="b0", app="a1")
    assert life.hub.post(life.text, "second") == 1
    return life


async def test_a_step_is_stored_before_it_is_told_of_and_told_of_before_the_answer(
    posted: Life,
) -> None:
    async with posted.begun() as remote:
        assert await ask(remote, What.STEPS) == on.Answered(What.STEPS)
    assert posted.of(dev.StepFound) == [dev.StepFound("1", Progress(Status.NEW, "", 0))]
    assert json.loads(posted.storage.read_state_text("1")) == json.loads(posted.text)
    assert posted.storage.read_message("1") == "second"
    assert posted.stored == {"1"}, "garbage collection spares it until it is in a queue (R21)"


async def test_without_a_step_nobody_is_told(life: Life) -> None:
    life.register().sync()
    async with life.begun() as remote:
        assert await ask(remote, What.STEPS) == on.Answered(What.STEPS)
    assert life.of(dev.StepFound) == []


@pytest.mark.parametrize(
    ("new_only", "query"),
    [
        (False, f"progress.status=%7B%22$in%22:%5B{OPEN}%5D%7D"),
        (True, "progress.status=NEW"),
    ],
)
async def test_a_busy_device_asks_for_new_steps_only(
    posted: Life, new_only: bool, query: str
) -> None:
    """R16; hub-wire 4.2, byte for byte."""
    async with posted.begun() as remote:
        await ask(remote, What.STEPS, new_only)
    (asked,) = posted.hub.asked(r"GET /trails/\w+/steps")
    assert asked.asked.query == query


async def test_a_step_with_a_final_record_is_told_of_with_that(posted: Life) -> None:
    """R17."""
    ended = Progress(Status.WONTGO, "Max download retries reached", 100, 2)
    posted.storage.write_state("1", posted.text, ended)
    async with posted.begun() as remote:
        await ask(remote, What.STEPS)
    assert posted.of(dev.StepFound) == [dev.StepFound("1", ended)]


async def test_a_step_is_not_stored_while_garbage_is_collected(posted: Life) -> None:
    """The lock is for that."""
    began, free = threading.Event(), threading.Event()

    def collecting() -> None:
        with posted.lock:
            began.set()
            assert free.wait(60)
            assert not posted.storage.has_state("1")

    thread = threading.Thread(target=collecting)
    thread.start()
    began.wait()
    async with posted.begun() as remote:
        task = remote.world.spawn(remote._asked(do.Ask(What.STEPS)))
        await posted.until(dev.HubContact, count=2)  # the login, and the list of steps
        free.set()
        await task
    thread.join()
    assert posted.storage.has_state("1")


async def test_a_step_that_comes_after_the_device_was_unclaimed_is_not_stored(
    posted: Life,
) -> None:
    """R20: it is of a trail that is gone."""
    async with posted.begun() as remote:
        offered = await remote.hub.pending(remote.identity.id, asks.OPEN)
        identity = remote.identity
        remote.forget_hub()
        with pytest.raises(Conflict):
            asks._store(remote, identity, offered)
    assert not posted.storage.has_state("1")


# --- metadata -----------------------------------------------------------------------------------


async def test_user_metadata_is_what_the_hub_says_and_is_told_when_it_changes(life: Life) -> None:
    life.register()
    life.hub.device.user_meta = {"color": "red", "n": {"a": 1}, "gone": None}
    async with life.begun() as remote:
        remote.world.user_meta.put("old", "1")
        assert await ask(remote, What.USER_META) == on.Answered(What.USER_META)
        assert remote.world.user_meta.all() == {"color": "red", "n": '{"a":1}'}
        assert life.met == 1
        await ask(remote, What.USER_META)
        assert life.met == 1
        life.hub.device.user_meta = {}
        await ask(remote, What.USER_META)
        assert (remote.world.user_meta.all(), life.met) == ({}, 2)


async def test_a_key_that_cannot_be_kept_is_said_once_and_holds_up_no_other(
    life: Life, caplog: pytest.LogCaptureFixture
) -> None:
    life.register()
    life.hub.device.user_meta = {"../bad": "1", "good": "2"}
    async with life.begun() as remote:
        for _ in range(3):
            await ask(remote, What.USER_META)
        assert remote.world.user_meta.all() == {"good": "2"}
    assert life.met == 1
    assert caplog.text.count("Metadata is left out") == 1


async def test_device_metadata_is_always_the_full_map(life: Life) -> None:
    """hub-wire 8.6, 3.4."""
    life.register()
    async with life.begun() as remote:
        assert await ask(remote, What.DEVICE_META) == on.Answered(What.DEVICE_META)
    (sent,) = life.hub.asked("PUT /devices/")
    address = f"localhost:{life.hub.port}"
    assert sent.asked.json == {"pantavisor.status": "READY", "pantahub.address": address}


# --- failures -----------------------------------------------------------------------------------

ERRORS = [
    (Unreachable("nobody"), Why.SILENT, 0),
    (Busy("slowly", 7), Why.BUSY, 7),
    (Forbidden("who?"), Why.UNKNOWN, 0),
    (NotFound("whom?"), Why.UNKNOWN, 0),
    (Gone("not any more"), Why.UNKNOWN, 0),
    (HubRefused(403, "not you"), Why.UNKNOWN, 0),
    (HubRefused(400, "what?"), Why.REFUSED, 0),
    (HubRefused(409, "no"), Why.REFUSED, 0),
    (InvalidInput("no JSON"), Why.REFUSED, 0),
    (NoRoom("the disk is full"), Why.OWN, 0),
    (Corrupt("a file"), Why.OWN, 0),
    (TimedOut("late"), Why.OWN, 0),
    (OSError("I/O error"), Why.OWN, 0),
]


@pytest.mark.parametrize("what", list(What), ids=str)
@pytest.mark.parametrize(("error", "why", "retry_s"), ERRORS, ids=lambda e: type(e).__name__)
async def test_every_error_has_its_reason(
    life: Life,
    monkeypatch: pytest.MonkeyPatch,
    what: What,
    error: Exception,
    why: Why,
    retry_s: int,
) -> None:
    async def fails(_remote: Remote, _ask: do.Ask) -> on.Event:
        raise error

    monkeypatch.setitem(asks.ASKS, what, fails)
    async with life.begun() as remote:
        assert await ask(remote, what) == on.Failed(what, why, str(error), retry_s)


@pytest.mark.parametrize(
    ("status", "headers", "why", "retry_s"),
    [
        (503, {"Retry-After": "30"}, Why.BUSY, 30),
        (429, {"Retry-After": "30"}, Why.BUSY, 30),
        (500, {}, Why.BUSY, 5),
        (404, {}, Why.UNKNOWN, 0),
        (403, {}, Why.UNKNOWN, 0),
        (400, {}, Why.REFUSED, 0),
        (401, {}, Why.UNKNOWN, 0),
    ],
)
async def test_what_the_hub_says_is_understood(
    life: Life, status: int, headers: dict[str, str], why: Why, retry_s: int
) -> None:
    """401 after a fresh login, 403 and 404 of LOOK_UP: the Hub does not know this device."""
    life.register()
    life.hub.fault("GET /devices/", times=None, status=status, headers=headers)
    async with life.begun() as remote:
        failed = await ask(remote, What.LOOK_UP)
    assert (failed.why, failed.retry_after_s) == (why, retry_s)


async def test_a_hub_that_is_not_there_is_silent(life: Life) -> None:
    life.register()
    life.settings = replace(life.settings, retries=0)
    life.hub.down()
    async with life.begun() as remote:
        failed = await ask(remote, What.LOOK_UP)
    assert failed.why is Why.SILENT


async def test_a_failure_of_ours_is_said_once_and_again_when_it_is_another(
    life: Life, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Metadata is asked for every few seconds: that must not fill the log."""
    errors = [*[NoRoom("full")] * 3, *[NoRoom("fuller")] * 2, None, NoRoom("full")]

    async def fails(_remote: Remote, _ask: do.Ask) -> on.Event:
        error = errors.pop(0)
        if error is None:
            return on.Answered(What.USER_META)
        raise error

    monkeypatch.setitem(asks.ASKS, What.USER_META, fails)
    async with life.begun() as remote:
        while errors:
            await ask(remote, What.USER_META)
    said = [line.getMessage() for line in caplog.records if line.levelno == logging.ERROR]
    assert said == ["user-meta: full", "user-meta: fuller", "user-meta: full"]
