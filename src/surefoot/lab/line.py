"""The line between a device and its Hub: a relay of TCP that can be slow, cut, held, and down.

What it carries it does not understand, so TLS goes through it as it is.
"""

import asyncio
import socket
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
_CHUNK = 16 * 1024
_PATIENCE_S = 30.0
_HOST = "127.0.0.1"


@dataclass(frozen=True)
class Condition:
    """`rate`: bytes a second towards the device on each connection, 0 for no limit. `cut_after`:
    bytes towards the device after which a connection is cut, 0 for never. `is_held`: nothing moves,
    and nothing is lost. `is_up`: else every connection is cut, and new ones end at once."""

    rate: int = 0
    cut_after: int = 0
    is_held: bool = False
    is_up: bool = True


GOOD = Condition()
HELD = Condition(is_held=True)
DOWN = Condition(is_up=False)


class Line:
    """`with Line(target) as line:` carries what connects to `line.port` to the port `target`, both
    on the loopback. `passed`: bytes that went towards the device, of all connections; `cuts`: how
    often `cut_after` has cut one."""

    def __init__(self, target: int = 0) -> None:
        self.target = target
        self.passed = 0
        self.cuts = 0
        self.condition = GOOD
        self._listener = socket.create_server((_HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="line", daemon=True)
        self._joints: set[asyncio.Task[Any]] = set()
        self._flows = asyncio.Event()
        self._flows.set()

    def __enter__(self) -> "Line":
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def become(self, condition: Condition) -> None:
        """From now on, also for the connections that there are; a line that is not up has none when
        this returns. What was counted for a cut is forgotten with the connection only."""
        self._do(self._become(condition))

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE_S)

    # ---- in the loop ---------------------------------------------------------------------------

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._join, sock=self._listener)

    async def _end(self) -> None:
        self._server.close()
        await self._become(DOWN)

    async def _become(self, condition: Condition) -> None:
        self.condition = condition
        if condition.is_held:
            self._flows.clear()
        else:
            self._flows.set()
        if not condition.is_up:
            joints = list(self._joints)
            for joint in joints:
                joint.cancel()
            await asyncio.gather(*joints, return_exceptions=True)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        task = asyncio.current_task()
        assert task is not None
        self._joints.add(task)
        try:
            if self.condition.is_up:
                await self._through(reader, writer)
        except OSError:
            pass  # the Hub is away, or one of them is gone: to the other the line is cut
        finally:
            writer.transport.abort()
            self._joints.discard(task)

    async def _through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(_HOST, self.target)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry(reader, far_writer, is_measured=False))
                both.create_task(self._carry(far_reader, writer, is_measured=True))
        except* OSError:
            pass
        finally:
            far_writer.transport.abort()

    async def _carry(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, is_measured: bool
    ) -> None:
        """One direction, to its end. Raises ConnectionResetError where it is cut."""
        sink.transport.set_write_buffer_limits(0)  # what was carried is with the kernel
        carried = 0
        while data := await source.read(_CHUNK):
            await self._flows.wait()
            sink.write(data)
            await sink.drain()
            if is_measured:
                carried += len(data)
                await self._measured(len(data), carried)
        sink.write_eof()

    async def _measured(self, size: int, carried: int) -> None:
        self.passed += size
        condition = self.condition
        if condition.cut_after and carried >= condition.cut_after:
            self.cuts += 1
            raise ConnectionResetError("cut")
        if condition.rate:
            await asyncio.sleep(size / condition.rate)
