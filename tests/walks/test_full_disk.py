"""A full disk at any write: a clear answer, the progress still written from the reserve, nothing
committed lost, and all works again once there is room (peers 3: balena-supervisor#674)."""

import errno
import hashlib
import itertools
import os
import re

import pytest

from surefoot.errors import NoRoom
from surefoot.files import durable
from surefoot.files.durable import Kind
from surefoot.lab.checkouts import Part
from surefoot.lab.images import Image
from surefoot.wire.progress import Status
from tests.support.bench_device import BenchDevice, state_text
from tests.support.pvcontrol import PvControl, Stdin
from tests.support.small_disk import small_disk
from tests.walks.conftest import Walk

FACTORY = {"base": "healthy-base-1", "app": "healthy-app-1"}
GOOD = Part(Image("healthy", "app-2"))
OTHER = Part(Image("healthy", "app-3"))
NO_ROOM = b'{"Error":"Not enough disk space available"}'
FULL = "No room on the disk|The disk is full"
SIZE = 32 << 20


@pytest.fixture
def full(tmp_path, images):
    """A device that runs from a small disk of its own, with an update stored that was not run."""
    walk = Walk(tmp_path, images, {})
    with small_disk(tmp_path / "disk.img", walk.device.storage.root, SIZE) as disk:
        walk.disk = disk
        walk.device.create(walk.checkout("factory")).start()
        try:
            walk.device.at_rest()
            walk.device.install(walk.checkout("locals/x", app=GOOD), "locals/x")
            yield walk
        finally:
            walk.device.stop()
        assert walk.device.leftovers() == []


def works_again(walk):
    """With room, everything does; and the reserve is there for the next time."""
    walk.disk.empty()
    assert walk.update("locals/later", app=OTHER).status is Status.UPDATED
    assert walk.device.versions()["app"] == "healthy-app-3"
    walk.device.client.command("REBOOT_DEVICE", "")
    walk.device.until(lambda: walk.device.pv_rev() == "locals/later", "the commit")
    walk.device.at_rest()
    assert walk.device.storage.reserve.held()


def test_what_has_no_room_is_refused_with_the_text_that_clients_know(full):
    """pvr.md 6.2: exit code 48; nothing is kept, and what is there goes on."""
    client, before = PvControl(full.device.client.path, "curl"), full.device.pids()
    objects = full.device.storage.objects.list()
    full.disk.fill()
    data = os.urandom(3 << 20)
    said = client.put_object(Stdin(data), hashlib.sha256(data).hexdigest())
    assert (said.status, said.body, said.code) == (507, NO_ROOM, 48)
    said = client.run("usrmeta", "save", "key", "x" * 5000)
    assert (said.body, said.code) == (NO_ROOM, 48)
    step = full.place / "json"
    step.write_bytes(full.device.storage.read_state_text("locals/x"))
    said = client.put_step(step, "locals/none")
    assert (said.body, said.code) == (NO_ROOM, 48)
    assert full.device.storage.objects.list() == objects
    assert full.device.storage.revisions() == ["0", "locals/x"]
    assert full.device.pids() == before
    assert not list(full.disk.place.rglob("*.surefoot-tmp"))


def test_an_update_on_a_full_disk_comes_to_an_end_that_is_recorded(full):
    """R12, R13: the journal, the boot file and the progress are written from the reserve; so is
    what little an update itself needs when its objects are here."""
    before = full.device.pids()
    full.disk.fill()
    progress = full.device.update_by_name("locals/x")
    status = full.device.at_rest()
    if progress.status is Status.UPDATED:
        assert (status["running"], status["trying"]) == ("locals/x", "locals/x")
        assert full.device.versions() == {**FACTORY, "app": "healthy-app-2"}
    else:
        assert (progress.status.value, progress.message) == ("ERROR", "Internal error")
        assert re.search(FULL, progress.logs)
        assert (status["running"], status["trying"]) == ("0", None)
        assert full.device.pids() == before
    assert (status["rollback_point"], full.device.pv_rev()) == ("0", "0")
    works_again(full)


def test_a_disk_that_fills_up_before_a_try_does_not_cost_the_device_its_way(full):
    """R12, last column: whatever the try comes to, what is recorded is what runs."""
    full.device.client.command("LOCAL_APPLY", "locals/x")
    full.device.until(lambda: full.device.status().get("staged"), "the staged revision")
    full.disk.fill()
    full.device.client.command("REBOOT_DEVICE", "")
    progress = full.device.ended("locals/x")
    running = full.device.at_rest()["running"]
    assert full.device.pv_rev() == running
    if progress.status is Status.DONE:
        assert (running, full.device.versions()["app"]) == ("locals/x", "healthy-app-2")
    else:
        assert progress.status is Status.ERROR
        assert (running, full.device.versions()) == ("0", FACTORY)
    works_again(full)


def test_a_try_is_noted_on_a_full_disk(full):
    """R8: the boot loop writes `pv_trying` on a full disk too, so the staged update is not lost."""
    full.device.client.command("LOCAL_APPLY", "locals/x")
    full.device.until(lambda: full.device.status().get("staged"), "the staged revision")
    full.disk.fill()
    full.device.power_cut()
    full.device.start()
    assert full.device.ended("locals/x").status is Status.DONE
    assert full.device.versions()["app"] == "healthy-app-2"


def test_clients_do_not_eat_what_the_reserve_has_given_back(full):
    """peers 3: balena-supervisor#674: what a record has spent is the device's, until it is held
    again."""
    full.disk.fill()
    full.device.update_by_name("locals/x")
    with pytest.raises(NoRoom):
        put_without_end(full)
    reserve = full.device.storage.reserve.path
    held = reserve.stat().st_blocks * 512 if reserve.exists() else 0
    assert held + full.disk.free >= 256 << 10


def put_without_end(full):
    for number in itertools.count():
        data = number.to_bytes(4, "big") * 4096
        full.device.client.put(f"/objects/{hashlib.sha256(data).hexdigest()}", data)


# ---- without a reserve: one that was spent, and its room taken by a container, say --------------


def exhaust(full):
    """The agent takes its reserve again whenever it can: until it cannot."""
    reserve = full.device.storage.reserve
    full.disk.fill()
    while reserve.path.exists() or full.disk.free:
        reserve.spend()
        full.disk.fill()


def test_a_device_boots_from_a_disk_without_a_free_byte(full):
    """peers 3: meta-balena#2130: containers run, and the socket is there to free something."""
    full.device.power_cut()
    exhaust(full)
    full.device.start()
    assert full.device.at_rest()["running"] == "0"
    assert full.device.versions() == FACTORY
    works_again(full)


def test_a_command_on_a_disk_without_a_free_byte_is_refused(full):
    """R13, pvr.md 6.2: what cannot be stored is not promised; 507, and nothing else happens."""
    before = full.device.pids()
    exhaust(full)
    with pytest.raises(NoRoom, match=r"^Not enough disk space available$"):
        full.device.client.command("LOCAL_RUN", "locals/x")
    assert full.device.pids() == before
    works_again(full)
    assert "ended without a word" not in full.device.output.read_text()


def test_a_try_without_a_free_byte_ends_on_a_revision_that_runs(full):
    """R12, last column: ERROR or DONE, but the device runs."""
    full.device.update_by_name("locals/x")
    full.device.power_cut()
    exhaust(full)
    full.device.start()
    assert full.device.at_rest()["running"] in ("0", "locals/x")
    works_again(full)


# ---- at every single step, on a device without real containers ---------------------------------

TAKES_ROOM = {Kind.CREATE, Kind.WRITE, Kind.MAKE_DIR, Kind.LINK}


class FullFrom:
    """The disk is full from step `number` on, but for what a spent reserve has given back."""

    def __init__(self, reserve, number=None):
        self.reserve, self.number = reserve, number
        self.count = 0
        self.refused = []

    def __call__(self, step):
        self.count += 1
        is_full = self.number is not None and self.count > self.number
        is_held = self.reserve.path.exists() or step.path == self.reserve.path
        if is_full and is_held and step.kind in TAKES_ROOM:
            self.refused.append(step)
            raise OSError(errno.ENOSPC, "the disk is full")


@pytest.fixture
def bench(tmp_path):
    device = BenchDevice(tmp_path).boot()
    device.until(lambda: device.storage.is_done("0"))
    yield device
    device.off()


def update(bench, number):
    """One update, with the disk full from a step of it on; the steps that were refused and made."""
    name, image = f"locals/n{number}", f"a{number}"
    text = state_text(bench.storage, base="b0", app=image)
    bench.client.put(f"/steps/{name}", text.encode())
    full = FullFrom(bench.storage.reserve, number)
    with durable.observe(full):
        bench.client.command("LOCAL_RUN", name)
        bench.until(lambda: bench.status_of(name) in ("UPDATED", "ERROR"))
        bench.until(lambda: bench.client.get("/status")["update"] is None)
    holds(bench, name)
    assert bench.storage.reserve.hold()  # there is room again
    return full


def holds(bench, name):
    """The end is recorded, what is recorded runs, and the rollback point is what it was."""
    progress, status = bench.storage.read_progress(name), bench.client.get("/status")
    if progress.status is Status.UPDATED:
        assert (status["running"], status["trying"]) == (name, name)
    else:
        assert progress.message == "Internal error"
        assert re.search(FULL, progress.logs)
        assert status["running"] != name
    assert status["status"] == "READY"
    vars_ = bench.loader.read()
    assert (vars_.rev, vars_.try_) == ("0", status["trying"])
    assert bench.status_of("0") == "DONE"
    assert bench.thread.is_alive()


def test_the_disk_may_be_full_from_any_step_of_an_update_on(bench):
    """peers 3: balena-supervisor#674: at each durable step of an update, from its journal to its
    final record."""
    steps = update(bench, None).count
    assert steps > 50
    refused = [bool(update(bench, number).refused) for number in range(0, steps, 2)]
    assert sum(refused) > len(refused) // 2
