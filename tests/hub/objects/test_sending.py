"""A file onto a connection, with both loops, plain and TLS: always the same bytes."""

import asyncio
import hashlib
import os
import socket
import ssl
import time

import pytest
import uvloop
from aiohttp import web

from surefoot.hub.objects import sending
from tests.support.certificates import DAY, context, sign

SIZE = 12_000_000
"""More than all buffers between the two ends."""
HEADERS = {"Content-Type": "application/octet-stream"}


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def loop_factory(request):
    return request.param


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def tls(request, tmp_path):
    """The server's context, or None."""
    if not request.param:
        return None
    now = time.time()
    return context(tmp_path / "tls", sign("localhost", now - DAY, now + DAY))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "object"
    path.write_bytes(os.urandom(SIZE))
    return path


class Door:
    """A server with one answer: the file from `start` on. `ended`: what `send` raised, or None."""

    def __init__(self, path, tls):
        self.path, self.tls, self.ended = path, tls, asyncio.Queue()
        self.sockets = []

    async def answer(self, request):
        start, file = int(request.query.get("start", 0)), os.open(self.path, os.O_RDONLY)
        size = os.fstat(file).st_size if "size" not in request.query else SIZE
        headers = {**HEADERS, "Content-Length": str(size - start)}
        response = web.StreamResponse(headers=headers)
        try:
            await sending.send(request, response, file, start, size - start)
            self.ended.put_nowait(None)
        except OSError as error:
            self.ended.put_nowait(error)
        finally:
            os.close(file)
        return response

    async def __aenter__(self):
        app = web.Application()
        app.router.add_get("/", self.answer)
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0, ssl_context=self.tls)
        await site.start()
        self.port = self.runner.addresses[0][1]
        return self

    async def __aexit__(self, *_):
        await self.runner.cleanup()

    def connect(self, target="/", then=b"", receive=0):
        """In a thread: a connection that has asked. A second request may follow at once."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        if receive:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        made = plain
        if self.tls:
            trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
            made = trust.wrap_socket(plain)
        made.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode() + then)
        return made


def read(connection, length):
    data = bytearray()
    while len(data) < length:
        found = connection.recv(min(1 << 20, length - len(data)))
        assert found, f"only {len(data)} bytes came"
        data += found
    return data


def body(connection, length):
    data = read(connection, 1)
    while b"\r\n\r\n" not in data:
        data += read(connection, 1)
    head, _, rest = bytes(data).partition(b"\r\n\r\n")
    assert b" 200 " in head
    return rest + read(connection, length - len(rest))


def run(loop_factory, path, tls, story):
    async def tell():
        async with Door(path, tls) as door:
            return await asyncio.wait_for(story(door), 60)

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(tell())


def test_all_bytes_arrive(loop_factory, path, tls):
    async def story(door):
        with await asyncio.to_thread(door.connect) as connection:
            return await asyncio.to_thread(body, connection, SIZE)

    found = run(loop_factory, path, tls, story)
    assert hashlib.sha256(found).digest() == hashlib.sha256(path.read_bytes()).digest()


def test_from_the_middle_on_and_nothing_at_all(loop_factory, path, tls):
    async def story(door):
        found = []
        for start in (SIZE - 5, SIZE):
            with await asyncio.to_thread(door.connect, f"/?start={start}") as connection:
                found.append(await asyncio.to_thread(body, connection, SIZE - start))
        return found

    assert run(loop_factory, path, tls, story) == [path.read_bytes()[-5:], b""]


def test_answers_on_one_connection_do_not_mix(loop_factory, path, tls):
    """The second request is there before the first answer has begun."""
    second = b"GET /?start=%d HTTP/1.1\r\nHost: x\r\n\r\n" % (SIZE - 7)

    async def story(door):
        with await asyncio.to_thread(door.connect, "/", second) as connection:
            one = await asyncio.to_thread(body, connection, SIZE)
            return one, await asyncio.to_thread(body, connection, 7)

    data = path.read_bytes()
    one, other = run(loop_factory, path, tls, story)
    assert one == data
    assert other == data[-7:]


def test_a_reader_that_leaves_ends_the_sending(loop_factory, path, tls):
    async def story(door):
        before = len(os.listdir("/proc/self/fd"))
        connection = await asyncio.to_thread(door.connect, receive=1 << 16)
        await asyncio.to_thread(read, connection, 100_000)
        connection.close()
        ended = await door.ended.get()
        return ended, len(os.listdir("/proc/self/fd")) - before

    ended, more = run(loop_factory, path, tls, story)
    assert isinstance(ended, ConnectionError)
    assert more <= 2  # the server's own end of it may be closed a little later


def test_two_readers_are_served_at_the_same_time(loop_factory, path, tls):
    async def story(door):
        with (
            await asyncio.to_thread(door.connect, receive=1 << 16) as waiting,
            await asyncio.to_thread(door.connect) as quick,
        ):
            whole = await asyncio.to_thread(body, quick, SIZE)
            assert door.ended.qsize() == 1
            return whole == await asyncio.to_thread(body, waiting, SIZE)

    assert run(loop_factory, path, tls, story)


def test_a_file_that_ends_too_early_is_an_error(loop_factory, path, tls):
    async def story(door):
        os.truncate(path, 1000)
        with await asyncio.to_thread(door.connect, "/?size=") as connection:
            await asyncio.to_thread(read, connection, 1000)
            return await door.ended.get()

    assert "shorter" in str(run(loop_factory, path, tls, story))
