"""A table to put container runtimes on: places, bundles, and a look at what is left behind.

async with machine.runtime("lxc") as runtime:      # closed at the end; nothing may be left
    await runtime.prepare(machine.bundle("app.1", images["healthy"]))
"""

import asyncio
import contextlib
import inspect
import os
import secrets
import signal
import time
from pathlib import Path

import pytest

from surefoot.boot import cgroups, family, loops, mounts
from surefoot.device.runtimes import BACKENDS, enter_private_mounts
from surefoot.device.runtimes.probe import why_not_lxc
from surefoot.device.runtimes.protocol import Bundle
from surefoot.revision import Container, Goal, RestartPolicy
from tests.support.images import lay

PATIENCE_S = 10
_is_private = False


class Machine:
    def __init__(self, directory, device_id=None):
        self.directory = directory
        self.device_id = device_id or secrets.token_hex(4)
        self.run_dir, self.storage = directory / "run", directory / "storage"
        self.socket = self.run_dir / "pv-ctrl"
        for place in (self.run_dir, self.storage):
            place.mkdir(exist_ok=True)

    def new_runtime(self, kind):
        return BACKENDS[kind](self.device_id, self.run_dir, self.storage)

    @contextlib.asynccontextmanager
    async def runtime(self, kind):
        runtime = self.new_runtime(kind)
        try:
            yield runtime
        finally:
            await runtime.close()
        self.assert_clean()

    def trail(self, revision):
        return self.storage / "trails" / revision

    def bundle(self, instance_id, image=None, *, conf=None, revision="1", **container):
        """`instance_id` begins with the container's name; `image` is laid into the trail."""
        name = instance_id.partition(".")[0]
        if image is not None:
            lay(self.trail(revision), name, image, conf)
        fields = {
            "group": "app",
            "goal": Goal.STARTED,
            "restart_policy": RestartPolicy.CONTAINER,
            "config": "lxc.container.conf",
            "root_volume": "root.squashfs",
        }
        return Bundle(
            id=instance_id,
            container=Container(name=name, **fields | container),
            revision=revision,
            trail=self.trail(revision),
            console=self.console(instance_id),
            socket=self.socket,
        )

    def console(self, instance_id):
        return self.directory / "logs" / instance_id

    def output(self, instance_id):
        return self.console(instance_id).read_text(errors="replace").replace("\r\n", "\n")

    def processes(self):
        """All of the device's, monitors included."""
        members = [cgroups.processes(top) for top in cgroups.tops(self.device_id)]
        return family.marked(self.device_id).union(*members) - {os.getpid()}

    def kill_processes(self):
        """One round; those that were found."""
        found = self.processes()
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return found

    def left(self):
        """What of the device is still on the machine, for people."""
        return [
            *(f"process {pid}" for pid in self.processes()),
            *(f"mount {point}" for point in mounts.below(self.directory)),
            *(f"loop device {name}" for name in loops.holding((self.directory,))),
            *(f"cgroup {group}" for group in self.groups()),
        ]

    def groups(self):
        """The device's cgroups, deepest first."""
        tops = cgroups.tops(self.device_id)
        return [Path(group) for top in tops for group, _, _ in os.walk(top, topdown=False)]

    def assert_clean(self):
        """The kernel takes back loop devices and namespaces a moment after their last user."""
        assert waited_for(lambda: not self.left()), self.left()

    def assert_released(self):
        """As clean as can be while there is a runtime: the device's own, empty cgroup stays."""
        own = [f"cgroup {top}" for top in cgroups.tops(self.device_id)]
        assert waited_for(lambda: self.left() == own), self.left()


def waited_for(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


async def seen(condition):
    """Until `condition()`; fails the test when that never comes."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.005)


def is_alive(pid):
    """A zombie is not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def run_if_coroutine(item):
    """For `pytest_pyfunc_call`: a test may be a coroutine. True when it was, and has been run."""
    if not inspect.iscoroutinefunction(item.obj):
        return None
    arguments = {name: item.funcargs[name] for name in inspect.signature(item.obj).parameters}
    asyncio.run(item.obj(**arguments))
    return True


def needs_lxc(tmp_path):
    """Skips where LXC containers cannot run; in CI a skip is a failure (tests/conftest.py).

    Gives this test process a mount table of its own, as the agent has.
    """
    global _is_private  # noqa: PLW0603 - a process has one mount table
    if not _is_private:
        _is_private = enter_private_mounts()
    obstacle = why_not_lxc(tmp_path / "probe")
    if obstacle:
        pytest.skip(f"LXC CONTAINERS ARE NOT TESTED: {obstacle}")
