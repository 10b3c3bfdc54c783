import hashlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from surefoot.device.server import Limits
from surefoot.errors import NoRoom
from tests.device.server.conftest import Serve
from tests.device.server.memory_desk import MemoryDesk, Wire, ask, curl, netcat, parse

DATA = b"some bytes of an object\n" * 1000
SHA = hashlib.sha256(DATA).hexdigest()
OTHER = hashlib.sha256(b"other").hexdigest()
URL = f"http://localhost/objects/{SHA}"
BAD_SUM = b'{"Error":"Object has bad checksum"}'
REPOSITORY = Path(__file__).parents[4]


def put(path: Path, name: str = SHA, data: bytes = DATA) -> int:
    return ask(path, "PUT", f"/objects/{name}", data).status


def kept(desk: MemoryDesk) -> list[str]:
    return sorted(os.listdir(desk.objects.root)) if desk.objects.root.exists() else []


def test_an_object_is_stored_listed_and_read_back(path: Path, desk: MemoryDesk) -> None:
    heard = ask(path, "PUT", f"/objects/{SHA}", DATA)
    assert (heard.status, heard.body) == (200, b"")
    assert desk.stored == [(SHA, False)]
    listed = json.loads(ask(path, "GET", "/objects").body)
    assert listed == [{"sha256": SHA, "size": str(len(DATA))}]
    heard = ask(path, "GET", f"/objects/{SHA}")
    assert (heard.body, heard.headers["content-length"]) == (DATA, str(len(DATA)))


@pytest.mark.parametrize("name", ["abc", SHA + "0", SHA[1:], "..", "x" * 63])
def test_a_name_without_64_characters_is_refused(name: str, path: Path, desk: MemoryDesk) -> None:
    """reference-observed.md."""
    heard = ask(path, "PUT", f"/objects/{name}", DATA)
    assert (heard.status, heard.body) == (400, b'{"Error":"Request has bad object name"}')
    assert kept(desk) == []


@pytest.mark.parametrize("name", [SHA.upper(), "x" * 64, OTHER, "%2e" * 21 + "x", "é" * 64])
def test_bytes_that_are_not_what_the_name_says_are_not_kept(
    name: str, path: Path, desk: MemoryDesk
) -> None:
    """reference-observed.md."""
    request = f"PUT /objects/{name} HTTP/1.0\r\nContent-Length: {len(DATA)}\r\n\r\n".encode()
    heard = parse(Wire(path).say(request + DATA).hear())
    if heard.status != 400:  # the dialect of the request line itself
        assert (heard.status, heard.body) == (422, BAD_SUM)
    assert kept(desk) == []
    assert desk.stored == []


@pytest.mark.parametrize("name", [SHA, "abc", SHA.upper(), "x" * 64, ".."])
def test_an_object_that_is_not_there_is_a_bad_name(name: str, path: Path) -> None:
    """reference-observed.md."""
    heard = ask(path, "GET", f"/objects/{name}")
    assert (heard.status, heard.error) == (400, "Request has bad object name")


def test_an_empty_object_is_an_object(path: Path) -> None:
    empty = hashlib.sha256(b"").hexdigest()
    assert put(path, empty, b"") == 200
    assert ask(path, "GET", f"/objects/{empty}").body == b""


def test_an_object_that_is_there_is_not_replaced_by_other_bytes(
    path: Path, desk: MemoryDesk
) -> None:
    """R12."""
    assert put(path) == 200
    before = desk.objects.path(SHA).stat().st_ino
    assert put(path, SHA, b"other bytes") == 200
    assert put(path) == 200
    assert desk.objects.path(SHA).stat().st_ino == before
    assert set(desk.stored) == {(SHA, False)}


def test_an_object_that_went_bad_is_healed_and_the_desk_learns_of_it(
    path: Path, desk: MemoryDesk
) -> None:
    """R12."""
    put(path)
    desk.objects.path(SHA).write_bytes(b"rotten")
    assert put(path, SHA, b"still wrong") == 422
    assert desk.objects.path(SHA).read_bytes() == b"rotten"
    assert put(path) == 200
    assert desk.objects.path(SHA).read_bytes() == DATA
    assert desk.stored == [(SHA, False), (SHA, True)]


def test_a_cut_connection_leaves_nothing(path: Path, desk: MemoryDesk) -> None:
    request = f"PUT /objects/{SHA} HTTP/1.1\r\nContent-Length: {len(DATA)}\r\n\r\n".encode()
    heard = parse(Wire(path).say(request + DATA[:-1]).end().hear())
    assert (heard.status, heard.error) == (400, "Request is incomplete")
    assert kept(desk) == []
    assert desk.stored == []


def test_a_cut_connection_leaves_the_old_object(path: Path, desk: MemoryDesk) -> None:
    put(path)
    desk.objects.path(SHA).write_bytes(b"rotten")
    request = f"PUT /objects/{SHA} HTTP/1.1\r\nContent-Length: {len(DATA)}\r\n\r\n".encode()
    Wire(path).say(request + DATA[:-1]).end().hear()
    assert kept(desk) == [SHA]


def test_a_full_disk_is_told_in_the_words_that_pvcontrol_knows(
    path: Path, desk: MemoryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pvr.md 6.2; peers 3: balena-supervisor#674."""

    def refuse(sha: str) -> None:
        raise NoRoom("objects: nothing is free")

    monkeypatch.setattr(desk.objects, "receive", refuse)
    heard = ask(path, "PUT", f"/objects/{SHA}", DATA)
    assert (heard.status, heard.body) == (507, b'{"Error":"Not enough disk space available"}')
    assert kept(desk) == []
    monkeypatch.undo()
    assert put(path) == 200


@pytest.mark.parametrize(
    "how",
    [
        ["-T", "FILE"],
        ["-X", "PUT", "-T", "FILE", "-H", "Transfer-Encoding: identity"],
        ["-T", "FILE", "-H", "Expect: 100-continue"],
        ["-T", "FILE", "-H", "Transfer-Encoding: chunked"],
        ["-T", "FILE", "--http1.0"],
        ["-X", "PUT", "--data-binary", "@FILE", "-H", "Content-Type: application/octet-stream"],
    ],
    ids=" ".join,
)
def test_curl_puts_and_gets_an_object_in_every_way_that_it_knows(
    how: list[str], path: Path, desk: MemoryDesk, tmp_path: Path
) -> None:
    """pvr.md 6.3."""
    file = tmp_path / "file"
    file.write_bytes(DATA)
    arguments = [word.replace("FILE", str(file)) for word in how]
    assert curl(path, *arguments, URL) == (200, b"")
    assert desk.objects.verify(SHA)
    assert curl(path, URL) == (200, DATA)


def test_curl_does_not_wait_a_second_before_it_sends(path: Path, tmp_path: Path) -> None:
    """pvr.md 6.3: without the 100 each file would cost a second; curl says that it gave up."""
    file = tmp_path / "file"
    file.write_bytes(DATA)
    verbose = ["curl", "-q", "-s", "-v", "--unix-socket", path, "-T", file]
    told = subprocess.run(
        [*verbose, "-H", "Expect: 100-continue", URL], capture_output=True, check=True, timeout=60
    )
    assert b"100 Continue" in told.stderr
    assert b"Done waiting for 100-continue" not in told.stderr


@pytest.mark.parametrize("name", ["abc", OTHER])
def test_curl_gets_the_reason_of_a_refusal_however_large_its_file_is(
    name: str, path: Path, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    with file.open("wb") as sparse:
        sparse.truncate(20_000_000)
    for expect in ("Expect:", "Expect: 100-continue"):
        status, body = curl(path, "-T", file, "-H", expect, f"http://localhost/objects/{name}")
        assert (status, b"Error" in body) == (400 if name == "abc" else 422, True)


def test_netcat_puts_with_a_half_close_and_gets_without(path: Path, desk: MemoryDesk) -> None:
    """pvr.md 6.3."""
    request = (
        f"PUT /objects/{SHA} HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: identity\r\n"
        f"Content-Type: application/octet-stream\r\nContent-Length: {len(DATA)}\r\n\r\n"
    )
    assert netcat(path, request.encode() + DATA, half_close=True).status == 200
    get = f"GET /objects/{SHA} HTTP/1.0\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
    assert netcat(path, get.encode(), half_close=False).body == DATA


def test_transfers_keep_no_command_waiting_and_are_bounded(serve: Serve, desk: MemoryDesk) -> None:
    path = serve(Limits(commands=1, transfers=2))
    begin = f"PUT /objects/{SHA} HTTP/1.1\r\nContent-Length: {len(DATA)}\r\n"
    waits = b"Expect: 100-continue\r\n\r\n"
    slow = [Wire(path).say(begin.encode() + waits) for _ in range(2)]
    for wire in slow:
        wire.hear_until(b"100 Continue\r\n\r\n")
    assert ask(path, "GET", "/steps").status == 200
    assert ask(path, "PUT", f"/objects/{SHA}", DATA).headers["retry-after"] == "5"
    for wire in slow:
        assert wire.say(DATA).hear().startswith(b"HTTP/1.1 200")
    assert kept(desk) == [SHA]


def test_the_same_object_from_many_senders_at_once_is_stored_once(
    path: Path, desk: MemoryDesk
) -> None:
    statuses: list[int] = []
    senders = [threading.Thread(target=lambda: statuses.append(put(path))) for _ in range(6)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(60)
    assert statuses == [200] * 6
    assert kept(desk) == [SHA]


SERVER = """
import sys
from pathlib import Path
from surefoot.device.server import ControlServer
from tests.device.server.memory_desk import MemoryDesk
root = Path(sys.argv[1])
with ControlServer(MemoryDesk(root), root / "pv-ctrl"):
    print("ready", flush=True)
    sys.stdin.read()
"""


def memory_bytes(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    raise AssertionError(name)


def test_an_object_of_200_mb_costs_hardly_more_memory_than_one_of_4(tmp_path: Path) -> None:
    """The reference grows by the size of the object (reference-observed.md, Objects)."""
    size = 200_000_000
    large, small = tmp_path / "large", tmp_path / "small"
    for file, length in ((large, size), (small, 4_000_000)):
        with file.open("wb") as sparse:
            sparse.truncate(length)
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, tmp_path],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as server:
        assert server.stdout
        assert server.stdout.readline() == b"ready\n"

        def peak_of(file: Path) -> int:
            with file.open("rb") as opened:
                sha = hashlib.file_digest(opened, "sha256").hexdigest()
            Path(f"/proc/{server.pid}/clear_refs").write_text("5")  # the peak starts anew
            url = f"http://localhost/objects/{sha}"
            assert curl(tmp_path / "pv-ctrl", "-T", file, url) == (200, b"")
            status, body = curl(tmp_path / "pv-ctrl", "-o", tmp_path / "back", url)
            assert (status, body) == (200, b"")
            assert (tmp_path / "back").stat().st_size == file.stat().st_size
            return memory_bytes(server.pid, "VmHWM")

        usual = peak_of(small)
        assert peak_of(large) - usual < size / 100
        server.communicate(timeout=60)


def test_putting_what_is_there_and_right_tells_the_desk_too(path: Path, desk: MemoryDesk) -> None:
    """So that no collection takes what is about to be used, and the sick may heal (R12)."""
    for _ in range(2):
        assert put(path) == 200
    assert desk.stored == [(SHA, False), (SHA, False)]


def test_what_a_collection_takes_in_between_is_stored_anew(
    path: Path, desk: MemoryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert put(path) == 200
    told = desk.object_stored

    def collected(sha: str, *, healed: bool) -> None:
        if len(desk.stored) == 1:
            desk.objects.remove(sha)
        told(sha, healed=healed)

    monkeypatch.setattr(desk, "object_stored", collected)
    assert put(path) == 200
    assert kept(desk) == [SHA]
