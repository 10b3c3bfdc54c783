"""Devices as things on a machine: several side by side, what a stop leaves, what a kill leaves, and
what clients see of one over its reboots."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from surefoot.boot import cgroups
from surefoot.lab.checkouts import Part
from surefoot.lab.images import Image
from surefoot.lab.real import RealDevice
from surefoot.wire.progress import Status
from tests.walks.conftest import Walk

FACTORY = {"base": "healthy-base-1", "app": "healthy-app-1"}
GOOD = Part(Image("healthy", "app-2"))
NEW_BASE = Part(Image("healthy", "base-2"), "root")
NEVER_READY = Part(Image("never-ready", "app-2"), run={"status_goal": "READY"})


# ---- side by side ------------------------------------------------------------------------------


@pytest.fixture
def other(tmp_path, images):
    """A second device of the same factory revision: same container names, same images."""
    (tmp_path / "other").mkdir()
    second = Walk(tmp_path / "other", images, {})
    second.device.create(second.checkout("factory")).start()
    try:
        second.device.at_rest()
        yield second
    finally:
        second.device.stop()
    assert second.device.leftovers() == []


def test_two_devices_do_not_meet(walk, other):
    """R8: names and cgroups carry the device's id."""
    assert walk.device.id != other.device.id
    install_and_run(walk, "locals/x", app=GOOD)
    install_and_run(other, "locals/x", base=NEW_BASE)
    assert walk.device.ended("locals/x").status is Status.UPDATED
    assert other.device.ended("locals/x").status is Status.DONE
    assert walk.device.versions() == {**FACTORY, "app": "healthy-app-2"}
    assert other.device.versions() == {**FACTORY, "base": "healthy-base-2"}
    before = other.device.pids()
    walk.device.power_cut()
    walk.device.start()
    assert walk.device.at_rest()["running"] == "locals/x"
    walk.device.stop()
    assert walk.device.leftovers() == []
    assert other.device.pids() == before


def install_and_run(walk, name, **parts):
    walk.device.install(walk.checkout(name, **parts), name)
    walk.device.client.command("LOCAL_RUN", name)


# ---- runners -----------------------------------------------------------------------------------


def runner(storage, run):
    command = [sys.executable, "-m", "surefoot", "device", "run", storage, "--run", run]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_second_runner_is_refused_and_harms_nothing(walk, tmp_path):
    """R8, R24: 75, with who holds it; peers 3: balena-supervisor#1758 for the lock itself."""
    before = walk.device.pids()
    second = runner(walk.device.storage.root, tmp_path / "elsewhere")
    assert second.returncode == 75
    assert str(walk.device.loop.pid) in second.stderr
    assert walk.device.pids() == before


def test_a_run_directory_is_not_shared(walk, tmp_path):
    """Two devices in one would sweep each other's mounts away."""
    before = walk.device.pids()
    other = RealDevice(tmp_path / "other")
    other.create(walk.checkout("other"))
    second = runner(other.storage.root, walk.device.run)
    assert second.returncode == 75
    assert walk.device.pids() == before


def test_a_lock_dies_with_its_holder(walk):
    """R8; peers 3: balena-supervisor#1758: after kill -9 of everything the device simply runs."""
    walk.update("locals/x", base=NEW_BASE)
    before = walk.device.pids()
    walk.device.power_cut()
    walk.device.start()
    assert walk.device.at_rest()["running"] == "locals/x"
    assert walk.device.versions() == {**FACTORY, "base": "healthy-base-2"}
    assert not set(before.values()) & set(walk.device.pids().values())


def test_an_agent_does_not_outlive_its_loop(walk):
    """R8: parent-death signal; what its containers left is swept by the next runner."""
    walk.device.loop.kill()
    walk.device.loop.wait()
    walk.device.until(lambda: not walk.device.status(), "the agent's end")
    walk.device.start()
    walk.device.at_rest()
    assert walk.device.versions() == FACTORY
    assert len(walk.device.pids()) == 2


def test_the_end_of_an_agent_is_a_reboot(walk):
    """R8: for any reason."""
    before = walk.device.pids()
    os.kill(agent_of(walk.device), signal.SIGKILL)
    walk.device.until(lambda: renewed(walk, before), "new containers")
    walk.device.at_rest()
    assert "signal 9" in walk.device.output.read_text()
    assert walk.device.versions() == FACTORY


def agent_of(device):
    """The loop may have adopted others: monitors that have detached themselves."""
    children = Path(f"/proc/{device.loop.pid}/task/{device.loop.pid}/children").read_text()
    (agent,) = [pid for pid in children.split() if b"\0agent\0" in command_line(pid)]
    return int(agent)


def command_line(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def renewed(walk, before):
    status = walk.device.status()
    pids = {one["pid"] for one in status.get("containers", ()) if one["pid"]}
    return len(pids) == len(before) and not pids & set(before.values())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_leaves_nothing(walk, number):
    walk.device.loop.send_signal(number)
    assert walk.device.loop.wait(60) == 0
    assert walk.device.leftovers() == []
    assert not walk.device.client.path.exists()
    assert not cgroups.tops(walk.device.id)


# ---- what is told over a reboot ----------------------------------------------------------------


def test_events_are_told_in_order_over_a_reboot_and_can_be_replayed(walk):
    """issue 4, 7: a listener that stays sees each line of the progress table once."""
    walk.device.install(walk.checkout("locals/x", base=NEW_BASE), "locals/x")
    with walk.device.client.events(patience_s=60, timeout_s=120) as stream:
        walk.device.client.command("LOCAL_RUN", "locals/x")
        heard = list(until_final(stream, "locals/x"))
    ids = [one.id for one in heard]
    assert ids == sorted(set(ids))
    story = [one.data["status-msg"] for one in heard if one.kind == "progress"]
    assert story == [
        "Update ready to be run",
        "Update installed",
        "Rebooting",
        "Starting updated version",
        "Awaiting to set rollback point if update is stable",
        "Update finished, revision set as rollback point",
    ]
    since = next(one for one in heard if one.data.get("status-msg") == "Starting updated version")
    with walk.device.client.events(since.id, timeout_s=60) as again:
        assert list(until_final(again, "locals/x")) == heard[heard.index(since) + 1 :]


def until_final(stream, revision):
    """A listener that comes back after a reboot is told that it may have lost something."""
    for event in stream:
        if event.kind != "lost":
            yield event
        if event.kind == "progress" and event.data["progress"] == 100:
            assert event.data["revision"] == revision
            return


def test_the_status_of_the_device_is_told_before_it_is_ready_again(walk):
    """R22: never READY from before the reboot."""
    walk.device.install(walk.checkout("locals/x", base=NEW_BASE), "locals/x")
    with walk.device.client.events(patience_s=60, timeout_s=120) as stream:
        walk.device.client.command("LOCAL_RUN", "locals/x")
        told = [one.data for one in until_final(stream, "locals/x") if one.kind == "status"]
    shown = [(one["status"] == "READY", one["revision"]) for one in told]
    last = shown.index((True, "locals/x"))
    assert (False, "0") in shown[:last]
    assert (True, "0") not in shown[shown.index((False, "0")) : last]


def ctl(walk, *words):
    command = [sys.executable, "-m", "surefoot", "ctl", "-s", walk.device.client.path, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.settings(PV_UPDATER_GOALS_TIMEOUT="3")
def test_changes_are_kept_over_reboots_and_rollbacks(walk):
    """issue 4, 8."""
    walk.update("locals/good", app=GOOD)
    walk.update("locals/bad", app=NEVER_READY)
    walk.update("locals/reboot", base=NEW_BASE)
    before = walk.device.client.get("/changes")
    walk.device.power_cut()
    walk.device.start()
    walk.device.at_rest()
    assert walk.device.client.get("/changes") == before
    ends = {change["revision"]: change["status"] for change in before}
    assert ends == {"0": "DONE", "locals/reboot": "DONE", "locals/bad": "ERROR"} | {
        "locals/good": "UPDATED"
    }
    (bad,) = [change for change in before if change["revision"] == "locals/bad"]
    shown = ctl(walk, "change", str(bad["number"]))
    assert shown.returncode == 0
    assert "Status goal not reached" in shown.stdout
    listed = ctl(walk, "changes")
    assert all(name in listed.stdout for name in ends)


def test_a_log_is_followed_while_its_container_comes_and_goes(walk):
    heard, came = [], threading.Semaphore(0)

    def listen():
        for line in walk.device.client.lines("/logs/current/app?tail=1&follow=1"):
            heard.append(line)
            came.release()

    threading.Thread(target=listen, daemon=True).start()
    assert came.acquire(timeout=60)
    walk.device.client.put_json("/containers/app", {"action": "restart"})
    assert came.acquire(timeout=60)
    assert came.acquire(timeout=60)
    assert heard == [b"started", b"stopping", b"started"]
