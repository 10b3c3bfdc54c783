"""The gap that a user pays when a container is replaced: old init gone, new init at its first act.

    python bench/bench_gap.py [ROUNDS]

Stop-old/start-new through the `lxc` runtime, against `lxc-stop && lxc-start` of the same container
(same image, same conf, same machine, alternating in the same run). Prints one line of JSON for each
kind of writable layer; `ratio` is the runtime's median gap by that of the plain commands. Goal: at
most 0.5 with the usual layer, which lasts for a boot. One that lasts for good cannot be mounted
before the old container is gone (docs/decisions/0003). Needs root.
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
from surefoot.revision import Persistence, Storage
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


class Table:
    """One machine with one container, replaced again and again."""

    def __init__(self, directory, persistence):
        self.machine = Machine(directory)
        self.image = Images(directory).script(SCRIPT)
        self.storage = (Storage("lxc-overlay", persistence),)
        beat = self.machine.storage / "beat"
        beat.mkdir()
        os.mkfifo(beat / "pipe")
        self.watch = Stopwatch(os.open(beat / "pipe", os.O_RDWR))

    def bundle(self, number):
        text = conf("app", extra=BEAT)
        return self.machine.bundle(f"app.{number}", self.image, conf=text, storage=self.storage)

    async def first_act(self):
        await asyncio.to_thread(os.read, self.watch.pipe, 4096)

    async def runtime_gap(self):
        async with self.machine.runtime("lxc") as runtime:
            await runtime.prepare(self.bundle(0))
            pid = await runtime.start("app.0")
            await self.first_act()
            await runtime.prepare(self.bundle(1))
            self.watch.start(pid)
            await runtime.stop("app.0", GRACE_S)
            await runtime.start("app.1")
            return await self.watch.stop()

    async def plain_gap(self):
        async with self.machine.runtime("lxc") as runtime:
            await runtime.prepare(self.bundle(1))
            await runtime.stop("app.1", GRACE_S)
            home = self.machine.run_dir / "instances" / "app.1"
            plain = Plain(home, self.machine.run_dir / ".lxc", self.machine.directory)
            await asyncio.to_thread(plain.start)
            await self.first_act()
            self.watch.start(plain.pid())
            await asyncio.to_thread(plain.replace)
            gap = await self.watch.stop()
            await asyncio.to_thread(plain.stop)
        return gap


async def measure(directory, persistence, rounds):
    table = Table(directory, persistence)
    gaps = {"runtime": [], "plain": []}
    for _ in range(rounds):
        gaps["runtime"].append(await table.runtime_gap())
        gaps["plain"].append(await table.plain_gap())
    medians = {name: statistics.median(found) for name, found in gaps.items()}
    return {
        "what": "ms from the old init's end to the new init's first act",
        "layer": persistence,
        **{f"{name}_median_ms": round(median, 2) for name, median in medians.items()},
        **{f"{name}_max_ms": round(max(found), 2) for name, found in gaps.items()},
        "rounds": rounds,
        "ratio": round(medians["runtime"] / medians["plain"], 3),
    }


def main(rounds):
    enter_private_mounts()
    figures = []
    for persistence in (Persistence.BOOT, Persistence.PERMANENT):
        with tempfile.TemporaryDirectory(prefix="surefoot-gap-") as place:
            figures.append(asyncio.run(measure(Path(place), persistence, rounds)))
        print(json.dumps(figures[-1]))
    return figures[0]["ratio"] > GOAL


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else ROUNDS))
