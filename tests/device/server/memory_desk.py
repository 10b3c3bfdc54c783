"""A desk in memory, and the clients that the tests of the socket share."""

import json
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from surefoot.client.unix import connect
from surefoot.device.events import Event, EventLog, Json, Lost
from surefoot.device.server import (
    Action,
    Caller,
    ConfigView,
    ContainerView,
    DaemonView,
    GroupView,
    Op,
    StepView,
)
from surefoot.errors import InvalidInput, NotFound
from surefoot.files.objects import ObjectStore

STATE = b'{"#spec": "pantavisor-service-system@1", "bsp/run.json": {"initrd":"i","linux":"k"}}'
PROGRESS = b'{"status":"DONE","status-msg":"Factory revision","progress":100,"retries":0}'
HOST = Caller(None)
PLAIN = Caller("app")
MGMT = Caller("manager", frozenset({"mgmt"}))

SYSTEM = ContainerView("base", "root", "STARTED", "STARTED", "system", ("mgmt",))
APP = ContainerView("app", "app", "STARTED", "STARTED", "container", ("mgmt",))
GROUP = GroupView("root", "STARTED", "system", "READY")


@dataclass
class MemoryDesk:
    """Answers what it was given and writes down what it was asked."""

    root: Path
    caller: Caller = HOST
    views: list[ContainerView] = field(default_factory=lambda: [APP, SYSTEM])
    group_views: list[GroupView] = field(default_factory=lambda: [GROUP])
    states: dict[str, bytes] = field(default_factory=lambda: {"0": STATE, "current": STATE})
    messages: dict[str, str] = field(default_factory=dict)
    meta: dict[str, dict[str, str]] = field(default_factory=lambda: {"user": {}, "device": {}})
    asked: list[tuple[object, ...]] = field(default_factory=list)
    stored: list[tuple[str, bool]] = field(default_factory=list)
    log_lines: list[bytes] = field(default_factory=lambda: [b"one\n", b"two\n", b"three\n"])
    expected_signals: frozenset[str] = frozenset({"ready"})
    on_command: Callable[[Op, str], bool] = lambda _op, _payload: True
    pause: threading.Event = field(default_factory=threading.Event)
    identifying: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.objects = ObjectStore(self.root / "objects")
        self.log_of_events = EventLog(base=100, heartbeat_s=0.05)

    def container_of(self, pid: int) -> Caller:
        with self.identifying:
            return self.caller

    def containers(self) -> Sequence[ContainerView]:
        return self.views

    def groups(self) -> Sequence[GroupView]:
        return self.group_views

    def container_action(self, name: str, action: Action) -> None:
        self.asked.append((name, action))

    def signal(self, caller: Caller, kind: str, payload: str) -> bool:
        if caller.name is None:
            return False
        self.asked.append((caller.name, kind, payload))
        return kind in self.expected_signals

    def command(self, op: Op, payload: str) -> bool:
        self.asked.append((op, payload))
        return self.on_command(op, payload)

    def steps(self) -> Sequence[StepView]:
        return [StepView("0", "2026-11-24T06:51:34Z", self.messages.get("0", ""), PROGRESS)]

    def step_text(self, revision: str) -> bytes:
        return self._state(revision)

    def step_put(self, revision: str, text: bytes) -> None:
        if b"bsp/run.json" not in text:
            raise InvalidInput("bsp/run.json: expected a component, found nothing")
        self.states[revision] = text

    def step_progress(self, revision: str) -> bytes:
        self._state(revision)
        return PROGRESS

    def step_message_put(self, revision: str, message: str) -> None:
        self._state(revision)
        self.messages[revision] = message

    def object_stored(self, sha: str, *, healed: bool) -> None:
        self.stored.append((sha, healed))

    def collect_garbage(self) -> int:
        return 4096

    def user_meta(self) -> Mapping[str, str]:
        return self.meta["user"]

    def user_meta_put(self, key: str, value: str) -> None:
        self.meta["user"][key] = value

    def user_meta_delete(self, key: str) -> None:
        self._forget("user", key)

    def device_meta(self) -> Mapping[str, Json]:
        return {"pantavisor.status": "READY", "storage": {"total": 2, "free": 1}} | self.meta[
            "device"
        ]

    def device_meta_put(self, key: str, value: str) -> None:
        self.meta["device"][key] = value

    def device_meta_delete(self, key: str) -> None:
        self._forget("device", key)

    def config(self) -> Mapping[str, Json]:
        return {"creds.id": None, "creds.port": 443, "control.remote": False, "log.dir": "/logs"}

    def config2(self) -> Sequence[ConfigView]:
        return [ConfigView("PH_CREDS_ID", "(null)", "default")]

    def buildinfo(self) -> str:
        return "surefoot test\n"

    def drivers(self, container: str | None) -> Mapping[str, Json]:
        return {}

    def driver_action(self, container: str | None, driver: str | None, load: bool) -> None:
        self.asked.append((container, driver, load))

    def daemons(self) -> Sequence[DaemonView]:
        return [DaemonView("hwrngd", 0, True)]

    def daemon_action(self, name: str, action: Action) -> None:
        self.asked.append((name, action))

    def wakelocks(self) -> Mapping[str, Json]:
        return {"mode": "locks", "count": 0, "held": {"boot": False}}

    def status(self) -> Mapping[str, Json]:
        return {"running": "0", "trying": None, "done": "0"}

    def changes(self) -> Sequence[Mapping[str, Json]]:
        return [{"number": 1, "revision": "0"}]

    def change(self, number: int) -> Mapping[str, Json]:
        if number != 1:
            raise NotFound(f"there is no change {number}")
        return {"number": 1, "revision": "0", "timeline": []}

    def last_event_id(self) -> int:
        return self.log_of_events.newest

    def events(self, from_id: int) -> Iterator[Event | Lost | None]:
        return self.log_of_events.follow(from_id)

    def log(self, revision: str, source: str, tail: int, follow: bool) -> Iterator[bytes]:
        if source != "app":
            raise NotFound(f"{source} has no log in revision {revision}")
        self.asked.append((revision, source, tail, follow))
        return self._log(tail, follow)

    def _log(self, tail: int, follow: bool) -> Iterator[bytes]:
        yield from self.log_lines[-tail:] if tail else ()
        if follow:
            yield b""
            self.pause.wait(60)
            yield b"four\n"

    def _state(self, revision: str) -> bytes:
        if revision not in self.states:
            raise NotFound(f"there is no revision {revision}")
        return self.states[revision]

    def _forget(self, whose: str, key: str) -> None:
        if self.meta[whose].pop(key, None) is None:
            raise NotFound(f"no key {key}")


@dataclass(frozen=True)
class Heard:
    """An answer as it came over the wire, headers with lower-case names."""

    status: int
    version: str
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> str:
        text = json.loads(self.body)["Error"]
        assert isinstance(text, str)
        return text


def parse(answer: bytes) -> Heard:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    version, status, _ = first.split(" ", 2)
    fields = dict(line.split(": ", 1) for line in lines)
    return Heard(int(status), version, {k.lower(): v for k, v in fields.items()}, body)


class Wire:
    """A client that says exactly the bytes it is told to."""

    def __init__(self, path: Path) -> None:
        self.socket = connect(path, 60)

    def say(self, text: bytes) -> "Wire":
        self.socket.sendall(text)
        return self

    def end(self) -> "Wire":
        self.socket.shutdown(socket.SHUT_WR)
        return self

    def close(self) -> None:
        self.socket.close()

    def hear(self) -> bytes:
        """Everything until the server closes."""
        pieces = []
        while piece := self.socket.recv(65536):
            pieces.append(piece)
        self.socket.close()
        return b"".join(pieces)

    def hear_until(self, end: bytes) -> bytes:
        heard = b""
        while not heard.endswith(end):
            piece = self.socket.recv(1)
            assert piece, heard
            heard += piece
        return heard


def talk(path: Path, text: bytes) -> Heard:
    return parse(Wire(path).say(text).hear())


def ask(
    path: Path, method: str, target: str, body: bytes = b"", fields: Mapping[str, str] | None = None
) -> Heard:
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += ["Connection: close", *(f"{k}: {v}" for k, v in (fields or {}).items())]
    return talk(path, "\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def curl(path: Path, *arguments: str | Path) -> tuple[int, bytes]:
    """As pvcontrol calls it: the status is the last line of what comes out (pvr.md 6.1)."""
    command = ["curl", "-q", "-s", "--unix-socket", path, "--max-time", "120", *arguments]
    run = subprocess.run(
        [*map(os.fspath, command), "-w", "\\n%{http_code}"],
        capture_output=True,
        check=True,
        timeout=150,
    )
    body, _, status = run.stdout.rpartition(b"\n")
    return int(status), body


def netcat(path: Path, request: bytes, *, half_close: bool) -> Heard:
    """As pvcurl calls it (pvr.md 6.3): `-N` half-closes after the request."""
    options = ["-N"] if half_close else []
    run = subprocess.run(
        ["nc", *options, "-w", "5", "-U", os.fspath(path)],
        input=request,
        capture_output=True,
        check=True,
        timeout=60,
    )
    return parse(run.stdout)
