"""One transfer of libcurl on the running asyncio loop.

The only module that imports pycurl; it is itself imported late, because that costs 6 MiB.
"""

import asyncio
import fcntl
import os
import socket
import struct
import termios
from collections.abc import Callable

import pycurl  # type: ignore[import-untyped]

from surefoot.client.hub.transfer import Asked, End, Patience, Route, Security, Source, Transfer

_CHUNK = 128 * 1024


class Lines:
    """All transfers of one client: one multi handle, and with it one pool of connections."""

    def __init__(self, user_agent: str, route: Route) -> None:
        self._multi = pycurl.AsyncCurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, 8)
        self._user_agent = user_agent
        self._route = route

    async def run(
        self, asked: Asked, transfer: Transfer, security: Security, patience: Patience
    ) -> End:
        """Ends early when `on_body` wants no more. Raises what a callback raised, and
        CancelledError, with the transfer stopped."""
        transfer.clock = asyncio.get_running_loop().time
        transfer.moved_at = transfer.clock()
        easy = pycurl.Curl()
        try:
            self._prepare(easy, asked, transfer)
            self._connect(easy, asked.url, security, patience)
            transfer.go_on = lambda: easy.pause(pycurl.PAUSE_CONT)
            return await self._run(easy, transfer, patience)
        finally:
            transfer.go_on = lambda: None
            easy.close()

    async def close(self) -> None:
        await self._multi.aclose()

    async def _run(self, easy: pycurl.Curl, transfer: Transfer, patience: Patience) -> End:
        future = self._multi.add_handle(easy)
        try:
            late = await _wait(future, easy, transfer, patience)
        finally:
            if not future.done():
                self._multi.remove_handle(easy)
        error = None if future.cancelled() or not future.done() else future.exception()
        transfer.keeper.release()
        if transfer.resting is not None:
            await transfer.resting
        was_sent = easy.getinfo(pycurl.REQUEST_SIZE) > 0
        if future.cancelled() and not late:
            return End(pycurl.E_ABORTED_BY_CALLBACK, "this client was closed", was_sent, "")
        if late:
            return End(pycurl.E_OPERATION_TIMEDOUT, late, was_sent, "")
        if error is None:
            return End(0, "", was_sent, _redirect(easy))
        return End(error.args[0], easy.errstr() or str(error.args[-1]), was_sent, "")

    def _prepare(self, easy: pycurl.Curl, asked: Asked, transfer: Transfer) -> None:
        easy.setopt(pycurl.NOSIGNAL, 1)
        easy.setopt(pycurl.URL, asked.url)
        easy.setopt(pycurl.PATH_AS_IS, 1)
        easy.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        # Nothing is gained by several requests on one connection, and one that stalls would hold
        # up the others.
        easy.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        easy.setopt(pycurl.USERAGENT, self._user_agent)
        easy.setopt(pycurl.BUFFERSIZE, _CHUNK)
        easy.setopt(pycurl.HEADERFUNCTION, transfer.take_line)
        easy.setopt(pycurl.WRITEFUNCTION, transfer.take_body)
        # What is empty is left out: libcurl would wait for a 100 Continue that old servers do not
        # know, and call a body that is none a form (hub-wire.md 3.1).
        fields = {"Expect": "", "Content-Type": "", **asked.headers}
        easy.setopt(pycurl.HTTPHEADER, [_field(*pair) for pair in fields.items()])
        _set_body(easy, asked, transfer)

    def _connect(self, easy: pycurl.Curl, url: str, security: Security, patience: Patience) -> None:
        easy.setopt(pycurl.CONNECTTIMEOUT_MS, max(1, int(patience.idle_s * 1000)))
        # Also when empty: no variable of the environment decides where a request goes.
        easy.setopt(pycurl.PROXY, self._route.proxy)
        easy.setopt(pycurl.NOPROXY, "")
        if self._route.bare and url.startswith("https:"):
            easy.setopt(pycurl.REQUEST_TARGET, url)
            easy.setopt(pycurl.URL, f"http:{url.removeprefix('https:')}")
        _set_security(easy, security)


def _field(name: str, value: str) -> str:
    return f"{name}: {value}" if value else f"{name}:"


def _redirect(easy: pycurl.Curl) -> str:
    """Where the answer sends us, whatever bytes a server put there."""
    return (easy.getinfo_raw(pycurl.REDIRECT_URL) or b"").decode("ascii", "replace")


def _set_security(easy: pycurl.Curl, security: Security) -> None:
    easy.setopt(pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2)
    if security.pinned:
        easy.setopt(pycurl.PINNEDPUBLICKEY, f"sha256//{security.pinned}")
        easy.setopt(pycurl.SSL_VERIFYPEER, 0)
        easy.setopt(pycurl.SSL_VERIFYHOST, 0)
        return
    easy.setopt(pycurl.SSL_VERIFYPEER, 1)
    easy.setopt(pycurl.SSL_VERIFYHOST, 2)
    if security.roots_pem:
        easy.setopt(pycurl.CAINFO_BLOB, security.roots_pem)
    elif security.roots_file:
        easy.setopt(pycurl.CAINFO, security.roots_file)


def _set_body(easy: pycurl.Curl, asked: Asked, transfer: Transfer) -> None:
    if asked.source is not None:
        easy.setopt(pycurl.UPLOAD, 1)
        easy.setopt(pycurl.INFILESIZE_LARGE, asked.size)
        easy.setopt(pycurl.UPLOAD_BUFFERSIZE, _CHUNK)
        easy.setopt(pycurl.READFUNCTION, _reader(asked.source, transfer))
        easy.setopt(pycurl.SEEKFUNCTION, _seeker(asked, transfer))
    elif asked.body is not None:
        easy.setopt(pycurl.POST, 1)
        easy.setopt(pycurl.POSTFIELDSIZE_LARGE, len(asked.body))
        easy.setopt(pycurl.COPYPOSTFIELDS, asked.body)
    elif asked.method in {"POST", "PUT", "PATCH"}:
        easy.setopt(pycurl.POST, 1)
        easy.setopt(pycurl.POSTFIELDSIZE_LARGE, 0)
        easy.setopt(pycurl.COPYPOSTFIELDS, b"")
    easy.setopt(pycurl.CUSTOMREQUEST, asked.method)


def _reader(source: Source, transfer: Transfer) -> Callable[[int], bytes | int]:
    def read(size: int) -> bytes | int:
        with transfer.keeper:
            transfer.moved_at = transfer.clock()
            return source(size)
        return int(pycurl.READFUNC_ABORT)

    return read


def _seeker(asked: Asked, transfer: Transfer) -> Callable[[int, int], int]:
    def seek(offset: int, _origin: int) -> int:
        with transfer.keeper:
            if asked.rewind is not None:
                asked.rewind(offset)
                return int(pycurl.SEEKFUNC_OK)
        return int(pycurl.SEEKFUNC_FAIL)

    return seek


async def _wait(
    future: "asyncio.Future[pycurl.Curl]",
    easy: pycurl.Curl,
    transfer: Transfer,
    patience: Patience,
) -> str:
    """Why it is given up; empty when it has ended by itself."""
    ends_at = transfer.clock() + (patience.total_s or float("inf"))
    unsent = 0
    while True:
        left_s = min(transfer.moved_at + patience.idle_s, ends_at) - transfer.clock()
        if left_s > 0:
            await asyncio.wait({future}, timeout=left_s)
        if future.done():
            return ""
        now = transfer.clock()
        if now >= ends_at:
            return f"not done within {patience.total_s:g} s"
        if now < transfer.moved_at + patience.idle_s:
            continue
        # On a slow line libcurl hears nothing for minutes, while the kernel still sends what it
        # holds, or one record of TLS (16 KiB) comes in bit by bit: what the kernel saw counts.
        before, (unsent, silent_s) = unsent, _seen_by_kernel(easy)
        if transfer.resting is not None or 0 < unsent != before:
            transfer.moved_at = now
        elif silent_s < patience.idle_s:
            transfer.moved_at = now - silent_s
        else:
            return f"nothing moved for {patience.idle_s:g} s"


def _seen_by_kernel(easy: pycurl.Curl) -> tuple[int, float]:
    """Of its connection: bytes that the other end has not confirmed yet, and seconds since data
    came last (tcpi_last_data_recv, in ms, the twelfth number of tcp_info)."""
    try:
        with socket.socket(fileno=os.dup(easy.getinfo(pycurl.ACTIVESOCKET))) as seen:
            unsent: int = struct.unpack("i", fcntl.ioctl(seen, termios.TIOCOUTQ, b"\0" * 4))[0]
            info = seen.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 56)
    except OSError:
        return 0, float("inf")
    return unsent, struct.unpack_from("I", info, 52)[0] / 1000
