"""Whole updates on real devices: boot loop, agent, LXC containers from squashfs."""

import os

import pytest

from surefoot.device.runtimes.probe import why_not_lxc
from surefoot.lab.checkouts import Part, write
from surefoot.lab.images import Image
from surefoot.lab.real import QUICK, RealDevice

BASE = Part(Image("healthy", "base-1"), "root")
APP = Part(Image("healthy", "app-1"))


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    """Squashfs images, built once a worker."""
    obstacle = why_not_lxc(tmp_path_factory.mktemp("probe"))
    if obstacle is not None:
        text = f"NO REAL CONTAINERS ON THIS MACHINE: {obstacle}"
        if os.environ.get("CI") == "true":
            pytest.fail(text)
        pytest.skip(text)
    return tmp_path_factory.mktemp("images")


class Walk:
    """A device that runs, with what a test needs to update it."""

    def __init__(self, place, images, settings):
        self.place, self.images = place, images
        (place / "device").mkdir()
        self.device = RealDevice(place / "device", {**QUICK, "SUREFOOT_RUNTIME": "lxc", **settings})

    def checkout(self, name, bsp="1", **parts):
        place = self.place / "checkouts" / name.replace("/", "-")
        return write(place, self.images, {"base": BASE, "app": APP, **parts}, bsp)

    def update(self, name, op="LOCAL_RUN", **parts):
        return self.device.update(self.checkout(name, **parts), name, op)


@pytest.fixture
def walk(tmp_path, images, request):
    """A started device in which nothing may be left behind; `settings` by an indirect mark."""
    mark = request.node.get_closest_marker("settings")
    made = Walk(tmp_path, images, mark.kwargs if mark else {})
    made.device.create(made.checkout("factory")).start()
    try:
        made.device.at_rest()
        yield made
    finally:
        made.device.stop()
    assert made.device.leftovers() == []


@pytest.fixture
def remote(tmp_path, images, request):
    """As `walk`, with a Hub of its own; not claimed yet."""
    from tests.walks.remote_walk import RemoteWalk

    mark = request.node.get_closest_marker("settings")
    made = RemoteWalk(tmp_path, images, mark.kwargs if mark else {})
    made.device.create(made.checkout("factory")).start()
    try:
        made.device.at_rest()
        yield made
    finally:
        made.close()
    assert made.device.leftovers() == []
