"""An agent's runtime that will be killed: run as a program of its own.

    python -m tests.support.doomed KIND DIRECTORY DEVICE_ID

Starts one container, parks another, says "up" and waits for its end.
"""

import asyncio
import sys
from pathlib import Path

from surefoot.device.runtimes import enter_private_mounts
from tests.support.images import Images
from tests.support.machine import Machine


async def live(kind, directory, device_id):
    machine = Machine(directory, device_id)
    runtime = machine.new_runtime(kind)
    image = Images(directory)["stubborn"]
    await runtime.prepare(machine.bundle("app.1", image))
    await runtime.start("app.1")
    await runtime.prepare(machine.bundle("app.2", image))
    print("up", flush=True)  # noqa: T201 - its one answer
    await asyncio.Event().wait()


if __name__ == "__main__":
    enter_private_mounts()
    asyncio.run(live(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
