"""What is asked of libcurl, and what comes of it: values, and what its callbacks do.

Knows HTTP as far as where header fields begin and end. Imports no pycurl.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType

PAUSE = 0x10000001
"""CURL_WRITEFUNC_PAUSE."""
_MAX_FIELDS = 64 * 1024

Source = Callable[[int], bytes]


@dataclass(frozen=True)
class Security:
    """How the other end of TLS is known: roots as PEM text or as a file of them; or, when libcurl
    cannot judge it, the sha256 (base64) of the one public key that was found right (`floor.py`)."""

    roots_pem: bytes = b""
    roots_file: str = ""
    pinned: str = ""


@dataclass(frozen=True)
class Asked:
    """`source` and `rewind` give the body when it is not in memory; `size` in bytes, then."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None
    source: Source | None = None
    rewind: Callable[[int], None] | None = None
    size: int = 0


@dataclass(frozen=True)
class Route:
    """`proxy`: host:port; `bare`: no tunnel, the proxy itself speaks TLS to the Hub."""

    proxy: str = ""
    bare: bool = False


@dataclass(frozen=True)
class Patience:
    """In seconds: without any headway; for all of it, if that is bounded."""

    idle_s: float
    total_s: float | None = None


@dataclass(frozen=True)
class End:
    """`fault`: libcurl's number, 0 when an answer came whole; `reason` in libcurl's words."""

    fault: int
    reason: str
    was_sent: bool
    redirect: str

    @property
    def is_whole(self) -> bool:
        return self.fault == 0


class Keeper:
    """Holds what was raised inside a callback: libcurl's C code would only print it. The transfer
    stops, and `release` raises it where somebody waits."""

    def __init__(self) -> None:
        self.kept: BaseException | None = None

    def __enter__(self) -> "Keeper":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        self.kept = error or self.kept
        return True

    def release(self) -> None:
        if self.kept is not None:
            raise self.kept


@dataclass
class Transfer:
    """What has come so far. `on_body` gets each piece once status and headers are known, and
    returns whether it wants more."""

    on_body: Callable[["Transfer", bytes], bool]
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    moved_at: float = 0.0
    keeper: Keeper = field(default_factory=Keeper)
    clock: Callable[[], float] = lambda: 0.0
    go_on: Callable[[], None] = lambda: None
    resting: "asyncio.Future[None] | None" = None
    _fields_size: int = 0

    def take_line(self, line: bytes) -> int:
        with self.keeper:
            self.moved_at = self.clock()
            self._fields_size += len(line)
            if self._fields_size > _MAX_FIELDS:
                return 0
            self._take(line.decode("latin-1").strip())
            return len(line)
        return 0

    def rest(self, until: "asyncio.Future[None]") -> None:
        """Takes nothing more before that is done; what it raises ends the transfer."""
        self.resting = until
        until.add_done_callback(self._rested)

    def _rested(self, _until: "asyncio.Future[None]") -> None:
        self.moved_at = self.clock()
        self.go_on()

    def take_body(self, chunk: bytes) -> int:
        with self.keeper:
            if self.resting is not None:
                if not self.resting.done():
                    return PAUSE  # it comes again
                self.resting.result()
                self.resting = None
            self.moved_at = self.clock()
            if self.on_body(self, chunk):
                return len(chunk)
        return 0

    def _take(self, line: str) -> None:
        if line.startswith("HTTP/"):  # also of a 100 Continue, or of each proxy on the way
            self.headers.clear()
            code = line.split()[1:2]
            self.status = int(code[0]) if code and re.fullmatch("[0-9]{3}", code[0]) else 0
            return
        name, colon, value = line.partition(":")
        if colon:
            name, value = name.strip().lower(), value.strip()
            before = self.headers.get(name)
            self.headers[name] = value if before is None else f"{before}, {value}"
