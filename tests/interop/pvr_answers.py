"""What `pvr` was answered: its recordings hold no bodies, but what it printed and did with them.

So each answer is told here anew from what the replay did before (hub-wire 2.5, 3, 4, 6, 9).
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from tests.support.c_device_json import members


@dataclass
class Told:
    """What the Hub was told in this replay. `states` and `messages` by revision."""

    device: str
    owner_prn: str
    nick: str
    states: dict[int, str] = field(default_factory=dict)
    messages: dict[int, str] = field(default_factory=dict)

    def note(self, request: str, body: str) -> None:
        """A request that was answered 200."""
        if re.fullmatch("POST /trails/[^/]+/steps", request):
            rev = max(self.states) + 1
            self.states[rev] = members(body)["state"]
            self.messages[rev] = json.loads(body).get("commit-msg", "")
        elif found := re.fullmatch(r"PUT /trails/[^/]+/steps/(\d+)/state", request):
            self.states[int(found[1])] = body

    def answer(self, base: str, request: str, body: str) -> Any:
        """The value that is due; None where the row of the table says all."""
        for pattern, told in ANSWERS:
            if found := re.fullmatch(pattern, request):
                return told(self, base, body, *found.groups())
        return None


def _account(told: Told, *_: str) -> Any:
    return {"nick": told.nick, "prn": told.owner_prn, "type": "USER"}


def _remote(told: Told, base: str, _body: str, rev: str = "") -> Any:
    trail = f"{base}/trails/{told.device}"
    step = f"{trail}/steps/{rev or max(told.states)}"
    return {
        "pvr-spec": "pvr-pantahub-1",
        "json-get-url": f"{step}/state",
        "json-key": "state",
        "objects-endpoint": f"{step}/objects",
        "post-url": f"{trail}/steps",
    }


def _state(told: Told, _base: str, _body: str, rev: str) -> Any:
    return json.loads(told.states[int(rev)])


def _echo(_told: Told, _base: str, body: str) -> Any:
    return json.loads(body)


def _step(told: Told, _base: str, _body: str, rev: str) -> Any:
    number = int(rev)
    return {
        "id": f"{told.device}-{rev}",
        "owner": told.owner_prn,
        "device": f"prn:::devices:/{told.device}",
        "trail-id": told.device,
        "rev": number,
        "state": json.loads(told.states[number]),
        "commit-msg": told.messages[number],
        "progress": {"status": "NEW"},
    }


def _summary(told: Told, *_: str) -> Any:
    return [
        {
            "deviceid": told.device,
            "device-nick": "gw1",
            "progress-revision": 0,
            "status": "DONE",
            "state-sha": hashlib.sha256(told.states[0].encode()).hexdigest(),
            "real-ip": "127.0.0.1",
        }
    ]


def _device(told: Told, *_: str) -> Any:
    return {
        "id": told.device,
        "prn": f"prn:::devices:/{told.device}",
        "nick": "gw1",
        "owner": told.owner_prn,
        "owner-nick": told.nick,
        "public": False,
        "user-meta": {},
        "device-meta": {},
    }


def _created(*_: str) -> Any:
    return {"nick": "gw2"}


def _claimed(told: Told, *_: str) -> Any:
    return {"owner": told.owner_prn}


def _logs(told: Told, *_: str) -> Any:
    entry = {"dev": f"prn:::devices:/{told.device}", "rev": "0", "plat": "app", "src": "x"}
    return {"entries": [{**entry, "msg": "hello"}]}


ANSWERS = (
    ("GET /auth/auth_status", _account),
    (r"GET /trails/[^/]+/\.pvrremote", _remote),
    (r"GET /trails/[^/]+/steps/(\d+)/\.pvrremote", _remote),
    (r"GET /trails/[^/]+/steps/(\d+)/state", _state),
    (r"GET /trails/[^/]+/steps/(\d+)", _step),
    (r"PUT /trails/[^/]+/steps/\d+/state", _echo),
    ("GET /trails/summary", _summary),
    ("GET /devices/gw1", _device),
    ("PATCH /devices/gw1/user-meta", _echo),
    ("POST /devices/", _created),
    ("PUT /devices/[^/]+", _claimed),
    ("GET /logs/", _logs),
)
