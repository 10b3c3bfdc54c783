"""Boots under bad conditions, on real devices: interrupted ones, damaged boot files, planned
reboots that the power interrupts, wrong clocks. No try is spent outside of an update, and no DONE
revision is ever rolled back."""

import os
import random
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from surefoot.boot import decide
from surefoot.device import facts, journal
from surefoot.device.storage import Storage
from surefoot.files import durable
from surefoot.lab.checkouts import Part
from surefoot.lab.images import SCRIPTS, Image
from surefoot.lab.real import QUICK, RealDevice
from surefoot.wire.progress import Status
from tests.support.bench_device import BenchDevice
from tests.walks.conftest import Walk

ROOT = Path(__file__).parents[2]
FACTORY = {"base": "healthy-base-1", "app": "healthy-app-1"}
GOOD = Part(Image("healthy", "app-2"))
NEW_BASE = Part(Image("healthy", "base-2"), "root")
SEED = 20261124
YEAR_S = 365 * 24 * 3600


def pointers(status):
    return status["running"], status["trying"], status["rollback_point"]


# ---- normal boots that are interrupted ---------------------------------------------------------


def test_interrupted_normal_boots_change_nothing(walk):
    """peers 3: rauc#490: power cycling must not use up anything; a seeded sample on real parts."""
    chance = random.Random(SEED)
    walk.update("locals/x", base=NEW_BASE)
    before = boot_files(walk.device)
    for _ in range(5):
        walk.device.power_cut()
        walk.device.start()
        time.sleep(chance.uniform(0, 0.5))  # the moment of the cut is the experiment
    assert pointers(walk.device.at_rest()) == ("locals/x", None, "locals/x")
    assert walk.device.progress("locals/x").status is Status.DONE
    assert walk.device.versions() == {**FACTORY, "base": "healthy-base-2"}
    assert boot_files(walk.device) == before


def boot_files(device):
    """What they say of revisions; the note of a try that is over may go."""
    places = (device.storage.root / "boot").glob("uboot.txt*")
    return {place.name: place.read_bytes() for place in places}


class PowerCut(Exception):
    pass


def test_a_hundred_interrupted_normal_boots_change_nothing(tmp_path):
    """peers 3: rauc#490, and greenboot#26 for the revision whose data are broken: cut at each write
    of the boot loop and of the agent's start, then at each again."""
    device = BenchDevice(tmp_path).boot()
    device.until(lambda: device.storage.is_done("0"))
    device.off()
    (device.storage.trail("0") / "app/root.squashfs").write_bytes(b"broken data")
    before = boot_files(device)
    cuts = [boot_cut_at(device, number % 20) for number in range(100)]
    assert any(cuts)
    assert decide.decide(device.storage.root, print) == "0"
    found = facts.gather(device.storage, device.loader, "0", True, False).found
    assert (found.done, found.trying, found.cause) == ("0", None, None)
    assert device.status_of("0") == "DONE"
    assert boot_files(device) == before


def boot_cut_at(device, number):
    """What the loop and the agent write before the first container starts; whether it was cut."""
    left = iter(range(number))

    def cut(_step):
        if next(left, None) is None:
            raise PowerCut

    try:
        with durable.observe(cut):
            assert decide.decide(device.storage.root, print) == "0"
            storage = Storage(device.storage.root)
            storage.recover()
            journal.next_event_base(storage)
            storage.mark_done("0")
    except PowerCut:
        return True
    return False


# ---- the boot file -----------------------------------------------------------------------------


@pytest.mark.parametrize("part", [0, 0.5])
def test_a_torn_boot_file_is_read_from_its_copy(walk, part):
    """R8; peers 3: snapd#5145, mcuboot#1966: the try that it names is not lost either."""
    walk.update("locals/x", app=GOOD)
    file = walk.device.storage.root / "boot/uboot.txt"
    whole = file.read_bytes()
    walk.device.power_cut()
    file.write_bytes(whole[: int(len(whole) * part)])
    walk.device.start()
    assert walk.device.ended("locals/x").status is Status.DONE
    assert pointers(walk.device.at_rest()) == ("locals/x", None, "locals/x")
    assert "taking its copy" in walk.device.output.read_text()


def test_without_any_boot_file_the_newest_done_revision_boots(walk):
    """R8; peers 3: hub.mender.io/t/2167: no gate before the first step that can be recovered."""
    walk.update("locals/x", base=NEW_BASE)
    boot = walk.device.storage.root / "boot"
    for damage in (b"\xff" * 70_000, b"pv_rev=gone\0\0", None):
        walk.device.power_cut()
        for place in (boot / "uboot.txt", boot / "uboot.txt.copy"):
            place.unlink()
            if damage is not None:
                place.write_bytes(damage)
        walk.device.start()
        assert pointers(walk.device.at_rest()) == ("locals/x", None, "locals/x")
        assert walk.device.versions() == {**FACTORY, "base": "healthy-base-2"}
        assert walk.device.pv_rev() == "locals/x"
    assert "taking the newest DONE revision" in walk.device.output.read_text()


# ---- planned reboots ---------------------------------------------------------------------------

# Asked to end, it says so and stays: time to cut the power while the device is on its way down.
STUBBORN = 'trap "echo no" PWR TERM\necho started\nwhile :; do sleep 3600 & wait "$!"; done\n'


@pytest.fixture
def slow_walk(walk, monkeypatch):
    """A device with an UPDATED revision whose container takes its time to stop."""
    monkeypatch.setitem(SCRIPTS, "stubborn", STUBBORN)
    walk.update("locals/slow", app=Part(Image("stubborn", "app-2")))
    return walk


def test_a_cut_between_asking_for_a_reboot_and_the_reboot_is_that_reboot(slow_walk):
    """peers 3: meta-balena#1316: it is no failed boot, and it is not done twice; R9: any boot
    completes a journalled REBOOT_DEVICE or POWEROFF_DEVICE."""
    device = slow_walk.device
    for number, op in enumerate(("REBOOT_DEVICE", "POWEROFF_DEVICE"), 1):
        assert device.client.command(op, "planned")
        device.until(lambda: device.status().get("status") == "STOPPING", "the way down")
        device.power_cut()
        device.start()
        assert device.ended("locals/slow").status is Status.DONE
        assert pointers(device.at_rest()) == ("locals/slow", None, "locals/slow")
        assert device.output.read_text().count("booting revision locals/slow") == number
        assert device.loop.poll() is None
        assert not device.storage.journal.exists()


def test_a_cut_while_an_update_is_rebooting_spends_no_try(slow_walk):
    """peers 3: meta-balena#1316, pantavisor#693: the first boot after it is the try."""
    device = slow_walk.device
    device.install(slow_walk.checkout("locals/x", base=NEW_BASE), "locals/x")
    device.client.command("LOCAL_RUN", "locals/x")
    device.until(lambda: device.progress("locals/x").message == "Rebooting", "the reboot")
    device.power_cut()
    device.start()
    assert device.ended("locals/x").status is Status.DONE
    assert device.versions() == {**FACTORY, "base": "healthy-base-2"}
    told = [entry["message"] for entry in device.client.get("/changes")[-1]["timeline"]]
    assert told.count("Starting updated version") == 1


# ---- the clock ---------------------------------------------------------------------------------


@pytest.fixture
def jumping(tmp_path, images):
    """A device whose wall clock is as wrong as `jumping.clock(seconds)` says."""
    walk = Walk(tmp_path, images, {})
    offset = tmp_path / "clock"

    def clock(seconds):
        """Whole at any moment: the agent reads it whenever it asks for the time."""
        draft = offset.with_suffix(".draft")
        draft.write_text(str(seconds))
        draft.rename(offset)

    walk.clock = clock
    walk.clock(0)
    environment = {"CLOCK_FILE": str(offset), "PYTHONPATH": str(ROOT)}
    walk.device = RealDevice(tmp_path / "device", {**QUICK, **environment})
    walk.device.create(walk.checkout("factory"))
    storage, run = str(walk.device.storage.root), str(walk.device.run)
    program = [sys.executable, "-m", "tests.support.jumping_agent", "loop", storage, run]
    walk.start = lambda: walk.device.start(program).at_rest()
    walk.start()
    try:
        yield walk
    finally:
        walk.device.stop()
    assert walk.device.leftovers() == []


def test_a_clock_that_jumps_by_years_during_an_update_only_changes_labels(jumping):
    """R23; peers 3: mender-docs PR#327."""
    device = jumping.device
    device.install(jumping.checkout("locals/x", app=GOOD), "locals/x")
    first = device.client.get("/status")["event"]
    device.client.command("LOCAL_RUN", "locals/x")
    device.until(lambda: device.progress("locals/x").status is Status.TESTING, "the test")
    jumping.clock(40 * YEAR_S)
    device.until(lambda: device.client.get("/status")["waits"], "a wait")
    jumping.clock(-40 * YEAR_S)
    assert device.ended("locals/x").status is Status.UPDATED
    device.power_cut()
    jumping.start()
    assert device.ended("locals/x").status is Status.DONE
    assert device.versions()["app"] == "healthy-app-2"
    assert device.client.get("/status")["event"] > first
    (change,) = [one for one in device.client.get("/changes") if one["revision"] == "locals/x"]
    assert change["status"] == "DONE"
    assert [entry["status"] for entry in change["timeline"]][-1] == "DONE"
    years = {entry["since"][:4] for entry in change["timeline"]}
    assert any(year < "1990" for year in years)


@pytest.mark.parametrize("years", [40, -50])
def test_a_storage_from_another_time_is_used_all_the_same(walk, years):
    """R23: time stamps only label; R21: what is in use is not garbage, however old it looks."""
    walk.update("locals/x", app=GOOD)
    walk.device.power_cut()
    now = time.time() + years * YEAR_S
    for path in walk.device.storage.root.rglob("*"):
        os.utime(path, (now, now), follow_symlinks=False)
    walk.device.start()
    assert walk.device.ended("locals/x").status is Status.DONE
    walk.device.client.post("/storage/gc")
    assert walk.update("locals/y", app=Part(Image("healthy", "app-3"))).status is Status.UPDATED
    walk.device.client.command("ROLLBACK")
    assert pointers(walk.device.at_rest()) == ("locals/x", None, "locals/x")
    assert walk.device.versions()["app"] == "healthy-app-2"
    numbers = [change["number"] for change in walk.device.client.get("/changes")]
    assert all(one < other for one, other in pairwise(numbers))
    dates = {step["name"]: step["date"][:4] for step in walk.device.client.get("/steps")}
    assert dates["locals/x"] == time.strftime("%Y", time.gmtime(now))
