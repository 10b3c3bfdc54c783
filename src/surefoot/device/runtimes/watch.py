"""Processes and pipes, watched by the event loop: no thread and no polling for any of them."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

_CHUNK: Final = 65536
_LINE_MAX: Final = 65536


class Process:
    """A process that can be awaited and signalled, and is never mixed up with a later one.

    It need not be a child. Made while the process is surely there, dead but not reaped included.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._descriptor = os.pidfd_open(pid)
        self._gone = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._descriptor, self._end)

    @property
    def is_gone(self) -> bool:
        return self._gone.is_set()

    def signal(self, number: int) -> None:
        """Harmless when it is gone."""
        if self.is_gone:
            return
        try:
            signal.pidfd_send_signal(self._descriptor, number)
        except ProcessLookupError:
            pass  # dead, and the loop will hear of it

    async def gone(self) -> None:
        """For an init of a PID namespace: when all processes of the namespace are gone, too."""
        await self._gone.wait()

    async def gone_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._gone.wait(), seconds)
        except TimeoutError:
            pass  # also what it says when there was no time at all
        return self.is_gone

    def _end(self) -> None:
        self.forget()
        self._gone.set()

    def forget(self) -> None:
        """Stops watching. Twice harmless."""
        if self._descriptor >= 0:
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1


class Lines:
    """The lines that others write into a named pipe, handed to `take` as they come."""

    def __init__(self, pipe: Path, take: Callable[[str], None]) -> None:
        self._take = take
        self._rest = b""
        os.mkfifo(pipe, 0o600)
        # Open for writing as well, so that writers may come and go without ending it.
        self._descriptor = os.open(pipe, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._descriptor, self._read)

    def close(self) -> None:
        """Reads what has been written, then ends. Twice harmless."""
        if self._descriptor < 0:
            return
        while self._read():
            pass
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._descriptor = -1

    def _read(self) -> bool:
        """Whether there may be more."""
        try:
            chunk = os.read(self._descriptor, _CHUNK)
        except BlockingIOError:
            return False
        *lines, rest = (self._rest + chunk).split(b"\n")
        # A line without end is cut: nobody may fill the agent's memory.
        self._rest = rest[:_LINE_MAX]
        for line in lines:
            self._take(line.decode("utf-8", "replace"))
        return True
