"""Connections: bounded, ended in time, taken again."""

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from surefoot.errors import Busy, InvalidInput
from surefoot.hub.certificates import server_pair
from surefoot.hub.server import Doorkeeping, Server, listen, most_files
from surefoot.hub.settings import Address
from surefoot.hub.tls import Tls

HERE = Address("127.0.0.1", 0)
ASK = b"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"
CLOSING = b"GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]
ORDINARY = Doorkeeping()
LOOPS = ["asyncio", "uvloop"]


class Place:
    """What a handler sees of the world, and the way to its doors."""

    def __init__(self, tls: Tls) -> None:
        self.app = web.Application()
        self.app.router.add_get("/hello", self.hello)
        self.app.router.add_put("/slow", self.slow)
        self.app.router.add_post("/body", self.body)
        self.app.router.add_get("/slip", self.slip)
        self.ended: list[str] = []
        self.began = asyncio.Event()
        self.plain, self.secure = listen(HERE), listen(HERE)
        self.tls = tls

    async def hello(self, request: web.Request) -> web.Response:
        return web.Response(text=f"hello {'tls' if request.secure else 'plain'}")

    async def slip(self, request: web.Request) -> web.Response:
        return web.Response(text=str(1 // 0))

    async def body(self, request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    async def slow(self, request: web.Request) -> web.Response:
        self.began.set()
        try:
            await request.read()
        except BaseException as error:
            self.ended.append(type(error).__name__)
            raise
        return web.Response()

    async def connect(self, secure: bool = False) -> Peer:
        if not secure:
            return await asyncio.open_connection(*self.plain_address)
        context = ssl.create_default_context(cafile=self.ca)
        return await asyncio.open_connection(*self.secure_address, ssl=context)

    ca: Path
    plain_address: tuple[str, int]
    secure_address: tuple[str, int]


def run(loop: str, story: Coroutine[Any, Any, None]) -> None:
    factory = None
    if loop == "uvloop":
        factory = pytest.importorskip("uvloop").new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(asyncio.wait_for(story, 60))


@asynccontextmanager
async def served(tmp_path: Path, rules: Doorkeeping = ORDINARY) -> AsyncIterator[Place]:
    made = server_pair(tmp_path, ["localhost", "127.0.0.1"])
    place = Place(Tls(lambda: made))
    place.ca = tmp_path / "ca.pem"
    place.plain_address = place.plain.getsockname()
    place.secure_address = place.secure.getsockname()
    server = Server(place.app, rules)
    await server.start((place.plain, None), (place.secure, place.tls.context))
    try:
        yield place
    finally:
        await server.stop()


async def ask(peer: Peer, request: bytes = CLOSING) -> bytes:
    """The whole answer, to the end of the connection."""
    peer[1].write(request)
    data = await peer[0].read()
    await close(peer)
    return data


async def close(peer: Peer) -> None:
    peer[1].close()
    with suppress(OSError):
        await peer[1].wait_closed()


async def is_ended(peer: Peer) -> bool:
    """Waits for it; the answer to nothing is the end."""
    try:
        return await peer[0].read() == b""
    except ConnectionError:
        return True
    finally:
        await close(peer)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("secure", [False, True])
def test_both_doors_answer_and_know_which_they_are(loop: str, secure: bool, tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path) as place:
            answer = await ask(await place.connect(secure))
            assert answer.endswith(b"hello tls" if secure else b"hello plain")

    run(loop, story())


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_the_whole_address_may_stand_in_the_request_line_and_the_end_comes_at_once(
    loop: str, secure: bool, version: str, tmp_path: Path
) -> None:
    """hub-wire 0.6: the old client reads until the end of the connection."""
    request = f"GET https://h:1/hello HTTP/{version}\r\nConnection: close\r\nHost: h:1\r\n\r\n"

    async def story() -> None:
        async with served(tmp_path, Doorkeeping(idle_s=3600)) as place:
            answer = await ask(await place.connect(secure), request.encode())
            assert answer.startswith(f"HTTP/{version} 200".encode())
            assert b"Content-Length: " in answer

    run(loop, story())


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("secure", [False, True])
def test_a_connection_may_ask_again_and_is_ended_when_it_is_idle(
    loop: str, secure: bool, tmp_path: Path
) -> None:
    async def story() -> None:
        async with served(tmp_path, Doorkeeping(idle_s=0.2)) as place:
            peer = await place.connect(secure)
            for _ in range(2):
                peer[1].write(ASK)
                await peer[0].readuntil(b"hello ")
                await peer[0].read(100)
            assert await is_ended(peer)

    run(loop, story())


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(
    ("sent", "drip"), [(b"", b""), (b"GET /hello HTTP/1.1\r\nHo", b"o"), (b"\r\n", b"\r\n")]
)
def test_who_connects_and_does_not_ask_is_ended(
    loop: str, sent: bytes, drip: bytes, tmp_path: Path
) -> None:
    """A slow sender gets no more time by sending a little."""

    async def story() -> None:
        async with served(tmp_path, Doorkeeping(idle_s=0.3)) as place:
            peer = await place.connect()
            peer[1].write(sent)
            dripping = asyncio.create_task(trickle(peer, drip))
            assert await is_ended(peer)
            dripping.cancel()

    run(loop, story())


async def trickle(peer: Peer, drip: bytes) -> None:
    while not peer[1].is_closing():
        peer[1].write(drip)
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("loop", LOOPS)
def test_who_never_begins_tls_is_ended_and_gives_his_place_back(loop: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path, Doorkeeping(most=2, handshake_s=0.2)) as place:
            idle = [await asyncio.open_connection(*place.secure_address) for _ in range(6)]
            for peer in idle:
                assert await is_ended(peer)
            assert (await ask(await place.connect(secure=True))).endswith(b"hello tls")

    run(loop, story())


@pytest.mark.parametrize("loop", LOOPS)
def test_no_more_than_so_many_are_in_and_the_next_is_served_when_one_goes(
    loop: str, tmp_path: Path
) -> None:
    async def story() -> None:
        async with served(tmp_path, Doorkeeping(most=3)) as place:
            crowd = [await place.connect() for _ in range(3)]
            for peer in crowd:
                peer[1].write(ASK)
                await peer[0].readuntil(b"hello plain")
            late = await place.connect()
            late[1].write(CLOSING)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(late[0].read(1), 0.2)
            await close(crowd.pop())
            assert (await late[0].read()).endswith(b"hello plain")
            for peer in [late, *crowd]:
                await close(peer)

    run(loop, story())


@pytest.mark.parametrize("loop", LOOPS)
def test_a_flood_of_idle_connections_passes(loop: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path, Doorkeeping(most=20, idle_s=0.2)) as place:
            flood = [await place.connect() for _ in range(200)]
            assert (await ask(await place.connect())).endswith(b"hello plain")
            for peer in flood:
                await close(peer)

    run(loop, story())


@pytest.mark.parametrize("loop", LOOPS)
def test_places_are_given_back_however_a_connection_ends(loop: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path, Doorkeeping(most=1, handshake_s=0.2)) as place:
            for _ in range(5):
                garbage = await asyncio.open_connection(*place.secure_address)
                garbage[1].write(b"GET / HTTP/1.0\r\n\r\n")
                await is_ended(garbage)
                rude = await place.connect()
                rude[1].write(ASK)
                rude[1].transport.abort()
                assert b"200" in await ask(await place.connect(secure=True))

    run(loop, story())


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\xff\n\n",
        b"NO SENSE\r\n\r\n",
        b"G" * 20_000,
        b"GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
        b"POST /body HTTP/1.1\r\nHost: h\r\nContent-Length: many\r\n\r\n",
    ],
)
def test_what_is_no_http_gets_a_json_400_and_is_in_no_log(
    loop: str, sent: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """hub-wire 0.7."""

    async def story() -> None:
        async with served(tmp_path) as place:
            answer = await ask(await place.connect(), sent)
            assert b" 400 " in answer
            assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == 400
            assert (await ask(await place.connect())).endswith(b"hello plain")

    run(loop, story())
    assert caplog.text == ""


def test_a_slip_beyond_the_routes_is_a_json_500_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with served(tmp_path) as place:
            answer = await ask(await place.connect(), CLOSING.replace(b"hello", b"slip"))
            assert b" 500 " in answer
            assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == 500

    run("asyncio", story())
    assert "ZeroDivisionError" in caplog.text


def test_a_body_that_says_it_is_packed_is_not_unpacked(tmp_path: Path) -> None:
    """An object is hashed as it came, and a small body stays small."""
    body = b"\x1f\x8b not gzip at all"

    async def story() -> None:
        async with served(tmp_path) as place:
            head = (
                "POST /body HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nConnection: close\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            assert (await ask(await place.connect(), head.encode() + body)).endswith(body)

    run("asyncio", story())


@pytest.mark.parametrize("loop", LOOPS)
def test_at_the_end_a_call_under_way_is_cut_and_knows_it(loop: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path, Doorkeeping(grace_s=0.1)) as place:
            peer = await place.connect()
            peer[1].write(b"PUT /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc")
            await place.began.wait()
        assert len(place.ended) == 1
        assert await is_ended(peer)

    run(loop, story())


@pytest.mark.parametrize("loop", LOOPS)
def test_at_the_end_nobody_is_listened_to_any_more(loop: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path) as place:
            idle = await place.connect(secure=True)
        assert await is_ended(idle)
        for address in (place.plain_address, place.secure_address):
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(*address)

    run(loop, story())


def test_a_taken_port_is_said() -> None:
    with listen(HERE) as one:
        host, port = one.getsockname()
        with pytest.raises(Busy, match=f"{host}:{port} is in use"):
            listen(Address(host, port))


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_an_address_that_is_not_this_machine_s_is_said(host: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be listened on"):
        listen(Address(host, 0))


def test_a_peer_that_takes_nothing_is_given_up_by_the_kernel() -> None:
    """Every connection has it from its listener."""
    with listen(HERE, stall_s=30) as listener:
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
        with socket.create_connection(listener.getsockname()):
            listener.setblocking(True)
            with listener.accept()[0] as accepted:
                option = (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
                assert accepted.getsockopt(*option) == 30_000


def test_ipv4_comes_first() -> None:
    with listen(Address("localhost", 0)) as listener:
        assert listener.family == socket.AF_INET


def test_it_asks_for_all_the_files_that_it_may_have() -> None:
    assert most_files() >= 1024
