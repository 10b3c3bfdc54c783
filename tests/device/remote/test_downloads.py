"""The objects of one revision: sizes first, then room, then bytes, from a real server."""

import asyncio
import errno
import hashlib
import random
from contextlib import asynccontextmanager
from typing import Any

import pytest

from surefoot.client.hub.refusals import Gone, HubRefused
from surefoot.device.remote import downloads as room
from surefoot.device.remote.downloads import Fetching, Limits, drop, in_parallel
from surefoot.device.storage import Storage
from surefoot.errors import Busy, Corrupt, Forbidden, InvalidInput, NotFound, Unreachable
from surefoot.files import durable
from surefoot.files.durable import Kind
from surefoot.update import events as on
from surefoot.update.tables import Cause
from surefoot.wire.hub.answers import ObjectPlace
from surefoot.wire.progress import Downloads, Progress, Status
from tests.client.hub.clients import client
from tests.device.remote.world import Room
from tests.support.bench_device import PATIENCE_S, put, state_text
from tests.support.faulty_server import FaultyServer, Reply

ONE, TWO, THREE = (random.Random(seed).randbytes(200_000 + seed) for seed in (1, 2, 3))


def sha(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


class Hub:
    """Says where objects are. `fails`: what it raises first, for each of them."""

    def __init__(self, server: FaultyServer, http: Any, *bodies: bytes) -> None:
        self.http = http
        self.sizes = {sha(body): len(body) for body in bodies}
        self.urls = {name: f"{server.url}/{name}" for name in self.sizes}
        self.fails: dict[str, list[Exception]] = {}
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0

    async def object(self, name: str) -> ObjectPlace:
        self.asked.append(name)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        if self.fails.get(name):
            raise self.fails[name].pop(0)
        return ObjectPlace(name, self.sizes[name], self.urls[name], "", True)


class Getting:
    def __init__(self, storage: Storage, server: FaultyServer, hub: Hub, free: Room) -> None:
        self.storage, self.server, self.hub, self.room = storage, server, hub, free
        self.shown: list[Downloads] = []
        self.show = self.shown.append
        self.limits = Limits(transfers=2, patience_s=5)

    async def get(self, *bodies: bytes) -> on.Event:
        self.fetching = Fetching(self.storage, self.hub, self.room, self.limits, self.show)
        async with asyncio.timeout(PATIENCE_S):
            return await self.fetching.fetch("7", [sha(body) for body in bodies])

    def plan(self, body: bytes, *replies: Reply) -> None:
        self.server.plan(f"/{sha(body)}", *(replies or [Reply(body=body)]))

    def has(self, body: bytes) -> bool:
        return self.storage.objects.verify(sha(body))

    def partial(self, body: bytes) -> int:
        path = self.storage.partial / sha(body)
        return path.stat().st_size if path.exists() else 0


@asynccontextmanager
async def getting(storage: Storage, *bodies: bytes, free: Room | None = None, **settings: Any):
    """The server has all of the bodies; what it does with them may be planned anew."""
    with FaultyServer() as server:
        async with client(server.url, **settings) as http:
            found = Getting(storage, server, Hub(server, http, *bodies), free or Room())
            for body in bodies:
                found.plan(body)
            yield found


async def test_every_missing_object_comes_and_is_checked(storage: Storage) -> None:
    async with getting(storage, ONE, TWO, THREE) as found:
        assert await found.get(ONE, TWO, THREE) == on.Fetched("7")
        assert found.fetching.fetched == {sha(ONE), sha(TWO), sha(THREE)}
    assert all(found.has(body) for body in (ONE, TWO, THREE))
    assert list(storage.partial.iterdir()) == []


async def test_no_more_than_so_many_are_asked_for_and_fetched_at_a_time(storage: Storage) -> None:
    """config.md PH_UPDATER_TRANSFER_MAX_COUNT; a free place is filled at once."""
    bodies = [random.Random(seed).randbytes(3000) for seed in range(12)]
    async with getting(storage, *bodies) as found:
        assert await found.get(*bodies) == on.Fetched("7")
        assert found.hub.most_at_once == 2
        assert found.server.connections <= 3


async def test_the_totals_are_shown_from_nothing_to_all(storage: Storage) -> None:
    """device.md 1: `downloads.total`."""
    async with getting(storage, ONE, TWO) as found:
        await found.get(ONE, TWO)
    total = len(ONE) + len(TWO)
    first, last = found.shown[0], found.shown[-1]
    assert (first.total_size, first.total_downloaded) == (total, 0)
    assert (last.total_size, last.total_downloaded) == (total, total)
    assert first.start_time == last.start_time <= last.current_time
    received = [one.total_downloaded for one in found.shown]
    assert received == sorted(received)


async def test_headway_is_shown_about_every_second(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "TELL_EVERY_S", 3600)
    async with getting(storage, ONE) as found:
        await found.get(ONE)
    assert len(found.shown) == 2, "the begin and the end"


async def test_bytes_of_an_earlier_start_are_neither_fetched_nor_needed_again(
    storage: Storage,
) -> None:
    """R15; issue 5: resume from the byte reached, also after a crash."""
    begun = len(ONE) // 2
    (storage.partial / sha(ONE)).write_bytes(ONE[:begun])
    free = Room(len(ONE) - begun)
    async with getting(storage, ONE, free=free) as found:
        assert await found.get(ONE) == on.Fetched("7")
        assert found.server.sent(f"/{sha(ONE)}") == len(ONE) - begun
    assert found.shown[0].total_downloaded == begun
    assert free.asked == []


async def test_a_cut_after_which_bytes_move_on_costs_no_start(storage: Storage) -> None:
    """R15; peers 3: rauc#1517."""
    async with getting(storage, ONE, retries=0) as found:
        cuts = [Reply(body=ONE, cut_body_at=70_000) for _ in range(2)]
        found.plan(ONE, *cuts, Reply(body=ONE))
        assert await found.get(ONE) == on.Fetched("7")
        assert len(found.server.requests(f"/{sha(ONE)}")) == 3
        assert found.server.sent(f"/{sha(ONE)}") <= len(ONE) * 1.02


# --- room (R12) ---------------------------------------------------------------------------------


async def test_no_download_begins_that_cannot_end(storage: Storage) -> None:
    """R12: after garbage collection, with both numbers."""
    total = len(ONE) + len(TWO)
    async with getting(storage, ONE, TWO, free=Room(1000, 500)) as found:
        failed = await found.get(ONE, TWO)
        assert found.server.asked == []
    assert (failed.cause, failed.required, failed.available) == (Cause.NO_ROOM, total, 1500)
    assert found.room.asked == [total - 1000]
    assert found.shown == []


async def test_garbage_makes_room(storage: Storage) -> None:
    async with getting(storage, ONE, free=Room(1000, len(ONE))) as found:
        assert await found.get(ONE) == on.Fetched("7")


def full(step: durable.Step) -> None:
    if step.kind is Kind.WRITE:
        raise OSError(errno.ENOSPC, "the disk is full")


async def test_a_disk_that_fills_up_meanwhile_is_told_with_numbers_that_make_sense(
    storage: Storage,
) -> None:
    """R12: what is lacking once the garbage has gone."""
    async with getting(storage, ONE) as found:
        found.limits = Limits(2, 5)

        def fill(step: durable.Step) -> None:
            if step.kind is Kind.WRITE:
                found.room.free = 10
                full(step)

        with durable.observe(fill):
            failed = await found.get(ONE)
    assert (failed.cause, failed.required, failed.available) == (Cause.NO_ROOM, len(ONE), 10)
    assert found.room.asked == [len(ONE) - 10]


async def test_a_disk_that_was_full_for_a_moment_ends_the_start_only(storage: Storage) -> None:
    async with getting(storage, ONE) as found:
        with durable.observe(full):
            failed = await found.get(ONE)
    assert (type(failed), failed.cause) == (on.FetchFailed, None)


# --- failures (R15) -----------------------------------------------------------------------------


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses between questions pass at once."""
    slept: list[float] = []
    sleep = asyncio.sleep

    async def short(seconds: float) -> None:
        if seconds:
            slept.append(seconds)
        await sleep(0)

    monkeypatch.setattr(room.asyncio, "sleep", short)
    return slept


FINAL = [
    NotFound("object unknown"),
    Gone("its URL was renewed once"),
    HubRefused(403, "not yours"),
    HubRefused(410, "gone"),
]


@pytest.mark.parametrize("error", FINAL, ids=str)
async def test_what_the_hub_will_say_again_is_wontgo_at_once_with_the_cause_in_the_log(
    storage: Storage, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    """R15; peers 3: rauc-hawkbit-updater#158."""
    async with getting(storage, ONE, TWO) as found:
        found.hub.fails = {sha(ONE): [error]}
        failed = await found.get(ONE, TWO)
    assert (failed.cause, failed.detail) == (Cause.RETRIES, str(error))
    errors = [line.getMessage() for line in caplog.records if line.levelname == "ERROR"]
    assert errors == [f"revision 7 cannot be had: {error}"]


@pytest.mark.parametrize("status", [404, 410])
async def test_an_object_that_is_gone_is_asked_for_once_more_by_a_fresh_url(
    storage: Storage, status: int
) -> None:
    """R15: after its URL was renewed once."""
    async with getting(storage, ONE) as found:
        found.plan(ONE, Reply(status))
        failed = await found.get(ONE)
        assert found.hub.asked == [sha(ONE)] * 3  # its size, its URL, a fresh URL
    assert failed.cause is Cause.RETRIES


@pytest.mark.parametrize(
    "error",
    [Forbidden("who asks?"), InvalidInput("no JSON"), OSError("I/O error"), Corrupt("no file")],
    ids=str,
)
async def test_any_other_failure_spends_the_start(storage: Storage, error: Exception) -> None:
    async with getting(storage, ONE) as found:
        found.hub.fails = {sha(ONE): [error]}
        failed = await found.get(ONE)
    assert failed == on.FetchFailed("7", detail=str(error))


async def test_wrong_bytes_spend_the_start_and_leave_nothing(storage: Storage) -> None:
    """R15."""
    async with getting(storage, ONE) as found:
        found.plan(ONE, Reply(body=bytes(len(ONE))))
        failed = await found.get(ONE)
    assert (type(failed), failed.cause) == (on.FetchFailed, None)
    assert not found.has(ONE)
    assert found.partial(ONE) == 0


async def test_what_came_before_a_failure_stays_for_the_next_start(storage: Storage) -> None:
    async with getting(storage, ONE, TWO, retries=0) as found:
        found.limits = Limits(1, 0.05)
        found.plan(TWO, Reply(body=TWO, cut_body_at=60_000), Reply(503))
        failed = await found.get(ONE, TWO)
        assert failed.cause is None
        assert found.has(ONE)
        assert 0 < found.partial(TWO) <= 60_000
        found.limits = Limits(1, 5)
        found.plan(TWO)
        assert await found.get(TWO) == on.Fetched("7")


async def test_a_hub_that_is_away_for_a_moment_is_asked_again(
    storage: Storage, at_once: list[float]
) -> None:
    """5xx and cuts are retried; it may ask for a pause, within what a download waits."""
    async with getting(storage, ONE) as found:
        found.hub.fails = {sha(ONE): [Unreachable("x"), Busy("x", 3), Busy("x", 3600)]}
        assert await found.get(ONE) == on.Fetched("7")
    assert at_once[0] == room.ASK_AGAIN_S
    assert at_once[1] == 3
    assert 0 < at_once[2] <= found.limits.patience_s


async def test_a_hub_that_stays_away_spends_the_start(
    storage: Storage, at_once: list[float]
) -> None:
    async with getting(storage, ONE) as found:
        found.limits = Limits(2, 0.02)
        found.hub.fails = {sha(ONE): [Unreachable("nobody answers")] * 100_000}
        failed = await found.get(ONE)
    assert (failed.cause, "nobody answers" in failed.detail) == (None, True)


async def test_the_first_failure_ends_the_other_transfers(storage: Storage) -> None:
    async with getting(storage, ONE, TWO) as found:
        found.plan(TWO, Reply(body=TWO, stall_body_at=1000))
        found.hub.fails = {}
        found.plan(ONE, Reply(404))
        failed = await found.get(ONE, TWO)
    assert failed.cause is Cause.RETRIES


async def test_a_fetch_that_is_cancelled_leaves_what_came_and_nothing_running(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R14; issue 5: cancel works at any time."""
    monkeypatch.setattr(room, "TELL_EVERY_S", 0)
    moves = asyncio.Event()
    async with getting(storage, ONE, TWO) as found:
        found.show = lambda _: moves.set() if found.partial(ONE) and found.partial(TWO) else None
        found.plan(ONE, Reply(body=ONE, stall_body_at=50_000))
        found.plan(TWO, Reply(body=TWO, stall_body_at=50_000))
        task = asyncio.create_task(found.get(ONE, TWO))
        await moves.wait()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert asyncio.all_tasks() == {asyncio.current_task()}
    assert 0 < found.partial(ONE) <= 50_000


# --- dropped (R14) ------------------------------------------------------------------------------


@pytest.fixture
def cancelled(storage: Storage) -> Storage:
    """Revision 7 has come, but for a part of `web`, and was given up."""
    storage.write_state("7", state_text(storage, base="b0", app="a7", web="w7"))
    storage.write_progress("7", Progress(Status.CANCELLED, "", 100))
    web = sha(b"w7")
    storage.objects.path(web).rename(storage.partial / web)
    return storage


def test_what_came_for_it_alone_goes_again(cancelled: Storage) -> None:
    app = sha(b"a7")
    drop(cancelled, "7", {app})
    assert not cancelled.objects.has(app)
    assert list(cancelled.partial.iterdir()) == []
    assert cancelled.objects.has(sha(b"b0")), "the running revision needs that"
    drop(cancelled, "7", {app})  # twice is harmless


def test_what_was_here_before_is_not_ours_to_drop(cancelled: Storage) -> None:
    drop(cancelled, "7")
    assert cancelled.objects.has(sha(b"a7"))


@pytest.mark.parametrize("status", [Status.QUEUED, Status.DONE, Status.ERROR])
def test_what_another_revision_names_stays(cancelled: Storage, status: Status) -> None:
    """R14: only if nothing else needs it."""
    cancelled.write_state("8", state_text(cancelled, base="b0", app="a7"))
    cancelled.write_progress("8", Progress(status, "", 0))
    drop(cancelled, "7", {sha(b"a7")})
    assert cancelled.objects.has(sha(b"a7"))


def test_a_revision_that_is_given_up_as_well_needs_nothing(cancelled: Storage) -> None:
    cancelled.write_state("8", state_text(cancelled, base="b0", app="a7"))
    cancelled.write_progress("8", Progress(Status.WONTGO, "", 100))
    drop(cancelled, "7", {sha(b"a7")})
    assert not cancelled.objects.has(sha(b"a7"))


def test_a_revision_that_cannot_be_read_is_left_to_garbage_collection(storage: Storage) -> None:
    with pytest.raises(NotFound):
        drop(storage, "7")
    storage.write_state("7", "{torn")
    with pytest.raises(InvalidInput):
        drop(storage, "7")


# --- in parallel --------------------------------------------------------------------------------


async def test_results_come_in_the_order_of_the_works() -> None:
    async def work(number: int) -> int:
        for _ in range(5 - number):
            await asyncio.sleep(0)
        return number

    assert await in_parallel([work(number) for number in range(5)], 3) == list(range(5))
    assert await in_parallel([], 3) == []


async def test_the_first_failure_is_raised_and_no_work_is_left_behind(storage: Storage) -> None:
    put(storage, b"x")
    begun: list[str] = []
    ended: list[str] = []

    async def never() -> None:
        begun.append("never")
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("never")

    async def fails() -> None:
        await asyncio.sleep(0)
        raise NotFound("gone")

    with pytest.raises(NotFound):
        await in_parallel([never(), fails(), never(), never()], 2)
    assert ended == begun
    assert 0 < len(begun) < 3, "one never had its turn"
    assert asyncio.all_tasks() == {asyncio.current_task()}
