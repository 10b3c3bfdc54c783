"""The device's logs: one directory a revision, in it one a container, and the agent's own.

`logs/<rev>/<container>/console.log` is what a container writes to its console, appended by its
runtime; `logs/<rev>/pantavisor/pantavisor.log` is the agent's own, one JSON object a line. A log
never stops the agent: what cannot be written is counted, and the count written once there is room.

`log_rotation` keeps them small, `log_reader` reads them. Sources: device.md 1 (form of a line) and
9 (places), ruling R7.
"""

import errno
import fcntl
import json
import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from surefoot.device.config import Config
from surefoot.device.log_rotation import turn
from surefoot.errors import InvalidInput
from surefoot.revision.names import check_revision_name

AGENT = "pantavisor"  # the platform that the reference's readers know the agent by
NANOS = 1_000_000_000
MESSAGE_MAX_CHARS = 2048
ERRORS_MAX_BYTES = 4096  # the reference's limit of a whole progress
ERRORS_NEWEST = 4

log = logging.getLogger(__name__)


class Severity(IntEnum):
    """PV_LOG_LEVEL: a line is written when its severity is at most the level."""

    FATAL = 0
    ERROR = 1
    WARN = 2
    INFO = 3
    DEBUG = 4
    ALL = 5


@dataclass(frozen=True)
class LogLine:
    """One line. `tsec`, `tnano`: seconds since the machine started, or since 1970, by
    PV_LOG_TIMESTAMP; they only label (R23)."""

    tsec: int
    tnano: int
    platform: str
    lvl: str
    src: str
    msg: str

    def encode(self) -> str:
        """The JSON object, compact, without a line end."""
        return json.dumps(self.__dict__, separators=(",", ":"), ensure_ascii=False)


class LogTree:
    """Where the logs are. Names come checked: a revision's and a container's are path segments."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def console(self, revision: str, container: str) -> Path:
        """The console log of a container, there to be appended to. A log never keeps a container
        from starting: where none can be made (a full disk), its console goes to /dev/null."""
        path = self.root / revision / container / "console.log"
        try:
            append(path, b"")
        except OSError as error:
            log.warning("The console of %s is not kept: %s", container, error)
            return Path(os.devnull)
        return path

    def agent(self, revision: str) -> Path:
        """The agent's own log while it runs `revision`."""
        return self.root / revision / AGENT / f"{AGENT}.log"

    def sources(self, revision: str) -> dict[str, Path]:
        """The logs of a revision by name: its containers', and the agent's as `pantavisor`.

        Any name may be asked for: one that no revision can have would lead out of the tree, and has
        none.
        """
        try:
            check_revision_name(revision)
        except InvalidInput:
            return {}
        live = sorted((self.root / revision).glob("*/*.log"))
        return {path.parent.name: path for path in live}


Listener = Callable[[LogLine], None]


class AgentLog(logging.Handler):
    """The agent's own log, as a handler of the standard library's loggers.

    `src` is the last part of the logger's name (`surefoot.device.gc` writes as `gc`), unless the
    record brings one (`extra={"src": "state"}`), and so for `platform`. Listeners get each line,
    whatever the level of the file: `ErrorLog.add`, the socket's events, the Hub's log. They are
    called in the writing thread and must not log.
    """

    def __init__(self, tree: LogTree, revision: str, config: Config) -> None:
        super().__init__()
        self.listeners: list[Listener] = []
        self._tree = tree
        self._lost = 0
        self.use(config)
        self.switch(revision)

    def use(self, config: Config) -> None:
        """Takes PV_LOG_LEVEL and PV_LOG_TIMESTAMP as they are now.

        The reference's default level writes next to nothing; ours writes warnings at least, since
        a device that does not say why it failed helps nobody.
        """
        self._level = max(Severity.WARN, config.integer("PV_LOG_LEVEL"))
        is_absolute = config.text("PV_LOG_TIMESTAMP") == "absolute"
        self._clock = time.CLOCK_REALTIME if is_absolute else time.CLOCK_BOOTTIME

    def switch(self, revision: str) -> None:
        """From now on lines go to the log of this revision, which is there at once: a device that
        had nothing to say has an empty log, not none."""
        self._path = self._tree.agent(revision)
        with suppress(OSError):  # a full disk: the first line tries again
            append(self._path, b"")

    def emit(self, record: logging.LogRecord) -> None:
        severity = _severity(record)
        line = self._line(severity, record)
        if severity <= self._level:
            self._append(line)
        for listener in self.listeners:
            listener(line)

    def _line(self, severity: Severity, record: logging.LogRecord) -> LogLine:
        nanos = time.clock_gettime_ns(self._clock)
        source = str(getattr(record, "src", record.name.rpartition(".")[2]))
        platform = str(getattr(record, "platform", AGENT))
        message = _message(record)
        return LogLine(nanos // NANOS, nanos % NANOS, platform, severity.name, source, message)

    def _append(self, line: LogLine) -> None:
        text = line.encode() + "\n"
        if self._lost:
            said = f"{self._lost} lines before this one were lost: they could not be written"
            text = _with(line, lvl="WARN", src="logs", msg=said).encode() + "\n" + text
        try:
            append(self._path, text.encode())
            self._lost = 0
        except OSError:
            self._lost += 1


def append(path: Path, data: bytes) -> None:
    """Adds to the end of a log, in one write. Not synced: a log may lose its end in a power cut.

    The file is opened each time, so that it may be rotated or removed meanwhile. Raises OSError,
    and leaves no half line.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with turn(path.parent, fcntl.LOCK_SH):
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            size = os.fstat(fd).st_size
            if os.write(fd, data) != len(data):  # the disk became full within it
                os.ftruncate(fd, size)
                raise OSError(errno.ENOSPC, f"no room for a line in {path}")
        finally:
            os.close(fd)


class ErrorLog:
    """The ERROR lines since an update began, for its final progress (device.md 1, R7).

    Bounded: the first lines stay, since the first cause matters most, then the newest few. Threads
    may add while another reads.
    """

    def __init__(self, max_bytes: int = ERRORS_MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self.begin()

    def begin(self) -> None:
        """A new update begins: what was seen before belongs to another."""
        with self._lock:
            self._first: list[str] = []
            self._newest: list[str] = []
            self._left_out = 0

    def add(self, line: LogLine) -> None:
        """Takes ERROR and FATAL lines, leaves the others."""
        if line.lvl not in (Severity.ERROR.name, Severity.FATAL.name):
            return
        text = line.encode() + "\n"
        with self._lock:
            if not self._newest and self._size(text) <= self._max_bytes // 2:
                self._first.append(text)
            else:
                self._newest.append(text)
                self._shorten()

    def text(self) -> str | None:
        """The lines as the progress has them: JSON objects, each ended by a line feed."""
        with self._lock:
            lines = list(self._first)
            if self._left_out:
                gap = LogLine(0, 0, AGENT, "ERROR", "logs", f"{self._left_out} lines left out")
                lines.append(gap.encode() + "\n")
            return "".join(lines + self._newest) or None

    def _size(self, more: str = "") -> int:
        return sum(len(text.encode()) for text in (*self._first, *self._newest, more))

    def _shorten(self) -> None:
        while self._newest and (
            len(self._newest) > ERRORS_NEWEST or self._size() > self._max_bytes
        ):
            self._newest.pop(0)
            self._left_out += 1


def _severity(record: logging.LogRecord) -> Severity:
    steps = (
        (logging.CRITICAL, Severity.FATAL),
        (logging.ERROR, Severity.ERROR),
        (logging.WARNING, Severity.WARN),
        (logging.INFO, Severity.INFO),
        (logging.DEBUG, Severity.DEBUG),
    )
    return next((severity for floor, severity in steps if record.levelno >= floor), Severity.ALL)


def _message(record: logging.LogRecord) -> str:
    """The message, with the traceback where there is one; only so long that one write takes it."""
    try:
        text = record.getMessage()
    except (TypeError, ValueError):  # its arguments do not fit: a slip of ours, never fatal
        text = str(record.msg)
    if record.exc_info:
        text += "\n" + logging.Formatter().formatException(record.exc_info)
    if len(text) > MESSAGE_MAX_CHARS:
        text = text[: MESSAGE_MAX_CHARS - 1] + "…"
    return text.encode(errors="replace").decode()


def _with(line: LogLine, lvl: str, src: str, msg: str) -> LogLine:
    return LogLine(line.tsec, line.tnano, AGENT, lvl, src, msg)
