"""One object over lines and servers of every kind, from a real server on loopback."""

import asyncio
import hashlib
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from surefoot.client.hub import fetch as room
from surefoot.client.hub.fetch import fetch_object
from surefoot.client.hub.refusals import Gone, HubRefused
from surefoot.errors import Busy, Corrupt, Forbidden, NoRoom, TimedOut, Unreachable
from surefoot.files.cuts import cut_after
from surefoot.files.objects import ObjectStore
from surefoot.files.partial import Partial
from surefoot.files.steps import observe
from surefoot.wire.hub.answers import ObjectPlace
from tests.client.hub.clients import client
from tests.client.hub.conftest import Clock
from tests.files.disks import FullAt
from tests.support.faulty_server import FaultyServer, Reply
from tests.support.machine import seen

BODY = random.Random(5).randbytes(300_000)
SHA = hashlib.sha256(BODY).hexdigest()
TARGET = "/blob"


class Getting:
    """One device's way to the object. `asked`: how often a URL was asked for; `told`: what
    `on_bytes` heard."""

    def __init__(self, server: FaultyServer, place: Path, clock: Clock, body: bytes = BODY) -> None:
        self.server = server
        self.clock = clock
        self.sha = hashlib.sha256(body).hexdigest()
        self.size = len(body)
        self.pool = ObjectStore(place / "objects")
        self.directory = place / "partial"
        self.asked = 0
        self.told: list[int] = []
        self.answers: list[Any] = []
        self.resumed_from: list[int] = []

    def partial(self) -> Partial:
        return Partial(self.directory, self.pool, self.sha)

    def keep(self, data: bytes) -> None:
        """As an earlier life would have left it."""
        partial = self.partial()
        partial.open()
        partial.write(data)
        partial.close()

    @property
    def kept(self) -> bytes:
        path = self.directory / self.sha
        return path.read_bytes() if path.exists() else b""

    async def place(self) -> ObjectPlace:
        self.asked += 1
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
        target = f"{TARGET}?{self.asked}"
        return ObjectPlace(self.sha, self.size, self.server.url + target, "", True)

    async def run(self, patience_s: float = 60, **settings: Any) -> None:
        async with client(self.server.url, **settings) as http:
            await fetch_object(
                http,
                self.place,
                self.partial(),
                patience_s=patience_s,
                on_bytes=self.told.append,
                sleep=self.clock.sleep,
                jitter=lambda: 0.5,
                clock=self.clock,
            )

    @property
    def moved(self) -> int:
        return sum(one.sent for one in self.server.asked)

    @property
    def offsets(self) -> list[str]:
        return [one.headers.get("range", "") for one in self.server.asked]


@pytest.fixture
def getting(server: FaultyServer, tmp_path: Path, clock: Clock) -> Getting:
    return Getting(server, tmp_path, clock)


async def test_an_object_comes_and_leaves_no_partial(getting: Getting) -> None:
    getting.server.plan(TARGET, Reply(200, BODY))
    await getting.run()
    assert getting.pool.verify(SHA)
    assert not list(getting.directory.iterdir())
    assert (getting.told[0], getting.told[-1]) == (0, len(BODY))
    assert getting.clock.slept == []
    assert (getting.asked, getting.moved) == (1, len(BODY))


async def test_an_empty_object_needs_no_request(
    server: FaultyServer, tmp_path: Path, clock: Clock
) -> None:
    getting = Getting(server, tmp_path, clock, b"")
    await getting.run()
    assert getting.pool.verify(getting.sha)
    assert server.asked == []


async def test_a_download_cut_ten_times_goes_on_where_it_was_at_no_cost(getting: Getting) -> None:
    """R15; peers 3: rauc#1517."""
    cuts = [Reply(200, BODY, cut_body_at=27_000)] * 10
    getting.server.plan(TARGET, *cuts, Reply(200, BODY))
    await getting.run()
    assert getting.pool.verify(SHA)
    assert getting.moved == len(BODY)
    assert getting.asked == 1
    assert getting.offsets[:3] == ["", "bytes=27000-", "bytes=54000-"]


@pytest.mark.parametrize("reset", [False, True])
async def test_a_cut_at_any_byte_of_the_answer_is_made_good(
    tmp_path: Path, clock: Clock, reset: bool
) -> None:
    body = b"small but whole"
    reply = Reply(200, body, headers={"ETag": '"e"'})
    with FaultyServer() as server:
        server.plan(TARGET, reply)
        async with client(server.url) as http:
            answer = await http.request("GET", TARGET)
        head = sum(len(f"{name}: {value}\r\n") for name, value in answer.headers.items())
        for at in range(len("HTTP/1.1 200 OK\r\n") + head + len("\r\n") + len(body)):
            cut = Reply(200, body, headers={"ETag": '"e"'}, cut_at=at, reset=reset)
            server.plan(TARGET, cut, reply)
            place = tmp_path / f"{at}-{reset}"
            getting = Getting(server, place, clock, body)
            await getting.run()
            assert getting.pool.verify(getting.sha), at


async def test_after_the_agent_died_it_goes_on_with_the_next_byte(getting: Getting) -> None:
    getting.keep(BODY[:100_000])
    getting.server.plan(TARGET, Reply(200, BODY))
    await getting.run()
    assert getting.pool.verify(SHA)
    assert getting.offsets == ["bytes=100000-"]
    assert getting.told[0] == 100_000


async def test_an_object_that_had_come_whole_before_the_end_needs_no_byte(getting: Getting) -> None:
    getting.keep(BODY)
    await getting.run()
    assert getting.pool.verify(SHA)
    assert getting.server.asked == []


async def test_bytes_spoilt_in_an_earlier_life_are_replaced_once(getting: Getting) -> None:
    getting.keep(b"x" * 100_000)
    getting.server.plan(TARGET, Reply(200, BODY))
    await getting.run()
    assert getting.pool.verify(SHA)
    assert getting.offsets == ["bytes=100000-", ""]


async def test_more_than_the_object_from_an_earlier_life_is_thrown_away(getting: Getting) -> None:
    getting.keep(BODY + b"more")
    getting.server.plan(TARGET, Reply(200, BODY))
    await getting.run()
    assert getting.offsets == [""]


async def test_wrong_bytes_are_corrupt_and_not_kept(getting: Getting) -> None:
    getting.server.plan(TARGET, Reply(200, BODY[:-1] + b"?"))
    with pytest.raises(Corrupt, match="other bytes"):
        await getting.run()
    assert getting.kept == b""
    assert getting.pool.list() == []
    assert len(getting.server.asked) == 1


async def test_wrong_bytes_twice_after_an_earlier_life_are_corrupt(getting: Getting) -> None:
    getting.keep(b"x" * 100)
    getting.server.plan(TARGET, Reply(200, b"?" * len(BODY)))
    with pytest.raises(Corrupt):
        await getting.run()
    assert len(getting.server.asked) == 2


async def test_more_bytes_than_announced_are_not_taken(getting: Getting) -> None:
    """Room was made for the size that the Hub named."""
    getting.server.plan(TARGET, Reply(200, BODY + b"x" * 1_000_000))
    with pytest.raises(Corrupt):
        await getting.run()
    assert max(getting.told) < len(BODY) + 100_000


@pytest.mark.parametrize("ranged", [True, False])
async def test_fewer_bytes_than_announced_are_corrupt(getting: Getting, ranged: bool) -> None:
    getting.server.plan(TARGET, Reply(200, BODY[:1000], ranged=ranged))
    with pytest.raises((Corrupt, TimedOut)):
        await getting.run()
    assert len(getting.server.asked) < 20


async def test_a_server_that_ignores_ranges_starts_it_again(getting: Getting) -> None:
    cut = Reply(200, BODY, ranged=False, cut_body_at=100_000)
    getting.server.plan(TARGET, cut, Reply(200, BODY, ranged=False))
    await getting.run()
    assert getting.pool.verify(SHA)
    assert getting.moved == len(BODY) + 100_000


async def test_a_server_without_ranges_on_a_line_that_always_cuts_is_given_up(
    getting: Getting,
) -> None:
    """Bytes that came before already are no headway."""
    getting.server.plan(TARGET, Reply(200, BODY, ranged=False, cut_body_at=100_000))
    with pytest.raises(TimedOut, match="No byte"):
        await getting.run(patience_s=60)
    assert sum(getting.clock.slept) == pytest.approx(60)


async def test_another_range_than_asked_for_is_not_taken(getting: Getting) -> None:
    getting.keep(BODY[:1000])
    wrong = {"Content-Range": f"bytes 500-{len(BODY) - 1}/{len(BODY)}"}
    getting.server.plan(TARGET, Reply(206, BODY[500:], wrong), Reply(200, BODY))
    await getting.run()
    assert getting.pool.verify(SHA)
    assert getting.offsets == ["bytes=1000-", ""]


async def test_a_range_that_cannot_be_satisfied_starts_it_again_once(getting: Getting) -> None:
    getting.keep(BODY[:1000])
    getting.server.plan(TARGET, Reply(416), Reply(200, BODY))
    await getting.run()
    assert getting.offsets == ["bytes=1000-", ""]


async def test_it_is_not_started_again_for_ever(getting: Getting) -> None:
    getting.keep(BODY[:1000])
    getting.server.plan(TARGET, Reply(416))
    with pytest.raises(Corrupt, match="416"):
        await getting.run()
    assert len(getting.server.asked) == 2


async def test_a_url_that_expires_in_mid_download_is_renewed_each_time(getting: Getting) -> None:
    """peers 3: hub.mender.io/t/1178."""
    part = Reply(200, BODY, cut_body_at=100_000)
    getting.server.plan(TARGET, part, Reply(403), part, Reply(410), Reply(200, BODY))
    await getting.run()
    assert getting.pool.verify(SHA)
    assert getting.asked == 3
    assert getting.moved == len(BODY)
    assert getting.clock.slept == []


@pytest.mark.parametrize("status", [404, 410])
async def test_what_is_gone_with_a_fresh_url_too_is_final(getting: Getting, status: int) -> None:
    """R15; peers 3: rauc-hawkbit-updater#158."""
    getting.server.plan(TARGET, Reply(status))
    with pytest.raises(Gone, match=str(status)):
        await getting.run()
    assert (getting.asked, len(getting.server.asked)) == (2, 2)


async def test_a_refusal_that_a_fresh_url_does_not_help_is_final(getting: Getting) -> None:
    getting.server.plan(TARGET, Reply(403, b"bad token"))
    with pytest.raises(HubRefused, match="bad token") as caught:
        await getting.run()
    assert caught.value.status == 403
    assert getting.asked == 2


@pytest.mark.parametrize("status", [400, 418, 304])
async def test_any_other_refusal_is_final_at_once(getting: Getting, status: int) -> None:
    getting.server.plan(TARGET, Reply(status))
    with pytest.raises(HubRefused):
        await getting.run()
    assert getting.asked == 1


async def test_a_busy_server_is_asked_again_when_it_says(getting: Getting) -> None:
    busy = Reply(503, headers={"Retry-After": "7"})
    getting.server.plan(TARGET, busy, Reply(429), Reply(500), Reply(200, BODY))
    await getting.run()
    assert getting.pool.verify(SHA)
    assert getting.clock.slept[0] == 7
    assert getting.clock.slept[1:] == [1.5, 2.5]


async def test_a_server_that_stays_busy_runs_out_of_patience(getting: Getting) -> None:
    getting.server.plan(TARGET, Reply(503, b"come back"))
    with pytest.raises(TimedOut, match="come back"):
        await getting.run(patience_s=100)
    assert sum(getting.clock.slept) == pytest.approx(100)
    assert max(getting.clock.slept) <= 30


async def test_patience_starts_anew_with_each_new_byte(getting: Getting) -> None:
    part = Reply(200, BODY, cut_body_at=100_000)
    row = [Reply(503)] * 3 + [part] + [Reply(503)] * 3 + [Reply(200, BODY)]
    getting.server.plan(TARGET, *row)
    await getting.run(patience_s=10)
    assert getting.pool.verify(SHA)
    assert sum(getting.clock.slept) > 10


async def test_a_stalled_line_is_left_and_the_rest_comes_on_another(getting: Getting) -> None:
    """peers 3: ostree#2383, aktualizr-lite#106."""
    getting.server.plan(TARGET, Reply(200, BODY, stall_body_at=100_000), Reply(200, BODY))
    await getting.run(patience_s=1)
    assert getting.pool.verify(SHA)
    assert getting.offsets == ["", "bytes=100000-"]


def test_on_a_line_that_is_cut_for_a_while_it_neither_hangs_nor_begins_anew(tmp_path: Path) -> None:
    """peers 3: ostree#2383, over a real pair of interfaces."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("ip", "unshare", "nsenter"))):
        pytest.skip("needs root, ip, unshare and nsenter to make a line")
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-m", "tests.support.cut_line", tmp_path],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


async def test_patience_begins_once_what_was_here_is_read(
    getting: Getting, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hashing gigabytes of an earlier life takes minutes on a small machine."""
    getting.keep(BODY[:1000])
    whole = Partial.open

    def slowly(partial: Partial) -> None:
        whole(partial)
        clock.now += 600

    monkeypatch.setattr(Partial, "open", slowly)
    getting.answers = [Unreachable("not yet")]
    getting.server.plan(TARGET, Reply(200, BODY))
    await getting.run(patience_s=60)
    assert (getting.pool.root / SHA).is_file()


async def test_nobody_there_runs_out_of_patience_and_names_the_cause(
    tmp_path: Path, clock: Clock
) -> None:
    with FaultyServer() as server:
        getting = Getting(server, tmp_path, clock)
    with pytest.raises(TimedOut, match="connect"):
        await getting.run(patience_s=30)
    assert sum(clock.slept) == pytest.approx(30)


async def test_a_hub_that_cannot_name_a_place_now_is_asked_again(getting: Getting) -> None:
    getting.answers = [Unreachable("nobody"), Busy("later", 3), None]
    getting.server.plan(TARGET, Reply(200, BODY))
    await getting.run()
    assert getting.pool.verify(SHA)
    assert getting.clock.slept == [1.5, 3]


async def test_what_the_hub_refuses_is_final(getting: Getting) -> None:
    getting.answers = [Forbidden("not yours")]
    with pytest.raises(Forbidden):
        await getting.run()


async def test_a_server_that_cuts_each_time_after_a_byte_is_not_asked_in_a_hot_loop(
    getting: Getting,
) -> None:
    getting.server.plan(TARGET, *[Reply(200, BODY, cut_body_at=1)] * 3, Reply(200, BODY))
    await getting.run()
    assert getting.clock.slept == [1.5, 1.5, 1.5]


async def test_a_full_disk_ends_it_and_keeps_what_came(getting: Getting) -> None:
    getting.server.plan(TARGET, Reply(200, BODY))
    with observe(FullAt(first=6, count=10**6)), pytest.raises(NoRoom):
        await getting.run()
    assert BODY.startswith(getting.kept)
    assert getting.kept
    await getting.run()
    assert getting.pool.verify(SHA)


async def test_the_disk_is_synced_beside_the_loop_and_the_line_rests(
    server: FaultyServer, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    where: list[bool] = []
    real = os.fdatasync

    def sync(fd: int) -> None:
        where.append(threading.current_thread() is threading.main_thread())
        real(fd)

    monkeypatch.setattr(os, "fdatasync", sync)
    monkeypatch.setattr(room, "SYNC_AFTER", 64 * 1024)
    body = random.Random(6).randbytes(2_000_000)
    server.plan(TARGET, Reply(200, body))
    getting = Getting(server, tmp_path, clock, body)
    await getting.run()
    assert getting.pool.verify(getting.sha)
    assert len(where) > 10
    assert not any(where)


async def test_a_disk_that_fails_to_sync_ends_it(
    getting: Getting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sync(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdatasync", sync)
    monkeypatch.setattr(room, "SYNC_AFTER", 64 * 1024)
    getting.server.plan(TARGET, Reply(200, BODY))
    with pytest.raises(NoRoom):
        await getting.run()


async def test_cancelled_in_mid_download_it_keeps_what_came(getting: Getting) -> None:
    getting.server.plan(TARGET, Reply(200, BODY, stall_body_at=100_000))
    task = asyncio.create_task(getting.run())
    await seen(lambda: getting.told[-1:] == [100_000])
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert getting.kept == BODY[:100_000]


async def test_a_power_cut_at_any_step_is_made_good(server: FaultyServer, tmp_path: Path) -> None:
    server.plan(TARGET, Reply(200, BODY))
    for steps in range(100):
        getting = Getting(server, tmp_path / str(steps), Clock())
        getting.pool.root.mkdir(parents=True)
        with cut_after(steps, part=1 << 14) as power:
            await getting.run()
        if not power.off:
            break
        await getting.run()
        assert getting.pool.verify(SHA)
        assert not list(getting.directory.iterdir())
    else:
        pytest.fail("it never ended")
