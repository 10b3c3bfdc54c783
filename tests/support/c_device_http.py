"""The two HTTP clients of the C device, byte for byte (hub-wire 0, 8; recorded/README.md).

OLD: HTTP/1.0 with the whole URL as target, reads to the end of the connection and waits 2 s at
most for the next byte, verifies the server. NEW: HTTP/1.1, path as target, `Host` without port,
verifies nobody, IPv4 only. One connection a request for both.
"""

import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

AGENT = "Pantavisor/2 (Linux; x86_64) PV/029-32-g303584a7-261124 Date/261124"
OLD_PATIENCE_S = 2.0
NEW_PATIENCE_S = 60.0
NEW_TRIES = 2
MOST_BODY = 2 * 1024 * 1024
# A buffer of 1024 bytes, the last of them its end; what does not fit is not sent.
AUTHORIZATION = 1023


class Silent(Exception):
    """No answer, or none that this client takes for one: the device counts itself offline."""


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    is_stalled: bool = False  # the server did not close: the call lasted 2 s longer

    @property
    def text(self) -> str:
        return self.body.decode()


def _message(line: str, headers: list[tuple[str, str]], body: bytes | None) -> bytes:
    if body is not None:
        headers = [*headers, ("Content-Length", str(len(body)))]
        headers.append(("Content-Type", "application/json"))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"{line}\r\n{head}\r\n".encode() + (body or b"")


class OldClient:
    def __init__(self, host: str, port: int, ca: Path) -> None:
        self.host, self.port = host, port
        self._tls = ssl.create_default_context(cafile=ca)
        self.stalls = 0

    def request(
        self, method: str, path: str, body: bytes | None = None, token: str = "", **extra: str
    ) -> Reply:
        """`extra`: further headers, `_` for `-`. Raises Silent."""
        place = f"{self.host}:{self.port}"
        headers = [("Host", place), ("Connection", "close"), ("User-Agent", AGENT)]
        headers += [(name.replace("_", "-"), value) for name, value in extra.items()]
        if token:
            headers.append(("Authorization", f"Bearer {token}"))
        message = _message(f"{method} https://{place}{path} HTTP/1.0", headers, body)
        try:
            return self._exchange(message)
        except OSError as error:
            raise Silent(f"{method} {path}: {error}") from error

    def _exchange(self, message: bytes) -> Reply:
        with (
            socket.create_connection((_ipv4(self.host), self.port), OLD_PATIENCE_S) as plain,
            self._tls.wrap_socket(plain, server_hostname=self.host) as connection,
        ):
            connection.sendall(message)
            connection.settimeout(OLD_PATIENCE_S)
            data, is_stalled = self._read(connection)
        head, _, body = data.partition(b"\r\n\r\n")
        if not data:
            raise Silent("no answer within 2 s")
        self.stalls += is_stalled
        if body:
            try:
                json.loads(body)
            except ValueError as error:
                raise Silent(f"the body is not JSON: {body[:80]!r}") from error
        return Reply(int(head.split(b" ", 2)[1]), body, is_stalled)

    @staticmethod
    def _read(connection: ssl.SSLSocket) -> tuple[bytes, bool]:
        data = b""
        while True:
            try:
                piece = connection.recv(4096)
            except TimeoutError:
                return data, True
            if not piece:
                return data, False
            data += piece


class NewClient:
    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port

    def request(self, method: str, path: str, body: bytes | None = None, token: str = "") -> Reply:
        """Raises Silent, after a second try."""
        auth = [("Authorization", f"Bearer {token}"[:AUTHORIZATION])] if token else []
        return self._patiently(self.host, self.port, method, path, auth, body, MOST_BODY)

    def download(self, url: str) -> Reply:
        """Of a signed URL only scheme, host, port and path count; no token, no redirect. Raises
        Silent, ValueError for another scheme."""
        place = urlsplit(url)
        if place.scheme != "https" or not place.hostname:
            raise ValueError(f"the device takes https alone: {url}")
        return self._patiently(place.hostname, place.port or 443, "GET", place.path, [], None, None)

    def _patiently(
        self,
        host: str,
        port: int,
        method: str,
        path: str,
        auth: list[tuple[str, str]],
        body: bytes | None,
        most: int | None,
    ) -> Reply:
        headers = [("Host", host), ("Connection", "close"), ("User-Agent", AGENT), *auth]
        message = _message(f"{method} {path} HTTP/1.1", headers, body)
        for left in reversed(range(NEW_TRIES)):
            try:
                return self._exchange(host, port, method, message, most)
            except (OSError, http.client.HTTPException) as error:
                if not left:
                    raise Silent(f"{method} {path}: {error!r}") from error
        raise AssertionError

    @staticmethod
    def _exchange(host: str, port: int, method: str, message: bytes, most: int | None) -> Reply:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
        with (
            socket.create_connection((_ipv4(host), port), NEW_PATIENCE_S) as plain,
            tls.wrap_socket(plain, server_hostname=host) as connection,
        ):
            connection.sendall(message)
            with http.client.HTTPResponse(connection, method=method) as answer:
                answer.begin()
                body = answer.read() if most is None else answer.read(most + 1)
        if most is not None and len(body) > most:
            raise Silent(f"the body has over {most} bytes")
        return Reply(answer.status, body)


def _ipv4(host: str) -> str:
    return str(socket.getaddrinfo(host, None, socket.AF_INET)[0][4][0])
