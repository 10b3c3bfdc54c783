"""Sending answers: one status line, a length always (streams end with the connection)."""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from surefoot.device.server.message import (
    REASONS,
    Answer,
    AnyAnswer,
    FileAnswer,
    StreamAnswer,
)
from surefoot.device.server.peer import hung_up


@dataclass(frozen=True)
class Manner:
    """How this client must be spoken to.

    `version`: its own, for an HTTP/1.0 client reads no other. `close`: the connection ends after
    this answer. `bare`: the answer has no body (HEAD).
    """

    version: str = "HTTP/1.1"
    close: bool = True
    bare: bool = False


class Writer:
    """Raises OSError when the client is gone or takes nothing for `stall_s`."""

    def __init__(
        self, connection: socket.socket, stall_s: float, ended: Callable[[], bool]
    ) -> None:
        self._connection = connection
        self._stall_s = stall_s
        self._ended = ended

    def go_on(self) -> None:
        self._connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def send(self, answer: AnyAnswer, manner: Manner) -> None:
        self._connection.settimeout(self._stall_s)
        match answer:
            case Answer():
                self._bytes(answer, manner)
            case FileAnswer():
                self._file(answer, manner)
            case StreamAnswer():
                self._stream(answer, manner)

    def _bytes(self, answer: Answer, manner: Manner) -> None:
        body = b"" if manner.bare else answer.body
        fields = dict(answer.headers)
        if answer.status != 204:
            fields = {
                "Content-Type": answer.content_type,
                "Content-Length": str(len(body)),
                **fields,
            }
        self._connection.sendall(_head(answer.status, fields, manner) + body)

    def _file(self, answer: FileAnswer, manner: Manner) -> None:
        fields = {"Content-Type": answer.content_type, "Content-Length": str(answer.size)}
        with answer.file:
            self._connection.sendall(_head(200, fields, manner))
            if answer.size:
                self._connection.sendfile(answer.file, 0, answer.size)

    def _stream(self, answer: StreamAnswer, manner: Manner) -> None:
        self._connection.sendall(_head(200, {"Content-Type": answer.content_type}, manner))
        for piece in answer.pieces:
            if self._ended() or (not piece and hung_up(self._connection)):
                return
            self._connection.sendall(piece)


def _head(status: int, fields: Mapping[str, str], manner: Manner) -> bytes:
    lines = [f"{manner.version} {status} {REASONS[status]}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    if manner.close:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
