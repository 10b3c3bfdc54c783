"""What the reference Hub remembers and answers, weaknesses included: no socket, no clock's order.

Written from hub-wire.md alone, to be independent of our Hub; `stand_in.py` serves it. Where the
reference is worse than ours, this is as bad: states lose their text (canonical JSON), owners are
frozen in tokens (2.2), progress loses `retries` and `logs` and is overwritten by anything (4),
a second POST of a trail is a 500, only a NEW step can be cancelled and is called CANCEL.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote

from tests.support.stand_in_values import (
    AUTO_TOKEN,
    PROGRESS,
    SHA,
    SPECS,
    ZERO,
    Asked,
    Device,
    Refused,
    Step,
    Token,
    Told,
    canonical,
    canonical_text,
    now,
    objects_of,
    refusal,
)


class World:
    """Everything that is kept. Not safe for threads: the server calls it under a lock."""

    def __init__(self) -> None:
        self.base = ""
        self.user = f"prn:::accounts:/{secrets.token_hex(12)}"
        self.nick, self.password = "ada", "ada"
        self.auto_tokens: dict[str, dict[str, Any]] = {}  # token: its default user-meta
        self.devices: dict[str, Device] = {}
        self.trails: dict[str, dict[int, Step]] = {}
        self.announced: dict[str, dict[str, Any]] = {}  # sha: name and size, uploaded or not
        self.objects: dict[str, bytes] = {}
        self.logs: list[dict[str, Any]] = []
        self.tokens: dict[str, Token] = {}
        self.urls: dict[str, tuple[str, str]] = {}  # last part of a signed URL: method and sha
        self.url_uses: int | None = None  # how often each signed GET is good; None: always
        self.used: dict[str, int] = {}
        self.has_ranges = True

    # --- what a test does as the owner -----------------------------------------------------------

    def only_device(self) -> Device:
        """The newest: after an unclaim or a second registration the old ones are still here."""
        return list(self.devices.values())[-1]

    def claim(self, device_id: str | None = None) -> Device:
        device = self.devices[device_id] if device_id else self.only_device()
        device.owner, device.challenge = self.user, ""
        if device.nick.startswith("__unregistered__"):
            device.nick = f"kind_{device.id[:4]}_fox"
        return device

    def keep_object(self, data: bytes, name: str = "object") -> str:
        sha = hashlib.sha256(data).hexdigest()
        self.announced[sha] = {"objectname": name, "size": len(data)}
        self.objects[sha] = data
        return sha

    def post(self, device: Device, state: dict[str, Any], message: str, meta: Any = None) -> int:
        steps = self.trails[device.id]
        rev = max(steps) + 1
        progress = {"progress": 0, "status": "NEW", "status-msg": ""}
        steps[rev] = Step(rev, canonical(state), message, meta or {}, progress)
        return rev

    def cancel(self, device: Device, rev: int) -> None:
        """Whatever its status: the reference's owner can only from NEW, its operator always."""
        step = self.trails[device.id][rev]
        step.progress = {"progress": 100, "status": "CANCEL", "status-msg": "Cancelled"}

    # --- who asks --------------------------------------------------------------------------------

    def caller(self, asked: Asked) -> Token:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            header = f'JWT realm="pantahub services", ph-aeps="{self.base}/auth"'
            raise Refused(Told(401, {"Error": "Not Authorized"}, {"WWW-Authenticate": header}))
        return self.tokens[token]

    def device_of(self, asked: Asked, device_id: str) -> tuple[Token, Device]:
        """The device, if the caller is itself or its owner."""
        token = self.caller(asked)
        if device_id not in self.devices:
            raise refusal(404, "no such device")
        device = self.devices[device_id]
        if token.prn not in {device.prn, device.owner}:
            raise refusal(403, "not your device")
        return token, device

    # --- auth ------------------------------------------------------------------------------------

    def login(self, asked: Asked) -> Told:
        if not asked.headers.get("user-agent"):
            raise refusal(403, "no user agent")
        who, password = asked.json["username"], asked.json["password"]
        device = self.devices.get(who.removeprefix("prn:::devices:/"))
        if device is not None and device.secret == password:
            token = Token(device.prn, device.owner)
        elif (who, password) == (self.nick, self.password):
            token = Token(self.user, self.user)
        else:
            raise Refused(Told(401, {"Error": "Not Authorized"}))
        # A JWT of the usual length: three base64url parts, about 700 bytes.
        text = f"{secrets.token_urlsafe(27)}.{secrets.token_urlsafe(250)}.{'x' * 340}"
        self.tokens[text] = token
        return Told(200, {"token": text})

    # --- devices ---------------------------------------------------------------------------------

    def device_json(self, device: Device, with_secret: bool = False) -> dict[str, Any]:
        return {
            "id": device.id,
            "prn": device.prn,
            "nick": device.nick,
            "owner": device.owner,
            **({"owner-nick": self.nick} if device.owner else {}),
            **({"secret": device.secret} if with_secret else {}),
            "time-created": now(),
            "time-modified": now(),
            **({"challenge": device.challenge} if device.challenge else {}),
            "public": False,
            "user-meta": device.user_meta,
            "device-meta": device.device_meta,
            "garbage": False,
            "mark_public_processed": False,
        }

    def register(self, asked: Asked) -> Told:
        if not asked.headers.get("user-agent"):
            raise refusal(403, "no user agent")
        auto = asked.headers.get(AUTO_TOKEN)
        if auto is not None and auto not in self.auto_tokens:
            raise refusal(400, "unknown token")
        word = secrets.token_hex(3)
        device = Device(
            secrets.token_hex(12), secrets.token_hex(8)[:15], f"some-{word}-words",
            f"__unregistered__{word}_{secrets.token_hex(4)}",
        )  # fmt: skip
        self.devices[device.id] = device
        if auto is not None:
            device.user_meta = dict(self.auto_tokens[auto])
            self.claim(device.id)
        return Told(200, self.device_json(device, with_secret=True))

    def get_device(self, asked: Asked, device_id: str) -> Told:
        _, device = self.device_of(asked, device_id)
        return Told(200, self.device_json(device))

    def list_devices(self, asked: Asked) -> Told:
        token = self.caller(asked)
        found = [d for d in self.devices.values() if token.prn in {d.owner, d.prn}]
        return Told(200, [self.device_json(device) for device in found])

    def put_device(self, asked: Asked, device_id: str) -> Told:
        token = self.caller(asked)
        device = self.devices.get(device_id)
        if device is None:
            raise refusal(404, "no such device")
        challenge = parse_qs(asked.query).get("challenge", [""])[0]
        if not challenge or challenge != device.challenge or token.prn != self.user:
            raise refusal(403, "wrong challenge")
        return Told(200, self.device_json(self.claim(device_id)))

    def get_user_meta(self, asked: Asked, device_id: str) -> Told:
        return Told(200, self.device_of(asked, device_id)[1].user_meta)

    def put_user_meta(self, asked: Asked, device_id: str) -> Told:
        _, device = self.device_of(asked, device_id)
        kept = {} if asked.method == "PUT" else device.user_meta
        device.user_meta = {**kept, **asked.json}
        return Told(200, asked.json)

    def put_device_meta(self, asked: Asked, device_id: str) -> Told:
        token, device = self.device_of(asked, device_id)
        if token.prn != device.prn:
            raise refusal(400, "only the device")
        kept = {} if asked.method == "PUT" else device.device_meta
        device.device_meta = {
            key: value
            for key, value in {**kept, **asked.json}.items()
            if value is not None or asked.method == "PUT"
        }
        return Told(200, {"status": "ok"})

    # --- trails and steps ------------------------------------------------------------------------

    def trail_json(self, device: Device) -> dict[str, Any]:
        return canonical(
            {
                "id": device.id,
                "owner": device.owner,
                "device": device.prn,
                "last-insync": ZERO,
                "last-touched": now(),
                "factory-state": self.trails[device.id][0].state,
                "used_objects": [],
            }
        )

    def step_json(self, device: Device, step: Step) -> dict[str, Any]:
        return canonical(
            {
                "id": f"{device.id}-{step.rev}",
                "owner": device.owner,
                "device": device.prn,
                "committer": "",
                "trail-id": device.id,
                "rev": step.rev,
                "commit-msg": step.message,
                "state": step.state,
                "state-sha": hashlib.sha256(canonical_text(step.state).encode()).hexdigest(),
                "progress": step.progress,
                "step-time": now(),
                "progress-time": "1970-01-01T00:00:00Z",
                "meta": step.meta,
                "used_objects": list(objects_of(step.state).values()),
                "mark_public_processed": False,
                "garbage": False,
                "time-created": now(),
                "time-modified": now(),
            }
        )

    def create_trail(self, asked: Asked) -> Told:
        token = self.caller(asked)
        device = next((d for d in self.devices.values() if d.prn == token.prn), None)
        if device is None or not token.owner:
            raise refusal(403, "only a device that has an owner")
        if device.id in self.trails:
            raise refusal(500, "E11000 duplicate key")
        self._check_state(asked.json)
        progress = {"progress": 100, "status": "DONE", "status-msg": ""}
        step = Step(0, canonical(asked.json), "Factory State (rev 0)", {}, progress)
        self.trails[device.id] = {0: step}
        return Told(200, self.trail_json(device))

    def _check_state(self, state: Any) -> None:
        if not isinstance(state, dict) or (state and state.get("#spec") not in SPECS):
            raise refusal(500, "unknown #spec")
        if missing := [sha for sha in objects_of(state).values() if sha not in self.objects]:
            raise refusal(500, f"objects missing: {missing}")

    def list_trails(self, asked: Asked) -> Told:
        token = self.caller(asked)
        mine = [self.devices[id] for id in self.trails]
        return Told(200, [self.trail_json(d) for d in mine if token.prn in {d.prn, d.owner}])

    def _trail(self, asked: Asked, trail: str) -> tuple[Token, Device, dict[int, Step]]:
        token, device = self.device_of(asked, trail)
        if trail not in self.trails:
            raise refusal(404, "no such trail")
        return token, device, self.trails[trail]

    def _step(self, asked: Asked, trail: str, rev: str) -> tuple[Token, Device, Step]:
        token, device, steps = self._trail(asked, trail)
        if not rev.isdigit() or int(rev) not in steps:
            raise refusal(404, "no such step")
        return token, device, steps[int(rev)]

    def list_steps(self, asked: Asked, trail: str) -> Told:
        token, device, steps = self._trail(asked, trail)
        wanted = parse_qs(asked.query).get("progress.status", [None])[0]
        fits: Callable[[str], bool]
        if wanted is None:
            is_device = token.prn == device.prn
            fits = (lambda status: status == "NEW") if is_device else (lambda s: s != "DONE")
        elif wanted.startswith("{"):
            operators = json.loads(wanted)
            fits = lambda status: all(  # noqa: E731
                (status in operand) == (operator == "$in") if operator in {"$in", "$nin"}
                else (status == operand) == (operator == "$eq")
                for operator, operand in operators.items()
            )  # fmt: skip
        else:
            fits = lambda status: status == wanted  # noqa: E731
        found = [steps[rev] for rev in sorted(steps) if fits(steps[rev].progress["status"])]
        if token.prn == device.prn and wanted is None:
            found = found[:1]
        return Told(200, [self.step_json(device, step) for step in found])

    def post_step(self, asked: Asked, trail: str) -> Told:
        _, device, steps = self._trail(asked, trail)
        body = asked.json
        if body.get("rev", 0) not in {-1, max(steps) + 1}:
            raise refusal(500, "E11000 duplicate key")
        self._check_state(body["state"])
        rev = self.post(device, body["state"], body.get("commit-msg", ""), body.get("meta"))
        return Told(200, self.step_json(device, steps[rev]))

    def get_step(self, asked: Asked, trail: str, rev: str) -> Told:
        _, device, step = self._step(asked, trail, rev)
        return Told(200, self.step_json(device, step))

    def get_part(self, asked: Asked, trail: str, rev: str, part: str) -> Told:
        _, _, step = self._step(asked, trail, rev)
        return Told(200, step.meta if part == "meta" else step.state)

    def put_progress(self, asked: Asked, trail: str, rev: str) -> Told:
        token, device = self.device_of(asked, trail)
        if token.prn != device.prn:
            raise refusal(403, "only the device")
        step = self.trails.get(trail, {}).get(int(rev)) if rev.isdigit() else None
        if step is None:
            raise refusal(400, "no such step")
        step.received.append(asked.json)
        step.progress = canonical({k: v for k, v in asked.json.items() if k in PROGRESS})
        return Told(200, step.progress)

    def end_step(self, asked: Asked, trail: str, rev: str, verb: str) -> Told:
        token, device, step = self._step(asked, trail, rev)
        needed = {"cancel": "NEW", "wontgo": "INPROGRESS"}[verb]
        if token.prn == device.prn or step.progress["status"] != needed:
            raise refusal(400, f"only from {needed}, and by its owner")
        self.cancel(device, step.rev)
        if verb == "wontgo":
            step.progress["status"] = "WONTGO"
        return Told(200, step.progress)

    # --- objects ---------------------------------------------------------------------------------

    def sign(self, method: str, sha: str) -> str:
        # The credential is one path segment, as long as the reference's JWT.
        name = f"{secrets.token_urlsafe(60)}.{secrets.token_urlsafe(180)}.{secrets.token_hex(16)}"
        self.urls[name] = (method, sha)
        return f"{self.base}/local-s3/{name}"

    def object_json(self, sha: str, owner: str) -> dict[str, Any]:
        entry = self.announced[sha]
        return {
            "id": sha,
            "storage-id": hashlib.sha256(f"{owner}/{sha}".encode()).hexdigest(),
            "owner": owner,
            "objectname": entry["objectname"],
            "sha256sum": sha,
            "size": str(entry["size"]),
            "sizeint": entry["size"],
            "mime-type": "application/octet-stream",
            "time-created": now(),
            "time-modified": now(),
            "signed-puturl": self.sign("PUT", sha),
            "signed-geturl": self.sign("GET", sha),
            "now": str(int(datetime.now(UTC).timestamp())),
            "expire-time": "15",
        }

    def announce(self, asked: Asked) -> Told:
        token, body = self.caller(asked), asked.json
        sha = body["sha256sum"]
        if not token.owner:
            raise refusal(403, "a device without an owner owns no object")
        if not SHA.fullmatch(sha):
            raise refusal(400, "bad sha")
        self.announced[sha] = {"objectname": body["objectname"], "size": int(body["size"])}
        answer = self.object_json(sha, token.owner)
        if sha in self.objects:
            return Told(409, answer, {"Pantahub-Object-Type": "object"})
        return Told(200, answer)

    def get_object(self, asked: Asked, sha: str) -> Told:
        token = self.caller(asked)
        if not token.owner or sha not in self.announced:
            raise refusal(403, "no such object")
        return Told(200, self.object_json(sha, token.owner))

    def get_blob(self, asked: Asked, sha: str) -> Told:
        place = self.get_object(asked, sha).body["signed-geturl"]
        return Told(302, b"", {"Location": place})

    def step_objects(self, asked: Asked, trail: str, rev: str) -> Told:
        _, device, step = self._step(asked, trail, rev)
        found = objects_of(step.state).items()
        return Told(
            200,
            [{**self.object_json(sha, device.owner), "objectname": key} for key, sha in found],
        )

    def put_blob(self, asked: Asked, name: str) -> Told:
        method, sha = self.urls.get(name, ("", ""))
        if method != "PUT":
            raise refusal(403, "bad token")
        is_right = hashlib.sha256(asked.body).hexdigest() == sha
        if len(asked.body) != self.announced[sha]["size"] or not is_right:
            raise refusal(400, "wrong bytes")
        self.objects[sha] = asked.body
        return Told(200)

    def serve_blob(self, asked: Asked, name: str) -> Told:
        method, sha = self.urls.get(name, ("", ""))
        self.used[name] = self.used.get(name, 0) + 1
        if method != "GET" or (self.url_uses is not None and self.used[name] > self.url_uses):
            raise refusal(403, "bad token")
        if sha not in self.objects:
            raise refusal(404, "no such object")
        data = self.objects[sha]
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f'attachment; filename="{self.announced[sha]["objectname"]}"',
        }
        # Go's file server: no ETag, so an If-Range never fits.
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", asked.headers.get("range", ""))
        if not self.has_ranges or wanted is None or "if-range" in asked.headers:
            return Told(200, data, headers)
        first, last = int(wanted[1]), min(int(wanted[2] or len(data) - 1), len(data) - 1)
        if first >= len(data):
            return Told(416, b"", {"Content-Range": f"bytes */{len(data)}"})
        headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
        return Told(206, data[first : last + 1], headers)

    # --- logs ------------------------------------------------------------------------------------

    def post_logs(self, asked: Asked) -> Told:
        self.caller(asked)
        entries = asked.json
        self.logs += entries if isinstance(entries, list) else [entries]
        return Told(200, {"status": "ok"})

    # --- routes ----------------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Told:
        path = asked.path.rstrip("/") or "/"
        allowed = False
        for methods, pattern, handler in ROUTES:
            if found := re.fullmatch(pattern, path):
                allowed = True
                if asked.method in methods.split():
                    try:
                        return handler(self, asked, *map(unquote, found.groups()))
                    except Refused as refused:
                        return refused.told
                    except (KeyError, TypeError, ValueError) as error:
                        return refusal(400, f"cannot read this: {error!r}").told
        text = "Method not allowed" if allowed else "Resource not found"
        return Told(405 if allowed else 404, {"Error": text})


ID = r"([0-9a-f]{24})"
ROUTES: tuple[tuple[str, str, Callable[..., Told]], ...] = (
    ("POST", "/auth/login", World.login),
    ("POST", "/devices", World.register),
    ("GET", "/devices", World.list_devices),
    ("GET", f"/devices/{ID}", World.get_device),
    ("PUT", f"/devices/{ID}", World.put_device),
    ("GET", f"/devices/{ID}/user-meta", World.get_user_meta),
    ("PUT PATCH", f"/devices/{ID}/user-meta", World.put_user_meta),
    ("PUT PATCH", f"/devices/{ID}/device-meta", World.put_device_meta),
    ("POST", "/trails", World.create_trail),
    ("GET", "/trails", World.list_trails),
    ("POST", f"/trails/{ID}/steps", World.post_step),
    ("GET", f"/trails/{ID}/steps", World.list_steps),
    ("GET", f"/trails/{ID}/steps/([^/]+)", World.get_step),
    ("GET", f"/trails/{ID}/steps/([^/]+)/(state|meta)", World.get_part),
    ("PUT", f"/trails/{ID}/steps/([^/]+)/progress", World.put_progress),
    ("PUT", f"/trails/{ID}/steps/([^/]+)/(cancel|wontgo)", World.end_step),
    ("GET", f"/trails/{ID}/steps/([^/]+)/objects", World.step_objects),
    ("POST", "/objects", World.announce),
    ("GET", "/objects/([^/]+)", World.get_object),
    ("GET", "/objects/([^/]+)/blob", World.get_blob),
    ("PUT", "/(?:local-s3|s3)/([^/]+)", World.put_blob),
    ("GET", "/(?:local-s3|s3)/([^/]+)", World.serve_blob),
    ("POST", "/logs", World.post_logs),
)
