"""Bytes on their way in, over real sockets."""

import asyncio
import errno
import itertools
import socket
import threading
from types import SimpleNamespace

import pytest

from surefoot.files import durable
from surefoot.hub.objects import signing, store
from surefoot.hub.objects import upload as room
from surefoot.hub.objects.pace import Pace
from surefoot.hub.objects.signing import Ticket
from tests.hub.objects.senders import Sender, Wire, files, sha_of, until

DATA = bytes(range(256)) * 4096  # 1 MiB: more than one piece


@pytest.fixture(autouse=True)
def _nothing_is_left(world):
    """Whatever happened: no file but whole objects."""
    yield
    until(lambda: all(len(name) == 64 for name in files(world)))


def row(world, sender, data):
    owner = world.run(world.database.one("SELECT id FROM accounts WHERE nick = ?", sender))["id"]
    return world.run(store.get(world.database, owner, sha_of(data)))


def test_right_bytes_are_kept_and_answered_with_an_empty_200(world, ada):
    """hub-wire 0.4, 0.7: exactly 200, and nothing that is no JSON."""
    reply = world.call("PUT", ada.ticket(DATA), DATA)
    assert (reply.status, reply.body, reply.headers["content-length"]) == (200, b"", "0")
    assert sha_of(DATA) in files(world)
    assert row(world, "ada", DATA).present == store.PROVED


@pytest.mark.parametrize("size", [0, 1, room.PIECE - 1, room.PIECE, room.PIECE + 1])
def test_any_size_is_good(world, ada, size):
    data = b"\x00" * size
    assert world.call("PUT", ada.ticket(data), data).status == 200
    assert ada.fetch(ada.announce(data).json["signed-geturl"]).body == data


@pytest.mark.parametrize(
    "sent",
    [DATA[:-1] + b"?", DATA + b"?", DATA[:-1], b"", DATA * 3],
    ids=["others", "one more", "one less", "none", "many more"],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_other_bytes_are_refused_and_nothing_of_them_is_kept(world, ada, sent, chunked):
    data = DATA[1:] + bytes(f"{len(sent)}{chunked}", "ascii")[:1]
    sent = sent if len(sent) != len(DATA) else data[:-1] + b"?"
    url = ada.ticket(data)
    with Wire(world, url) as wire:
        if chunked:
            wire.write(f"PUT {wire.path} HTTP/1.1\r\nHost: hub\r\n".encode())
            wire.write(b"Transfer-Encoding: chunked\r\n\r\n")
            wire.write(b"%x\r\n%s\r\n" % (len(sent), sent) if sent else b"")
            wire.write(b"0\r\n\r\n")
        else:
            wire.head(len(sent))
            wire.write(sent)
        status, body = wire.answer()
    assert status == 400
    assert sha_of(data).encode() in body
    assert sha_of(data) not in files(world)
    assert row(world, "ada", data).present == store.ANNOUNCED


def test_chunks_are_as_good_as_a_length(world, ada):
    data = DATA[2:]
    with Wire(world, ada.ticket(data)) as wire:
        wire.write(f"PUT {wire.path} HTTP/1.1\r\nHost: hub\r\n".encode())
        wire.write(b"Transfer-Encoding: chunked\r\n\r\n")
        for start in range(0, len(data), 100_000):
            piece = data[start : start + 100_000]
            wire.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        wire.write(b"0\r\n\r\n")
        assert wire.answer() == (200, b"")


def test_the_old_client_of_the_c_device_sends_an_absolute_target(world, ada):
    """hub-wire 0.6: HTTP/1.0, and it reads to the end of the connection."""
    data = DATA[3:]
    url = ada.ticket(data)
    with Wire(world, url) as wire:
        path = wire.path
        wire.write(f"PUT https://hub:12366{path} HTTP/1.0\r\nHost: hub:12366\r\n".encode())
        wire.write(f"Connection: close\r\nContent-Length: {len(data)}\r\n".encode())
        wire.write(b"Content-Type: application/json\r\n\r\n" + data)
        assert wire.answer() == (200, b"")
        assert wire.socket.recv(1) == b""


def test_a_client_that_asks_first_is_told_to_go_on(world, ada):
    data = DATA[4:]
    with Wire(world, ada.ticket(data)) as wire:
        wire.head(len(data), "Expect: 100-continue")
        assert wire.socket.recv(1000).startswith(b"HTTP/1.1 100")
        wire.write(data)
        assert wire.answer() == (200, b"")


CUTS = [0, 1, 1000, room.PIECE - 1, room.PIECE, room.PIECE + 1, len(DATA) - 1]


@pytest.mark.parametrize("at", CUTS)
@pytest.mark.parametrize("how", ["closed", "half closed", "reset"])
def test_a_cut_at_any_byte_leaves_nothing_and_the_next_try_is_good(world, ada, at, how):
    data = DATA[5:] + f"{at}{how}".encode()
    url = ada.ticket(data)
    with Wire(world, url) as wire:
        wire.head(len(data))
        wire.write(data[:at])
        until(lambda: any(len(name) != 64 for name in files(world)))
        if how == "reset":
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        if how == "half closed":
            wire.socket.shutdown(socket.SHUT_WR)
            until(lambda: all(len(name) == 64 for name in files(world)))
    until(lambda: all(len(name) == 64 for name in files(world)))
    assert sha_of(data) not in files(world)
    assert row(world, "ada", data).present == store.ANNOUNCED
    assert world.call("PUT", url, data).status == 200


def test_a_sender_that_stands_still_is_ended(world, ada, monkeypatch):
    monkeypatch.setattr(room, "PATIENCE_S", 0.2)
    data = DATA[6:]
    with Wire(world, ada.ticket(data)) as wire:
        wire.head(len(data))
        wire.write(data[:1000])
        status, body = wire.answer()
        wire.write(data[1000:])  # aiohttp waits a while for the rest before it closes
    assert status == 400
    assert b"send it again" in body


def test_a_sender_that_is_slow_but_moves_is_waited_for(world, ada, monkeypatch):
    monkeypatch.setattr(room, "PATIENCE_S", 2)
    data = b"slow"
    pause = threading.Event()
    with Wire(world, ada.ticket(data)) as wire:
        wire.head(len(data))
        for byte in data:
            pause.wait(0.7)
            wire.write(bytes([byte]))
        assert wire.answer() == (200, b"")


def test_what_comes_in_crumbs_is_not_gathered_crumb_by_crumb():
    """Each is an object of its own in memory, many times its size."""
    crumbs = iter([*[b"x"] * (room.CRUMBS + 1), b""])

    async def readany():
        return next(crumbs)

    async def gather():
        request = SimpleNamespace(content=SimpleNamespace(readany=readany))
        return [piece async for piece in room._pieces(request)]

    assert asyncio.run(gather()) == [b"x" * room.CRUMBS, b"x"]


def test_two_uploads_of_one_object_at_once_are_both_good(world, ada):
    data = DATA[7:]
    url = ada.ticket(data)
    with Wire(world, url) as one, Wire(world, url) as other:
        for wire in (one, other):
            wire.head(len(data))
        for start in range(0, len(data), 200_000):
            one.write(data[start : start + 200_000])
            other.write(data[start : start + 200_000])
        assert [wire.answer() for wire in (one, other)] == [(200, b"")] * 2
    assert files(world).count(sha_of(data)) == 1
    assert ada.fetch(ada.announce(data).json["signed-geturl"]).body == data


def test_a_bad_upload_beside_a_good_one_of_the_same_object_harms_it_not(world, ada):
    data = DATA[8:]
    url = ada.ticket(data)
    with Wire(world, url) as good, Wire(world, url) as bad:
        for wire in (good, bad):
            wire.head(len(data))
        good.write(data[:-10])
        bad.write(bytes(len(data)))
        assert bad.answer()[0] == 400
        good.write(data[-10:])
        assert good.answer() == (200, b"")


def test_what_another_owner_has_is_opened_by_sending_it_and_stored_once(world, ada, eve):
    data = DATA[9:]
    ada.send(data)
    assert eve.announce(data).status == 200
    assert eve.call("GET", f"/objects/{sha_of(data)}").status == 403
    eve.send(data)
    assert eve.call("GET", f"/objects/{sha_of(data)}").status == 200
    assert files(world).count(sha_of(data)) == 1


def test_what_is_here_may_be_sent_again_and_heals_it(world, ada):
    """`pvr post -f` does so."""
    data = DATA[10:]
    ada.send(data)
    (world.place / "blobs" / sha_of(data)).write_bytes(b"rotten")
    assert world.call("PUT", ada.ticket(data), data).status == 200
    assert ada.fetch(ada.announce(data).json["signed-geturl"]).body == data


def test_a_disk_that_is_full_at_any_step_keeps_nothing_half_and_the_next_try_is_good(world, ada):
    at, data = 0, DATA[20:]
    while True:
        url, steps = ada.ticket(data), itertools.count()

        def full(step, at=at, steps=steps):
            if next(steps) == at:
                raise OSError(errno.ENOSPC, "full")

        with durable.observe(full):
            status = world.call("PUT", url, data).status
        if status == 200:
            break
        assert status == 507
        assert all(len(name) == 64 for name in files(world))
        assert row(world, "ada", data).present == store.ANNOUNCED
        at += 1
    assert at > 4  # its file, its bytes, both syncs, its name
    assert ada.fetch(ada.announce(data).json["signed-geturl"]).body == data


# ---- tickets -----------------------------------------------------------------------------------


def test_a_ticket_for_fetching_is_none_for_sending(world, ada):
    url = ada.announce(DATA[11:]).json["signed-geturl"]
    assert world.call("PUT", url, DATA[11:]).status == 403


def test_a_ticket_that_was_changed_or_has_expired_is_refused(world, ada):
    data = DATA[12:]
    url = ada.ticket(data)
    signer = world.run(signing.signer(world.hub))
    owner = url.split(".")[-2]
    old = signer.sign(Ticket(sha_of(data), "PUT", 1000, owner))
    for token in ("x", url.rpartition("/")[2] + "x", old):
        reply = world.call("PUT", f"/local-s3/{token}", data)
        assert reply.status == 403, token
        assert reply.json["code"] == 403


def test_the_other_name_of_the_place_is_good_too(world, ada):
    data = DATA[13:]
    url = ada.ticket(data).replace("/local-s3/", "/s3/")
    assert world.call("PUT", url, data).status == 200
    assert world.call("GET", url.replace("PUT", "GET")).status == 403


def test_what_is_not_announced_any_more_is_asked_for_anew(world, ada):
    data = DATA[14:]
    url = ada.ticket(data)
    world.run(world.database.run("DELETE FROM objects WHERE sha = ?", sha_of(data)))
    reply = world.call("PUT", url, data)
    assert reply.status == 404
    assert "announce it again" in reply.json["error"]


def test_an_announcement_that_goes_during_the_upload_comes_back(world, ada):
    data = DATA[15:]
    with Wire(world, ada.ticket(data)) as wire:
        wire.head(len(data))
        wire.write(data[:-1])
        until(lambda: any(len(name) != 64 for name in files(world)))
        world.run(world.database.run("DELETE FROM objects WHERE sha = ?", sha_of(data)))
        wire.write(data[-1:])
        assert wire.answer() == (200, b"")
    assert row(world, "ada", data).present == store.PROVED


def test_an_account_that_goes_during_the_upload_has_no_objects(world):
    leaver, data = Sender(world, world.user("leaver")), DATA[16:]
    with Wire(world, leaver.ticket(data)) as wire:
        wire.head(len(data))
        wire.write(data[:-1])
        until(lambda: any(len(name) != 64 for name in files(world)))
        world.run(world.database.run("DELETE FROM accounts WHERE nick = 'leaver'"))
        wire.write(data[-1:])
        assert wire.answer()[0] == 404


def test_a_blob_that_was_cleared_away_before_its_row_stood_is_asked_for_again(
    world, ada, monkeypatch
):
    data = DATA[17:]
    url = ada.ticket(data)

    async def gone(sha):
        return False

    with monkeypatch.context() as patch:
        patch.setattr(world.blobs, "has", gone)
        reply = world.call("PUT", url, data)
    assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    assert row(world, "ada", data).present == store.ANNOUNCED
    assert world.call("PUT", url, data).status == 200


def test_a_sender_that_hardly_moves_is_ended(world, ada, monkeypatch):
    monkeypatch.setattr(Pace, "is_enough", lambda pace, size, at: size > 1)
    data = DATA[18:]
    with Wire(world, ada.ticket(data)) as wire:
        wire.head(len(data))
        wire.write(data[:1])
        status, body = wire.answer()
        wire.write(data[1:])
    assert (status, b"send it again" in body) == (400, True)
