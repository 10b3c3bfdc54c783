"""A Hub with a user and devices that do what a test tells them; and a bad line to the Hub."""

import asyncio
import contextlib
import hashlib
import json
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

from surefoot.client.checkout import Source, open_source
from surefoot.client.desk.devices import Device, find
from surefoot.client.desk.hub import DeskHub, connected
from surefoot.client.desk.pace import Pace
from surefoot.client.desk.references import Reference
from surefoot.client.desk.sessions import Session
from tests.client.checkouts import checkout
from tests.support.hub_world import HubWorld

T = TypeVar("T")
PASSWORD = "correct horse battery"
QUICK = Pace(patience_s=20, stall_s=5, pause_s=0.01, look_s=0.01)


class Robot:
    """A device double: claimed, synced, and reporting what it is told to."""

    def __init__(self, world: HubWorld, owner: str, tree: Path) -> None:
        self.world = world
        self.id, self.token = world.device(owner)
        self.source = open_source(tree)
        self.sync()

    @property
    def nick(self) -> str:
        found = self.world.call("GET", f"/devices/{self.id}", token=self.token).json["nick"]
        return str(found)

    def sync(self) -> None:
        for sha in sorted(set(self.source.state.objects.values())):
            for one in self.source.objects([sha]):
                self._send(sha, one.stream.read(one.size))
        made = self.world.call("POST", "/trails/", self.source.text.encode(), token=self.token)
        assert made.status == 200, made.body

    def _send(self, sha: str, data: bytes) -> None:
        body = {"objectname": "x", "size": str(len(data)), "sha256sum": sha}
        place = self.world.call("POST", "/objects/", body, token=self.token)
        if place.status == 200:
            url = place.json["signed-puturl"]
            assert self.world.call("PUT", url, data).status == 200

    def tells(self, revision: int, status: str, message: str = "", **more: Any) -> None:
        body = {"status": status, "status-msg": message, "progress": 50, "retries": 1, **more}
        target = f"/trails/{self.id}/steps/{revision}/progress"
        answer = self.world.call("PUT", target, body, token=self.token)
        assert answer.status == 200, answer.body

    def logs(self, *messages: str, **more: str) -> None:
        entries = [
            {"tsec": 0, "tnano": 0, "lvl": "INFO", "src": "/a", "plat": "app", "rev": "1", **more}
            | {"msg": message}
            for message in messages
        ]
        assert self.world.call("POST", "/logs/", entries, token=self.token).status == 200

    def meta(self, **values: Any) -> None:
        target = f"/devices/{self.id}/device-meta"
        assert self.world.call("PUT", target, values, token=self.token).status == 200

    def runs(self, revision: int) -> "Running":
        """In a thread of its own: as soon as the step is there it goes through to its end."""
        return Running(self, revision)


class Running(threading.Thread):
    STORY = (
        ("QUEUED", "Retried 0 of 10"),
        ("DOWNLOADING", "Retry 1 of 10"),
        ("INPROGRESS", "Update installed"),
        ("TESTING", "Awaiting to see if update is stable"),
        ("UPDATED", "Update finished, revision not set as rollback point"),
    )

    def __init__(self, robot: Robot, revision: int) -> None:
        super().__init__(daemon=True)
        self.robot, self.revision = robot, revision
        self.start()

    def run(self) -> None:
        robot = self.robot
        while (
            robot.world.call(
                "GET", f"/trails/{robot.id}/steps/{self.revision}", token=robot.token
            ).status
            != 200
        ):
            threading.Event().wait(0.02)
        for status, message in self.STORY:
            robot.tells(self.revision, status, message)


class Fleet:
    """One user, `ann`, logged in; `base` is where her desk reaches the Hub."""

    def __init__(self, place: Path, world: HubWorld) -> None:
        self.place = place
        self.world = world
        self.base = world.base
        self.token = world.user("ann", PASSWORD)

    def tree(self, name: str, *containers: str, **files: str) -> Path:
        return checkout(self.place / name, *(containers or ("app",)), **files)

    def robot(self, tree: Path | None = None) -> Robot:
        return Robot(self.world, self.token, tree or self.tree(f"factory-{self.number()}"))

    def number(self) -> int:
        self._count = getattr(self, "_count", 0) + 1
        return self._count

    @property
    def session(self) -> Session:
        return Session(self.base, "ann", self.token)

    def at_desk(self, work: Callable[[DeskHub], Coroutine[Any, Any, T]]) -> T:
        """What a coroutine gives that is called with a connected Hub."""

        async def run() -> T:
            async with connected(self.session, timeout_s=10) as hub:
                return await work(hub)

        return asyncio.run(run())

    def with_device(
        self, robot: Robot, work: Callable[[DeskHub, Device], Coroutine[Any, Any, T]]
    ) -> T:
        async def run(hub: DeskHub) -> T:
            return await work(hub, await find(hub, Reference(robot.id)))

        return self.at_desk(run)

    def step(self, robot: Robot, revision: int) -> dict[str, Any]:
        target = f"/trails/{robot.id}/steps/{revision}"
        found: dict[str, Any] = self.world.call("GET", target, token=self.token).json
        return found

    def revisions(self, robot: Robot) -> list[int]:
        target = f"/trails/{robot.id}/steps?progress.status=%7B%22$ne%22:%22x%22%7D"
        return [one["rev"] for one in self.world.call("GET", target, token=self.token).json]


def objects_of(source: Source) -> set[str]:
    return set(source.state.objects.values())


def hashed(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class BadLine:
    """A TCP proxy before the Hub. `cut(n, times)`: a connection is cut when the client has sent n
    bytes on it, so many times. `lose(mark)`: the next request that holds these bytes is passed on
    whole, and its answer lost. `down()` refuses, `up()` takes connections again."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listener = self._listen(0)
        self.port = self._listener.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self._cut_at, self._cuts_left = 0, 0
        self._lost = b""
        self.losses = self.cuts = 0
        self._open: set[socket.socket] = set()
        self._is_closing = False
        self._serve()

    def cut(self, at: int, times: int = 1) -> None:
        self._cut_at, self._cuts_left = at, times

    def lose(self, mark: bytes) -> None:
        self._lost = mark

    def down(self) -> None:
        self._close_listener()
        for one in list(self._open):
            _shut(one)

    def up(self) -> None:
        self._listener = self._listen(self.port)
        self._serve()

    def close(self) -> None:
        self._is_closing = True
        self.down()

    def _listen(self, port: int) -> socket.socket:
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("127.0.0.1", port))
        made.listen(32)
        return made

    def _close_listener(self) -> None:
        _shut(self._listener)
        self._listener.close()

    def _serve(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
                hub = socket.create_connection(self._target)
            except OSError:
                return
            self._open |= {client, hub}
            threading.Thread(target=self._up, args=(client, hub), daemon=True).start()

    def _up(self, client: socket.socket, hub: socket.socket) -> None:
        """Client to Hub; the way back is a thread of its own."""
        is_lost = threading.Event()
        back = threading.Thread(target=self._back, args=(client, hub, is_lost), daemon=True)
        back.start()
        sent, tail = 0, b""
        with contextlib.suppress(OSError):
            while chunk := client.recv(16384):
                if self._lost and self._lost in tail + chunk:
                    self._lost = b""
                    is_lost.set()
                tail = chunk[-64:]
                sent += len(chunk)
                hub.sendall(chunk)
                if self._cuts_left and sent >= self._cut_at:
                    self._cuts_left -= 1
                    self.cuts += 1
                    break
        for one in (client, hub):
            _shut(one)
        back.join()
        for one in (client, hub):
            one.close()
            self._open.discard(one)

    def _back(self, client: socket.socket, hub: socket.socket, is_lost: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while chunk := hub.recv(65536):
                if is_lost.is_set():  # the Hub has answered, so what was asked is done
                    self.losses += 1
                    break
                client.sendall(chunk)
        _shut(client)


def _shut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def bad_line(fleet: Fleet) -> Iterator[BadLine]:
    """Between the desk and the Hub, from now on."""
    line = BadLine(fleet.world.port)
    fleet.base = line.base
    try:
        yield line
    finally:
        fleet.base = fleet.world.base
        line.close()


def text_of(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
