"""Bytes on their way out, over real sockets."""

import http.client
import os
import random
import socket

import pytest

from surefoot.hub.objects import signing
from surefoot.hub.objects.signing import Ticket
from tests.hub.objects.senders import Wire, sha_of, until

DATA = random.Random(5).randbytes(3_000_001)


@pytest.fixture(scope="module")
def url(ada):
    ada.send(DATA)
    return ada.announce(DATA).json["signed-geturl"]


def test_the_whole_object_comes_with_its_headers(ada, url):
    """hub-wire 0.3: a plain 200 without any token."""
    reply = ada.fetch(url)
    assert (reply.status, reply.body) == (200, DATA)
    assert reply.headers["content-length"] == str(len(DATA))
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-disposition"] == 'attachment; filename="app/root.squashfs"'
    assert reply.headers["etag"] == f'"{sha_of(DATA)}"'
    assert reply.headers["accept-ranges"] == "bytes"


def test_a_head_says_what_a_get_would_bring(world, ada, url):
    got, headed = ada.fetch(url), world.call("HEAD", url)
    assert (headed.status, headed.body) == (200, b"")
    assert {**headed.headers, "date": ""} == {**got.headers, "date": ""}
    part = world.call("HEAD", url, headers={"Range": "bytes=1-2"})
    assert (part.status, part.headers["content-length"], part.body) == (206, "2", b"")


@pytest.mark.parametrize("first", [0, 1, 1 << 20, len(DATA) - 1])
def test_a_download_goes_on_where_it_was_cut(world, url, first):
    reply = world.call("GET", url, headers={"Range": f"bytes={first}-"})
    assert (reply.status, reply.body) == (206, DATA[first:])
    assert reply.headers["content-range"] == f"bytes {first}-{len(DATA) - 1}/{len(DATA)}"


def test_other_ranges_are_served_too(world, url):
    for asked, wanted in (("bytes=5-9", DATA[5:10]), ("bytes=-7", DATA[-7:])):
        assert world.call("GET", url, headers={"Range": asked}).body == wanted
    reply = world.call("GET", url, headers={"Range": f"bytes={len(DATA)}-"})
    assert (reply.status, reply.body) == (416, b"")
    assert reply.headers["content-range"] == f"bytes */{len(DATA)}"


def test_a_part_of_other_bytes_is_not_mixed_in(world, url):
    right = {"Range": "bytes=5-", "If-Range": f'"{sha_of(DATA)}"'}
    wrong = {"Range": "bytes=5-", "If-Range": '"another"'}
    assert world.call("GET", url, headers=right).status == 206
    reply = world.call("GET", url, headers=wrong)
    assert (reply.status, len(reply.body)) == (200, len(DATA))


def test_several_come_over_one_connection(world, url):
    connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=30)
    path = url.removeprefix(world.base)
    try:
        for first in (0, 2_000_000, len(DATA)):
            connection.request("GET", path, headers={"Range": f"bytes={first}-"})
            answer = connection.getresponse()
            assert answer.read() == DATA[first:]
    finally:
        connection.close()


def test_the_old_http_gets_the_whole_and_the_end_of_the_connection(world, url):
    with Wire(world, url) as wire:
        wire.write(f"GET https://hub:12366{wire.path} HTTP/1.0\r\nHost: hub\r\n\r\n".encode())
        assert wire.answer() == (200, DATA)
        assert wire.socket.recv(1) == b""


@pytest.mark.parametrize("after", [0, 1, 100_000, 1 << 20])
def test_a_reader_that_leaves_in_the_middle_costs_nothing(world, url, after):
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        with Wire(world, url) as wire:
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
            wire.write(f"GET {wire.path} HTTP/1.1\r\nHost: hub\r\n\r\n".encode())
            got = b""
            while len(got) < after:
                got += wire.socket.recv(1 << 16)
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    until(lambda: len(os.listdir("/proc/self/fd")) <= before)
    assert world.call("GET", url).body == DATA


def test_a_slow_reader_does_not_hold_up_others(world, url):
    with Wire(world, url) as slow:
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        slow.write(f"GET {slow.path} HTTP/1.1\r\nHost: hub\r\n\r\n".encode())
        slow.socket.recv(1)
        assert world.call("GET", url).body == DATA
        status, body = _rest(slow)
    assert (status, body == DATA) == (200, True)


def _rest(wire):
    data = b"H"
    while len(data) < len(DATA):
        data += wire.socket.recv(1 << 20)
    head, _, body = data.partition(b"\r\n\r\n")
    while len(body) < len(DATA):
        body += wire.socket.recv(1 << 20)
    return int(head.split()[1]), body


def test_a_file_that_is_shorter_than_it_was_ends_the_connection(world, ada, monkeypatch):
    data = DATA[1:]
    ada.send(data)
    url = ada.announce(data).json["signed-geturl"]
    blob = world.place / "blobs" / sha_of(data)
    whole = os.stat(blob)
    os.truncate(blob, 1000)
    monkeypatch.setattr("surefoot.hub.objects.download.os.fstat", lambda _: whole)
    with Wire(world, url) as wire:
        wire.write(f"GET {wire.path} HTTP/1.1\r\nHost: hub\r\n\r\n".encode())
        with pytest.raises((AssertionError, ConnectionResetError)):
            wire.answer()


def test_of_nothing_there_is_nothing_to_send(ada):
    ada.send(b"")
    reply = ada.fetch(ada.announce(b"").json["signed-geturl"])
    assert (reply.status, reply.body, reply.headers["content-length"]) == (200, b"", "0")


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ('a"b\\c%.img', "attachment; filename=\"a_b_c_.img\"; filename*=UTF-8''a%22b%5Cc%25.img"),
        ("é/x", "attachment; filename=\"_/x\"; filename*=UTF-8''%C3%A9%2Fx"),
        ("a\r\nX: 1", "attachment; filename=\"a__X: 1\"; filename*=UTF-8''a%0D%0AX%3A%201"),
        ("", 'attachment; filename=""'),
    ],
)  # fmt: skip
def test_a_name_cannot_break_out_of_its_header(ada, name, header):
    data = f"named {name}".encode()
    ada.send(data, name)
    reply = ada.fetch(ada.announce(data).json["signed-geturl"])
    assert (reply.status, reply.body) == (200, data)
    assert reply.headers["content-disposition"] == header
    assert "x" not in reply.headers


# ---- tickets -----------------------------------------------------------------------------------


def test_a_ticket_for_sending_is_none_for_fetching(world, ada):
    for method in ("GET", "HEAD"):
        assert world.call(method, ada.ticket(DATA)).status == 403


def test_a_ticket_that_was_changed_or_has_expired_is_refused(world, url):
    signer = world.run(signing.signer(world.hub))
    owner = url.split(".")[-2]
    stale = signer.sign(Ticket(sha_of(DATA), "GET", 1000, owner))
    for token in (stale, url.rpartition("/")[2][:-1], "x"):
        assert world.call("GET", f"/local-s3/{token}").status == 403


def test_a_ticket_opens_nothing_that_its_owner_has_no_more(world, ada):
    data = b"soon gone"
    ada.send(data)
    url = ada.announce(data).json["signed-geturl"]
    assert ada.call("DELETE", f"/objects/{sha_of(data)}").status == 200
    assert world.call("GET", url).status == 404


def test_an_object_whose_blob_is_lost_is_not_found(world, ada):
    data = b"soon lost"
    ada.send(data)
    url = ada.announce(data).json["signed-geturl"]
    (world.place / "blobs" / sha_of(data)).unlink()
    assert world.call("GET", url).status == 404


def test_an_announcement_alone_opens_nothing(world, ada, eve):
    data = b"only ada has it"
    ada.send(data)
    url = eve.announce(data).json["signed-geturl"]
    assert world.call("GET", url).status == 404
