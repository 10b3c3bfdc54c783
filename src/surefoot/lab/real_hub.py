"""A real Hub on this machine, driven from outside, and its owner as the desk's commands are."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from surefoot.client.desk.devices import Device, Overview, find, overview_of
from surefoot.client.desk.hub import DeskHub, compact, connected
from surefoot.client.desk.references import read_reference
from surefoot.client.desk.sessions import Sessions
from surefoot.client.desk.steps import View, last_revision, loaded, step_body, view_of
from surefoot.client.hub.http import Answer
from surefoot.errors import SurefootError, TimedOut
from surefoot.wire.hub import answers

T = TypeVar("T")
SUREFOOT = (sys.executable, "-m", "surefoot")
PATIENCE_S = 60.0
_LOOK_S = 0.05


class RealHub:
    """`surefoot hub run` in the directory `place`, on TLS at the loopback, with its data in
    `place/hub`; on the same port again after any end. `public_url`: what its clients call it."""

    def __init__(self, place: Path, public_url: str = "") -> None:
        self.data = place / "hub"
        self.output = place / "hub.txt"
        self.port = _free_port()
        self.public_url = public_url
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def words(self) -> tuple[str, ...]:
        """Of its command line, behind `surefoot`."""
        public = ("--public-url", self.public_url) if self.public_url else ()
        listen = ("--listen", "none", "--tls-listen", f"127.0.0.1:{self.port}")
        return ("hub", "run", "--data", self.data.name, *listen, *public)

    def start(self) -> "RealHub":
        """It answers when this returns. Raises SurefootError with its words when it ends instead,
        TimedOut."""
        with self.output.open("ab") as output:
            begin = output.tell()
            self.process = subprocess.Popen(
                [*SUREFOOT, *self.words],
                cwd=self.data.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        deadline = time.monotonic() + PATIENCE_S
        # It says where it listens once it does.
        while b"https://" not in self.output.read_bytes()[begin:]:
            if self.process.poll() is not None:
                raise SurefootError(f"The Hub has ended: {self.said(begin)}")
            if time.monotonic() > deadline:
                raise TimedOut(f"The Hub does not begin to listen: {self.said(begin)}")
            time.sleep(_LOOK_S)
        return self

    def stop(self) -> int:
        """TERM; its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9: it gets no time to tidy up."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> int:
        process, self.process = self.process, None
        assert process is not None
        process.send_signal(how)
        try:
            return process.wait(PATIENCE_S)
        finally:
            process.kill()
            process.wait()

    def said(self, begin: int = 0) -> str:
        """All that it has printed, from that byte on."""
        if not self.output.exists():
            return ""
        return self.output.read_bytes()[begin:].decode("utf-8", "replace").strip()


class Owner:
    """A person with a login that `surefoot login` has made; `config` is the `surefoot` directory
    that it is kept in."""

    def __init__(self, config: Path) -> None:
        self._sessions = Sessions(config)

    def ask(self, work: Callable[[DeskHub], Coroutine[Any, Any, T]]) -> T:
        """The result of `work` at the Hub of the last login. Raises as `DeskHub` does."""
        session = self._sessions.choose()

        async def whole() -> T:
            ca = self._sessions.ca_file(session)
            async with connected(session, ca, self._sessions.renew) as hub:
                return await work(hub)

        return asyncio.run(whole())

    def _of(self, device: str, work: Callable[[DeskHub, Device], Awaitable[T]]) -> T:
        async def found(hub: DeskHub) -> T:
            return await work(hub, await find(hub, read_reference(device)))

        return self.ask(found)

    def overview(self, device: str) -> Overview:
        return self._of(device, overview_of)

    def last_revision(self, device: str) -> int:
        return self._of(device, last_revision)

    def views(self, device: str, revisions: Sequence[int]) -> list[View]:
        """What the Hub holds of these steps."""

        async def look(hub: DeskHub, meant: Device) -> list[View]:
            bodies = [await step_body(hub, meant, revision) for revision in revisions]
            return [view_of(loaded(body).get("progress")) for body in bodies]

        return self._of(device, look)

    def send(self, method: str, target: str, body: bytes) -> tuple[int, str]:
        """Anything at all: the status of the answer, and what it says for people."""

        async def look(hub: DeskHub) -> tuple[int, str]:
            return _told(await hub.look(method, target, body, repeatable=True))

        return self.ask(look)

    def send_object(self, sha: str, data: bytes) -> tuple[int, str]:
        """`data` under a sum that may be another one."""

        async def look(hub: DeskHub) -> tuple[int, str]:
            body = {"objectname": "object", "size": str(len(data)), "sha256sum": sha}
            place = await hub.ask("POST", "/objects/", "the place of an object", compact(body))
            url = answers.place(place.body, present=False).put_url
            return _told(await hub.http.request("PUT", url, body=data, repeatable=True))

        return self.ask(look)


def _told(answer: Answer) -> tuple[int, str]:
    text = answer.body.decode("utf-8", "replace")
    try:
        return answer.status, str(json.loads(text)["error"])
    except (ValueError, TypeError, KeyError):
        return answer.status, text


def _free_port() -> int:
    """Nobody has it now. It has to be known before the Hub runs, and after it was killed."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port
