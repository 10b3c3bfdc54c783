# It is named for what it talks to; nothing here is imported relatively. ruff: noqa: A005
"""The control socket from the client's side: JSON, objects of any size, logs and events."""

import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from surefoot.client.events import EventStream
from surefoot.client.exchange import Asked, Stream, exchange
from surefoot.errors import Corrupt, NotFound, SurefootError, Unreachable

# As long as pvcontrol waits: a device may hash gigabytes before it answers.
ANSWER_S = 240.0
CHUNK_BYTES = 256 * 1024

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the bytes that are through and the bytes in all."""


class SocketClient:
    """Every method raises Unreachable when nobody answers at `path`, TimedOut when the answer does
    not come, and for an error that the device answers the type of `surefoot.errors` that fits
    (Busy with `retry_after_s`), with the device's words."""

    def __init__(self, path: Path, timeout_s: float = ANSWER_S) -> None:
        self.path = path
        self._timeout_s = timeout_s

    def get(self, target: str) -> Any:
        """The parsed JSON of the answer."""
        return _parsed(self.get_bytes(target))

    def get_bytes(self, target: str) -> bytes:
        return self._ask(Asked("GET", target))

    def put(self, target: str, body: bytes) -> None:
        self._ask(Asked("PUT", target, body))

    def put_json(self, target: str, value: Any) -> None:
        self.put(target, _json(value))

    def post(self, target: str, value: Any = None) -> Any:
        """The parsed JSON of the answer, None when it is empty."""
        return _parsed(self._ask(Asked("POST", target, b"" if value is None else _json(value))))

    def delete(self, target: str) -> None:
        self._ask(Asked("DELETE", target))

    def command(self, op: str, payload: str = "") -> bool:
        """True once the device has stored the command durably, False when it is already so."""
        with self._open(
            Asked("POST", "/commands", _json({"op": op, "payload": payload}))
        ) as answer:
            return answer.status != 204

    def upload(self, target: str, source: Path, progress: Progress | None = None) -> None:
        """PUT of a file, in bounded memory. Raises NotFound for the file, Corrupt when the device
        finds other bytes than the name says."""
        try:
            file = source.open("rb", buffering=0)
        except OSError as error:
            raise NotFound(f"{source} cannot be read: {error.strerror}") from error
        with file:
            size = os.fstat(file.fileno()).st_size
            self._ask(Asked("PUT", target, _pieces(file, size, progress), size))

    def download(self, target: str, sink: BinaryIO, progress: Progress | None = None) -> None:
        """GET of any size into a file, in bounded memory."""
        done = 0
        with self._open(Asked("GET", target)) as stream:
            while piece := stream.read(CHUNK_BYTES):
                sink.write(piece)
                done += len(piece)
                if progress:
                    progress(done, stream.size)
        if done < stream.size:
            raise Unreachable(f"the device hung up after {done} of {stream.size} bytes")

    def lines(self, target: str) -> Iterator[bytes]:
        """The lines of a log as they come, without their ends."""
        with self._open(Asked("GET", target)) as stream:
            while line := stream.readline(None):
                yield line.rstrip(b"\n")

    def events(
        self,
        last_id: int | None = None,
        *,
        patience_s: float = 0.0,
        timeout_s: float | None = None,
    ) -> EventStream:
        """What happens on the device after the event `last_id` (None: from now on)."""

        def connect(position: int | None) -> Stream:
            fields = {} if position is None else {"Last-Event-ID": str(position)}
            return self._open(Asked("GET", "/events", fields=fields))

        return EventStream(connect, last_id, patience_s=patience_s, timeout_s=timeout_s)

    def _ask(self, asked: Asked) -> bytes:
        with self._open(asked) as answer:
            return answer.rest()

    def _open(self, asked: Asked) -> Stream:
        return exchange(self.path, asked, self._timeout_s)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError as error:
        raise SurefootError(f"the device answered what is no JSON: {error}") from error


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _pieces(file: io.FileIO, size: int, progress: Progress | None) -> Iterator[bytes]:
    """Exactly `size` bytes: the length is promised before the first is sent."""
    done = 0
    while done < size:
        piece = file.read(min(CHUNK_BYTES, size - done))
        if not piece:
            raise Corrupt(f"{file.name!r} became shorter while it was sent: send it again")
        yield piece
        done += len(piece)
        if progress:
            progress(done, size)
