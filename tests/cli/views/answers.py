"""What a device answers, for views and for golden outputs."""

from typing import Any

STATUS: dict[str, Any] = {
    "running": "locals/app-2",
    "trying": "locals/app-2",
    "rollback_point": "0",
    "status": "STARTED",
    "mode": "local",
    "runtime": "lxc",
    "update": {"revision": "locals/app-2", "stage": "goals"},
    "staged": None,
    "command": {"op": "LOCAL_RUN", "payload": "locals/app-3"},
    "queue": ["12", "13"],
    "containers": [
        {
            "name": "app",
            "group": "app",
            "status": "STARTED",
            "goal": "READY",
            "restart_policy": "container",
            "pid": 4711,
            "cause": "",
        },
        {
            "name": "web",
            "group": "app",
            "status": "STOPPED",
            "goal": "STARTED",
            "restart_policy": "container",
            "pid": None,
            "cause": "web/root.squashfs has other bytes than its name says",
        },
    ],
    "waits": [
        {
            "what": "update locals/app-2",
            "for": "status goals of all containers",
            "since": "2026-11-24T06:51:34Z",
            "until": "2026-11-24T06:53:34Z",
        },
        {
            "what": "step 12",
            "for": "its turn in the queue",
            "since": "2026-11-23T06:51:34Z",
            "until": None,
        },
        {
            "what": "command LOCAL_RUN locals/app-3",
            "for": "the update in work to end",
            "since": "2026-11-24T06:51:59Z",
            "until": "2026-11-24T06:51:59Z",
        },
    ],
}

IDLE: dict[str, Any] = {
    **STATUS,
    "running": "0",
    "trying": None,
    "status": "READY",
    "update": None,
    "command": None,
    "queue": [],
    "containers": [],
    "waits": [],
}


def entry(status: str, message: str, since: str, until: str | None, cause: str = "") -> Any:
    return {
        "status": status,
        "message": message,
        "progress": 50,
        "retries": 0,
        "since": f"2026-11-24T06:51:{since}Z",
        "until": until and f"2026-11-24T06:51:{until}Z",
        "cause": cause,
    }


FAILED: dict[str, Any] = {
    "number": 2,
    "revision": "locals/never-ready",
    "status": "ERROR",
    "message": "Status goal not reached",
    "began": "2026-11-24T06:51:34.000Z",
    "ended": "2026-11-24T06:51:42.100Z",
    "timeline": [
        entry("NEW", "Update ready to be run", "34.000", "34.020"),
        entry("INPROGRESS", "Update installed", "34.020", "34.031"),
        entry(
            "INPROGRESS",
            "Transitioning to new revision without rebooting",
            "34.031",
            "34.090",
            "app/root.squashfs changed: container app restarts without a reboot",
        ),
        entry("INPROGRESS", "Starting updated version", "34.090", "42.100"),
        entry(
            "ERROR",
            "Status goal not reached",
            "42.100",
            None,
            "platform 'app' status goal timed out after waiting for more than 8 secs",
        ),
    ],
}
FACTORY: dict[str, Any] = {
    "number": 1,
    "revision": "0",
    "status": "DONE",
    "message": "Factory revision",
    "began": "2026-11-24T06:51:34.000Z",
    "ended": "2026-11-24T06:51:34.000Z",
    "timeline": [entry("DONE", "Factory revision", "34.000", None)],
}
GOING_ON: dict[str, Any] = {
    "number": 10,
    "revision": "7",
    "status": "DOWNLOADING",
    "message": "Retry 1 of 10",
    "began": "2026-11-24T06:51:50.000Z",
    "ended": None,
    "timeline": [
        entry("QUEUED", "Retried 0 of 10", "50.000", "50.500"),
        entry("DOWNLOADING", "Retry 1 of 10", "50.500", None),
    ],
}
CHANGES = [FACTORY, FAILED, GOING_ON]
