"""A Hub as its users have it: a process of its own, and an owner who asks it with plain HTTP."""

import hashlib
import http.client
import json
import queue
import re
import signal
import ssl
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

COMMAND = Path(sys.executable).with_name("surefoot")
PATIENCE_S = 60
PASSWORD = "correct horse battery"


class HubProcess:
    """`surefoot hub run` on ports of its own; the same ports after a stop and a start."""

    def __init__(self, data: Path, *options: str) -> None:
        """`options`: further ones of `hub run`."""
        self.data = data
        self.options = options
        self.urls: dict[str, str] = {}  # by scheme
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "HubProcess":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        listen = [urlsplit(self.urls[s]).port if self.urls else 0 for s in ("http", "https")]
        self._process = subprocess.Popen(
            [
                COMMAND, "hub", "run", "--data", self.data,
                "--listen", f"127.0.0.1:{listen[0]}", "--tls-listen", f"127.0.0.1:{listen[1]}",
                *self.options,
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, args=(self._process, lines))
        self._reader.start()
        said = ""
        while not {"http", "https"} <= self.urls.keys() or not said:
            line = lines.get(timeout=PATIENCE_S)
            if line is None:
                self.stop()
                raise RuntimeError(f"the Hub ended: {said}")
            said += line
            for url in re.findall(r"https?://[\w.\-\[\]]+:\d+", line):
                self.urls.setdefault(url.partition(":")[0], url)

    @staticmethod
    def _read(process: subprocess.Popen[str], lines: "queue.Queue[str | None]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ends it and waits; `SIGKILL` is a power cut of this process."""
        if self._process is not None:
            process, self._process = self._process, None
            process.send_signal(how)
            try:
                process.wait(PATIENCE_S)
            finally:
                process.kill()
                process.wait()
                self._reader.join()
                assert process.stdout is not None
                process.stdout.close()

    def command(self, *words: str, said: str = "") -> str:
        """What `surefoot hub WORDS --data DIR` prints, `said` on its standard input."""
        done = subprocess.run(
            [COMMAND, "hub", *words, "--data", self.data],
            input=said, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ca(self) -> Path:
        """A file with the authority of its certificate."""
        file = self.data.with_name(f"{self.data.name}-ca.pem")
        file.write_text(self.command("ca"))
        return file

    def owner(self, nick: str) -> "Owner":
        """A new account by the operator's command, logged in."""
        self.command("user", "add", nick, "--password-stdin", said=PASSWORD)
        return self._login(nick)

    def sign_up(self, nick: str) -> "Owner":
        """A new account by the public door, logged in: quicker than a command."""
        body = {"nick": nick, "email": f"{nick}@example.org", "password": PASSWORD}
        Owner(self.urls["http"], nick, PASSWORD).good("POST", "/auth/accounts", body)
        return self._login(nick)

    def _login(self, nick: str) -> "Owner":
        owner = Owner(self.urls["http"], nick, PASSWORD)
        owner.login()
        return owner


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]  # by lower-case name
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Owner:
    """An account that asks over HTTP, with what the public API has and nothing else."""

    def __init__(self, base: str, nick: str, password: str, ca: Path | None = None) -> None:
        self.base, self.nick, self.password, self.ca = base, nick, password, ca
        self.token = ""

    def call(
        self, method: str, target: str, body: Any = None, token: str | None = None, **headers: str
    ) -> Answer:
        """`target` below the base or a whole URL; `body` text or bytes as they are, else JSON."""
        place = urlsplit(target if "://" in target else self.base + target)
        sent = {"User-Agent": "surefoot-interop/1"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if token := self.token if token is None else token:
            sent["Authorization"] = f"Bearer {token}"
        data = body if body is None or isinstance(body, bytes | str) else json.dumps(body)
        data = data.encode() if isinstance(data, str) else data
        assert place.hostname is not None
        connection: http.client.HTTPConnection
        if place.scheme == "https":
            tls = ssl.create_default_context(cafile=self.ca)
            connection = http.client.HTTPSConnection(
                place.hostname, place.port, timeout=PATIENCE_S, context=tls
            )
        else:
            connection = http.client.HTTPConnection(place.hostname, place.port, timeout=PATIENCE_S)
        try:
            path = place.path + (f"?{place.query}" if place.query else "")
            connection.request(method, path, data, sent)
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, named, answer.read())
        finally:
            connection.close()

    def good(self, method: str, target: str, body: Any = None) -> Any:
        """The JSON of an answer that must be 200."""
        answer = self.call(method, target, body)
        assert answer.status == 200, f"{method} {target}: {answer.status} {answer.body!r}"
        return answer.json

    def login(self) -> None:
        body = {"username": self.nick, "password": self.password}
        self.token = ""
        self.token = self.good("POST", "/auth/login", body)["token"]

    def claim(self, device: str, challenge: str) -> Any:
        return self.good("PUT", f"/devices/{device}?challenge={quote(challenge)}")

    def put_object(self, data: bytes, name: str = "object") -> str:
        """Announces and uploads; the sum."""
        sha = hashlib.sha256(data).hexdigest()
        body = {"objectname": name, "size": str(len(data)), "sha256sum": sha}
        place = self.call("POST", "/objects/", body)
        assert place.status in {200, 409}, place.body
        if place.status == 200:
            put = self.call("PUT", place.json["signed-puturl"], data, token="")
            assert put.status == 200, put.body
        return sha

    def post(self, device: str, state: str, message: str = "", meta: Any = None) -> int:
        """A step whose state has this very text; its number."""
        more = f',"meta":{json.dumps(meta)}' if meta is not None else ""
        body = f'{{"rev":-1,"state":{state},"commit-msg":{json.dumps(message)}{more}}}'
        return int(self.good("POST", f"/trails/{device}/steps", body)["rev"])

    def step(self, device: str, rev: int) -> Any:
        return self.good("GET", f"/trails/{device}/steps/{rev}")

    def cancel(self, device: str, rev: int) -> Answer:
        return self.call("PUT", f"/trails/{device}/steps/{rev}/cancel")
