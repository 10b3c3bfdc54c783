"""A real HTTP(S) server on loopback that does what servers and lines do on bad days.

Each target has a row of `Reply`s, the last of which stays. Whatever is asked is kept in `asked`.
Threads and sockets end with the with-statement.
"""

import re
import socket
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

REASONS = {200: "OK", 206: "Partial Content", 302: "Found", 416: "Range Not Satisfiable"}
_HEAD_END = b"\r\n\r\n"
_PIECE = 64 * 1024


@dataclass(frozen=True)
class Reply:
    """`cut_at`, `stall_at`: after so many bytes of the whole answer, its head included, the
    connection ends (with `reset`: by RST), or nothing comes any more until the server ends.
    `ranged`: honours Range. `reads`: only so many bytes of the request's body are read before the
    answer; `swallow`: after that the rest is never read, nor is there an answer. `length`: claims
    another length. `pace_s`: pause after each piece of `piece` bytes. `close`: Connection: close.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    ranged: bool = True
    cut_at: int | None = None
    cut_body_at: int | None = None
    stall_at: int | None = None
    stall_body_at: int | None = None
    reset: bool = False
    reads: int | None = None
    swallow: bool = False
    length: int | None = None
    piece: int = _PIECE
    pace_s: float = 0.0
    close: bool = False
    raw: bytes | None = None


@dataclass
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""
    connection: int = 0
    sent: int = 0


class FaultyServer:
    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.asked: list[Request] = []
        self.connections = 0
        self.stale: set[str] = set()
        """Tokens that are answered with 401."""
        self.default = Reply(404, b'{"Error":"not planned"}')
        self._plans: dict[str, list[Reply]] = defaultdict(list)
        self._tls = tls
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server((host, 0))
        self.host, self.port = self._listener.getsockname()[:2]

    @property
    def url(self) -> str:
        name = "localhost" if self._tls else self.host
        return f"{'https' if self._tls else 'http'}://{name}:{self.port}"

    def plan(self, target: str, *replies: Reply) -> None:
        """`target` as it stands in the request line, without its query."""
        with self._lock:
            self._plans[target] = list(replies)

    def replace(self, tls: ssl.SSLContext) -> None:
        """New connections get this one's certificate."""
        self._tls = tls

    def hang_up(self) -> None:
        """On everybody."""
        with self._lock:
            for one in self._sockets:
                _shut(one)

    def requests(self, target: str) -> list[Request]:
        return [one for one in self.asked if one.target == target]

    def sent(self, target: str) -> int:
        """Bytes of bodies that were sent in all answers to it."""
        return sum(one.sent for one in self.requests(target))

    def __enter__(self) -> "FaultyServer":
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        _shut(self._listener)
        with self._lock:
            for one in self._sockets:
                _shut(one)
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def _start(self, work, *args) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._sockets.append(plain)
                self.connections += 1
            self._start(self._serve, plain, self.connections)

    def _serve(self, plain: socket.socket, number: int) -> None:
        connection = plain
        try:
            if self._tls:
                connection = self._tls.wrap_socket(plain, server_side=True)
                with self._lock:
                    self._sockets.append(connection)
            while not self._over.is_set() and self._one(connection, number):
                pass
        except OSError:
            pass
        finally:
            connection.close()
            plain.close()

    def _one(self, connection: socket.socket, number: int) -> bool:
        """Whether the connection stays open."""
        head, rest = _read_head(connection)
        if not head:
            return False
        request = _parse(head, number)
        reply = self._next(request.target.partition("?")[0])
        if request.headers.get("authorization", "").removeprefix("Bearer ") in self.stale:
            reply = Reply(401)
        self.asked.append(request)
        request.body = self._read_body(connection, request, rest, reply)
        if reply.swallow:
            self._over.wait()
            return False
        return self._answer(connection, request, reply)

    def _next(self, target: str) -> Reply:
        with self._lock:
            row = self._plans[target]
            if not row:
                return self.default
            return row.pop(0) if len(row) > 1 else row[0]

    def _read_body(self, connection, request, rest, reply) -> bytes:
        size = int(request.headers.get("content-length", "0"))
        wanted = size if reply.reads is None else min(size, reply.reads)
        body = bytearray(rest)
        while len(body) < wanted and (piece := connection.recv(_PIECE)):
            body += piece
        return bytes(body)

    def _answer(self, connection, request, reply) -> bool:
        head, body = _answer(request, reply)
        whole = head + body
        for at in _stops(reply, len(head)):
            whole = whole[:at]
        self._send(connection, whole, len(head), request, reply)
        if reply.stall_at is not None or reply.stall_body_at is not None:
            self._over.wait()
            return False
        if reply.cut_at is not None or reply.cut_body_at is not None:
            if reply.reset:
                linger = b"\1\0\0\0\0\0\0\0"
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return False
        if reply.reads is not None:
            _linger(connection)
        return not reply.close and reply.reads is None

    def _send(self, connection, whole, head_size, request, reply) -> None:
        for at in range(0, len(whole), reply.piece):
            piece = whole[at : at + reply.piece]
            connection.sendall(piece)
            request.sent += max(0, min(len(piece), at + len(piece) - head_size))
            if reply.pace_s:
                time.sleep(reply.pace_s)


def _shut(one: socket.socket) -> None:
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def _linger(connection: socket.socket) -> None:
    """Takes what still comes: closing on it would be a reset, which takes the answer with it."""
    connection.settimeout(10)
    while connection.recv(_PIECE):
        pass


def _stops(reply: Reply, head_size: int) -> list[int]:
    raw = [at for at in (reply.cut_at, reply.stall_at) if at is not None]
    body = [at for at in (reply.cut_body_at, reply.stall_body_at) if at is not None]
    return raw + [head_size + at for at in body]


def _read_head(connection: socket.socket) -> tuple[bytes, bytes]:
    found = b""
    while _HEAD_END not in found:
        piece = connection.recv(_PIECE)
        if not piece:
            return b"", b""
        found += piece
    head, _, rest = found.partition(_HEAD_END)
    return head, rest


def _parse(head: bytes, number: int) -> Request:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    pairs = [line.partition(":") for line in lines]
    return Request(method, target, {n.lower(): v.strip() for n, _, v in pairs}, connection=number)


def _answer(request: Request, reply: Reply) -> tuple[bytes, bytes]:
    if reply.raw is not None:
        return reply.raw, b""
    status, body, fields = reply.status, reply.body, dict(reply.headers)
    asked = re.match(r"bytes=(\d+)-\Z", request.headers.get("range", ""))
    current = fields.get("ETag", "")
    if asked and request.headers.get("if-range", current) != current:
        asked = None
    if status == 200 and reply.ranged and asked:
        size, start = len(body), int(asked[1])
        status = 206 if start < size else 416
        span = f"{start}-{size - 1}" if start < size else "*"
        fields["Content-Range"] = f"bytes {span}/{size}"
        body = body[start:]
    length = len(body) if reply.length is None else reply.length
    fields.setdefault("Content-Length", str(length))
    if reply.close:
        fields["Connection"] = "close"
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}"]
    lines += [f"{name}: {value}" for name, value in fields.items() if value]
    return "\r\n".join(lines).encode("latin-1") + _HEAD_END, body
