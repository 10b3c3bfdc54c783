"""One request to the control socket and its answer; what went wrong as `surefoot.errors`."""

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from surefoot.client.unix import connect
from surefoot.errors import (
    Busy,
    Conflict,
    Corrupt,
    Forbidden,
    InvalidInput,
    NoRoom,
    NotFound,
    SurefootError,
    TimedOut,
    Unreachable,
)

# Texts that say more than their status does.
_KINDS_BY_TEXT: dict[str, type[SurefootError]] = {
    "Object has bad checksum": Corrupt,
    "Signal not expected from this platform": Forbidden,
}

_KINDS: dict[int, type[SurefootError]] = {
    400: InvalidInput,
    403: Forbidden,
    404: NotFound,
    408: TimedOut,
    409: Conflict,
    422: InvalidInput,
    504: TimedOut,
    507: NoRoom,
}


@dataclass(frozen=True)
class Asked:
    """`size`: bytes in the body, when it comes in pieces."""

    method: str
    target: str
    body: bytes | Iterator[bytes] = b""
    size: int = 0
    fields: Mapping[str, str] = field(default_factory=dict)

    def all_fields(self) -> dict[str, str]:
        size = len(self.body) if isinstance(self.body, bytes) else self.size
        return {"Content-Length": str(size), **self.fields}


class Stream:
    """An answer from its body on. Close it, or use it in a with-statement."""

    def __init__(self, connection: socket.socket, answer: http.client.HTTPResponse) -> None:
        self._connection = connection
        self._answer = answer
        self.status = answer.status
        self.size = int(answer.headers.get("Content-Length") or 0)
        self.retry_after = answer.headers.get("Retry-After", "")

    def readline(self, timeout_s: float | None) -> bytes:
        """b"" at the end. Raises TimeoutError; Unreachable when the connection breaks."""
        with _broken_is_unreachable():
            self._connection.settimeout(timeout_s)
            return self._answer.readline()

    def read(self, limit: int) -> bytes:
        """b"" at the end. Raises TimedOut, Unreachable."""
        with _late_is_timed_out(), _broken_is_unreachable():
            return self._answer.read(limit)

    def rest(self) -> bytes:
        """All of it. Raises TimedOut, Unreachable (also for an answer that is cut)."""
        with _late_is_timed_out(), _broken_is_unreachable():
            return self._answer.read()

    def close(self) -> None:
        self._answer.close()
        self._connection.close()

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("localhost")
        self.sock = connect(path, timeout_s)


def exchange(path: Path, asked: Asked, timeout_s: float) -> Stream:
    """Asks the device at `path`, on a connection of its own.

    Raises Unreachable when nobody answers, TimedOut when the answer does not begin in time, and
    for any status but 2xx the error that fits, with the device's words.
    """
    connection = _Connection(path, timeout_s)
    plain = connection.sock
    try:
        stream = Stream(plain, _exchange(connection, asked))
        if stream.status >= 300:
            raise _error(stream.status, stream.rest(), stream.retry_after)
    except BaseException:
        plain.close()
        raise
    return stream


def _exchange(connection: _Connection, asked: Asked) -> http.client.HTTPResponse:
    with _late_is_timed_out(), _broken_is_unreachable():
        try:
            connection.request(asked.method, asked.target, asked.body, asked.all_fields())
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has answered before it had everything: the answer says why
        return connection.getresponse()


@contextmanager
def _late_is_timed_out() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise TimedOut("the device is too slow; what was asked for may still happen") from error


@contextmanager
def _broken_is_unreachable() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"the device hung up before its answer was complete: {error}") from error


def _error(status: int, body: bytes, retry_after: str) -> SurefootError:
    text = _words(body) or f"the device answered {status} without a reason"
    if status == 503:
        return Busy(text, int(retry_after) if retry_after.isdigit() else 1)
    kind = _KINDS_BY_TEXT.get(text) or _KINDS.get(status, SurefootError)
    return kind(text)


def _words(body: bytes) -> str:
    """What the device says, its reason after it."""
    try:
        told = json.loads(body)
        return ": ".join(str(told[key]) for key in ("Error", "Reason") if key in told)
    except (ValueError, TypeError):
        return body.decode("utf-8", "replace").strip()
