"""A real device on this machine, driven from outside: boot loop, agent, containers, power cuts."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from surefoot.boot import LoopBoot, cgroups, family, loops, mounts
from surefoot.client.checkout import open_source
from surefoot.client.install import install
from surefoot.client.socket import SocketClient
from surefoot.device.create import create
from surefoot.device.storage import Storage
from surefoot.errors import SurefootError, TimedOut
from surefoot.wire.progress import Progress

T = TypeVar("T")
PATIENCE_S = 120.0
LOOK_S = 0.02
QUICK = {
    "PV_UPDATER_COMMIT_DELAY": "1",
    "PV_UPDATER_GOALS_TIMEOUT": "30",
    "PV_LOG_LEVEL": "4",
}


class RealDevice:
    """`place` becomes its directory. `settings` are environment variables of the agent."""

    def __init__(self, place: Path, settings: Mapping[str, str] | None = None) -> None:
        self.storage = Storage(place / "storage")
        self.run = place / "run"
        self.output = place / "output.txt"
        self.settings = QUICK if settings is None else settings
        self.client = SocketClient(self.run / "pv-ctrl", 30.0)
        self.loop: subprocess.Popen[bytes] | None = None

    # ---- power ---------------------------------------------------------------------------------

    def create(self, checkout: Path) -> "RealDevice":
        self.id = create(self.storage.root, open_source(checkout))
        return self

    def start(self, argv: Sequence[str] = ()) -> "RealDevice":
        """Begins `surefoot device run`, or `argv` in its place."""
        storage, run = str(self.storage.root), str(self.run)
        usual = [sys.executable, "-m", "surefoot", "device", "run", storage, "--run", run]
        with self.output.open("ab") as output:
            self.loop = subprocess.Popen(
                list(argv) or usual,
                env={**os.environ, **self.settings},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return self

    def stop(self) -> int:
        """TERM to the boot loop; its exit code."""
        assert self.loop is not None
        if self.loop.poll() is None:
            self.loop.send_signal(signal.SIGTERM)
        return self.loop.wait(PATIENCE_S)

    def power_cut(self) -> None:
        """kill -9 of the boot loop, the agent, the monitors and every process of a container."""
        assert self.loop is not None
        self.loop.kill()
        self.loop.wait(PATIENCE_S)
        self.until(lambda: not self._kill_all(), "its processes to be gone")

    def _kill_all(self) -> set[int]:
        found = self.processes()
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it went with its parent
        return found

    def processes(self) -> set[int]:
        """Of the agent, the monitors and the containers."""
        inside = (cgroups.processes(top) for top in cgroups.tops(self.id))
        return family.marked(self.id).union(*inside)

    def leftovers(self) -> list[str]:
        """What of the device is still on the machine; empty once it was stopped."""
        places = (self.storage.root.resolve(), self.run.resolve())
        return [
            *(f"process {pid}" for pid in self.processes()),
            *(f"mount {point}" for point in mounts.below(places[1])),
            *(f"loop device {name}" for name in loops.holding(places)),
            *(f"cgroup {top}" for top in cgroups.tops(self.id)),
        ]

    # ---- questions -----------------------------------------------------------------------------

    def until(self, holds: Callable[[], T], what: str) -> T:
        """Waits for a true answer. Raises TimedOut with what the device said so far."""
        deadline = time.monotonic() + PATIENCE_S
        while not (answer := holds()):
            if time.monotonic() > deadline:
                raise TimedOut(f"waited in vain for {what}\n{self.output.read_text()}")
            time.sleep(LOOK_S)
        return answer

    def status(self) -> dict[str, Any]:
        """`GET /status`, empty while nobody answers."""
        try:
            answer: dict[str, Any] = self.client.get("/status")
        except SurefootError:
            return {}
        return answer

    def progress(self, revision: str) -> Progress | None:
        """The stored record, read from the disk."""
        return self.storage.read_progress(revision)

    def at_rest(self) -> dict[str, Any]:
        """Waits until nothing is in work and all goals are reached; the status then."""
        return self.until(self._resting, "the device to come to rest")

    def _resting(self) -> dict[str, Any]:
        status = self.status()
        busy = status and (status["update"] or status["command"] or status["status"] != "READY")
        return {} if busy else status

    def ended(self, revision: str) -> Progress:
        """Waits for the end of an update: the device at rest, the record final."""

        def final() -> bool:
            found = self.progress(revision)
            return bool(found and found.progress == 100 and self._resting())

        self.until(final, f"the end of {revision}")
        found = self.progress(revision)
        assert found is not None
        return found

    def install(self, checkout: Path, name: str) -> None:
        install(self.client, open_source(checkout), name)

    def update(self, checkout: Path, name: str, op: str = "LOCAL_RUN") -> Progress:
        self.install(checkout, name)
        self.client.command(op, name)
        return self.ended(name)

    def update_by_name(self, name: str) -> Progress:
        """Runs a revision that is stored already."""
        self.client.command("LOCAL_RUN", name)
        return self.ended(name)

    def try_command(self, op: str, payload: str = "") -> bool:
        """Gives a command at a device that may fail before it answers; whether it said yes."""
        try:
            return self.client.command(op, payload)
        except SurefootError:
            return False

    def pids(self) -> dict[str, int]:
        """Container -> its init, as the host sees it."""
        return {one["name"]: one["pid"] for one in self.status()["containers"] if one["pid"]}

    def versions(self) -> dict[str, str]:
        """Container -> the version of the image that its init really runs from."""
        return {name: _version(pid) for name, pid in self.pids().items()}

    def pv_rev(self) -> str:
        return LoopBoot(self.storage.root).read().rev


def _version(pid: int) -> str:
    """Below its root, or its directory where the runtime could not change the root."""
    for place in ("root", "cwd"):
        try:
            return Path(f"/proc/{pid}/{place}/version").read_text().strip()
        except OSError:
            continue
    return "gone"
