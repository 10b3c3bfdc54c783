"""The same walks where mounting is not possible: containers as plain processes."""

import pytest

from surefoot.lab.checkouts import Part
from surefoot.lab.images import Image

pytestmark = pytest.mark.settings(SUREFOOT_RUNTIME="process")


def version(walk):
    """`/proc/PID/root` leads into the unpacked image here too."""
    return walk.device.versions()


def test_a_good_update_and_a_bad_one_end_as_they_do_with_lxc(walk):
    assert walk.device.status()["runtime"] == "process"
    before = walk.device.pids()
    assert walk.update("locals/x", app=Part(Image("healthy", "app-2"))).status == "UPDATED"
    assert walk.device.pids()["base"] == before["base"]
    progress = walk.update("locals/y", app=Part(Image("no-init", "app-3")))
    assert (progress.status, progress.message) == ("ERROR", "A container could not be started")
    assert walk.device.status()["running"] == "0"
    assert version(walk) == {"base": "healthy-base-1", "app": "healthy-app-1"}


def test_a_reboot_update_survives_a_power_cut(walk):
    walk.update("locals/x", base=Part(Image("healthy", "base-2"), "root"))
    walk.device.power_cut()
    walk.device.start()
    assert walk.device.at_rest()["running"] == "locals/x"
    assert version(walk) == {"base": "healthy-base-2", "app": "healthy-app-1"}
