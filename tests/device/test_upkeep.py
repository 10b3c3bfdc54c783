"""What goes on beside updates, on a running agent: consoles are shown, logs stay small, the reserve
is held again, garbage waits for its time."""

import asyncio
import hashlib
import json
from types import SimpleNamespace

import pytest

from surefoot.device import upkeep
from surefoot.device.config import Config, Places
from surefoot.device.effects import GarbageAsked
from surefoot.device.storage import Space
from surefoot.device.upkeep import GarbageClock, catch_up, keep_logs_small, show_consoles
from surefoot.wire.progress import Progress, Status
from tests.support.bench_device import BenchDevice, state_text


@pytest.fixture
def device(tmp_path, monkeypatch):
    for name in ("TIDY_EVERY_S", "CATCH_UP_EVERY_S", "CONSOLE_EVERY_S"):
        monkeypatch.setattr(upkeep, name, 0.01)
    made = BenchDevice(tmp_path).boot()
    made.until(lambda: made.storage.is_done("0"))
    yield made
    made.off()


def begin(device, work):
    """From now on this goes on beside the agent."""
    agent = device.agent
    agent.call_soon(lambda: agent.hands.spawn(work(agent)))


# ---- consoles ----------------------------------------------------------------------------------


def console(device, container="app"):
    return device.storage.logs / "0" / container / "console.log"


def write(device, text):
    with console(device).open("a") as file:
        file.write(text)


def lines(device):
    """What was told of consoles so far."""
    events = device.agent.parts.events
    told = [one for one in events._events if one.kind == "log"]
    return [json.loads(one.text) for one in told if "revision" in one.text]


def test_a_console_line_is_told_once_it_is_finished(device):
    write(device, "of an earlier life\n")
    begin(device, show_consoles)
    # Only now is it sure that what was there before has been passed by.
    device.until(lambda: write(device, "first\n") or lines(device))
    told = lines(device)[0]
    assert told == {"revision": "0", "source": "app", "line": "first"}
    write(device, "half a ")
    write(device, "line\nlast\n")
    device.until(lambda: any(one["line"] == "last" for one in lines(device)))
    shown = [one["line"] for one in lines(device) if one["line"] != "first"]
    assert shown == ["half a line", "last"]


def test_a_console_that_cannot_be_read_stops_nothing(device):
    begin(device, show_consoles)
    device.until(lambda: write(device, "first\n") or lines(device))
    console(device, "base").unlink()
    console(device, "base").mkdir()
    write(device, "last\n")
    device.until(lambda: lines(device)[-1]["line"] == "last")
    assert device.thread.is_alive()


# ---- logs --------------------------------------------------------------------------------------


def test_a_log_that_grows_is_rotated(device):
    write(device, "x" * 99 + "\n")
    with console(device).open("a") as file:
        file.write(("x" * 99 + "\n") * 20_000)
    begin(device, keep_logs_small)
    device.until(lambda: console(device).stat().st_size == 0)
    assert [place.name for place in console(device).parent.glob("console.log.*")]


def test_logs_that_cannot_be_kept_small_stop_nothing(device, monkeypatch):
    """A disk that refuses is told, and tried again."""
    calls = []

    def refuse(*_):
        calls.append(1)
        raise OSError(5, "input/output error")

    monkeypatch.setattr(upkeep, "tidy", refuse)
    begin(device, keep_logs_small)
    device.until(lambda: len(calls) > 2)
    assert device.thread.is_alive()
    own = device.storage.logs / "0/pantavisor/pantavisor.log"
    assert "the logs cannot be kept small" in own.read_text()


# ---- room --------------------------------------------------------------------------------------


def test_the_reserve_is_taken_again(device):
    """peers 3: meta-balena#2130: not only at the next boot."""
    device.storage.reserve.spend()
    begin(device, catch_up)
    device.until(device.storage.reserve.held)


def test_a_slip_in_upkeep_is_not_silent(device, monkeypatch):
    """It ends the agent, as any other; the boot loop starts it again."""
    posted = []
    monkeypatch.setattr(device.agent, "post", posted.append)
    monkeypatch.setattr(device.agent.hands, "post", posted.append)
    monkeypatch.setattr(device.agent.hands, "catch_up", lambda: 1 // 0)
    begin(device, catch_up)
    device.until(lambda: posted)
    assert isinstance(posted[0], ZeroDivisionError)
    monkeypatch.undo()


# ---- garbage -----------------------------------------------------------------------------------


class Agent:
    """As much of one as the clock looks at: a disk that is 60 percent full."""

    def __init__(self, tmp_path, **settings):
        config = Config.read(Places(tmp_path, tmp_path), settings)
        storage = SimpleNamespace(space=lambda: Space(1000, 400))
        self.parts = SimpleNamespace(config=config, storage=storage, recent_objects={"a"})
        self.posted = []
        self.post = self.posted.append

    def objects_come(self, count=1):
        async def life():
            clock = GarbageClock(self)
            for _ in range(count):
                clock.object_came()
            async with asyncio.timeout(60):
                while self.parts.recent_objects:  # noqa: ASYNC110 - nothing else tells of it
                    await asyncio.sleep(0.001)

        asyncio.run(life())
        return self.posted


@pytest.mark.parametrize(("threshold", "asked"), [("59", 1), ("60", 0), ("90", 0), ("0", 0)])
def test_garbage_is_collected_above_the_threshold_only(tmp_path, threshold, asked):
    """R21; config.md: a threshold of 0 is none."""
    agent = Agent(
        tmp_path, PV_STORAGE_GC_THRESHOLD=threshold, PV_STORAGE_GC_THRESHOLD_DEFERTIME="0"
    )
    assert agent.objects_come() == [GarbageAsked()] * asked


def test_each_object_puts_it_off_again(tmp_path):
    agent = Agent(tmp_path, PV_STORAGE_GC_THRESHOLD="1", PV_STORAGE_GC_THRESHOLD_DEFERTIME="0")
    assert agent.objects_come(3) == [GarbageAsked()]


def test_an_object_that_comes_in_has_garbage_collected(device):
    """Through the socket, to the end: a revision that failed and that nobody keeps goes."""
    text = state_text(device.storage, base="b0", app="a1")
    device.storage.write_state("locals/x", text, Progress(Status.ERROR, "Internal error", 100))
    settings = {"PV_STORAGE_GC_THRESHOLD": "1", "PV_STORAGE_GC_THRESHOLD_DEFERTIME": "0"}
    places = Places(device.storage.root, device.run)
    device.agent.parts.config = Config.read(places, settings)
    device.client.put(f"/objects/{hashlib.sha256(b'new').hexdigest()}", b"new")
    device.until(lambda: device.storage.revisions() == ["0"])
    assert device.storage.objects.has(hashlib.sha256(b"a0").hexdigest())
