"""`GET /status`: the three pointers, each container, and every wait with since, for and until."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from surefoot.device import view
from surefoot.device.turn import Device
from surefoot.device.waits import waits
from surefoot.link.record import Phase


class Watch:
    """Remembers since when each wait of the device lasts; wall times only label it (R23)."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._since: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def note(self, device: Device) -> list[dict[str, Any]]:
        """The waits of now. Call it whenever the device changes, so that `since` is true."""
        with self._lock:
            now = self._clock()
            found = waits(device)
            keys = {(wait["what"], wait["for"]) for wait in found}
            self._since = {key: self._since.get(key, now) for key in keys}
            return [self._labelled(wait) for wait in found]

    def _labelled(self, wait: dict[str, Any]) -> dict[str, Any]:
        since = self._since[wait["what"], wait["for"]]
        limit = wait["limit_s"]
        until = None if limit is None else _label(since + limit)
        return {"what": wait["what"], "for": wait["for"], "since": _label(since), "until": until}


def _label(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def status(device: Device, watch: Watch, runtime: str) -> dict[str, Any]:
    record = device.update
    work = record.update
    return {
        "running": record.running,
        "trying": record.trying,
        "rollback_point": record.done,
        "status": view.device_status(device),
        "mode": "remote" if device.remote else "local",
        "runtime": runtime,
        "hub": _hub(device),
        "update": work and {"revision": work.revision, "stage": work.stage.value},
        "staged": record.staged,
        "command": device.command and {"op": device.command.op, "payload": device.command.payload},
        "queue": [revision for revision, _ in device.queue],
        "containers": _containers(device),
        "waits": watch.note(device),
    }


def _hub(device: Device) -> dict[str, Any] | None:
    """None in local mode: then nobody is spoken to (R20)."""
    link = device.link
    if link.phase is Phase.OFF:
        return None
    state = view.link_state(device)
    return {
        "state": state,
        "online": link.online,
        "claimed": link.claimed,
        "id": link.id,
        "challenge": link.challenge,
    }


def _containers(device: Device) -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "group": one.group,
            "status": one.status,
            "goal": one.status_goal,
            "restart_policy": one.restart_policy,
            "pid": _pid(device, one.name),
            "cause": _cause(device, one.name),
        }
        for one in view.containers(device)
    ]


def _pid(device: Device, name: str) -> int | None:
    instance = device.supervisor.named(name)
    return instance.pid if instance else None


def _cause(device: Device, name: str) -> str:
    instance = device.supervisor.named(name)
    return instance.cause if instance else device.sick_in(device.update.running).get(name, "")
