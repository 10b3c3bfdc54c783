"""The boot loop: a program that plays boot loader and machine for one agent (R8).

Sweep, decide, start the agent, wait for its end; again. Small, because nothing watches it: it knows
files, signals and exit codes, not the agent.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from surefoot.boot.clean import Swept, sweep
from surefoot.boot.decide import Say, decide
from surefoot.boot.ids import claimed_id
from surefoot.boot.libc import adopt_orphans
from surefoot.boot.pauses import Pauses
from surefoot.boot.process import agent_argv, bury_orphans, start
from surefoot.boot.protocol import (
    DEVICE_VARIABLE,
    EXIT_POWEROFF,
    EXIT_REBOOT,
    REVISION_VARIABLE,
)
from surefoot.boot.signals import FOREVER_S, STOPS, Signals
from surefoot.errors import Forbidden, NotFound
from surefoot.files import durable
from surefoot.files.lock import Lock

STOP_GRACE_S: Final = 30.0


def say_on_stderr(text: str) -> None:
    sys.stderr.write(f"boot: {text}\n")
    sys.stderr.flush()


@dataclass(frozen=True)
class LoopPolicy:
    """`stop_grace_s`: how long the agent has to stop its containers before it is killed."""

    pauses: Pauses = field(default_factory=Pauses)
    stop_grace_s: float = STOP_GRACE_S


@dataclass(frozen=True)
class Surroundings:
    """What the loop has from the machine. `clock` gives seconds and never goes back (R23)."""

    say: Say = say_on_stderr
    clock: Callable[[], float] = time.monotonic
    signals: Callable[[], Signals] = Signals


def run_device(
    storage: Path,
    run_dir: Path,
    argv: Sequence[str] | None = None,
    *,
    environ: Mapping[str, str],
    policy: LoopPolicy = LoopPolicy(),
    around: Surroundings = Surroundings(),
) -> int:
    """Runs the device until it powers off or is told to stop; the loop's exit code, 0 for both.

    Whoever supervises the loop starts it again after any other code but those of wrong usage and
    of a refusal (packaging/surefoot.service).

    `argv` starts the agent (default: the real one), with `environ`, `pv_rev` and the device's mark.
    Call it from the main thread of a process of its own: the agent lives as long as that thread,
    and the signals and all children are the loop's. SIGTERM, SIGINT and SIGHUP stop the agent, then
    the loop; a second SIGINT does not wait for the containers.
    Raises NotFound when `storage` is none, Busy when another loop runs it or uses `run_dir`,
    Forbidden when one of them cannot be written.
    """
    storage, run_dir = storage.resolve(), run_dir.resolve()
    if not (storage / "trails").is_dir():
        raise NotFound(
            f"{storage} is no device storage; make one with `surefoot device create {storage}`"
        )
    for directory in (storage / ".surefoot", run_dir):
        _make_writable(directory)
    adopt_orphans()
    command = agent_argv(storage, run_dir) if argv is None else argv
    # The second lock: two devices in one run directory would sweep each other's mounts away.
    with (
        Lock(storage / ".surefoot" / "lock"),
        Lock(run_dir / ".lock"),
        claimed_id(storage) as device,
        around.signals() as signals,
    ):
        return _Loop(storage, run_dir, device, command, environ, policy, around, signals).run()


def _make_writable(directory: Path) -> None:
    try:
        durable.make_dirs(directory)
    except OSError as error:
        raise Forbidden(
            f"{directory} cannot be made ({error}); choose another or be root"
        ) from error
    if not os.access(directory, os.W_OK):
        raise Forbidden(f"{directory} cannot be written by this user; choose another or be root")


@dataclass(frozen=True)
class _Loop:
    storage: Path
    run_dir: Path
    device: str
    command: Sequence[str]
    environ: Mapping[str, str]
    policy: LoopPolicy
    around: Surroundings
    signals: Signals

    def run(self) -> int:
        row, last = 0, ""
        self._sweep()
        while not self.signals.pending_stop():
            started = self.around.clock()
            revision = decide(self.storage, self.around.say)
            code = self._boot(revision)
            # Another revision than in the last life is an update on its way, no failure in a row.
            row = self.policy.pauses.row(
                row if revision == last else 0, self.around.clock() - started
            )
            last = revision
            self._sweep()
            if code is None or code == EXIT_POWEROFF:
                break
            if self._stopped_within(self.policy.pauses.pause_s(row, code == EXIT_REBOOT)):
                break
        return 0

    def _boot(self, rev: str) -> int | None:
        """One life of the agent; how it ended, None when the loop was told to stop."""
        environ = {**self.environ, REVISION_VARIABLE: rev, DEVICE_VARIABLE: self.device}
        self.around.say(f"booting revision {rev}")
        try:
            agent = start(self.command, environ, self.signals.outside)
        except (OSError, subprocess.SubprocessError) as error:
            self.around.say(f"cannot start the agent: {error}")
            return 1
        code = self._attend(agent)
        self.around.say(_ending(code))
        return code

    def _attend(self, agent: subprocess.Popen[bytes]) -> int | None:
        while agent.poll() is None:
            bury_orphans(agent.pid)
            if self.signals.wait(FOREVER_S) in STOPS:
                self._stop(agent)
                return None
        return agent.returncode

    def _stop(self, agent: subprocess.Popen[bytes]) -> None:
        agent.terminate()
        deadline = self.around.clock() + self.policy.stop_grace_s
        while agent.poll() is None and self.around.clock() < deadline:
            if self.signals.wait(deadline - self.around.clock()) == signal.SIGINT:
                break
        agent.kill()
        agent.wait()

    def _stopped_within(self, pause_s: float) -> bool:
        """Waits out the pause; True as soon as the loop is told to stop."""
        if pause_s:
            self.around.say(f"starting again in {pause_s:g} s")
        deadline = self.around.clock() + pause_s
        while self.around.clock() < deadline:
            if self.signals.wait(deadline - self.around.clock()) in STOPS:
                return True
        return False

    def _sweep(self) -> None:
        swept = sweep(self.device, self.run_dir, self.storage)
        bury_orphans()
        if swept.found_any:
            self.around.say(_summary(swept))


def _ending(code: int | None) -> str:
    if code is None:
        return "told to stop; the agent has ended"
    if code == EXIT_POWEROFF:
        return "the agent asks for power-off"
    if code == EXIT_REBOOT:
        return "the agent asks for a reboot"
    cause = f"signal {-code}" if code < 0 else f"exit code {code}"
    return f"the agent ended without a word ({cause}); that is a reboot"


def _summary(swept: Swept) -> str:
    removed = (
        f"swept {swept.processes} processes, {swept.mounts} mounts,"
        f" {swept.loops} loop devices, {swept.cgroups} cgroups"
    )
    return f"{removed}; could not remove: {', '.join(swept.left)}" if swept.left else removed
