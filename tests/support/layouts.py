"""A whole life of a container under another layout of cgroups: run as a program of its own.

    python -m tests.support.layouts v1|v2 DIRECTORY

In a mount table of its own it takes away what the layout lacks; prints what it saw as JSON.
"""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from surefoot.boot import cgroups
from surefoot.device.runtimes import enter_private_mounts
from tests.support.images import Images, conf
from tests.support.machine import Machine

LIMITS = """\
lxc.cgroup.devices.allow = a
lxc.cgroup.pids.max = 100
lxc.cgroup2.pids.max = 200
"""


def use_only(layout):
    root = Path("/sys/fs/cgroup")
    if layout == "v1":
        subprocess.run(["umount", "--lazy", root / "unified"], check=False)
        return
    subprocess.run(["umount", "--lazy", "--recursive", root], check=True)
    subprocess.run(["mount", "-t", "cgroup2", "cgroup2", root], check=True)


async def live(directory):
    machine = Machine(directory)
    image = Images(directory)["stubborn"]
    async with machine.runtime("lxc") as runtime:
        bundle = machine.bundle("app.1", image, conf=conf("app", extra=LIMITS))
        await runtime.prepare(bundle)
        pid = await runtime.start("app.1")
        seen = {"owner": runtime.owner(pid), "hierarchies": len(cgroups.tops(machine.device_id))}
        await runtime.stop("app.1", 0.05)
        ended = await runtime.wait("app.1")
    return seen | {"signal": ended.signal, "left": machine.left()}


def main(layout, directory):
    assert enter_private_mounts()
    use_only(layout)
    print(json.dumps(asyncio.run(live(Path(directory)))))  # noqa: T201 - its answer


if __name__ == "__main__":
    main(*sys.argv[1:])
