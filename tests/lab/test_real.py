"""The driver of a real device: it says what is, finds what is left, and its power cut cuts all."""

import os

import pytest

from surefoot.errors import TimedOut
from surefoot.lab import real
from surefoot.lab.checkouts import Part, write
from surefoot.lab.images import Image
from surefoot.lab.real import QUICK, RealDevice
from surefoot.wire.progress import Status

PARTS = {"base": Part(Image("healthy", "base-1"), "root"), "app": Part(Image("healthy", "app-1"))}


@pytest.fixture
def device(tmp_path):
    """Created, not started; whatever the machine can do runs its containers."""
    (tmp_path / "device").mkdir()
    made = RealDevice(tmp_path / "device")
    return made.create(write(tmp_path / "factory", tmp_path / "images", PARTS))


def test_a_device_that_is_off_has_no_status_and_no_processes(device):
    assert device.status() == {}
    assert device.processes() == set()
    assert device.leftovers() == []
    assert device.pv_rev() == "0"
    assert device.progress("0").status is Status.NEW


def test_a_life_from_start_to_stop(device, tmp_path):
    """What is told comes from outside: from the boot file, the disk, and /proc."""
    device.start()
    try:
        status = device.at_rest()
        assert (status["running"], status["status"]) == ("0", "READY")
        assert device.versions() == {"base": "healthy-base-1", "app": "healthy-app-1"}
        assert set(device.pids().values()) <= device.processes()
        assert os.getpid() not in device.processes()
        assert any(left.startswith("process ") for left in device.leftovers())
        parts = PARTS | {"app": Part(Image("no-init", "app-2"))}
        bad = write(tmp_path / "bad", tmp_path / "images", parts)
        assert device.update(bad, "locals/bad").status is Status.ERROR
        assert device.ended("locals/bad").message == "A container could not be started"
        assert not device.try_command("LOCAL_RUN", "locals/absent")
        assert device.try_command("ENABLE_SSH")
    finally:
        assert device.stop() == 0
    assert device.leftovers() == []


def test_a_power_cut_ends_every_process_and_says_no_word(device):
    device.start()
    device.at_rest()
    processes = device.processes()
    device.power_cut()
    try:
        assert device.processes() == set()
        assert not [pid for pid in processes if os.path.exists(f"/proc/{pid}/exe")]
        assert "told to stop" not in device.output.read_text()
    finally:
        device.start()  # the next boot clears up, as after a real cut
        device.at_rest()
        device.stop()
    assert device.leftovers() == []


def test_a_wait_in_vain_says_what_for_and_what_the_device_said(device, monkeypatch):
    monkeypatch.setattr(real, "PATIENCE_S", 0.05)
    device.output.write_text("its last words")
    with pytest.raises(TimedOut, match="waited in vain for the moon\nits last words"):
        device.until(lambda: False, "the moon")


def test_another_program_may_play_the_boot_loop(device):
    device.start(["/bin/sh", "-c", 'echo "delay $PV_UPDATER_COMMIT_DELAY"'])
    device.loop.wait()
    assert device.output.read_text() == f"delay {QUICK['PV_UPDATER_COMMIT_DELAY']}\n"
    assert device.stop() == 0
