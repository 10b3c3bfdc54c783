"""Logs on their way to the Hub: every line, in its log's order, again only after a power cut."""

import asyncio
import errno
import json
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from surefoot.client.hub.refusals import HubRefused
from surefoot.device.remote import cloud_logs as room
from surefoot.device.remote.cloud_logs import CloudLogs, Spool
from surefoot.device.storage import Storage
from surefoot.errors import Busy, NotFound, Unreachable
from surefoot.files import durable
from tests.support.bench_device import PATIENCE_S

APP = "0/app/console.log"
OWN = "0/pantavisor/pantavisor.log"


def write(storage: Storage, name: str, *lines: str) -> Path:
    path = storage.logs / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.writelines(f"{line}\n" for line in lines)
    return path


class Hub:
    """`fails`: what it raises instead of taking a batch, one after the other."""

    def __init__(self) -> None:
        self.batches: list[list[dict[str, Any]]] = []
        self.fails: list[Exception] = []
        self.bad = ""
        self.stands = True
        self.news = asyncio.Event()

    async def push(self, entries: list[dict[str, Any]]) -> None:
        if self.fails:
            raise self.fails.pop(0)
        if self.bad and any(entry["msg"] == self.bad for entry in entries):
            raise HubRefused(400, "a bad entry")
        self.batches.append(entries)
        self.news.set()

    @property
    def lines(self) -> list[str]:
        return [entry["msg"] for batch in self.batches for entry in batch]

    async def has(self, *lines: str) -> None:
        while self.lines != list(lines):
            self.news.clear()
            await self.news.wait()


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Looks come at once; each pause is noted."""
    found: list[float] = []
    sleep = asyncio.sleep

    async def short(seconds: float) -> None:
        found.append(seconds)
        await sleep(0.001)

    monkeypatch.setattr(room.asyncio, "sleep", short)
    return found


@asynccontextmanager
async def pushing(storage: Storage, hub: Hub):
    logs = CloudLogs(storage, hub.push, lambda: hub.stands)
    task = asyncio.create_task(logs.run())
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield logs
    finally:
        task.cancel()
        await asyncio.wait([task])
    assert task.cancelled(), task.exception()


async def test_every_line_is_sent_once_as_it_comes(storage: Storage, slept: list[float]) -> None:
    hub = Hub()
    write(storage, APP, "one", "two")
    async with pushing(storage, hub):
        await hub.has("one", "two")
        write(storage, APP, "three")
        await hub.has("one", "two", "three")
        write(storage, "locals/x/app/console.log", "four")
        await hub.has("one", "two", "three", "four")


async def test_an_entry_says_where_it_comes_from(storage: Storage, slept: list[float]) -> None:
    """hub-wire 9."""
    hub = Hub()
    own = {"tsec": 5, "tnano": 6, "plat": "x", "lvl": "WARN", "src": "state", "msg": "sick"}
    write(storage, APP, "hello")
    write(storage, OWN, json.dumps(own), "no JSON", '"a text"', '{"msg": "half"}')
    write(storage, "locals/x/base/lxc/lxc.log", "deep")
    async with pushing(storage, hub):
        await hub.has("hello", "sick", "no JSON", '"a text"', '{"msg": "half"}', "deep")
    first, second, third, *_, deep = [entry for batch in hub.batches for entry in batch]
    assert (first["plat"], first["rev"], first["src"], first["lvl"]) == (
        "app",
        "0",
        "/console.log",
        "INFO",
    )
    assert first["tsec"] > 0
    assert second == {**own, "plat": "pantavisor", "rev": "0"}
    assert (third["src"], third["lvl"]) == ("/pantavisor.log", "INFO")
    assert (deep["rev"], deep["plat"], deep["src"]) == ("locals/x", "base", "/lxc/lxc.log")


async def test_a_batch_is_no_larger_than_what_a_hub_takes(
    storage: Storage, slept: list[float]
) -> None:
    """hub-wire 9: 200 entries; issue 5: 10,000 log lines at once."""
    hub, lines = Hub(), [str(number) for number in range(10_000)]
    write(storage, APP, *lines)
    async with pushing(storage, hub):
        await hub.has(*lines)
    assert max(map(len, hub.batches)) <= room.MOST_ENTRIES
    long = ["x" * 1000] * 300
    write(storage, APP, *long)
    hub.batches.clear()
    async with pushing(storage, hub):
        await hub.has(*lines, *long)  # a new life: no place was noted
    assert max(sum(len(entry["msg"]) for entry in batch) for batch in hub.batches) <= 2 * (64 << 10)


async def test_one_log_leaves_the_others_their_turn(
    storage: Storage, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "READ_BYTES", 100)
    hub = Hub()
    write(storage, APP, *["x" * 99] * 40)
    write(storage, "0/web/console.log", "mine")
    async with pushing(storage, hub):
        while "mine" not in hub.lines:
            hub.news.clear()
            await hub.news.wait()
        assert hub.lines.index("mine") == room.MOST_READS


@pytest.mark.parametrize("error", [Unreachable("nobody"), Busy("slowly")], ids=str)
async def test_lines_that_cannot_be_sent_stay_where_they_are(
    storage: Storage, slept: list[float], error: Exception
) -> None:
    """Nothing is kept in memory: the log tree is the spool. The pause grows to a minute."""
    hub = Hub()
    hub.fails = [error] * 12
    write(storage, APP, "one", "two")
    async with pushing(storage, hub):
        await hub.has("one", "two")
    assert slept[:7] == [2, 4, 8, 16, 32, 60, 60]
    assert slept[12] == room.MOST_PAUSE_S


async def test_a_line_that_is_refused_for_good_is_dropped_alone(
    storage: Storage, slept: list[float]
) -> None:
    """hub-wire 9."""
    hub = Hub()
    hub.bad = "7"
    write(storage, APP, *map(str, range(20)))
    async with pushing(storage, hub):
        await hub.has(*(str(number) for number in range(20) if number != 7))


async def test_a_device_that_may_not_send_now_keeps_its_lines(
    storage: Storage, slept: list[float]
) -> None:
    """hub-wire 9: 403 is tried again."""
    hub = Hub()
    hub.fails = [HubRefused(403, "not you")] * 3
    write(storage, APP, "one", "two")
    async with pushing(storage, hub):
        await hub.has("one", "two")


async def test_a_hub_without_logs_costs_no_line_twice(storage: Storage, slept: list[float]) -> None:
    hub = Hub()
    hub.fails = [NotFound("no such route")]
    write(storage, APP, "one")
    async with pushing(storage, hub):
        await hub.has()
        write(storage, "0/web/console.log", "two")
        await hub.has("two")
    assert hub.fails == []


async def test_in_local_mode_nothing_is_sent(storage: Storage, slept: list[float]) -> None:
    """R20: also not the rest of a backlog."""
    hub = Hub()
    write(storage, APP, *map(str, range(1000)))

    async def push(entries: list[dict[str, Any]]) -> None:
        hub.batches.append(entries)
        hub.stands = False

    logs = CloudLogs(storage, push, lambda: hub.stands)
    assert await logs._send_all() is False
    assert await logs._send_all() is False
    assert len(hub.batches) == 1
    hub.stands = True
    assert await logs._send_all() is False
    assert hub.lines[:200] == hub.lines[200:], "what was put back comes again"


# --- the place on the disk ----------------------------------------------------------------------


def taken(spool: Spool, name: str = APP) -> list[str]:
    return [entry["msg"] for entry in spool.take(name)]


def test_a_new_life_goes_on_where_the_last_one_was_noted(storage: Storage) -> None:
    write(storage, APP, "one")
    spool = Spool(storage)
    assert (spool.names(), taken(spool)) == ([APP], ["one"])
    spool.note()
    write(storage, APP, "two")
    assert taken(spool) == ["two"]  # and the power fails
    again = Spool(storage)
    assert taken(again) == ["two"], "twice, but not lost"


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"a": 1}', b"\xff"])
def test_a_place_that_is_lost_costs_lines_sent_twice(storage: Storage, damage: bytes) -> None:
    write(storage, APP, "one")
    (storage.own / "pushed.json").write_bytes(damage)
    assert taken(Spool(storage)) == ["one"]


def test_a_full_disk_keeps_no_place_and_ends_nothing(storage: Storage) -> None:
    write(storage, APP, "one")
    spool = Spool(storage)
    taken(spool)

    def full(_step: durable.Step) -> None:
        raise OSError(errno.ENOSPC, "the disk is full")

    with durable.observe(full):
        spool.note()
    assert taken(Spool(storage)) == ["one"]


def test_what_was_put_back_is_taken_again(storage: Storage) -> None:
    write(storage, APP, "one", "two")
    spool = Spool(storage)
    assert taken(spool) == ["one", "two"]
    spool.put_back(APP)
    assert taken(spool) == ["one", "two"]
    assert taken(spool) == []


def test_a_line_without_its_end_waits_for_it(storage: Storage) -> None:
    path = write(storage, APP, "one")
    with path.open("a") as file:
        file.write("tw")
    spool = Spool(storage)
    assert taken(spool) == ["one"]
    spool.note()
    write(storage, APP, "o")
    assert taken(spool) == ["two"]
    assert taken(Spool(storage)) == ["two"]


def test_a_log_that_has_gone_is_forgotten(storage: Storage) -> None:
    path = write(storage, APP, "one", "two")
    spool = Spool(storage)
    spool.names()
    taken(spool)
    path.unlink()
    assert spool.names() == []
    assert taken(spool) == []
    write(storage, APP, "new")
    spool.names()
    assert taken(spool) == ["new"]


def test_a_tree_that_goes_while_it_is_looked_at_ends_nothing(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Garbage collection takes whole revisions at any moment."""

    def gone(_self: Path, _pattern: str) -> Any:
        raise FileNotFoundError(errno.ENOENT, "gone")

    spool = Spool(storage)
    monkeypatch.setattr(Path, "rglob", gone)
    assert spool.names() == []
