"""A device in memory that updates itself as a test tells it to, behind a real control socket."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from surefoot.client.socket import SocketClient
from surefoot.device.events import EventLog, Kind
from surefoot.device.server import ControlServer
from surefoot.errors import NotFound
from tests.device.server.memory_desk import MemoryDesk

Json = Any
RUN = "locals/one"


@dataclass
class StoryDesk(MemoryDesk):
    """`tell` goes on with the story: record, progress and event of one more point."""

    pointers: dict[str, Json] = field(
        default_factory=lambda: {"running": "0", "trying": None, "rollback_point": "0"}
    )
    facts: dict[str, Json] = field(
        default_factory=lambda: {"status": "READY", "command": None, "update": None}
    )
    told: list[dict[str, Json]] = field(default_factory=list)
    stored_progress: dict[str, bytes] = field(default_factory=dict)
    clock: int = 0

    def status(self) -> Mapping[str, Json]:
        return {**self.pointers, **self.facts}

    def changes(self) -> Sequence[Mapping[str, Json]]:
        return json.loads(json.dumps(self.told))  # type: ignore[no-any-return]

    def change(self, number: int) -> Mapping[str, Json]:
        for change in self.told:
            if change["number"] == number:
                return change
        raise NotFound(f"There is no change {number}")

    def step_progress(self, revision: str) -> bytes:
        if revision not in self.stored_progress:
            raise NotFound(f"Revision {revision} has no progress")
        return self.stored_progress[revision]

    def begin(self, revision: str) -> None:
        self.told.append(
            {
                "number": len(self.told) + 1,
                "revision": revision,
                "status": "",
                "message": "",
                "began": self._moment(),
                "ended": None,
                "timeline": [],
            }
        )

    def tell(self, status: str, message: str, cause: str = "", *, heard: bool = True) -> None:
        """`heard`: an event tells of it; without, it falls into a reboot."""
        change = self.told[-1]
        moment = self._moment()
        entry = {
            "status": status,
            "message": message,
            "progress": 50,
            "retries": 0,
            "since": moment,
            "until": None,
            "cause": cause,
        }
        if change["timeline"]:
            change["timeline"][-1]["until"] = moment
        change["timeline"].append(entry)
        change |= {"status": status, "message": message}
        body = {"status": status, "status-msg": message, "progress": 50, "retries": 0}
        self.stored_progress[change["revision"]] = json.dumps(body).encode()
        if heard:
            event = body | {"revision": change["revision"], "cause": cause}
            self.log_of_events.publish(Kind.PROGRESS, event)

    def is_now(self, **facts: Json) -> None:
        """Pointers and facts change, and an event says so."""
        for name, value in facts.items():
            (self.pointers if name in self.pointers else self.facts)[name] = value
        self.log_of_events.publish(Kind.STATUS, {"status": self.facts["status"]})

    def _moment(self) -> str:
        self.clock += 1
        return f"2026-11-24T06:51:{self.clock:02}.000Z"


class Machine:
    """Serves the desk; `reboot` takes the socket away for a while, as a boot loop does."""

    def __init__(self, root: Path) -> None:
        root.mkdir(exist_ok=True)
        self.desk = StoryDesk(root)
        self.path = root / "pv-ctrl"
        self.client = SocketClient(self.path, 30)
        self._threads: list[threading.Thread] = []
        self._is_on = False
        self._serve()

    def _serve(self) -> None:
        self._server = ControlServer(self.desk, self.path)
        self._server.start()
        self._is_on = True

    def off(self) -> None:
        if self._is_on:
            self.desk.log_of_events.close()
            self._server.stop()
        self._is_on = False

    def on(self) -> None:
        """A new life: ids of events go on, their memory does not (R8)."""
        base = self.desk.log_of_events.newest + 1000
        self.desk.log_of_events = EventLog(base, heartbeat_s=0.05)
        self._serve()

    def then(self, *steps: Callable[[], object]) -> None:
        """The steps happen beside what the test waits for."""

        def go() -> None:
            for step in steps:
                step()

        thread = threading.Thread(target=go)
        thread.start()
        self._threads.append(thread)

    def close(self) -> None:
        for thread in self._threads:
            thread.join()
        self.off()
