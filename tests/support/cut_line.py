"""A line between two machines that is cut for a while: a program for `unshare --net`.

The server lives in a network namespace of its own, behind a pair of virtual interfaces. In mid
download the server's end goes down: no reset, no end, nothing comes any more. It comes back once
the client has given up its first connection. Nothing is left behind: the namespaces go with their
processes.
"""

import asyncio
import hashlib
import subprocess
import sys
import time
from pathlib import Path

from surefoot.client.hub.fetch import fetch_object
from surefoot.client.hub.http import HttpClient
from surefoot.files.objects import ObjectStore
from surefoot.files.partial import Partial
from surefoot.wire.hub.answers import ObjectPlace
from tests.support.faulty_server import FaultyServer, Reply

BODY = bytes(range(256)) * 16_384  # 4 MiB
SHA = hashlib.sha256(BODY).hexdigest()
HERE, THERE = "10.231.7.1", "10.231.7.2"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def serve() -> None:
    """Waits for its interface, then says its port; ends with its input."""
    print("ready", flush=True)  # noqa: T201 - its answer
    sys.stdin.readline()
    ip("addr", "add", f"{THERE}/24", "dev", "far")
    ip("link", "set", "far", "up")
    with FaultyServer(host=THERE) as server:
        server.plan("/x", Reply(200, BODY, pace_s=0.002))
        print(server.port, flush=True)  # noqa: T201 - its answer
        sys.stdin.read()


class Server:
    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["unshare", "--net", sys.executable, "-m", "tests.support.cut_line", "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._say("ready")
        pid = str(self._process.pid)  # unshare becomes what it runs
        ip("link", "add", "near", "type", "veth", "peer", "name", "far", "netns", pid)
        ip("addr", "add", f"{HERE}/24", "dev", "near")
        ip("link", "set", "near", "up")
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        self.url = f"http://{THERE}:{int(self._say())}"

    def line(self, state: str) -> None:
        target = ["--target", str(self._process.pid), "--net"]
        subprocess.run(["nsenter", *target, "ip", "link", "set", "far", state], check=True)

    def end(self) -> None:
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def _say(self, wanted: str = "") -> str:
        said = self._process.stdout.readline().strip()
        assert said, "the server has ended"
        assert wanted in said
        return said


async def download(server: Server, place: Path) -> None:
    partial = Partial(place / "partial", ObjectStore(place / "objects"), SHA)
    http = HttpClient(server.url, user_agent="surefoot-test/1")
    cut_at: list[float] = []
    pauses: list[float] = []

    def came(size: int) -> None:
        if size > 1_000_000 and not cut_at:
            cut_at.append(time.monotonic())
            server.line("down")

    async def pause(_seconds: float) -> None:
        if not pauses:
            server.line("up")
        pauses.append(time.monotonic())
        await asyncio.sleep(0.1)

    async def where() -> ObjectPlace:
        return ObjectPlace(SHA, len(BODY), f"{server.url}/x", "", True)

    try:
        await fetch_object(http, where, partial, patience_s=6, on_bytes=came, sleep=pause)
    finally:
        await http.close()
    assert ObjectStore(place / "objects").verify(SHA)
    assert cut_at
    assert pauses, "the line was never found dead"
    assert pauses[0] - cut_at[0] < 6, "it hung"


def main() -> None:
    ip("link", "set", "lo", "up")
    server = Server()
    try:
        asyncio.run(download(server, Path(sys.argv[1])))
    finally:
        server.end()


if __name__ == "__main__":
    serve() if sys.argv[1] == "serve" else main()
