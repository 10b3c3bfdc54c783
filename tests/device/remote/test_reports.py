"""Progress on its way to the Hub: in order, coalesced, again until it is told, never in the way."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from surefoot.client.hub.refusals import HubRefused
from surefoot.device.remote import reports as room
from surefoot.device.remote.reports import Reports
from surefoot.device.remote.told import is_told
from surefoot.device.storage import Storage
from surefoot.errors import Busy, Forbidden, NotFound, Unreachable
from surefoot.wire.progress import Downloads, Progress, Status, decode
from tests.support.bench_device import PATIENCE_S, state_text

QUEUED = Progress(Status.QUEUED, "Retried 0 of 3", 5)
INSTALLED = Progress(Status.INPROGRESS, "Update installed", 50, 1)
TESTING = Progress(Status.TESTING, "Awaiting to see if update is stable", 75, 1)
UPDATED = Progress(Status.UPDATED, "Update finished, revision not set as rollback point", 100, 1)


def downloading(received: int) -> Progress:
    return Progress(Status.DOWNLOADING, "Retry 1 of 3", 25, 1, Downloads(100, received, 1, 2))


class Line:
    """What is sent arrives here. `answers`: what each is answered, an error is raised; after them
    the Hub holds what it was sent. `gate`: nothing is answered before it is set."""

    def __init__(self, storage: Storage, *answers: Status | Exception) -> None:
        self.sent: list[tuple[str, Progress]] = []
        self.told: list[tuple[str, Status]] = []
        self.answers = list(answers)
        self.stands = True
        self.gate = asyncio.Event()
        self.gate.set()
        self.news = asyncio.Event()
        self.reports = Reports(storage, self.send, self.hear, lambda: self.stands)

    async def send(self, revision: str, body: bytes) -> Status:
        progress = decode(body)
        self.sent.append((revision, progress))
        self.news.set()
        await self.gate.wait()
        answer = self.answers.pop(0) if self.answers else progress.status
        if isinstance(answer, Exception):
            raise answer
        return answer

    def hear(self, revision: str, held: Status) -> None:
        self.told.append((revision, held))
        self.news.set()

    async def until(self, holds) -> None:
        while not holds():
            self.news.clear()
            await self.news.wait()

    @property
    def statuses(self) -> list[Status]:
        return [progress.status for _, progress in self.sent]


@asynccontextmanager
async def running(line: Line):
    task = asyncio.create_task(line.reports.run())
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield line.reports
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses pass at once; each is noted."""
    slept: list[float] = []
    sleep = asyncio.sleep

    async def short(seconds: float) -> None:
        slept.append(seconds)
        await sleep(0)

    monkeypatch.setattr(room.asyncio, "sleep", short)
    return slept


@pytest.fixture
def seven(storage: Storage) -> Storage:
    storage.write_state("7", state_text(storage, base="b0", app="a1"))
    return storage


async def test_reports_are_sent_in_their_order_and_each_is_told(seven: Storage) -> None:
    line = Line(seven)
    async with running(line) as reports:
        for progress in (QUEUED, INSTALLED, TESTING, UPDATED):
            reports.add("7", progress)
        await line.until(lambda: len(line.told) == 4)
    assert line.sent == [("7", one) for one in (QUEUED, INSTALLED, TESTING, UPDATED)]
    assert [held for _, held in line.told] == line.statuses


async def test_nothing_is_sent_before_the_link_stands(seven: Storage) -> None:
    """R20: in local mode they wait."""
    line = Line(seven)
    line.stands = False
    async with running(line) as reports:
        reports.add("7", QUEUED)
        reports.wake()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert line.sent == []
        line.stands = True
        reports.wake()
        await line.until(lambda: line.told)


async def test_a_link_that_ends_keeps_the_rest_back(seven: Storage) -> None:
    line = Line(seven)
    line.gate.clear()
    async with running(line) as reports:
        reports.add("7", QUEUED)
        reports.add("7", INSTALLED)
        await line.until(lambda: line.sent)
        line.stands = False
        line.gate.set()
        await line.until(lambda: line.told)
        await asyncio.sleep(0)
        assert line.statuses == [Status.QUEUED]


async def test_of_a_download_only_the_newest_figures_are_sent(
    seven: Storage, quickly: list[float]
) -> None:
    """issue 5, 5: at most every second or so."""
    line = Line(seven)
    line.gate.clear()
    async with running(line) as reports:
        reports.add("7", downloading(0))
        await line.until(lambda: line.sent)
        for received in range(1, 100):
            reports.add("7", downloading(received))
        line.gate.set()
        await line.until(lambda: len(line.told) == 2)
    assert [one.downloads.total_downloaded for _, one in line.sent] == [0, 99]
    assert room.BETWEEN_DOWNLOADS_S in quickly


async def test_what_follows_a_download_is_not_taken_for_it(seven: Storage) -> None:
    line = Line(seven)
    line.gate.clear()
    async with running(line) as reports:
        for one in (QUEUED, downloading(1), downloading(2), INSTALLED):
            reports.add("7", one)
        line.gate.set()
        await line.until(lambda: len(line.told) == 3)
    assert line.statuses == [Status.QUEUED, Status.DOWNLOADING, Status.INPROGRESS]


async def test_the_same_report_twice_is_one(seven: Storage) -> None:
    line = Line(seven)
    line.gate.clear()
    async with running(line) as reports:
        reports.add("7", QUEUED)
        reports.add("7", QUEUED)
        await line.until(lambda: line.sent)
        reports.add("7", QUEUED)
        line.gate.set()
        await line.until(lambda: line.told)
        await reports.flush(PATIENCE_S)
    assert line.statuses == [Status.QUEUED]


async def test_a_device_that_is_offline_for_long_keeps_the_newest_ones(seven: Storage) -> None:
    line = Line(seven)
    line.stands = False
    async with running(line) as reports:
        for number in range(100):
            reports.add("7", Progress(Status.QUEUED, f"Retried {number} of 100", 5, number))
        line.stands = True
        reports.wake()
        await reports.flush(PATIENCE_S)
    assert [one.retries for _, one in line.sent] == list(range(100))[-room.MOST_WAITING :]


FAILURES = [
    Unreachable("nobody answers"),
    Busy("the Hub cannot do it now", 0),
    Forbidden("the Hub does not know this secret"),
]


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
async def test_a_report_that_cannot_be_sent_is_sent_again_until_it_is_told(
    seven: Storage, quickly: list[float], caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    """R18: and a row of failures is said once."""
    line = Line(seven, *[error] * 10)
    async with running(line) as reports:
        reports.add("7", INSTALLED)
        await line.until(lambda: line.told)
    assert line.statuses == [Status.INPROGRESS] * 11
    assert len(quickly) == 10
    for pause, most in zip(quickly, (*room.PAUSES_S, *[room.PAUSES_S[-1]] * 4), strict=True):
        assert 0.7 * most <= pause <= most
    assert caplog.text.count("waits:") == 1


@pytest.mark.parametrize(("asked_s", "least_s"), [(20, 20), (3600, room.MOST_RETRY_AFTER_S)])
async def test_the_hub_may_ask_for_a_longer_pause_within_bounds(
    seven: Storage, quickly: list[float], asked_s: int, least_s: float
) -> None:
    """429 and 503 with Retry-After."""
    line = Line(seven, Busy("slowly", asked_s))
    async with running(line) as reports:
        reports.add("7", INSTALLED)
        await line.until(lambda: line.told)
    assert quickly == [least_s]


async def test_a_revision_that_the_hub_chokes_on_holds_up_no_other(seven: Storage) -> None:
    """peers 3: greengrass-nucleus#807: one that never ends must not block all later ones."""
    line = Line(seven)
    busy = Busy("a fault of the Hub", 0)

    async def send(revision: str, body: bytes) -> Status:
        if revision == "6":
            raise busy
        return await line.send(revision, body)

    line.reports._send = send
    async with running(line) as reports:
        reports.add("6", UPDATED)
        reports.add("7", QUEUED)
        await line.until(lambda: line.told)
    assert line.told == [("7", Status.QUEUED)]


@pytest.mark.parametrize(
    "error", [NotFound("no such step"), HubRefused(400, "unknown step"), HubRefused(422, "no step")]
)
async def test_a_report_that_is_refused_for_good_ends_the_update_if_it_still_can(
    seven: Storage, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    """R14, R15 (4xx is final): its step is gone there, so nobody wants it; once armed that means
    nothing."""
    line = Line(seven, error)
    async with running(line) as reports:
        reports.add("7", QUEUED)
        await line.until(lambda: line.told)
    assert line.told == [("7", Status.CANCELLED)]
    assert len(line.sent) == 1
    assert "refuses the progress of 7 for good" in caplog.text


@pytest.mark.parametrize("status", [302, 403, 405, 413])
async def test_a_refusal_that_a_proxy_may_have_made_ends_no_update(
    seven: Storage, status: int
) -> None:
    """R18: it is sent again."""
    line = Line(seven, HubRefused(status, "not here"), Status.QUEUED)
    async with running(line) as reports:
        reports.add("7", QUEUED)
        await line.until(lambda: line.told)
    assert line.told == [("7", Status.QUEUED)]


async def test_what_the_hub_holds_is_told_even_if_it_is_another(seven: Storage) -> None:
    """R14."""
    line = Line(seven, Status.CANCELLED)
    async with running(line) as reports:
        reports.add("7", QUEUED)
        await line.until(lambda: line.told)
    assert line.told == [("7", Status.CANCELLED)]


async def test_a_final_report_is_marked_as_told_before_anybody_hears_of_it(seven: Storage) -> None:
    line = Line(seven)
    seen: list[bool] = []
    line.reports._told = lambda revision, held: seen.append(is_told(seven, "7", UPDATED))
    async with running(line) as reports:
        reports.add("7", TESTING)
        reports.add("7", UPDATED)
        await reports.flush(PATIENCE_S)
    assert seen == [False, True]


async def test_a_flush_waits_for_what_is_under_way(seven: Storage) -> None:
    """device.md 2: before a reboot."""
    line = Line(seven)
    async with running(line) as reports:
        reports.add("7", QUEUED)
        reports.add("7", UPDATED)
        await reports.flush(PATIENCE_S)
        assert len(line.told) == 2
        await reports.flush(PATIENCE_S)  # nothing waits


async def test_a_flush_is_bounded_and_needs_a_link(seven: Storage) -> None:
    """A dead Hub must not keep a device from rebooting."""
    line = Line(seven)
    line.gate.clear()
    async with running(line) as reports:
        reports.add("7", QUEUED)
        await line.until(lambda: line.sent)
        await reports.flush(0.01)
        line.stands = False
        await reports.flush(PATIENCE_S)
        assert line.told == []


async def test_what_is_forgotten_is_sent_to_nobody(seven: Storage) -> None:
    """R20: also what is under way by then."""
    line = Line(seven)
    line.gate.clear()
    async with running(line) as reports:
        reports.add("7", UPDATED)
        reports.add("8", QUEUED)
        await line.until(lambda: line.sent)
        reports.forget()
        line.gate.set()
        await reports.flush(PATIENCE_S)
        await asyncio.sleep(0)
        assert (line.told, line.statuses) == ([], [Status.UPDATED])
        reports.add("9", QUEUED)
        await line.until(lambda: line.told)
    assert line.told == [("9", Status.QUEUED)]
