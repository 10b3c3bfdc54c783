"""A file onto a connection: by the kernel where there is no TLS, so that 1 GB costs little more
than its packets.

`loop.sendfile` does not do: uvloop has none. A second descriptor of the same socket is written to
beside the transport, which has nothing to write meanwhile.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

AT_ONCE = 1 << 20
TLS_PIECE = 256 * 1024


async def send(
    request: web.Request, response: web.StreamResponse, file: int, start: int, length: int
) -> None:
    """`file`: a descriptor. The response has its headers, and is whole when this returns. Raises
    ConnectionError, or another OSError, when the peer has gone or the disk cannot be read."""
    await response.prepare(request)
    transport = request.transport
    if transport is None:
        raise ConnectionResetError("The peer has gone")
    if length == 0 or transport.get_extra_info("sslcontext"):
        await _by_pieces(response, file, start, length)
    else:
        await _settled(transport)
        with _duplicate(transport) as out:
            await _by_kernel(out, file, start, length)
    await response.write_eof()


async def _by_pieces(response: web.StreamResponse, file: int, start: int, length: int) -> None:
    while length:
        piece = await asyncio.to_thread(os.pread, file, min(TLS_PIECE, length), start)
        _require(len(piece))
        await response.write(piece)
        start, length = start + len(piece), length - len(piece)


async def _settled(transport: asyncio.Transport) -> None:
    """All that the transport was given, the headers, is with the kernel."""
    pause_s = 0.0
    while transport.get_write_buffer_size() and not transport.is_closing():
        await asyncio.sleep(pause_s)
        pause_s = 0.01


@contextmanager
def _duplicate(transport: asyncio.Transport) -> Iterator[int]:
    if transport.is_closing():  # its number may be another connection's already
        raise ConnectionResetError("The peer has gone")
    made = os.dup(transport.get_extra_info("socket").fileno())
    try:
        yield made
    finally:
        os.close(made)


async def _by_kernel(out: int, file: int, start: int, length: int) -> None:
    while length:
        try:
            sent = os.sendfile(out, file, start, min(AT_ONCE, length))
        except BlockingIOError:
            await _writable(out)
            continue
        _require(sent)
        start, length = start + sent, length - sent
        await asyncio.sleep(0)  # others have their turn, however quick this peer is


async def _writable(out: int) -> None:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_writer(out, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(out)


def _require(count: int) -> None:
    if count == 0:
        raise OSError("the object's file has become shorter")
