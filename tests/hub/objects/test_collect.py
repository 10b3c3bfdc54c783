"""What goes and what stays, and that nobody is in anybody's way."""

import asyncio
import os
import threading
import time

import pytest

from surefoot.hub.blobs.directory import DirectoryBlobs
from surefoot.hub.db.sqlite import SqliteDatabase
from surefoot.hub.frame.hub import Hub, Limits, Urls
from surefoot.hub.frame.tokens import Tokens
from surefoot.hub.objects import collect as room
from surefoot.hub.objects.collect import collect
from tests.hub.objects.senders import SPEC, Sender, Wire, files, sha_of, until
from tests.support.hub_world import HubWorld

HOUR = 3600


@pytest.fixture
def world(tmp_path):
    with HubWorld(tmp_path) as world:
        yield world


@pytest.fixture
def ada(world):
    return Sender(world, world.user("ada"))


@pytest.fixture
def gateway(world, ada):
    id, token = world.device(ada.token)
    return Sender(world, token, id)


def clear(world, grace_s=HOUR):
    return world.run(collect(world.hub, grace_s))


def age(world, *datas):
    """These were sent two hours ago."""
    past = time.time() - 2 * HOUR
    for data in datas:
        micros = int(past * 1_000_000)
        sql = "UPDATE objects SET modified = ? WHERE sha = ?"
        world.run(world.database.run(sql, micros, sha_of(data)))
        blob = world.place / "blobs" / sha_of(data)
        if blob.exists():
            os.utime(blob, (past, past))


def test_what_a_step_names_stays_and_what_none_names_goes(world, ada, gateway):
    gateway.sync(app__a=b"named")
    ada.send(b"unnamed")
    age(world, b"named", b"unnamed")
    assert clear(world) == 2  # its row and its blob
    assert files(world) == [sha_of(b"named")]
    assert ada.announce(b"named").status == 409
    assert ada.announce(b"unnamed").status == 200


def test_what_is_young_stays(world, ada):
    ada.send(b"young")
    assert clear(world) == 0
    assert ada.announce(b"young").status == 409


def test_what_was_asked_for_again_is_young(world, ada):
    ada.send(b"asked for")
    age(world, b"asked for")
    assert ada.announce(b"asked for").status == 409
    assert clear(world) == 0


def test_an_announcement_that_nobody_followed_up_goes(world, ada):
    ada.announce(b"never sent")
    assert clear(world) == 0
    age(world, b"never sent")
    assert clear(world) == 1
    assert clear(world) == 0


def test_a_blob_stays_while_one_owner_has_it(world, ada):
    eve = Sender(world, world.user("eve"))
    ada.send(b"both")
    eve.send(b"both")
    age(world, b"both")
    assert eve.announce(b"both").status == 409
    assert clear(world) == 1
    assert ada.announce(b"both").status == 200
    assert eve.fetch(eve.announce(b"both").json["signed-geturl"]).body == b"both"


def test_when_an_account_goes_its_blobs_go_too(world, ada, gateway):
    gateway.sync(app__a=b"gone")
    world.run(world.database.run("DELETE FROM accounts WHERE nick = 'ada'"))
    age(world, b"gone")
    assert clear(world) == 1
    assert files(world) == []


def test_when_a_device_goes_what_only_its_steps_named_goes(world, ada, gateway):
    gateway.sync(app__a=b"of a device")
    assert ada.call("DELETE", f"/devices/{gateway.id}").status == 200
    age(world, b"of a device")
    assert clear(world) == 2


def test_many_rows_are_looked_through(world, ada, monkeypatch):
    monkeypatch.setattr(room, "ROWS_AT_ONCE", 3)
    datas = [b"%d" % number for number in range(10)]
    for data in datas:
        ada.send(data)
    age(world, *datas[:7])
    assert clear(world) == 14
    assert files(world) == sorted(map(sha_of, datas[7:]))


# ---- races -------------------------------------------------------------------------------------


def test_an_upload_under_way_is_not_in_its_way(world, ada):
    data = b"x" * 1_000_000
    with Wire(world, ada.ticket(data)) as wire:
        wire.head(len(data))
        wire.write(data[:-1])
        until(lambda: files(world) != [])
        age(world, data)
        assert clear(world, 0) == 1  # its announcement
        wire.write(data[-1:])
        assert wire.answer() == (200, b"")
    assert ada.announce(data).status == 409


def test_a_blob_is_not_removed_between_the_look_and_the_row(world, ada, monkeypatch):
    """The announcement is gone, and just then the collection of another process begins: it has to
    wait for the row."""
    data, begun = b"in the middle", threading.Event()
    beside, has, remove = Beside(world.place, _blobs), world.blobs.has, room._blob

    async def looked(sha):
        found = await has(sha)
        beside.start()
        assert begun.wait(30)
        return found

    async def noted(*of):
        begun.set()
        return await remove(*of)

    monkeypatch.setattr(room, "_blob", noted)
    with Wire(world, ada.ticket(data)) as wire:
        wire.head(len(data))
        wire.write(data[:-1])
        until(lambda: files(world) != [])
        world.run(world.database.run("DELETE FROM objects"))
        monkeypatch.setattr(world.blobs, "has", looked)
        wire.write(data[-1:])
        assert wire.answer() == (200, b"")
    beside.join()
    assert (beside.removed, files(world)) == (0, [sha_of(data)])


async def _blobs(hub, ended):
    return await room._blobs(hub, 0)


async def _again_and_again(hub, ended):
    removed = 0
    while not ended.is_set():
        removed += await collect(hub, 0)
    return removed


class Beside(threading.Thread):
    """Another process, as far as it matters: it collects without any grace."""

    def __init__(self, place, work):
        super().__init__(daemon=True)
        self.place, self.work, self.ended = place, work, threading.Event()
        self.removed, self.error = 0, None

    def run(self):
        try:
            asyncio.run(self._collect())
        except Exception as error:  # noqa: BLE001 - told by `join`
            self.error = error

    async def _collect(self):
        database = SqliteDatabase(self.place / "hub.db")
        blobs = DirectoryBlobs(self.place / "blobs")
        hub = Hub(database, blobs, Tokens("x" * 32), Urls("", ""), Limits())
        self.removed = await self.work(hub, self.ended)
        await database.close()

    def join(self, timeout=None):
        self.ended.set()
        super().join(60)
        assert self.error is None, self.error


def test_whatever_is_posted_has_its_bytes_though_two_collect_all_the_time(world, ada):
    """A post that is taken can be fetched, for ever; all that loses is told what to do."""
    collectors = [Beside(world.place, _again_and_again) for _ in range(2)]
    devices = [Sender(world, token, id) for id, token in (world.device(ada.token) for _ in "12345")]
    for thread in collectors:
        thread.start()
    taken, answers = [], set()

    def post(sender):
        for number in range(6):
            data = f"{sender.id} {number}".encode() * 1000
            while not try_once(sender, number, data):
                pass
            taken.append((sender, data))

    def try_once(sender, number, data):
        sent = world.call("PUT", sender.ticket(data), data).status
        state = {"#spec": SPEC, "bsp/run.json": {"linux": "bsp/k", "initrd": "bsp/k"}}
        state["bsp/k"] = sha_of(data)
        step = {"rev": -1, "state": state, "commit-msg": ""}
        if number == 0:
            reply = sender.call("POST", "/trails/", state)
        else:
            reply = ada.call("POST", f"/trails/{sender.id}/steps", step)
        answers.add((sent, reply.status))
        return reply.status == 200

    senders = [threading.Thread(target=post, args=(sender,)) for sender in devices]
    for thread in senders:
        thread.start()
    for thread in (*senders, *collectors):
        thread.join()
    assert {sent for sent, _ in answers} <= {200, 404, 503}, answers
    assert {posted for _, posted in answers} <= {200, 422}, answers
    assert len(taken) == len(devices) * 6
    for sender, data in taken:
        reply = sender.call("GET", f"/objects/{sha_of(data)}")
        assert reply.status == 200
        assert sender.fetch(reply.json["signed-geturl"]).body == data
    rows = world.run(world.database.all("SELECT sha FROM objects WHERE present > 0"))
    assert {row["sha"] for row in rows} <= set(files(world))


def test_one_object_that_is_sent_and_cleared_away_all_the_time_is_whole_or_not_there(world, ada):
    """No row without its blob, whoever wins."""
    data = b"again and again" * 1000
    collectors = [Beside(world.place, _again_and_again) for _ in range(2)]
    for thread in collectors:
        thread.start()
    answers = []
    for _ in range(150):
        reply = ada.announce(data)
        if reply.status == 200:
            answers.append(world.call("PUT", reply.json["signed-puturl"], data).status)
    for thread in collectors:
        thread.join()
    assert set(answers) <= {200, 404, 503}
    assert 200 in answers
    assert sum(thread.removed for thread in collectors) > 0
    rows = world.run(world.database.all("SELECT sha FROM objects WHERE present > 0"))
    assert {row["sha"] for row in rows} <= set(files(world))
