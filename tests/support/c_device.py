"""A double of the C device as the Hub sees it, down to its faults (hub-wire 0, 1, 8; recordings).

device = CDevice("localhost", port, ca, Revision(text, objects))
device.register()
device.look()                  # unclaimed: device.challenge is to be shown
...the owner claims...
device.look()                  # device.owner is there
device.sync()                  # objects, then the trail
step = device.poll()
device.update(step)            # "UPDATED", or "DONE" after a reboot
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.c_device_http import NewClient, OldClient, Reply, Silent
from tests.support.c_device_json import elements, find, find_text, find_token, members

POLL = (
    "steps?progress.status=%7B%22$in%22:%5B%22NEW%22,%22DOWNLOADING%22,%22INPROGRESS%22"
    ",%22TESTING%22,%22QUEUED%22%5D%7D"
)
# A pass of the old client that fails is begun again at its next tick.
PASSES = 3


class Refused(Exception):
    """The Hub's answer is not what the device takes. It begins its pass anew; a test shows this."""


@dataclass(frozen=True)
class Revision:
    """`text`: the state JSON as it came. `objects`: content by sha256."""

    text: str
    objects: dict[str, bytes] = field(default_factory=dict)

    @property
    def names(self) -> dict[str, str]:
        """Object names with their sums, in the order of the text."""
        return {k: v for k, v in members(self.text).items() if re.fullmatch(r"[0-9a-f]{64}", v)}

    def changed(self, other: "Revision") -> set[str]:
        """Compared as text, inline JSON too: blanks count (recorded/README.md, DV 3)."""
        mine, theirs = members(self.text), members(other.text)
        return {key for key in mine.keys() | theirs.keys() if mine.get(key) != theirs.get(key)}


@dataclass(frozen=True)
class Offered:
    """What the device believes to have been offered; `rev` is text, be it a number or not."""

    rev: str
    state: str
    message: str
    status: str
    retries: int


class CDevice:
    def __init__(
        self, host: str, port: int, ca: Path, running: Revision, *, auto_token: str = "",
        retries: int = 10,
    ) -> None:  # fmt: skip
        self.old, self.new = OldClient(host, port, ca), NewClient(host, port)
        self.running, self.rev = running, "0"
        self.objects = dict(running.objects)
        self.auto_token, self.most_retries = auto_token, retries
        self.id = self.prn = self.secret = self.challenge = self.owner = ""
        self.old_token = self.token = ""
        self.user_meta: dict[str, str] = {}
        self.registrations = 0

    # --- unclaimed: the old client ---------------------------------------------------------------

    def register(self) -> None:
        """Forgets who it was. Raises Refused, Silent."""
        auto = {"Pantahub_Devices_Auto_Token_V1": self.auto_token} if self.auto_token else {}
        reply = self.old.request("POST", "/devices/", **auto)
        self.id, self.prn, self.secret = (
            find_text(reply.text, name) if reply.status == 200 else ""
            for name in ("id", "prn", "secret")
        )
        if not (self.id and self.prn and self.secret):
            raise Refused(f"no registration: {reply}")
        self.registrations += 1
        self.old_token = ""

    def look(self) -> None:
        """One cycle of an unclaimed device: any answer but 200 makes it another one (0.9)."""
        self.login_old()
        reply = self.old.request("GET", f"/devices/{self.id}", token=self.old_token)
        if reply.status != 200 or not find(reply.text, "id"):
            self.register()
            return
        self.owner = find_text(reply.text, "owner")
        self.challenge = "" if self.owner else find_text(reply.text, "challenge")

    def login_old(self, expired: str = "") -> None:
        """`expired`: the token that was refused; the log pusher sends it along once more."""
        body = f'{{ "username": "{self.prn}", "password": "{self.secret}" }}'
        reply = self.old.request("POST", "/auth/login", body.encode(), token=expired)
        token = find_token(reply.text) if reply.status == 200 else None
        if not token:
            raise Refused(f"no login: {reply}")
        self.old_token = token

    # --- claimed ---------------------------------------------------------------------------------

    def login(self) -> None:
        body = f'{{"username":"{self.prn}","password":"{self.secret}"}}'
        self.token = find_text(
            self._good(self.new.request("POST", "/auth/login", body.encode())), "token"
        )

    def _good(self, reply: Reply) -> str:
        """200 alone is good; 401 drops the token (0.8)."""
        if reply.status == 401:
            self.token = ""
        if reply.status != 200:
            raise Refused(f"{reply.status}: {reply.body[:500]!r}")
        return reply.text

    def ask(self, method: str, path: str, body: bytes | None = None) -> str:
        """The body of a good answer; logs in when there is no token, and again after a 401."""
        for _ in range(2):
            if not self.token:
                self.login()
            reply = self.new.request(method, path, body, self.token)
            if reply.status != 401:
                break
            self.token = ""
        return self._good(reply)

    def trails(self) -> int:
        return len(elements(self.ask("GET", "/trails/")))

    def sync(self) -> None:
        """GET /trails/, and the first revision when there is none; a failed pass is begun anew."""
        failed: Exception | None = None
        for _ in range(PASSES):
            if self.trails():
                return
            try:
                self._sync()
            except (Refused, Silent) as error:
                failed = error
        if not self.trails():
            raise Refused("not synced") from failed

    def _sync(self) -> None:
        self.login_old()
        for name, sha in self.running.names.items():
            self._upload(name, sha, self.running.objects[sha])
        # Whatever the answer: GET /trails/ tells.
        text = self.running.text.encode()
        self.old.request("POST", "/trails/", text, token=self.old_token)

    def _upload(self, name: str, sha: str, data: bytes) -> None:
        entry = f'{{ "objectname": "{name}", "size": "{len(data)}", "sha256sum": "{sha}" }}'
        reply = self.old.request("POST", "/objects/", entry.encode(), token=self.old_token)
        if reply.status == 409:
            return
        url = find_text(reply.text, "signed-puturl") if reply.status == 200 else ""
        if "/local-s3" not in url:
            raise Refused(f"no place for {name}: {reply}")
        put = self.old.request("PUT", url[url.index("/local-s3") :], data)
        if put.status != 200:
            raise Refused(f"{name} was not taken: {put}")

    # --- idle ------------------------------------------------------------------------------------

    def poll(self) -> Offered | None:
        """Element 0 of the pending steps, read as the device reads it."""
        steps = elements(self.ask("GET", f"/trails/{self.id}/{POLL}"))
        if not steps:
            return None
        first = steps[0]
        progress = find(first, "progress") or "{}"
        is_object = progress.startswith("{")
        return Offered(
            rev=find(first, "rev") or "",
            state=find(first, "state") or "",
            message=find(first, "commit-msg") or "",
            status=(find(progress, "status") or "") if is_object else "",
            retries=int(find(progress, "retries") or 0) if is_object else 0,
        )

    def read_user_meta(self) -> dict[str, str]:
        """All values are strings; a null is as good as no key (3.4)."""
        text = self.ask("GET", f"/devices/{self.id}/user-meta")
        self.user_meta = {key: value for key, value in members(text).items() if value != "null"}
        return self.user_meta

    def put_device_meta(self, **more: object) -> None:
        meta = {
            "time": {"timeval": {"tv_sec": 1795501388, "tv_usec": 966711}},
            "sysinfo": {"uptime": 1228, "loads.0": 16224},
            "pantavisor.version": "029-32-g303584a7-261124",
            "pantavisor.status": "READY",
            "pantavisor.revision": self.rev,
            "pantavisor.mode": "remote",
            "pantahub.online": "1",
            "pantahub.claimed": "1",
            "interfaces": {"lo.ipv4": ["127.0.0.1"]},
            **more,
        }
        text = json.dumps(meta, separators=(",", ":"))
        self.ask("PUT", f"/devices/{self.id}/device-meta", text.encode())

    def push_logs(self, lines: Iterable[str], rev: str | None = None) -> Reply:
        """One batch, by the old client: it logs in when it has no token, and again after a 401."""
        if not self.old_token:
            self.login_old()
        entries = ",".join(
            '{ "tsec": 0, "tnano": 0,"lvl": "INFO", "src": "/pantavisor.log",'
            f'"plat":"pantavisor","rev": "{rev or self.rev}" , "msg": {json.dumps(line)} }}'
            for line in lines
        )
        body = f"[{entries}]".encode()
        reply = self.old.request("POST", "/logs/", body, token=self.old_token)
        if reply.status == 401:
            self.login_old(self.old_token)
            reply = self.old.request("POST", "/logs/", body, token=self.old_token)
        return reply

    # --- an update -------------------------------------------------------------------------------

    def report(
        self, step: Offered, status: str, message: str, progress: int, retries: int, more: str = ""
    ) -> None:
        """On the step that was offered, as the device understood its number."""
        body = (
            f'{{"status":"{status}","status-msg":"{message}","progress":{progress},'
            f'"retries":{retries}{more}}}'
        )
        self.ask("PUT", f"/trails/{self.id}/steps/{step.rev}/progress", body.encode())

    def update(self, step: Offered, *, error: str = "", logs: str = "") -> str:
        """The whole update; the final status. `error`: the trial ends with this text."""
        retries, most = step.retries, self.most_retries
        revision = Revision(step.state, self.objects)
        self.report(step, "QUEUED", f"Retried {retries} of {most}", 5, retries)
        retries += 1
        self._fetch(step, revision, retries)
        reboots = not all(name.startswith("app/") for name in self.running.changed(revision))
        if reboots:
            self.report(step, "INPROGRESS", "Rebooting", 50, retries)
            self.token = ""
            self.trails()
        else:
            self.report(step, "INPROGRESS", "Trying new revision", 50, retries)
        if error:
            return self._fail(step, retries, error, logs)
        waits = "set rollback point" if reboots else "see"
        self.report(step, "TESTING", f"Awaiting to {waits} if update is stable", 75, retries)
        end, word = ("DONE", "") if reboots else ("UPDATED", "not ")
        message = f"Update finished, revision {word}set as rollback point"
        self.report(step, end, message, 100, retries)
        self.running, self.rev = revision, step.rev
        return end

    def _fail(self, step: Offered, retries: int, error: str, logs: str) -> str:
        self.report(step, "ERROR", error, 100, retries)
        if logs:
            self.report(step, "ERROR", error, 100, retries, f',"logs":{json.dumps(logs)}')
        return "ERROR"

    def _fetch(self, step: Offered, revision: Revision, retries: int) -> None:
        missing = {sha for sha in revision.names.values() if sha not in self.objects}
        if not missing:
            return
        places = {sha: self._metadata(sha) for sha in sorted(missing)}
        text = f"retry {retries} of {self.most_retries}"
        self.report(step, "QUEUED", f"Downloading update metadata, {text}", 5, retries)
        total = sum(size for size, _ in places.values())
        downloads = (
            ',"downloads":{"total":{"object_name":"total","object_id":"none",'
            f'"total_size":{total},"total_downloaded":0,"start_time":1795501395,'
            '"current_time":1795501395}}'
        )
        said = f"Downloading update artifacts, {text}"
        self.report(step, "DOWNLOADING", said, 25, retries, downloads)
        for sha, (_, url) in places.items():
            self.objects[sha] = self._download(sha, url)
        self.report(step, "DOWNLOADING", said, 25, retries, downloads)

    def _metadata(self, sha: str) -> tuple[int, str]:
        text = self.ask("GET", f"/objects/{sha}")
        if find(text, "sha256sum") != sha:
            raise Refused(f"another object than {sha}: {text}")
        return int(find(text, "size") or ""), find_text(text, "signed-geturl")

    def _download(self, sha: str, url: str) -> bytes:
        reply = self.new.download(url)
        if reply.status != 200:
            raise Refused(f"{sha}: {reply.status} {reply.body[:200]!r}")
        if hashlib.sha256(reply.body).hexdigest() != sha:
            raise Refused(f"{sha} came with other bytes")
        return reply.body
