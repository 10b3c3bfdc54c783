"""One `lxc-start` that parks a container before its init is executed, and watches it afterwards.

LXC runs `lxc.hook.start-host` when the container is complete and waits for nothing but its init's
execution. Our hook says so and blocks on a pipe; a word in that pipe is all that is left to do when
the old container is gone (docs/decisions/0003). An agent that dies closes the pipe, and the hook
makes LXC give up.
"""

import asyncio
import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from surefoot.device.runtimes import lxclog
from surefoot.device.runtimes.life import Life, Stage, is_sealed
from surefoot.device.runtimes.protocol import Exit
from surefoot.device.runtimes.watch import Lines, Process
from surefoot.errors import RuntimeFailed

_HOOK: Final = """\
exec 3<{gate} || exit 1
echo "{parked} $LXC_PID" >>{events}
read -r word <&3 && [ "$word" = go ]
"""
# When init ends by reboot(2) the kernel says so with these; LXC takes the first as "halt".
_POWERED_OFF: Final = signal.SIGINT


class Monitor(Life):
    def __init__(self, name: str, kill_all: Callable[[], bool], home: Path) -> None:
        super().__init__(name, kill_all)
        self._gate_path, self.events = home / "gate", home / "events"
        for pipe in (self._gate_path, self.events):
            pipe.unlink(missing_ok=True)
        os.mkfifo(self._gate_path, 0o600)
        self._gate = os.open(self._gate_path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._lines = Lines(self.events, self._take)

    @property
    def hook(self) -> str:
        """The text of the hook, for /bin/sh."""
        return _HOOK.format(
            gate=shlex.quote(str(self._gate_path)),
            parked=lxclog.PARKED,
            events=shlex.quote(str(self.events)),
        )

    def launch(self, command: Sequence[str], environ: dict[str, str], output: Path | None) -> None:
        """`output`: for an init without console, which inherits LXC's. Raises RuntimeFailed."""
        try:
            self._lxc = _spawn(command, environ, output)
        except OSError as error:
            self._close()
            raise RuntimeFailed(f"{self.name} could not be set up: {error}") from error
        self._process = Process(self._lxc.pid)
        self._watching = asyncio.create_task(self._watch())

    def _take(self, line: str) -> None:
        match lxclog.read(line):
            case lxclog.Parked(pid):
                self._park(pid)
            case lxclog.Started():
                self.has_run = True
                # So that a container that reboots itself does not get past the hook again.
                self._gate_path.unlink(missing_ok=True)
                self._reach(Stage.RUNNING)
            case lxclog.Ended(how):
                self._end(how)
            case lxclog.Complaint(text, is_vague):
                self._complain(text, is_vague)

    def _park(self, pid: int) -> None:
        try:
            self.init = Process(pid)
        except ProcessLookupError:
            return  # killed meanwhile; LXC will say so
        self.is_sealed = is_sealed(pid)
        self._reach(Stage.PARKED)

    def _end(self, how: Exit) -> None:
        if self._exit is None:
            self._exit = Exit(0, None) if how.signal == _POWERED_OFF else how
        self._reach(Stage.ENDED)

    async def _watch(self) -> None:
        await self._process.gone()
        code = self._lxc.wait()
        self._close()
        if self.init is not None:
            # A container outlives its monitor only if it has undone what LXC set up against that.
            self.init.signal(signal.SIGKILL)
        # LXC logs no line for an init that ended with 0, and none when it is killed itself.
        self._end(Exit(0, None) if code == 0 else Exit(None, signal.SIGKILL))
        self._reach(Stage.OVER)

    def _close(self) -> None:
        self._lines.close()
        os.close(self._gate)

    def _go(self) -> None:
        self._say(b"go\n")

    def _give_up(self) -> None:
        if self.init is None or self.init.is_gone:
            self._process.signal(signal.SIGKILL)
        else:
            self.init.signal(signal.SIGKILL)
            self._say(b"stop\n")

    def _say(self, word: bytes) -> None:
        if not self.is_over:
            os.write(self._gate, word)


def _spawn(
    command: Sequence[str], environ: dict[str, str], output: Path | None
) -> subprocess.Popen[bytes]:
    with open(output or os.devnull, "ab", buffering=0) as file:
        return subprocess.Popen(
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            # Without a session of its own LXC would take the agent's terminal for the console.
            start_new_session=True,
        )
