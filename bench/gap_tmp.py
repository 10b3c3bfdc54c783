"""The gap that a user pays when a container is replaced: old init gone, new init at its first act.

    python bench/gap.py [ROUNDS]

Stop-old/start-new through the `lxc` runtime, against `lxc-stop && lxc-start` of the same container
(same image, same conf, same machine, alternating in the same run). Prints one line of JSON;
`ratio` is the runtime's median gap by that of the plain commands. Goal: at most 0.5. Needs root.
"""

import asyncio
import json
import os
import select
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from surefoot.device.runtimes import enter_private_mounts
from surefoot.revision import Storage, Persistence
from tests.support.images import Images, conf
from tests.support.machine import Machine

GOAL = 0.5
ROUNDS = 15
GRACE_S = 30.0
SCRIPT = """\
trap 'exit 0' PWR TERM
echo up >/beat/pipe
while :; do sleep 3600 & wait "$!"; done
"""
BEAT = "lxc.mount.entry = /storage/beat beat none bind,rw,create=dir 0 0\n"


class Stopwatch:
    """Milliseconds between the end of one init and the first act of the next."""

    def __init__(self, pipe):
        self.pipe = pipe

    def start(self, old_pid):
        self.descriptor = os.pidfd_open(old_pid)
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()

    def _watch(self):
        select.select([self.descriptor], [], [])
        gone = time.perf_counter()
        select.select([self.pipe], [], [])
        self.gap_ms = (time.perf_counter() - gone) * 1000

    async def stop(self):
        await asyncio.to_thread(self.thread.join)
        os.close(self.descriptor)
        os.read(self.pipe, 4096)
        return self.gap_ms


class Plain:
    """The container that a runtime has set up, driven by LXC's own commands."""

    def __init__(self, home, lxcpath, directory):
        self.name = "surefoot-bench-plain"
        lines = [
            line.replace("/app.1", "/plain") if line.startswith("lxc.cgroup.dir.") else line
            for line in (home / "conf").read_text().splitlines()
            if not line.startswith(("lxc.hook.", "lxc.console."))
        ]
        self.conf = directory / "plain.conf"
        self.conf.write_text("\n".join(lines))
        self.common = f"-P {lxcpath} -n {self.name}"

    def start(self):
        _shell(f"lxc-start {self.common} -f {self.conf}")

    def replace(self):
        _shell(f"lxc-stop {self.common} && lxc-start {self.common} -f {self.conf}")

    def pid(self):
        return int(_shell(f"lxc-info {self.common} -p -H"))

    def stop(self):
        _shell(f"lxc-stop -k {self.common}")


def _shell(command):
    """As a person would type it."""
    return subprocess.run(["sh", "-c", command], check=True, capture_output=True).stdout


async def plain_gaps(machine, image, watch, rounds):
    async with machine.runtime("lxc") as runtime:
        bundle = machine.bundle("app.1", image, conf=conf("app", extra=BEAT))
        await runtime.prepare(bundle)
        await runtime.stop("app.1", GRACE_S)
        home = machine.run_dir / "instances" / "app.1"
        plain = Plain(home, machine.run_dir / "lxc", machine.directory)
        await asyncio.to_thread(plain.start)
        await asyncio.to_thread(os.read, watch.pipe, 4096)
        gaps = []
        for _ in range(rounds):
            watch.start(plain.pid())
            await asyncio.to_thread(plain.replace)
            gaps.append(await watch.stop())
        await asyncio.to_thread(plain.stop)
    return gaps


async def runtime_gaps(machine, image, watch, rounds):
    gaps = []
    async with machine.runtime("lxc") as runtime:

        def bundle(number):
            return machine.bundle(f"app.{number}", image, conf=conf("app", extra=BEAT), storage=(Storage("lxc-overlay", Persistence.PERMANENT),))

        await runtime.prepare(bundle(0))
        pid = await runtime.start("app.0")
        await asyncio.to_thread(os.read, watch.pipe, 4096)
        for number in range(1, rounds + 1):
            await runtime.prepare(bundle(number))
            watch.start(pid)
            await runtime.stop(f"app.{number - 1}", GRACE_S)
            pid = await runtime.start(f"app.{number}")
            gaps.append(await watch.stop())
            await runtime.release(f"app.{number - 1}")
    return gaps


async def main(directory, rounds):
    machine = Machine(directory)
    image = Images(directory).script(SCRIPT)
    (machine.storage / "beat").mkdir()
    os.mkfifo(machine.storage / "beat" / "pipe")
    watch = Stopwatch(os.open(machine.storage / "beat" / "pipe", os.O_RDWR))
    gaps = {"runtime": [], "plain": []}
    for _ in range(rounds):
        gaps["runtime"] += await runtime_gaps(machine, image, watch, 1)
        gaps["plain"] += await plain_gaps(machine, image, watch, 1)
    medians = {name: statistics.median(found) for name, found in gaps.items()}
    return {
        "what": "ms from the old init's end to the new init's first act",
        **{f"{name}_median_ms": round(median, 2) for name, median in medians.items()},
        **{f"{name}_max_ms": round(max(found), 2) for name, found in gaps.items()},
        "rounds": rounds,
        "ratio": round(medians["runtime"] / medians["plain"], 3),
        "goal": GOAL,
    }


if __name__ == "__main__":
    enter_private_mounts()
    with tempfile.TemporaryDirectory(prefix="surefoot-gap-") as place:
        figures = asyncio.run(main(Path(place), int(sys.argv[1]) if sys.argv[1:] else ROUNDS))
    print(json.dumps(figures))
    sys.exit(figures["ratio"] > GOAL)
