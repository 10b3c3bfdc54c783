"""One init of the process runtime: parked as a launcher, which becomes it, and is our own child."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from surefoot.device.runtimes import launcher
from surefoot.device.runtimes.launcher import Orders
from surefoot.device.runtimes.life import Life, Stage
from surefoot.device.runtimes.protocol import Exit
from surefoot.device.runtimes.watch import Process
from surefoot.errors import RuntimeFailed

_CHUNK: Final = 4096
_EXECUTING: Final = b"E"


class Child(Life):
    def __init__(self, name: str, kill_all: Callable[[], bool], orders: Orders) -> None:
        super().__init__(name, kill_all)
        self._orders = orders
        self._heard = b""
        self._status = -1

    def launch(self, output: Path, environ: dict[str, str]) -> int:
        """The PID that init will have. `environ` is the launcher's own. Raises RuntimeFailed."""
        self._status, status = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        asyncio.get_running_loop().add_reader(self._status, self._hear)
        try:
            self._launcher = _spawn(status, output, environ)
        except OSError as error:
            self._stop_hearing()
            raise RuntimeFailed(f"{self.name} could not be set up: {error}") from error
        finally:
            os.close(status)
        self.init = Process(self._launcher.pid)
        self._watching = asyncio.create_task(self._watch(self.init))
        self._reach(Stage.PARKED)
        return self._launcher.pid

    def _hear(self) -> None:
        chunk = os.read(self._status, _CHUNK)
        self._heard += chunk
        if chunk:
            return
        self._stop_hearing()
        # Only an execution closes the pipe after this and nothing else has been said.
        if self._heard == _EXECUTING:
            self.has_run = True
            self._reach(Stage.RUNNING)
        elif self._heard:
            self._complain(self._heard.removeprefix(_EXECUTING).decode("utf-8", "replace"))

    def _stop_hearing(self) -> None:
        if self._status >= 0:
            asyncio.get_running_loop().remove_reader(self._status)
            os.close(self._status)
            self._status = -1

    async def _watch(self, init: Process) -> None:
        await init.gone()
        code = self._launcher.wait()
        while self._status >= 0:
            self._hear()
        self._close_gate()
        # Here nothing but us ends what init leaves behind; `ended` and `stop` look again.
        self._kill_all()
        self._exit = Exit(code, None) if code >= 0 else Exit(None, -code)
        self._reach(Stage.OVER)

    def _go(self) -> None:
        gate = self._launcher.stdin
        if gate is None or gate.closed:
            return
        try:
            gate.write(json.dumps(self._orders).encode() + b"\n")
        except BrokenPipeError:
            pass  # it was killed, which `_watch` sees
        self._close_gate()

    def _close_gate(self) -> None:
        gate = self._launcher.stdin
        if gate is not None and not gate.closed:
            gate.close()

    def _give_up(self) -> None:
        if self.init is not None:
            self.init.signal(9)


def _spawn(status: int, output: Path, environ: dict[str, str]) -> subprocess.Popen[bytes]:
    program = [sys.executable, "-I", "-S", launcher.__file__, str(status)]
    with open(output, "ab", buffering=0) as file:
        return subprocess.Popen(
            program,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=file,
            bufsize=0,
            pass_fds=(status,),
            start_new_session=True,
        )
