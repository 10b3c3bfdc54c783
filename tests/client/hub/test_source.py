"""A file on its way out, alone and with a server at the other end."""

import random
from pathlib import Path

import pytest

from surefoot.client.hub.source import FileSource
from surefoot.errors import InvalidInput, NotFound, Unreachable
from tests.client.hub.clients import client
from tests.support.faulty_server import FaultyServer, Reply

BODY = random.Random(7).randbytes(500_000)


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    path = tmp_path / "digits"
    path.write_bytes(b"0123456789")
    return path


def test_it_gives_what_was_announced_and_tells_how_far_it_is(digits: Path) -> None:
    told: list[int] = []
    with FileSource(digits, 7, told.append) as source:
        assert [source.read(4), source.read(4), source.read(4)] == [b"0123", b"456", b""]
    assert told == [4, 7, 7]


def test_it_begins_again_anywhere(digits: Path) -> None:
    told: list[int] = []
    with FileSource(digits, 10, told.append) as source:
        source.read(9)
        source.rewind(2)
        assert source.read(100) == b"23456789"
        source.rewind(0)
        assert source.read(1) == b"0"
    assert told == [9, 10, 1]


def test_a_file_that_became_shorter_is_no_source(digits: Path) -> None:
    with FileSource(digits, 11, None) as source:
        source.read(10)
        with pytest.raises(InvalidInput, match="1 bytes shorter"):
            source.read(10)


def test_without_a_file_there_is_no_source(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        FileSource(tmp_path / "none", 1, None)


# ---- to a server ---------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(BODY)
    return path


async def test_a_file_is_put(server: FaultyServer, file: Path) -> None:
    server.plan("/local-s3/t", Reply(200))
    told: list[int] = []
    async with client(server.url) as http:
        url = f"{server.url}/local-s3/t"
        answer = await http.upload(url, file, len(BODY), stall_s=5, on_sent=told.append)
    assert answer.status == 200
    asked = server.asked[0]
    assert (asked.method, asked.body) == ("PUT", BODY)
    assert asked.headers["content-length"] == str(len(BODY))
    assert not {"transfer-encoding", "expect", "authorization"} & set(asked.headers)
    assert told == sorted(told)
    assert told[-1] == len(BODY)


async def test_an_empty_file_is_put(server: FaultyServer, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    server.plan("/x", Reply(200))
    async with client(server.url) as http:
        assert (
            await http.upload(f"{server.url}/x", tmp_path / "empty", 0, stall_s=5)
        ).status == 200
    assert server.asked[0].headers["content-length"] == "0"


async def test_an_early_no_is_heard(server: FaultyServer, file: Path) -> None:
    server.plan("/x", Reply(403, b"bad token", reads=1000, close=True))
    async with client(server.url) as http:
        answer = await http.upload(f"{server.url}/x", file, len(BODY), stall_s=5)
    assert (answer.status, answer.body) == (403, b"bad token")


async def test_a_server_that_stops_reading_is_left(server: FaultyServer, tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(32 << 20)  # more than the kernel takes in
    server.plan("/x", Reply(200, reads=1000, swallow=True))
    async with client(server.url) as http:
        with pytest.raises(Unreachable, match="nothing moved"):
            await http.upload(f"{server.url}/x", large, 32 << 20, stall_s=0.2)


async def test_a_file_that_is_not_there_is_not_found(server: FaultyServer, tmp_path: Path) -> None:
    async with client(server.url) as http:
        with pytest.raises(NotFound):
            await http.upload(f"{server.url}/x", tmp_path / "none", 1, stall_s=5)


async def test_a_file_that_has_become_shorter_is_not_sent(server: FaultyServer, file: Path) -> None:
    server.plan("/x", Reply(200))
    async with client(server.url) as http:
        with pytest.raises(InvalidInput, match="shorter"):
            await http.upload(f"{server.url}/x", file, len(BODY) + 1, stall_s=5)


async def test_an_upload_over_a_connection_that_was_left_is_sent_anew(
    server: FaultyServer, file: Path
) -> None:
    server.default = Reply(200)
    async with client(server.url) as http:
        await http.request("GET", "/x")
        server.hang_up()
        assert (await http.upload(f"{server.url}/x", file, len(BODY), stall_s=5)).status == 200
    assert server.asked[-1].body == BODY
