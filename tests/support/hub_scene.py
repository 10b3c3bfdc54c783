"""A device with all that a device can have, and everybody who might ask for it."""

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from surefoot.hub.frame.route import Route
from surefoot.wire.hub import prn
from tests.support.hub_world import HubWorld

PASSWORD = "correct horse battery"
PART = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})*)?\}")
NOBODY, ANONYMOUS, STRANGER, STRANGERS_DEVICE, SIBLING, OWNER, ITSELF = CALLERS = (
    "nobody",
    "the anonymous reader",
    "another user",
    "another user's device",
    "another device of the owner",
    "the owner",
    "the device itself",
)
OUTSIDERS = (NOBODY, ANONYMOUS, STRANGER, STRANGERS_DEVICE)


@dataclass
class People:
    """Made once for a Hub: a password costs time. `tokens`: by caller."""

    world: HubWorld
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        owner, stranger = self.world.user("ada", PASSWORD), self.world.user("eve", PASSWORD)
        self.tokens = {
            NOBODY: "",
            ANONYMOUS: self.world.login(prn.ANONYMOUS, ""),
            STRANGER: stranger,
            OWNER: owner,
        }
        self.renew_devices()

    def renew_devices(self) -> None:
        """Devices that have done nothing yet."""
        self.tokens[STRANGERS_DEVICE] = self.world.device(self.tokens[STRANGER])[1]
        self.tokens[SIBLING] = self.world.device(self.tokens[OWNER])[1]


class Scene:
    """A device of ada's with a trail, a step that is NEW, an object whose bytes are here and one
    whose bytes are not yet, metadata, a line of log and a join token. `marker`: a text that is in
    everything that only ada and the device may read."""

    def __init__(self, people: People, *, public: bool = False) -> None:
        self.world = people.world
        self.tokens = dict(people.tokens)
        self.marker = f"private-{secrets.token_hex(8)}"
        self.device, self.tokens[ITSELF] = self.world.device(self.tokens[OWNER])
        self.sha, self.get_url, _ = self._object(send=True)
        self.unsent_sha, _, self.put_url = self._object(send=False)
        state = {"#spec": "pantavisor-service-system@1", "README.md": self.sha}
        self.state = {**state, "app/run.json": {"text": self.marker}}
        self._ask("POST", "/trails", self.state, by=ITSELF)
        post = {"state": self.state, "rev": 1, "commit-msg": "one", "meta": {"m": self.marker}}
        self._ask("POST", f"/trails/{self.device}/steps", post)
        self._ask("PUT", f"/devices/{self.device}/user-meta", {"m": self.marker})
        self._ask("PUT", f"/devices/{self.device}/device-meta", {"m": self.marker}, by=ITSELF)
        line = {"tsec": 1, "tnano": 1, "plat": "p", "src": "s", "lvl": "INFO", "msg": self.marker}
        self._ask("POST", "/logs", [line], by=ITSELF)
        self.join_token = self._ask("POST", "/devices/tokens", {}).json["id"]
        self.nick = self._ask("GET", f"/devices/{self.device}").json["nick"]
        if public:
            self._ask("PUT", f"/devices/{self.device}/public")

    def _ask(self, method: str, target: str, body: Any = None, by: str = OWNER) -> Any:
        reply = self.world.call(method, target, body, token=self.tokens[by])
        assert reply.status == 200, (method, target, reply)
        return reply

    def _object(self, send: bool) -> tuple[str, str, str]:
        """(sha, where to get it, where to put it)."""
        content = secrets.token_bytes(64)
        self.unsent_content = content
        sha = hashlib.sha256(content).hexdigest()
        announced = {"objectname": "o", "size": str(len(content)), "sha256sum": sha}
        place = self._ask("POST", "/objects", announced).json
        if send:
            self._ask("PUT", place["signed-puturl"], content)
        return sha, place["signed-geturl"], place["signed-puturl"]

    def target(self, route: Route) -> str:
        """The path of this row, about this scene."""
        parts = {
            "device": self.nick if route.path.startswith(("/{", "/exports", "/devices/np")) else "",
            "trail": self.device,
            "rev": "1",
            "sha": self.sha,
            "filename": "export.tar",
            **dict.fromkeys(("owner", "user", "nick"), "ada"),
        }
        parts["device"] = parts["device"] or self.device
        if route.path.startswith(("/local-s3", "/s3")):
            url = self.put_url if route.method == "PUT" else self.get_url
            parts["token"] = url.rpartition("/")[2]
        else:
            parts["token"] = self.join_token
        return PART.sub(lambda match: parts[match[1]], route.path)

    def body(self, route: Route) -> Any:
        """One that is in order, for the rows that take one."""
        return BODIES[route.method, route.path](self) if route.body is not None else None

    def call(self, route: Route, caller: str) -> Any:
        target, body = self.target(route), self.body(route)
        return self.world.call(route.method, target, body, token=self.tokens[caller])

    def rows(self) -> list[tuple[Any, ...]]:
        """All that is ada's in the database, but when her devices were seen."""
        found = []
        for sql in OWNED:
            rows = self.world.run(self.world.database.all(sql))
            found += [tuple(row) for row in rows]
        return found


ADA = "(SELECT id FROM accounts WHERE nick = 'ada')"
HERS = f"(SELECT id FROM devices WHERE owner = {ADA})"
LASTING = "id, nick, owner, secret, challenge, public, user_meta, device_meta, generation"
OWNED = (
    "SELECT id, nick, email, password, admin, generation FROM accounts WHERE nick = 'ada'",
    f"SELECT {LASTING} FROM devices WHERE owner = {ADA} ORDER BY id",
    f"SELECT * FROM join_tokens WHERE owner = {ADA} ORDER BY id",
    f"SELECT * FROM trails WHERE owner = {ADA} ORDER BY id",
    f"SELECT * FROM steps WHERE trail IN {HERS} ORDER BY trail, rev",
    f"SELECT * FROM step_objects WHERE trail IN {HERS} ORDER BY trail, rev, sha",
    f"SELECT * FROM objects WHERE owner = {ADA} ORDER BY sha",
    f"SELECT * FROM logs WHERE device IN {HERS} ORDER BY id",
)
NOT_MINE = {"current": "not the password", "password": "another password"}


def _announcement(scene: Scene) -> dict[str, Any]:
    return {"objectname": "o", "size": "64", "sha256sum": scene.unsent_sha}


def _sign_up(scene: Scene) -> dict[str, Any]:
    nick = f"u{secrets.token_hex(6)}"
    return {"nick": nick, "email": f"{nick}@example.org", "password": PASSWORD}


def _progress(scene: Scene) -> dict[str, Any]:
    return {"status": "QUEUED", "status-msg": "Queued", "progress": 5}


STEP = "/trails/{trail}/steps/{rev}"
# A body for each row that takes one.
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/auth/login"): lambda scene: {"username": "ada", "password": PASSWORD},
    ("POST", "/auth/accounts"): _sign_up,
    ("PUT", "/auth/password"): lambda scene: NOT_MINE,
    ("POST", "/devices"): lambda scene: {},
    ("POST", "/devices/tokens"): lambda scene: {},
    ("PUT", "/devices/{device}/user-meta"): lambda scene: {"a": "b"},
    ("PATCH", "/devices/{device}/user-meta"): lambda scene: {"a": "b"},
    ("PUT", "/devices/{device}/device-meta"): lambda scene: {"a": "b"},
    ("PATCH", "/devices/{device}/device-meta"): lambda scene: {"a": "b"},
    ("PUT", "/devices/{device}"): lambda scene: {"nick": f"n{secrets.token_hex(6)}"},
    ("PATCH", "/devices/{device}"): lambda scene: {"nick": f"n{secrets.token_hex(6)}"},
    ("POST", "/trails"): lambda scene: scene.state,
    ("POST", "/trails/{trail}/steps"): lambda scene: {"state": scene.state, "rev": -1},
    ("PUT", f"{STEP}/state"): lambda scene: scene.state,
    ("PUT", f"{STEP}/meta"): lambda scene: {"a": "b"},
    ("PUT", f"{STEP}/progress"): _progress,
    ("POST", f"{STEP}/objects"): _announcement,
    ("POST", "/objects"): _announcement,
    ("PUT", "/objects/{sha}"): lambda scene: {"objectname": "another"},
    ("PUT", "/local-s3/{token}"): lambda scene: scene.unsent_content,
    ("PUT", "/s3/{token}"): lambda scene: scene.unsent_content,
    ("POST", "/logs"): lambda scene: [{"msg": "x"}],
    ("POST", "/logs/cursor"): lambda scene: {"next-cursor": "x"},
}
