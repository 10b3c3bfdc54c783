"""A client in the manner of `pvcontrol`: its verbs, its two programs, its exit codes (pvr.md 6).

client = PvControl(socket, "curl")       # or "nc", as pvcurl speaks: HTTP/1.0 by hand
said = client.run("usrmeta", "save", "key", "value")
assert (said.code, said.body) == (0, b"")
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("curl", "nc")
# Only so that a server that does not hang up fails a test; pvcurl itself waits for five seconds.
PATIENCE_S = 60
JSON = ("Content-Type: application/json",)
FORM = ("Content-Type: application/x-www-form-urlencoded",)
BYTES = ("Content-Type: application/octet-stream", "Transfer-Encoding: identity")
# pvr.md 6.2: compared byte for byte, whatever the status.
EXIT_CODES = {
    b'{"Error":"Not enough disk space available"}': 48,
    b'{"Error":"Object has bad checksum"}': 60,
    b'{"Error":"State verification has failed"}': 70,
}
GETS = {
    ("ls",): "/containers",
    ("containers", "ls"): "/containers",
    ("groups", "ls"): "/groups",
    ("graph", "ls"): "/xconnect-graph",
    ("buildinfo",): "/buildinfo",
    ("daemons", "ls"): "/daemons",
    ("usrmeta", "ls"): "/user-meta",
    ("devmeta", "ls"): "/device-meta",
    ("objects", "ls"): "/objects",
    ("steps", "ls"): "/steps",
    ("config", "ls"): "/config",
    ("conf", "ls"): "/config2",
}
OPS = {
    "run": "LOCAL_RUN",
    "run-commit": "LOCAL_RUN_COMMIT",
    "reboot": "REBOOT_DEVICE",
    "poweroff": "POWEROFF_DEVICE",
    "make-factory": "MAKE_FACTORY",
    "run-gc": "RUN_GC",
    "enable-ssh": "ENABLE_SSH",
    "disable-ssh": "DISABLE_SSH",
    "go-remote": "GO_REMOTE",
    "unclaim": "UNCLAIM",
    "defer-reboot": "DEFER_REBOOT",
}


@dataclass(frozen=True)
class Said:
    status: int
    body: bytes

    @property
    def code(self):
        """What pvcontrol would exit with: 0 for exactly 200, so 204 is a failure."""
        if self.status == 200:
            return 0
        return EXIT_CODES.get(self.body, 75 if self.status == 503 else 255)

    @property
    def error(self):
        return json.loads(self.body)["Error"]


class PvControl:
    def __init__(self, socket, program):
        self.socket = socket
        self.ask = {"curl": self._curl, "nc": self._netcat}[program]

    def run(self, *words):
        """One verb of pvr.md 6.1, but for those that take files."""
        if words in GETS:
            return self.ask("GET", GETS[words])
        group, verb, *rest = words
        return getattr(self, f"_{group}")(verb, *rest)

    def put_object(self, path, sha):
        """PATH, or `-SIZE` bytes from standard input, which is then `path.stdin`."""
        return self.ask("PUT", f"/objects/{sha}", BYTES, file=path)

    def put_step(self, path, revision, message=""):
        said = self.ask("PUT", f"/steps/{revision}", file=path)
        if said.status == 200 and message:
            return self.ask("PUT", f"/steps/{revision}/commitmsg", FORM, message)
        return said

    def install(self, source, directory, revision):
        """`steps install`: what the lists do not name is put; they are searched as plain text."""
        listed = self.run("objects", "ls").body.decode()
        for each in source.objects(source.missing({})):
            place = Path(directory) / each.sha
            place.write_bytes(each.stream.read())
            if each.sha not in listed:
                assert self.put_object(place, each.sha).code == 0
        place = Path(directory) / "json"
        place.write_text(source.text)
        if revision not in self.run("steps", "ls").body.decode():
            assert self.put_step(place, revision).code == 0

    # ---- groups of verbs -----------------------------------------------------------------------

    def _cmd(self, verb, payload=""):
        return self._json("POST", "/commands", {"op": OPS[verb], "payload": payload})

    def _containers(self, verb, name):
        return self._json("PUT", f"/containers/{name}", {"action": verb})

    def _daemons(self, verb, name):
        return self._json("PUT", f"/daemons/{name}", {"action": verb})

    def _signal(self, kind):
        return self._json("POST", "/signal", {"type": kind, "payload": ""})

    def _usrmeta(self, verb, key, value=""):
        return self._meta("/user-meta", verb, key, value)

    def _devmeta(self, verb, key, value=""):
        return self._meta("/device-meta", verb, key, value)

    def _meta(self, place, verb, key, value):
        if verb == "delete":
            return self.ask("DELETE", f"{place}/{key}")
        return self.ask("PUT", f"{place}/{key}", FORM, value)

    def _objects(self, _get, sha):
        return self.ask("GET", f"/objects/{sha}")

    def _steps(self, verb, revision):
        ending = "/progress" if verb == "show-progress" else ""
        return self.ask("GET", f"/steps/{revision}{ending}")

    def _storage(self, _gc):
        return self.ask("POST", "/storage/gc")

    def _json(self, method, target, value):
        return self.ask(method, target, JSON, json.dumps(value, separators=(",", ":")))

    # ---- the two programs ----------------------------------------------------------------------

    def _curl(self, method, target, headers=(), data=None, file=None):
        arguments = ["--no-progress-meter", "-s", "-w", "\n%{http_code}", "--connect-timeout", "5"]
        arguments += ["--max-time", "240", "-X", method, "--unix-socket", str(self.socket)]
        stdin = getattr(file, "stdin", None)
        if stdin is not None:
            headers = (*headers, f"Content-Length: {len(stdin)}")
        for header in headers:
            arguments += ["-H", header]
        arguments += [] if data is None else ["--data", data]
        arguments += [] if file is None else ["-T", "-" if stdin is not None else str(file)]
        output = _output(["curl", *arguments, f"http://localhost{target}"], stdin or b"")
        body, _, status = output.rpartition(b"\n")
        return Said(int(status), body)

    def _netcat(self, method, target, headers=(), data=None, file=None):
        body = b"" if data is None else data.encode()
        if file is not None:
            body = file.stdin if hasattr(file, "stdin") else Path(file).read_bytes()
        lines = [f"{method} {target} HTTP/1.0", "Host: localhost", *(headers or JSON)]
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode()
        # A download keeps its sending side open, everything else closes it.
        half_close = [] if method == "GET" else ["-N"]
        command = ["nc", *half_close, "-w", str(PATIENCE_S * 2), "-U", str(self.socket)]
        answer, _, rest = _output(command, head + body).partition(b"\r\n\r\n")
        return Said(int(answer.split()[1]), rest)


@dataclass(frozen=True)
class Stdin:
    """`objects put -SIZE SHA`."""

    stdin: bytes


def _output(command, given):
    done = subprocess.run(command, input=given, capture_output=True, timeout=PATIENCE_S, check=True)
    return done.stdout
