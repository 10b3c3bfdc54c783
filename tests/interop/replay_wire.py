"""Bytes out, bytes in: a connection a request, read as the client that recorded it reads."""

import gzip
import http.client
import io
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.c_device_http import OLD_PATIENCE_S
from tests.support.hub_process import PATIENCE_S, Answer


class Stalled(AssertionError):
    """The Hub neither answered nor closed within the old client's two seconds."""


class _Bytes:
    """What an HTTPResponse wants of a socket, made of bytes that are here already."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


class Wire:
    def __init__(self, ca: Path) -> None:
        self._tls = ssl.create_default_context(cafile=ca)

    def send(self, base: str, line: str, headers: list[tuple[str, str]], body: bytes) -> Answer:
        """The answer. Raises Stalled for a request in HTTP/1.0."""
        head = "".join(f"{name}: {value}\r\n" for name, value in headers)
        place = urlsplit(base)
        with socket.create_connection((place.hostname, place.port), PATIENCE_S) as plain:
            if place.scheme == "https":
                with self._tls.wrap_socket(plain, server_hostname=place.hostname) as connection:
                    return self._talk(connection, line, f"{line}\r\n{head}\r\n".encode() + body)
            return self._talk(plain, line, f"{line}\r\n{head}\r\n".encode() + body)

    def _talk(self, connection: socket.socket, line: str, message: bytes) -> Answer:
        connection.sendall(message)
        if line.endswith("HTTP/1.0"):
            return _answer(_Bytes(_to_the_end(connection)), line)
        return _answer(connection, line)


def _to_the_end(connection: socket.socket) -> bytes:
    connection.settimeout(OLD_PATIENCE_S)
    data = b""
    while True:
        try:
            piece = connection.recv(65536)
        except TimeoutError as error:
            raise Stalled(f"two silent seconds after {data[-80:]!r}") from error
        if not piece:
            return data
        data += piece


def _answer(connection: object, line: str) -> Answer:
    method = line.partition(" ")[0]
    with http.client.HTTPResponse(connection, method=method) as response:  # type: ignore[arg-type]
        response.begin()
        body = response.read()
        headers = {name.lower(): value for name, value in response.getheaders()}
    if headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    return Answer(response.status, headers, body)
