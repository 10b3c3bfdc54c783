"""kill -9 at effect boundaries on real containers: a sample of twenty; all of them in lab/crash.

Which effects there are is counted while the update runs, so that a new one is covered by itself.
"""

import os
import random
import sys
from pathlib import Path

import pytest

from surefoot.lab.checkouts import Part
from surefoot.lab.images import Image
from surefoot.lab.real import QUICK, RealDevice
from tests.walks.conftest import Walk

ROOT = Path(__file__).parents[2]
SAMPLES = 5
# More effects than any of these updates has within one life of the agent.
SPAN = 24
SEED = 20261124


class CutWalk(Walk):
    """Knows what each revision must run."""

    def __init__(self, place, images):
        super().__init__(place, images, {})
        self.armed = place / "cut"
        environment = {"CUT_FILE": str(self.armed), "PYTHONPATH": str(ROOT)}
        self.device = RealDevice(place / "device", {**QUICK, **environment})
        self.expected = {"0": {"base": "healthy-base-1", "app": "healthy-app-1"}}
        self.number = 0

    def start(self):
        storage, run = str(self.device.storage.root), str(self.device.run)
        self.device.start([sys.executable, "-m", "tests.support.cutting_loop", storage, run])
        return self.device.at_rest()

    def new(self, reboots):
        """The next revision: another app, and another base when it shall reboot."""
        self.number += 1
        name = f"locals/n{self.number}"
        runs = self.expected[self.device.status()["running"]]
        base = _other(runs["base"]) if reboots else runs["base"]
        app = _other(runs["app"])
        self.expected[name] = {"base": base, "app": app}
        parts = {
            "base": Part(Image("healthy", base.removeprefix("healthy-")), "root"),
            "app": Part(Image("healthy", app.removeprefix("healthy-"))),
        }
        self.device.install(self.checkout(name, **parts), name)
        return name

    def holds(self):
        """Nothing committed is lost, the device runs, and the record is what runs."""
        status = self.device.at_rest()
        running = status["running"]
        assert self.device.versions() == self.expected[running]
        assert self.device.progress(self.device.pv_rev()).status == "DONE"
        if running != self.device.pv_rev():
            assert self.device.progress(running).status == "UPDATED"
            assert status["trying"] is not None
            assert status["trying"] in (running, status["staged"])


def _other(image):
    return image[:-1] + ("2" if image.endswith("1") else "1")


@pytest.fixture
def cut_walk(tmp_path, images):
    walk = CutWalk(tmp_path, images)
    walk.device.create(walk.checkout("factory"))
    walk.start()
    try:
        yield walk
    finally:
        walk.device.stop()
    assert walk.device.leftovers() == []


@pytest.mark.parametrize("kind", ["non-reboot", "reboot", "apply", "rollback"])
def test_a_kill_between_two_effects_loses_nothing(cut_walk, kind):
    """issue 4 "Bad input and faults"; R8, R9, R13."""
    walk = cut_walk
    boundaries = random.Random(f"{SEED} {kind}").sample(range(SPAN), SAMPLES)
    for boundary in boundaries:
        ask(walk, kind, boundary)
        walk.holds()
        walk.armed.unlink(missing_ok=True)


def ask(walk, kind, boundary):
    """Arms the cut, then gives the command; a door that falls shut is part of the experiment."""
    if kind == "rollback":
        walk.device.update_by_name(walk.new(reboots=False))
        command = ("ROLLBACK", "")
    else:
        op = "LOCAL_APPLY" if kind == "apply" else "LOCAL_RUN"
        command = (op, walk.new(reboots=kind == "reboot"))
    walk.armed.write_text(str(boundary))
    walk.device.try_command(*command)
    if kind == "apply":
        walk.device.at_rest()
        walk.device.try_command("REBOOT_DEVICE", "")


def test_the_cut_really_happens(cut_walk):
    """A sample that never cuts would prove nothing."""
    name = cut_walk.new(reboots=False)
    cut_walk.armed.write_text("3")
    cut_walk.device.try_command("LOCAL_RUN", name)
    cut_walk.device.until(lambda: not cut_walk.armed.exists(), "the cut")
    cut_walk.holds()
    assert "swept" in cut_walk.device.output.read_text()
    assert os.getpid() not in cut_walk.device.processes()
