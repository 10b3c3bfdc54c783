"""Plays a recording to our Hub and says what a client would have read otherwise.

Requests go out as recorded, byte for byte but for what is another's in each run: ids, hosts,
tokens, secrets, sums of content that nobody kept, signed URLs. What replaces them is learned from
our Hub's answers as the replay goes. The owner's deeds between them (claims, posts, cancels, metas)
are done through the Hub's public API.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.interop.compare import Compared, compare
from tests.interop.left_out import (
    NO_DEED,
    OTHERWISE,
    REFUSED_EVENTS,
    SKIPPED,
    SPOILT,
)
from tests.interop.pvr_answers import Told
from tests.interop.read_table import READ, REFUSED, STATUS, Row
from tests.interop.recordings import Event, Exchange, Recording
from tests.interop.replay_wire import Wire
from tests.support.c_device_json import elements, members
from tests.support.hub_process import Answer, HubProcess, Owner

DEVICE = "5f3e9c0a1b2c3d4e5f607182"
ACCOUNT = "5f3e9c0a1b2c3d4e5f600001"
EMPTY_STATE = '{"#spec":"pantavisor-service-system@1"}'
# The one secret that is not masked.
PVR_SECRET = "s3cr3t0123456789"
AUTO_TOKEN = "Pantahub-Devices-Auto-Token-V1"
TIMES_AT_MOST = 3


class Replay:
    def __init__(self, hub: HubProcess, ca: Path, owner: Owner, recording: Recording) -> None:
        self.hub, self.owner, self.recording = hub, owner, recording
        self.wire = Wire(ca)
        self.complaints: list[str] = []
        self.replaced: dict[str, str] = dict(recording.sums)
        self.tokens: dict[str, str] = {"user": owner.token}
        self.urls: dict[tuple[str, str], str] = {}  # (GET or PUT, our sum): path
        self.device = self.secret = self.challenge = ""
        self.posted = 0
        self.said_revisions = _revisions(recording)
        self.auto_token = ""
        prn = owner.good("GET", "/auth/auth_status")["prn"]
        self._put(ACCOUNT, prn.rpartition("/")[2])
        self.told = Told("", prn, owner.nick)

    # --- before it -------------------------------------------------------------------------------

    def prepare(self) -> None:
        """What was there when the recording began."""
        first = self.recording.exchanges[0]
        headers = dict(first.headers)
        if first.request != "POST /devices/":
            self._make_device()
        elif AUTO_TOKEN in headers and first.status == 200:
            meta = first.said["user-meta"]
            body = {"nick": "line-1", "default-user-meta": meta}
            self.auto_token = self.owner.good("POST", "/devices/tokens", body)["token"]

    def _make_device(self) -> None:
        """A claimed device with its first revision: what the recorded trail says, or nothing."""
        made = self.owner.call("POST", "/devices/", token="")
        self._know_device(made.json)
        self._claim()
        self.owner.good("PATCH", f"/devices/{self.device}", {"nick": "gw1"})
        self._login_device()
        state = self._factory()
        self._upload(state)
        answer = self.owner.call("POST", "/trails/", state, self.tokens["new"])
        assert answer.status == 200, answer.body
        self.told.device, self.told.states[0] = self.device, state
        if self.recording.name == "pvr-logs":
            self._log_hello()

    def _factory(self) -> str:
        for exchange in self.recording.exchanges:
            if exchange.request == "GET /trails/" and exchange.said:
                return self._ours(members(elements(exchange.answer_body)[0])["factory-state"])
        return EMPTY_STATE

    def _log_hello(self) -> None:
        entry = {"tsec": 0, "tnano": 0, "lvl": "INFO", "src": "x", "plat": "app", "rev": "0"}
        entries = [{**entry, "msg": "hello"}]
        assert self.owner.call("POST", "/logs/", entries, self.tokens["new"]).status == 200

    def _login_device(self) -> None:
        login = {"username": f"prn:::devices:/{self.device}", "password": self.secret}
        token = self.owner.call("POST", "/auth/login", login, "").json["token"]
        self.tokens |= {"old": token, "new": token, "mocker": token, "device": token}

    def _upload(self, state: str) -> None:
        """What a state names, as its owner."""
        ours = {mine: recorded for recorded, mine in self.recording.sums.items()}
        for name, value in members(state).items():
            if re.fullmatch("[0-9a-f]{64}", value):
                sha = self.owner.put_object(self.recording.content(ours.get(value, value)), name)
                assert sha == value

    # --- it --------------------------------------------------------------------------------------

    def play(self) -> list[str]:
        """What a client would have read otherwise, each with its exchange."""
        self.prepare()
        for line in self.recording.lines:
            if isinstance(line, Event):
                self._do(line)
            elif not _skip(self.recording.name, line):
                for _ in range(min(line.times, TIMES_AT_MOST)):
                    self._exchange(line)
        return self.complaints

    def _do(self, event: Event) -> None:
        what, data = event.what, event.data
        if what in NO_DEED:
            return
        if what == "user claims the device":
            self._claim()
        elif what == "user posts a step":
            self._post(data["rev"], data["commit_msg"], self._posted_state(event))
        elif what in {"user cancels a step that is still NEW",
                      "the Hub marks the running step CANCEL"}:  # fmt: skip
            self._cancel(what, data["rev"])
        elif what == "all tokens expire":
            self.tokens = {name: spoilt(token) for name, token in self.tokens.items()}
        elif what == "user-meta set":
            self._set_user_meta(data["meta"])
        elif what == "user-meta keys removed":
            self._set_user_meta(_next_meta(self.recording, event.index))
        else:
            raise AssertionError(f"an event that nobody knows: {event}")

    def _claim(self) -> None:
        self.owner.claim(self.device, self.challenge)
        self.challenge = ""

    def _posted_state(self, event: Event) -> str:
        """As the next steps answer with this number has it; for one that was never offered, any."""
        for exchange in self.recording.after(event.index):
            if exchange.path.endswith("/steps") and exchange.said:
                for step in elements(exchange.answer_body):
                    if members(step)["rev"] == str(event.data["rev"]):
                        return self._ours(members(step)["state"])
        return EMPTY_STATE

    def _post(self, rev: int, message: str, state: str) -> None:
        self._upload(state)
        while self.posted + 1 < rev:
            self.posted = self.owner.post(self.device, EMPTY_STATE, "earlier")
            path = f"/trails/{self.device}/steps/{self.posted}/progress"
            body = {"status": "DONE", "status-msg": "", "progress": 100}
            assert self.owner.call("PUT", path, body, self.tokens["new"]).status == 200
        self.posted = self.owner.post(self.device, state, message)
        assert self.posted == rev

    def _cancel(self, what: str, rev: int) -> None:
        status = self.owner.cancel(self.device, rev).status
        refused = REFUSED_EVENTS.get(self.recording.name)
        wanted = refused[1] if refused and refused[0] == what else 200
        if status != wanted:
            self.complaints.append(f"{what}: {status}, wanted {wanted}")

    def _set_user_meta(self, meta: Any) -> None:
        self.owner.good("PUT", f"/devices/{self.device}/user-meta", meta)

    def _foresee(self, exchange: Exchange) -> None:
        """The mocker's and pvr's recordings have no events: what an answer shows was done."""
        said = exchange.said
        if self.recording.client != "device" and exchange.status == 200 and said is not None:
            is_look = re.fullmatch("GET /devices/[^/]+", exchange.request)
            if is_look and said["owner"] and self.challenge:
                self._claim()
            if exchange.request.startswith("GET") and exchange.path.endswith("/user-meta"):
                self._set_user_meta(said)
            found = re.fullmatch(r"GET /trails/[^/]+/steps/(\d+)", exchange.request)
            if found and int(found[1]) > self.posted:
                state = self._ours(members(exchange.answer_body)["state"])
                self._post(int(found[1]), said["commit-msg"], state)
                if said["progress"]["status"].startswith("CANCEL"):
                    self._cancel("cancelled when it was first seen", int(found[1]))
        if self.recording.name == "pvr-devices" and exchange.index == 20:
            # The recording Hub gave every device the same id: the one to be claimed is another.
            made = self.owner.call("POST", "/devices/", token="").json
            self._put(DEVICE, made["id"])
            self._put("some-three-words", made["challenge"])

    def _exchange(self, exchange: Exchange) -> None:
        self._foresee(exchange)
        answer = self._send(exchange)
        otherwise = next((o for o in OTHERWISE if _fits(o, self.recording.name, exchange)), None)
        wanted = exchange.status
        if otherwise is not None and otherwise.status is not None:
            wanted = otherwise.status
        if answer.status != wanted:
            self._complain(exchange, f"{answer.status}, wanted {wanted}: {answer.body[:300]!r}")
            return
        seen = Compared(
            self.recording.client, exchange, answer, self._due(exchange), self._base(exchange)
        )
        row, unread = self._row(exchange), frozenset[str]()
        if otherwise is not None:
            row, unread = row if otherwise.status is None else STATUS, otherwise.fields
        for complaint in compare(seen, row, unread, self._blob(exchange)):
            self._complain(exchange, complaint)
        self._learn(exchange, answer)
        self._check_revision(exchange, answer)

    def _due(self, exchange: Exchange) -> Any:
        """The recorded body with our ids in it; pvr's, which are not recorded, as they must be."""
        if self.recording.client != "pvr":
            return self._ours(exchange.answer_body or "")
        body = self._body(exchange).decode()
        if exchange.status == 200:
            self.told.note(exchange.request, body)
            told = self.told.answer(self._base(exchange), exchange.request, body)
            return "" if told is None else json.dumps(told)
        return ""

    def _row(self, exchange: Exchange) -> Row:
        if exchange.status >= 400 and exchange.status != 409:
            return REFUSED if self.recording.client == "pvr" else STATUS
        rows = READ[self.recording.client]
        return next(row for key, row in rows.items() if re.fullmatch(key, exchange.request))

    def _complain(self, exchange: Exchange, text: str) -> None:
        self.complaints.append(f"{self.recording.name}[{exchange.index}] {exchange.line}: {text}")

    def _blob(self, exchange: Exchange) -> bytes:
        body = exchange.answer_body
        is_sum = isinstance(body, dict) and "sha256" in body
        return self.recording.content(body["sha256"]) if is_sum else b""

    # --- out -------------------------------------------------------------------------------------

    def _base(self, exchange: Exchange) -> str:
        host = dict(exchange.headers)["Host"]
        is_tls = self.recording.client == "device" or host.endswith(":18443")
        return self.hub.urls["https" if is_tls else "http"]

    def _ours(self, text: Any) -> Any:
        """A recorded text with what is replaced; anything else as it is."""
        if not isinstance(text, str) or not self.replaced:
            return text
        names = sorted(self.replaced, key=len, reverse=True)
        pattern = re.compile("|".join(map(re.escape, names)))
        text = pattern.sub(lambda match: self.replaced[match[0]], text)
        return re.sub(r"(https?://)?(localhost|127\.0\.0\.1):1\d{4}", self._host, text)

    def _host(self, match: re.Match[str]) -> str:
        is_tls = self.recording.client == "device" or match[0].endswith("18443")
        url = self.hub.urls["https" if is_tls else "http"]
        return url if match[1] else url.partition("://")[2]

    def _send(self, exchange: Exchange) -> Answer:
        method, target, version = exchange.line.split(" ")
        body = self._body(exchange)
        headers = [(name, self._header(name, value, exchange)) for name, value in exchange.headers]
        headers = [(n, str(len(body)) if n == "Content-Length" else v) for n, v in headers]
        line = f"{method} {self._target(target, exchange)} {version}"
        return self.wire.send(self._base(exchange), line, headers, body)

    def _target(self, target: str, exchange: Exchange) -> str:
        place, slash, name = target.partition("/local-s3/")
        if not slash:
            return _earlier(self._ours(target))
        found = re.search("[0-9a-f]{64}", name)
        recorded = found[0] if found else exchange.answer_body["sha256"]
        path = self.urls[exchange.method, self._ours(recorded)]
        return self._ours(place) + path

    def _header(self, name: str, value: str, exchange: Exchange) -> str:
        if name == "Authorization":
            return value.replace("<token>", self._token(exchange))
        if name == AUTO_TOKEN:
            return self.auto_token or value
        if name == "Host" and ":" not in value:
            return self._base(exchange).partition("://")[2].rpartition(":")[0]
        return self._ours(value)

    def _token(self, exchange: Exchange) -> str:
        who = self.recording.client
        if who == "device":
            who = "old" if exchange.is_old else "new"
        elif who == "pvr":
            who = "device" if exchange.request == "POST /trails/" else "user"
        token = self.tokens[who]
        return spoilt(token) if self._is_spoilt(exchange) else token

    def _is_spoilt(self, exchange: Exchange) -> bool:
        return exchange.index in SPOILT.get(self.recording.name, ((), ""))[0]

    def _body(self, exchange: Exchange) -> bytes:
        body = exchange.body
        if isinstance(body, dict) and "sha256" in body:
            return self.recording.content(body["sha256"])
        if isinstance(body, dict):
            return _log_batch(body["first"])
        data = body.encode()
        if hashlib.sha256(data).hexdigest() in self.recording._content:
            return data  # an upload: its bytes are what they are
        if exchange.request == "POST /auth/login":
            secret = "wrong" if self._is_spoilt(exchange) else self.secret
            body = body.replace("<secret>", secret).replace(PVR_SECRET, secret)
            body = body.replace('"ada"', json.dumps(self.owner.nick))
        return self._ours(body).encode()

    # --- in --------------------------------------------------------------------------------------

    def _learn(self, exchange: Exchange, answer: Answer) -> None:
        if exchange.status >= 400 and exchange.status != 409:
            return
        if exchange.request == "POST /devices/":
            self._know_device(answer.json)
        elif exchange.request == "POST /auth/login":
            self._know_token(exchange, answer.json["token"])
        elif exchange.request == "GET /logs/":
            self._put("c1", answer.json["next-cursor"])
        elif re.search(r"/objects(/[0-9a-f]{64})?/?$", exchange.path):
            entries = answer.json if isinstance(answer.json, list) else [answer.json]
            for entry in entries:
                self._know_place(entry)

    def _know_device(self, device: dict[str, Any]) -> None:
        self.device, self.secret = device["id"], device["secret"]
        self._put(DEVICE, self.device)
        self.challenge = device.get("challenge", "")

    def _know_token(self, exchange: Exchange, token: str) -> None:
        if self.recording.client == "device":
            self.tokens["old" if exchange.is_old else "new"] = token
        elif self.recording.client == "mocker":
            self.tokens["mocker"] = token
        else:
            self.tokens["device" if "prn:::devices:" in exchange.body else "user"] = token
        self.tokens.setdefault("new", token)

    def _know_place(self, entry: dict[str, Any]) -> None:
        for method, name in (("PUT", "signed-puturl"), ("GET", "signed-geturl")):
            url = entry.get(name, "")
            if "/local-s3" in url:
                self.urls[method, entry["sha256sum"]] = url[url.index("/local-s3") :]

    def _put(self, recorded: str, ours: str) -> None:
        self.replaced[recorded] = ours

    def _check_revision(self, exchange: Exchange, answer: Answer) -> None:
        """pvr printed the number of each step that it posted, and posts states canonical: their sum
        is the text's. (The recording Hub had another idea of numbers; ours is the reference's.)"""
        if not re.fullmatch(r"POST /trails/[^/]+/steps", exchange.request):
            return
        wanted = next(self.said_revisions)
        state = members(self._ours(exchange.body))["state"]
        sha = hashlib.sha256(state.encode()).hexdigest()
        if (answer.json["rev"], answer.json["state-sha"]) != (wanted, sha):
            said = f"{answer.json['rev']} ({answer.json['state-sha']})"
            self._complain(exchange, f"revision {said}, wanted {wanted} ({sha})")


def spoilt(token: str) -> str:
    """With another signature."""
    return token[:-8] + ("A" * 8 if token[-8:] != "A" * 8 else "B" * 8)


def _skip(name: str, exchange: Exchange) -> bool:
    return any(
        skip.recording == name
        and re.fullmatch(skip.request, exchange.request)
        and skip.status == exchange.status
        and (not skip.indexes or exchange.index in skip.indexes)
        for skip in SKIPPED
    )


def _fits(otherwise: Any, name: str, exchange: Exchange) -> bool:
    return bool(
        otherwise.recording == name
        and re.fullmatch(otherwise.request, exchange.request)
        and otherwise.recorded == exchange.status
        and (not otherwise.indexes or exchange.index in otherwise.indexes)
    )


def _next_meta(recording: Recording, index: int) -> Any:
    return next(e.said for e in recording.after(index) if e.path.endswith("/user-meta"))


def _log_batch(entries: list[dict[str, Any]]) -> bytes:
    """With the blanks of the C device's own."""
    rows = (
        '{ "tsec": 0, "tnano": 0,"lvl": "INFO", "src": '
        f'{json.dumps(e["src"])},"plat":{json.dumps(e["plat"])},"rev": {json.dumps(e["rev"])} , '
        f'"msg": {json.dumps(e["msg"])} }}'
        for e in entries
    )
    return f"[{','.join(rows)}]".encode()


def _earlier(target: str) -> str:
    """Logs since a time before any of ours."""
    return re.sub(r"after=2026-[0-9T%A-Z-]+Z", "after=2020-01-01T00%3A00%3A00Z", target)


def _revisions(recording: Recording) -> Iterator[int]:
    terminals = "".join(command["terminal"] for command in recording.commands)
    return map(int, re.findall(r"posted Revision (\d+) ", terminals))
