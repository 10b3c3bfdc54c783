"""A Hub that answers as the reference does, over TLS, with faults to order; nothing of ours in it.

    certificate = issue(tmp_path)
    with StandIn(certificate) as hub:
        ...start a device: PH_CREDS_HOST=localhost, PH_CREDS_PORT=hub.port, the CA certificate.ca
        hub.wait(lambda: hub.devices)
        hub.claim()
        hub.wait(lambda: hub.trails)
        rev = hub.post(state_text, "message", objects=[data])
        hub.wait_status(rev, "DONE")
        assert hub.statuses(rev) == ["QUEUED", "DOWNLOADING", ...]

Faults: `hub.fault("GET /local-s3/", cut_at=1000)`, see `Fault`; `hub.down()` refuses connections
and `hub.up()` takes them again on the same port; `hub.forget_tokens()`, `hub.forget_urls()`.
What it answers is `stand_in_world.World`, as `hub.world`.
"""

import json
import re
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.support.server_certificate import Certificate
from tests.support.stand_in_values import Asked, Device, Told
from tests.support.stand_in_world import World

PATIENCE_S = 60
PIECE = 4096


@dataclass(eq=False)
class Fault:
    """What goes wrong with the next `times` requests (None: all) that `on` fits.

    `on` is a regular expression that "METHOD /path" must begin with. `skip` lets the first ones
    pass. What a fault does not name is as it would have been.
    """

    on: str
    times: int | None = 1
    skip: int = 0
    status: int | None = None  # instead of doing anything: this answer, with an error body
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None  # with another body
    is_silent: bool = False  # the connection is closed without an answer; nothing is done
    is_deaf: bool = False  # all is done, then the connection is closed without an answer
    cut_at: int | None = None  # the body ends after so many bytes, and so does the connection
    is_wrong: bool = False  # every byte of the body is another, as many as there should be
    delay_s: float = 0  # before the first byte
    hold: threading.Event | None = None  # no answer before this is set
    rate: int | None = None  # bytes of body a second
    hits: int = 0

    def fits(self, line: str) -> bool:
        if not re.match(self.on, line) or self.times == 0:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        self.hits += 1
        return True


@dataclass(frozen=True)
class Exchange:
    """A request and what was answered; `status` is None when nothing was. `sent`: body bytes."""

    asked: Asked
    status: int | None
    sent: int = 0
    body: bytes = b""

    @property
    def line(self) -> str:
        query = f"?{self.asked.query}" if self.asked.query else ""
        return f"{self.asked.method} {self.asked.path}{query}"


class StandIn:
    """A stand-in Hub on a port of 127.0.0.1; `host` is the name in the URLs that it hands out."""

    def __init__(self, certificate: Certificate, host: str = "localhost", port: int = 0) -> None:
        self.world = World()
        self.requests: list[Exchange] = []
        self.faults: list[Fault] = []
        self.failures: list[BaseException] = []
        self._news = threading.Condition(threading.RLock())
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate.file, certificate.key)
        # Bound and never listening: it keeps the port ours while the Hub is down.
        self._place = socket.socket()
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._place.bind(("127.0.0.1", port))
        self.host, self.port = host, self._place.getsockname()[1]
        self.url = self.world.base = f"https://{host}:{self.port}"
        self._server: _Server | None = None
        self._thread = threading.Thread()

    # --- life ------------------------------------------------------------------------------------

    def start(self) -> "StandIn":
        self.up()
        return self

    def stop(self) -> None:
        """Ends all connections; raises what went wrong inside, if something did."""
        self.down()
        self._place.close()
        if self.failures:
            raise self.failures[0]

    def __enter__(self) -> "StandIn":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def up(self) -> None:
        self._server = _Server(self, self.port)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()

    def down(self) -> None:
        """Connections are cut and refused until `up`; what was asked before stays done."""
        if self._server is not None:
            server, self._server = self._server, None
            server.shutdown()
            self._thread.join()
            server.end()

    # --- what the owner does ---------------------------------------------------------------------

    def claim(self, device_id: str | None = None) -> Device:
        """The newest device, or `device_id`, gets its owner."""
        with self._news:
            return self.world.claim(device_id)

    def put_object(self, data: bytes, name: str = "object") -> str:
        with self._news:
            return self.world.keep_object(data, name)

    def post(
        self, state: str, message: str = "", *, meta: Any = None, objects: Iterable[bytes] = ()
    ) -> int:
        """A step of the newest device. The state is kept as the reference does: not its text."""
        with self._news:
            for data in objects:
                self.world.keep_object(data)
            return self.world.post(self.device, json.loads(state), message, meta)

    def cancel(self, rev: int) -> None:
        """The step is CANCEL now, whatever it was."""
        with self._news:
            self.world.cancel(self.device, rev)

    # --- what it has -----------------------------------------------------------------------------

    @property
    def device(self) -> Device:
        return self.world.only_device()

    @property
    def devices(self) -> dict[str, Device]:
        return self.world.devices

    @property
    def objects(self) -> dict[str, bytes]:
        """Content by sha256."""
        return self.world.objects

    @property
    def trails(self) -> dict[str, Any]:
        """By device id: steps by number."""
        return self.world.trails

    @property
    def logs(self) -> list[dict[str, Any]]:
        return self.world.logs

    def progress(self, rev: int) -> list[dict[str, Any]]:
        """Every body that the newest device has PUT for this step."""
        with self._news:
            return list(self.world.trails[self.device.id][rev].received)

    def statuses(self, rev: int) -> list[str]:
        """The statuses in the order in which they came, repetitions left out."""
        found = [body["status"] for body in self.progress(rev)]
        return [s for before, s in zip([None, *found], found, strict=False) if s != before]

    def asked(self, line: str) -> list[Exchange]:
        """The requests whose "METHOD /path?query" begins with this regular expression."""
        with self._news:
            return [exchange for exchange in self.requests if re.match(line, exchange.line)]

    def wait(self, what: Callable[[], Any], within_s: float = PATIENCE_S) -> Any:
        """The first true value of `what`, asked after every request."""
        with self._news:
            if not self._news.wait_for(what, within_s):
                last = "\n".join(f"{e.line} -> {e.status}" for e in self.requests[-20:])
                raise TimeoutError(f"not within {within_s} s; the last requests were:\n{last}")
            return what()

    def wait_status(self, rev: int, *statuses: str, within_s: float = PATIENCE_S) -> dict[str, Any]:
        """The first progress body of this step with one of these statuses."""
        return self.wait(
            lambda: next((p for p in self.progress(rev) if p["status"] in statuses), None),
            within_s,
        )

    # --- faults ----------------------------------------------------------------------------------

    def fault(self, on: str, **how: Any) -> Fault:
        with self._news:
            self.faults.append(Fault(on, **how))
            return self.faults[-1]

    def heal(self) -> None:
        with self._news:
            for fault in self.faults:
                fault.times = 0
                if fault.hold is not None:
                    fault.hold.set()
            self.faults.clear()

    def forget_tokens(self) -> None:
        """All tokens have expired: 401 until the next login."""
        with self._news:
            self.world.tokens.clear()

    def forget_urls(self) -> None:
        """All signed URLs have expired: 403."""
        with self._news:
            self.world.urls.clear()

    # --- the server's side -----------------------------------------------------------------------

    def fault_for(self, asked: Asked) -> Fault:
        line = f"{asked.method} {asked.path}"
        with self._news:
            return next((f for f in self.faults if f.fits(line)), Fault(""))

    def answer(self, asked: Asked, fault: Fault) -> Told | None:
        if fault.hold is not None:
            fault.hold.wait(PATIENCE_S)
        if fault.is_silent:
            return None
        if fault.status is not None:
            body = {"error": "REST-ERR-ID-0", "msg": "by order", "code": fault.status}
            return Told(fault.status, fault.body if fault.body is not None else body, fault.headers)
        with self._news:
            told = self.world.answer(asked)
        if fault.is_deaf:
            return None
        body = told.bytes() if fault.body is None else fault.body
        if fault.is_wrong:
            body = bytes(byte ^ 0xFF for byte in body)
        return Told(told.status, body, {**told.headers, **fault.headers})

    def note(self, exchange: Exchange) -> None:
        with self._news:
            self.requests.append(exchange)
            self._news.notify_all()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    allow_reuse_port = True
    request_queue_size = 64

    def __init__(self, hub: StandIn, port: int) -> None:
        self.hub = hub
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the connection's own thread: a slow handshake stops nobody else."""
        with self._lock:
            self._open.add(request)
        try:
            request.settimeout(PATIENCE_S)
            with self.hub._tls.wrap_socket(request, server_side=True) as connection:
                with self._lock:
                    self._open.add(connection)
                try:
                    _Handler(connection, client_address, self)
                finally:
                    with self._lock:
                        self._open.discard(connection)
        except OSError:
            pass  # the client went away, or `down` cut it: both are what tests are about
        finally:
            with self._lock:
                self._open.discard(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError):
            self.hub.failures.append(error)

    def end(self) -> None:
        """Cuts what is open, then waits for the threads."""
        with self._lock:
            for connection in self._open:
                try:
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
                except OSError:
                    pass  # it was gone already
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: Any) -> None:
        """Silence: tests read `requests`."""

    def version_string(self) -> str:
        return "stand-in"

    def _asked(self) -> Asked:
        # The old client sends the whole URL as target (hub-wire 0.6).
        path, _, query = self.path.partition("?")
        if path.startswith(("http://", "https://")):
            path = urlsplit(path).path or "/"
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = int(headers.get("content-length", 0))
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionResetError("the request ended early")
        return Asked(self.command, path, query, headers, body, self.requestline)

    def _serve(self) -> None:
        hub = self.server.hub
        asked = self._asked()
        fault = hub.fault_for(asked)
        told = hub.answer(asked, fault)
        if told is None:
            hub.note(Exchange(asked, None))
            self.close_connection = True
            return
        if fault.delay_s:
            time.sleep(fault.delay_s)
        body = told.bytes()
        # Before the first byte goes: who has the answer must find the request noted.
        hub.note(Exchange(asked, told.status, len(body[: fault.cut_at]), body))
        self.send_response(told.status)
        for name, value in {"Content-Type": "application/json", **told.headers}.items():
            self.send_header(name, value)
        if told.status not in {204, 304}:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if asked.method != "HEAD":
            self._send(body[: fault.cut_at], fault.rate)
        if fault.cut_at is not None:
            self.close_connection = True

    def _send(self, body: bytes, rate: int | None) -> None:
        if rate is None:
            self.wfile.write(body)
            return
        step = max(1, min(PIECE, rate // 20))
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            time.sleep(step / rate)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815
