"""`surefoot hub run` as a process of its own, and an owner who asks it over plain HTTP."""

import hashlib
import http.client
import json
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, urlsplit

COMMAND = Path(sys.executable).with_name("surefoot")
AGENT = "surefoot-bench/1"
PATIENCE_S = 120
PASSWORD = "correct horse battery"  # noqa: S105 - of a Hub that lives for some seconds


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


class Hub:
    """`with Hub(data)`: listens once this is made. `plain`, `tls`: its ports; `options`: further
    ones of `hub run`."""

    def __init__(self, data, *options):
        self.data = data
        self.plain, self.tls = free_port(), free_port()
        self.process = subprocess.Popen(
            [
                COMMAND, "hub", "run", "--data", data, *options,
                "--listen", f"127.0.0.1:{self.plain}", "--tls-listen", f"127.0.0.1:{self.tls}",
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.pid = self.process.pid
        if not self.process.stdout.readline():
            raise SystemExit("the Hub did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE_S)
        self.process.stdout.close()

    def ca(self, place):
        """The certificate of its authority, written to `place`."""
        shown = subprocess.run(
            [COMMAND, "hub", "ca", "--data", self.data], check=True, capture_output=True
        )
        place.write_bytes(shown.stdout)
        return place

    def owner(self):
        """A new account that is logged in."""
        owner = Caller(self.plain)
        account = {"nick": "ada", "email": "ada@example.org", "password": PASSWORD}
        owner.ask("POST", "/auth/accounts", account)
        owner.login("ada", PASSWORD)
        return owner


class Caller:
    """Whoever asks over plain HTTP, one call a connection. `ask`: the JSON of a good answer."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self.token = ""

    def login(self, username, password):
        self.token = ""
        body = {"username": username, "password": password}
        self.token = self.ask("POST", "/auth/login", body)["token"]

    def ask(self, method, target, body=None, **headers):
        status, answer = self.exchange(method, target, body, **headers)
        if status != 200:
            raise SystemExit(f"{method} {target}: {status} {answer[:200]!r}")
        return json.loads(answer or b"null")

    def exchange(self, method, target, body=None, **headers):
        """`body`: bytes as they are, anything else as JSON."""
        fields = {"User-Agent": AGENT}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            fields["Authorization"] = f"Bearer {self.token}"
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        return self._exchange(method, target, data, fields)

    def _exchange(self, *request):
        self.connection.request(*request)
        answer = self.connection.getresponse()
        found = answer.status, answer.read()
        self.connection.close()  # the Hub would end it after a minute
        return found

    def claim(self, device, challenge):
        self.ask("PUT", f"/devices/{device}?challenge={quote(challenge)}")

    def announce(self, sha, size):
        """Where its bytes are to be put; "" when the Hub has them."""
        body = {"objectname": "object", "size": str(size), "sha256sum": sha}
        status, answer = self.exchange("POST", "/objects/", body)
        if status not in (200, 409):
            raise SystemExit(f"object {sha}: {status} {answer[:200]!r}")
        return json.loads(answer)["signed-puturl"] if status == 200 else ""

    def put(self, stream, sha, size):
        """The bytes of an object, unless the Hub has them."""
        url = self.announce(sha, size)
        if url:
            fields = {"User-Agent": AGENT, "Content-Length": str(size)}
            status, said = self._exchange("PUT", urlsplit(url).path, stream, fields)
            if status != 200:
                raise SystemExit(f"upload of {sha}: {status} {said[:200]!r}")

    def put_bytes(self, data):
        sha = hashlib.sha256(data).hexdigest()
        self.put(data, sha, len(data))
        return sha

    def url_of(self, sha):
        return self.ask("GET", f"/objects/{sha}")["signed-geturl"]

    def post(self, device, state):
        """`state`: JSON text; the number of the new step."""
        body = f'{{"rev":-1,"state":{state},"commit-msg":"bench"}}'.encode()
        return self.ask("POST", f"/trails/{device}/steps", body)["rev"]
