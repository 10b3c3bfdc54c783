"""The agent's loop: events in order, answers to other threads, exit codes, and no hidden slips."""

import pytest

from surefoot.errors import NotFound
from tests.support.bench_device import BenchDevice, state_text


@pytest.fixture
def device(tmp_path):
    made = BenchDevice(tmp_path)
    yield made
    made.off()


def run(device, revision, **images):
    device.client.put(f"/steps/{revision}", state_text(device.storage, **images).encode())
    device.client.command("LOCAL_RUN", revision)


def test_a_factory_revision_becomes_done_once_its_goals_are_reached(device):
    """R9, first row."""
    device.boot()
    device.until(lambda: device.status_of("0") == "DONE")
    device.until(lambda: device.storage.is_done("0"))
    device.until(lambda: device.client.get("/device-meta")["pantavisor.status"] == "READY")


def test_a_local_update_without_reboot_ends_updated(device):
    """device.md 1: the known good result, byte for byte."""
    device.boot()
    run(device, "locals/x", base="b0", app="a1")
    device.until(lambda: device.status_of("locals/x") == "UPDATED")
    assert device.client.get_bytes("/steps/locals/x/progress") == (
        b'{"status":"UPDATED","status-msg":"Update finished, revision not set as rollback point",'
        b'"progress":100,"retries":0}'
    )
    vars_ = device.loader.read()
    assert (vars_.rev, vars_.try_) == ("0", "locals/x")


def test_an_untouched_container_is_not_started_again(device):
    device.boot()
    run(device, "locals/x", base="b0", app="a1")
    device.until(lambda: device.status_of("locals/x") == "UPDATED")
    assert len([call for call in device.runtime.calls if call.startswith("start base")]) == 1


def test_a_reboot_update_ends_the_process_and_is_done_after_the_next_boot(device):
    device.boot()
    run(device, "locals/x", base="b1", app="a0")
    device.thread.join(60)
    assert device.code == 0
    assert device.loader.read().try_ == "locals/x"
    device.loader.note_trying("locals/x")
    device.boot("locals/x")
    device.until(lambda: device.status_of("locals/x") == "DONE")
    assert device.client.get_bytes("/steps/locals/x/progress") == (
        b'{"status":"DONE","status-msg":"Update finished, revision set as rollback point",'
        b'"progress":100,"retries":0}'
    )
    assert device.loader.read().rev == "locals/x"


def test_a_container_that_cannot_start_brings_the_old_one_back(device):
    """device.md 1: ERROR with its two log lines; R5."""
    device.boot()
    device.runtime.broken.add("prepare app locals/x")
    run(device, "locals/x", base="b0", app="a1")
    device.until(lambda: device.client.get("/status")["update"] is None)
    progress = device.storage.read_progress("locals/x")
    assert progress.message == "A container could not be started"
    assert "platform 'app' is not running" in progress.logs
    assert "a platform did not work as expected. Tearing down..." in progress.logs
    assert device.client.get("/status")["running"] == "0"
    assert device.loader.read().try_ is None


def test_the_next_command_is_accepted_as_soon_as_an_end_is_visible(device):
    """R13: scripts need no pause."""
    device.boot()
    device.until(lambda: device.status_of("0") == "DONE")
    for number in range(5):
        device.runtime.broken = {f"prepare app locals/x{number}"} if number % 2 else set()
        name = f"locals/x{number}"
        run(device, name, base="b0", app=f"a{number + 1}")
        device.until(lambda name=name: device.status_of(name) in ("UPDATED", "ERROR"))
    assert device.status_of("locals/x4") == "UPDATED"


def test_power_off_is_told_by_the_exit_code(device):
    """R8: exit code 3."""
    device.boot()
    device.until(lambda: device.status_of("0") == "DONE")
    device.client.command("POWEROFF_DEVICE")
    device.thread.join(60)
    assert device.code == 3


def test_a_step_that_is_not_there_cannot_be_run(device):
    """R12."""
    device.boot()
    with pytest.raises(NotFound, match="Resource does not exist"):
        device.client.command("LOCAL_RUN", "locals/absent")
    assert not (device.storage.trails / "locals" / "absent").exists()
