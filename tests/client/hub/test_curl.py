"""What libcurl cannot see or say by itself: slow lines, rests, what callbacks raise."""

import asyncio
import random
import time
from pathlib import Path

import pycurl
import pytest

from surefoot.client.hub.http import Trust
from surefoot.errors import Corrupt
from tests.client.hub.clients import client
from tests.support.certificates import DAY, context, sign
from tests.support.faulty_server import FaultyServer, Reply
from tests.support.machine import seen
from tests.support.tunnel import SlowLine

BODY = random.Random(9).randbytes(300_000)


def test_names_are_looked_up_beside_the_loop() -> None:
    features = pycurl.version_info()[4]
    assert features & pycurl.VERSION_ASYNCHDNS


async def test_a_record_of_tls_that_comes_in_bit_by_bit_is_headway(tmp_path: Path) -> None:
    """libcurl hears of 16 KiB at once: on a slow line much later than a stall would last."""
    now = time.time()
    ca = sign("CA", now - DAY, now + DAY, is_ca=True)
    (tmp_path / "ca.pem").write_bytes(ca.pem)
    tls = context(tmp_path / "server", sign("localhost", now - DAY, now + DAY, by=ca))
    with FaultyServer(tls) as server, SlowLine(server.port, 800, 0.05) as line:
        server.plan("/x", Reply(200, BODY[:16_000]))
        url = f"https://localhost:{line.port}"
        got = bytearray()
        async with client(url, trust=Trust(ca_file=tmp_path / "ca.pem")) as http:
            ended = await http.download(f"{url}/x", got.extend, stall_s=0.4)
    assert ended.complete, ended
    assert bytes(got) == BODY[:16_000]


async def test_what_the_kernel_still_sends_is_headway(tmp_path: Path) -> None:
    """All of a small upload fits into the kernel: libcurl then hears nothing for long."""
    (tmp_path / "file").write_bytes(bytes(2_000_000))
    with FaultyServer() as server, SlowLine(server.port, 65536, 0.03, upwards=True) as line:
        server.plan("/x", Reply(200))
        url = f"http://127.0.0.1:{line.port}"
        async with client(url) as http:
            answer = await http.upload(f"{url}/x", tmp_path / "file", 2_000_000, stall_s=0.4)
    assert answer.status == 200


async def test_a_transfer_rests_while_the_sink_wants_it(server: FaultyServer) -> None:
    server.plan("/x", Reply(200, BODY))
    gates: list[asyncio.Future[None]] = []
    got = bytearray()

    def sink(chunk: bytes) -> "asyncio.Future[None] | None":
        got.extend(chunk)
        if len(got) > 100_000 and not gates:
            gates.append(asyncio.get_running_loop().create_future())
            return gates[0]
        return None

    async with client(server.url) as http:
        task = asyncio.create_task(http.download(f"{server.url}/x", sink, stall_s=0.1))
        await seen(lambda: gates)
        size = len(got)
        await asyncio.sleep(0.5)  # longer than a stall would last
        assert len(got) == size
        assert not task.done()
        gates[0].set_result(None)
        assert (await task).complete
    assert bytes(got) == BODY


async def test_after_the_last_piece_a_rest_is_waited_for(server: FaultyServer) -> None:
    server.plan("/x", Reply(200, b"x"))
    gates: list[asyncio.Future[None]] = []

    def sink(_chunk: bytes) -> "asyncio.Future[None]":
        gates.append(asyncio.get_running_loop().create_future())
        return gates[0]

    async with client(server.url) as http:
        task = asyncio.create_task(http.download(f"{server.url}/x", sink, stall_s=5))
        await seen(lambda: gates)
        await asyncio.sleep(0.05)
        assert not task.done()
        gates[0].set_exception(Corrupt("the disk"))
        with pytest.raises(Corrupt, match="the disk"):
            await task


async def test_what_a_rest_raises_ends_the_transfer(server: FaultyServer) -> None:
    server.plan("/x", Reply(200, BODY))
    count = 0

    async def fail() -> None:
        raise Corrupt("the disk")

    def sink(_chunk: bytes) -> "asyncio.Future[None]":
        nonlocal count
        count += 1
        return asyncio.ensure_future(fail())

    async with client(server.url) as http:
        with pytest.raises(Corrupt, match="the disk"):
            await http.download(f"{server.url}/x", sink, stall_s=5)
    assert count == 1


async def test_the_loop_turns_while_bytes_come(server: FaultyServer) -> None:
    server.plan("/x", Reply(200, bytes(50_000_000)))
    longest, before = 0.0, time.monotonic()
    async with client(server.url) as http:
        task = asyncio.create_task(
            http.download(f"{server.url}/x", lambda _chunk: None, stall_s=20)
        )
        while not task.done():
            await asyncio.sleep(0)
            now = time.monotonic()
            longest, before = max(longest, now - before), now
        assert (await task).complete
    assert longest < 0.5
