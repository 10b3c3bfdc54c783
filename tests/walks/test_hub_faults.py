"""The Hub, a process of its own, under faults: killed, locked out, without room, crowded. What it
has answered is so, nothing is half-stored, and a client that tries again succeeds (issue 5 "Bad
input and faults")."""

import asyncio
import hashlib
import http.client
import json
import os
import random
import resource
import shutil
import signal
import socket
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import pytest

from surefoot.hub.check.examine import examine
from surefoot.hub.frame.hub import Limits
from surefoot.hub.settings import Layout
from tests.support.hub_process import HubProcess, Owner
from tests.support.small_disk import small_disk

SPEC = '"#spec":"pantavisor-service-system@1"'
FACTORY = f"{{{SPEC}}}"
CUT = (OSError, http.client.HTTPException)
OLD_CLIENT_S = 2.0  # hub-wire 0.6


class Scene:
    """A Hub with an owner and a synced device; what both have been told so far."""

    def __init__(self, hub):
        self.hub = hub
        self.ada = hub.owner("ada")
        made = json.loads(self.ada.call("POST", "/devices/", token="").body)
        self.id = made["id"]
        self.ada.claim(self.id, made["challenge"])
        self.device = Owner(hub.urls["http"], made["prn"], made["secret"])
        self.device.login()
        self.device.good("POST", "/trails/", json.loads(FACTORY))
        self.last = 0

    def state(self, rev, sha=None):
        named = f',"app/x":"{sha}"' if sha else ""
        return f'{{{SPEC}{named},"app/run.json":{{"n":{rev}}}}}'

    def post(self, rev, sha=None):
        """With its number, so that the same post again is known."""
        body = f'{{"rev":{rev},"state":{self.state(rev, sha)},"commit-msg":"r{rev}"}}'
        return self.ada.call("POST", f"/trails/{self.id}/steps", body)

    def progress(self, rev, number):
        body = {"status": "DOWNLOADING", "progress": 25, "status-msg": f"m{number}", "retries": 1}
        return self.device.call("PUT", f"/trails/{self.id}/steps/{rev}/progress", body)

    def poll(self):
        return self.device.call("GET", f"/trails/{self.id}/steps?progress.status=NEW")


@pytest.fixture
def scene(tmp_path):
    with HubProcess(tmp_path / "hub") as hub:
        yield Scene(hub)


def is_sound(hub, **settings):
    visit = asyncio.run(examine(Layout(hub.data), **settings))
    assert [finding.text for finding in visit.seen.problems] == []
    return True


def leftovers(hub):
    return [path.name for path in hub.data.rglob("*.surefoot-tmp")]


# ---- killed ----------------------------------------------------------------------------------


class Storm:
    """Posts, uploads, reports and logs at once, until the Hub is gone; what was answered."""

    def __init__(self, scene, seed):
        self.scene, self.chance = scene, random.Random(seed)
        self.uploaded, self.posted, self.reported = [], [], 0
        self.tried_upload, self.tried_post, self.tried_report = None, None, 0

    def uploads(self):
        while True:
            body = self.chance.randbytes(self.chance.choice([10, 70_000, 900_000]))
            self.tried_upload = body
            self.scene.ada.put_object(body)
            self.uploaded.append(body)

    def posts(self):
        while True:
            self.tried_post = self.scene.last + 1
            assert self.scene.post(self.tried_post).status == 200
            self.scene.last = self.tried_post

    def reports(self):
        while True:
            self.tried_report += 1
            assert self.scene.progress(1, self.tried_report).status == 200
            self.reported = self.tried_report

    def logs(self):
        line = {"tsec": 0, "tnano": 0, "lvl": "INFO", "src": "/s", "plat": "p", "rev": "1"}
        while True:
            self.scene.device.good("POST", "/logs/", [line | {"msg": "m"}] * 50)

    def rage(self, delay_s):
        with ThreadPoolExecutor(4) as pool:
            work = (self.uploads, self.posts, self.reports, self.logs)
            under_way = [pool.submit(one) for one in work]
            time.sleep(delay_s)
            self.scene.hub.stop(signal.SIGKILL)
        for one in under_way:
            assert isinstance(one.exception(), CUT), one.exception()

    def check(self):
        """Whatever was answered is there, whole; what was not is there whole or not at all."""
        scene = self.scene
        for body in self.uploaded[-20:]:
            assert fetched(scene.ada, hashlib.sha256(body).hexdigest()) == body
        held = scene.ada.good("GET", f"/trails/{scene.id}/steps/{scene.last}")
        assert held["state"] == json.loads(scene.state(scene.last) if scene.last else FACTORY)
        if self.reported:
            told = int(scene.ada.step(scene.id, 1)["progress"]["status-msg"][1:])
            assert told in (self.reported, self.tried_report)

    def again(self):
        """The client does what it had no answer to."""
        scene, rev = self.scene, self.tried_post
        if self.tried_upload is not None:
            sha = scene.ada.put_object(self.tried_upload)
            assert fetched(scene.ada, sha) == self.tried_upload
        if rev is not None and rev > scene.last:
            there = scene.ada.call("GET", f"/trails/{scene.id}/steps/{rev}")
            answer = there if there.status == 200 else scene.post(rev)
            assert answer.status == 200
            assert answer.json["state"] == json.loads(scene.state(rev))
            scene.last = rev
        assert scene.progress(1, self.tried_report).status == 200


def fetched(owner, sha):
    place = owner.good("GET", f"/objects/{sha}")["signed-geturl"]
    answer = owner.call("GET", place, token="")
    assert answer.status == 200
    return answer.body


@pytest.mark.parametrize("seed", range(4))
def test_a_kill_at_any_moment_stores_nothing_half_and_clients_succeed_afterwards(scene, seed):
    assert scene.post(1).status == 200
    scene.last, chance = 1, random.Random(seed)
    for number in range(4):
        storm = Storm(scene, seed * 100 + number)
        storm.rage(chance.uniform(0.005, 0.4))
        assert is_sound(scene.hub)
        scene.hub.start()
        assert leftovers(scene.hub) == []
        storm.check()
        storm.again()
        assert is_sound(scene.hub)


def test_a_kill_in_the_middle_of_an_upload_leaves_nothing_of_it(scene):
    body = os.urandom(3_000_000)
    place = announced(scene.ada, body)
    with half_sent(place, body):
        until(lambda: leftovers(scene.hub), "the first bytes on the disk")
        scene.hub.stop(signal.SIGKILL)
    scene.hub.start()
    assert leftovers(scene.hub) == []
    assert is_sound(scene.hub)
    assert scene.ada.call("PUT", place, body, token="").status == 200
    assert fetched(scene.ada, hashlib.sha256(body).hexdigest()) == body


def test_it_ends_in_order_when_told_and_cuts_an_upload(scene):
    body = os.urandom(3_000_000)
    with half_sent(announced(scene.ada, body), body):
        until(lambda: leftovers(scene.hub), "the first bytes on the disk")
        scene.hub.stop(signal.SIGTERM)
    assert leftovers(scene.hub) == []
    assert os.listdir(scene.hub.data / "blobs") == []
    assert not (scene.hub.data / "hub.db-wal").exists()
    assert is_sound(scene.hub, mends=True)


def announced(owner, body):
    """Where to send it to."""
    sha = hashlib.sha256(body).hexdigest()
    announcement = {"objectname": "x", "size": str(len(body)), "sha256sum": sha}
    return owner.good("POST", "/objects/", announcement)["signed-puturl"]


@contextmanager
def half_sent(url, body):
    """An upload that has come to its middle, and goes on when this ends."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port)) as peer:
        head = f"PUT {place.path} HTTP/1.1\r\nHost: h\r\nContent-Length: {len(body)}\r\n\r\n"
        peer.sendall(head.encode() + body[: len(body) // 2])
        yield peer


def until(holds, what, timeout_s=30):
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, f"{what} never came"
        time.sleep(0.01)


# ---- locked out ------------------------------------------------------------------------------


@contextmanager
def held_database(hub):
    """Another process is in the middle of a write."""
    other = sqlite3.connect(hub.data / "hub.db", isolation_level=None, timeout=30)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


def test_while_another_process_holds_the_database_writes_are_told_to_come_again(scene):
    assert scene.post(1).status == 200
    with held_database(scene.hub):
        for write in (lambda: scene.post(2), lambda: scene.progress(1, 1)):
            begin = time.monotonic()
            answer = write()
            assert answer.status == 503
            assert int(answer.headers["retry-after"]) >= 1
            assert time.monotonic() - begin < OLD_CLIENT_S
        assert scene.poll().json[0]["rev"] == 1
    assert scene.post(2).status == 200
    assert scene.progress(1, 1).status == 200
    assert is_sound(scene.hub)


def test_an_unclaimed_device_is_known_all_the_time(scene):
    """hub-wire 0.9: anything but 200 makes it register again."""
    made = json.loads(scene.ada.call("POST", "/devices/", token="").body)
    device = Owner(scene.hub.urls["http"], made["prn"], made["secret"])
    device.login()
    forget_seen(scene.hub)
    with held_database(scene.hub):
        assert device.call("GET", f"/devices/{made['id']}").status == 200


def forget_seen(hub):
    """So that the next poll of a device would have something to note."""
    other = sqlite3.connect(hub.data / "hub.db", timeout=30)
    with other:
        other.execute("UPDATE devices SET seen = 0")
    other.close()


def test_commands_beside_it_wait_for_their_turn(scene):
    told, words = [], ("user", "add", "bob", "--password-stdin")
    command = threading.Thread(
        target=lambda: told.append(scene.hub.command(*words, said="correct horse battery"))
    )
    with held_database(scene.hub):
        command.start()
        command.join(OLD_CLIENT_S)
        assert command.is_alive()
    command.join()
    assert told == ["bob may log in now\n"]


# ---- no room ---------------------------------------------------------------------------------


@pytest.fixture
def full(tmp_path):
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
        pytest.skip("needs root and mkfs.ext4 to make a small disk")
    with small_disk(tmp_path / "disk.img", tmp_path / "disk", 32 << 20) as disk:
        (disk.place / "lost+found").mkdir(exist_ok=True)
        with HubProcess(disk.place / "hub") as hub:
            scene = Scene(hub)
            scene.disk = disk
            yield scene


def test_a_full_disk_is_said_loses_nothing_and_all_works_when_there_is_room(full):
    """peers 3: balena-supervisor#674, bootc#1789."""
    kept = os.urandom(100_000)
    sha = full.ada.put_object(kept)
    assert full.post(1, sha).status == 200
    body = os.urandom(4_000_000)
    place = announced(full.ada, body)
    full.disk.fill()
    assert full.ada.call("PUT", place, body, token="").status == 507
    full.last = 1 + posts_until_refused(full, 2)
    reads_go_on(full, sha, kept)
    full.disk.empty()
    assert full.ada.call("PUT", place, body, token="").status == 200
    for rev in range(full.last + 1, full.last + 4):
        assert full.post(rev).status == 200
    assert full.progress(1, 1).status == 200
    for rev in range(1, full.last + 4):
        wanted = full.state(rev, sha if rev == 1 else None)
        assert full.ada.step(full.id, rev)["state"] == json.loads(wanted)
    assert is_sound(full.hub)


def posts_until_refused(scene, rev):
    """How many went in before: the database has some pages left in its files."""
    for count in range(1000):
        answer = scene.post(rev + count)
        if answer.status != 200:
            assert answer.status == 507
            assert "free some" in answer.json["error"]
            return count
    raise AssertionError


def reads_go_on(scene, sha, kept):
    forget = scene.poll()
    assert forget.status == 200
    assert forget.json[0]["rev"] == 1
    assert scene.ada.good("GET", "/trails/summary")[0]["deviceid"] == scene.id
    assert fetched(scene.ada, sha) == kept


def test_it_starts_on_a_full_disk_and_goes_on_when_there_is_room(full):
    assert full.post(1).status == 200
    full.disk.fill()
    full.hub.stop(signal.SIGKILL)
    full.hub.start()
    assert full.poll().json[0]["rev"] == 1
    full.disk.empty()
    assert full.post(2).status == 200
    assert is_sound(full.hub)


# ---- crowded ---------------------------------------------------------------------------------


def test_ten_thousand_log_lines_at_once_all_come_in_and_polls_go_on(scene):
    line = {"tsec": 0, "tnano": 0, "lvl": "INFO", "src": "/s", "plat": "p", "rev": "1"}
    batches = [[line | {"msg": f"{batch}.{n}"} for n in range(200)] for batch in range(50)]
    slowest = 0.0
    with ThreadPoolExecutor(10) as pool:
        pushes = [pool.submit(scene.device.call, "POST", "/logs/", batch) for batch in batches]
        while not all(push.done() for push in pushes):
            begin = time.monotonic()
            assert scene.poll().status == 200
            slowest = max(slowest, time.monotonic() - begin)
    assert {push.result().status for push in pushes} == {200}
    assert slowest < OLD_CLIENT_S
    seen = scene.ada.good("GET", f"/logs/?dev={scene.id}&page=10000&sort=time-created")
    assert seen["count"] == 10_000
    assert {entry["msg"] for entry in seen["entries"]} == {
        line["msg"] for batch in batches for line in batch
    }


def memory_of(scene):
    """In bytes, what the process has for itself."""
    pid = int((scene.hub.data / "lock").read_text())
    with open(f"/proc/{pid}/smaps_rollup") as file:
        (line,) = [line for line in file if line.startswith("Private_Dirty")]
    return int(line.split()[1]) * 1024


@pytest.fixture
def many_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4096 if hard == resource.RLIM_INFINITY else min(4096, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield max(soft, wanted)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_flood_of_idle_and_slow_connections_costs_little_and_others_are_served(scene, many_files):
    before, crowd = memory_of(scene), []
    count = min(1500, (many_files - 200) // 2)
    try:
        for number in range(count):
            for scheme in ("http", "https"):
                place = urlsplit(scene.hub.urls[scheme])
                peer = socket.create_connection((place.hostname, place.port))
                crowd.append(peer)
                if scheme == "http" and number % 2:
                    peer.sendall(b"POST /auth/login HTTP/1.1\r\nHost: h\r\nContent-Le")
        begin = time.monotonic()
        assert scene.poll().status == 200
        assert scene.post(1).status == 200
        assert time.monotonic() - begin < OLD_CLIENT_S
        assert memory_of(scene) - before < count * 2 * 64 * 1024
    finally:
        for peer in crowd:
            peer.close()
    assert scene.post(2).status == 200


def test_slow_senders_of_bodies_hold_up_nobody(scene):
    body = os.urandom(2_000_000)
    # One fewer than an account may have under way at once.
    slow = Limits().account_uploads - 1
    senders = [half_sent(announced(scene.ada, body), body) for _ in range(slow)]
    for sender in senders:
        sender.__enter__()
    try:
        begin = time.monotonic()
        sha = scene.ada.put_object(body)
        assert time.monotonic() - begin < OLD_CLIENT_S
        assert fetched(scene.ada, sha) == body
    finally:
        for sender in senders:
            sender.__exit__(None, None, None)
    until(lambda: leftovers(scene.hub) == [], "the end of the slow ones")
    assert is_sound(scene.hub)


def test_garbage_of_all_kinds_is_survived(scene):
    chance = random.Random(7)
    place = urlsplit(scene.hub.urls["http"])
    for scheme in ("http", "https"):
        place = urlsplit(scene.hub.urls[scheme])
        for size in (1, 100, 10_000, 1_000_000):
            with socket.create_connection((place.hostname, place.port)) as peer, suppress(OSError):
                peer.sendall(chance.randbytes(size))
                peer.shutdown(socket.SHUT_WR)
                while peer.recv(65536):
                    pass
    assert scene.poll().status == 200
