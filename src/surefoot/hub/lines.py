"""What the Hub has to tell its operator: one line for each thing, on a stream."""

import logging
import re
import traceback
from types import TracebackType
from typing import TextIO

NEAREST = 6
LONGEST = 4000
# An address that carries its right in its path: its sha is told, the rest would open it.
_SIGNED = re.compile(r"(/(?:local-)?s3/[^\s\"']{64})[^\s\"']+")


class OneLine(logging.Formatter):
    """An error's way through the code is put behind it, nearest place first."""

    def __init__(self) -> None:
        super().__init__("surefoot hub: %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        line = self.formatMessage(_with_message(record))
        if record.exc_info and record.exc_info[1] is not None:
            line = f"{line}: {_told(record.exc_info[1])}"
        line = _SIGNED.sub(r"\1...", line)
        return line[:LONGEST].replace("\r", "\\r").replace("\n", "\\n")


def log_to(stream: TextIO, *, requests: bool = False) -> None:
    """`requests`: each call as well."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLine())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in ("surefoot.hub", "surefoot.hub.access"):
        logging.getLogger(name).setLevel(logging.INFO if requests else logging.WARNING)


def _with_message(record: logging.LogRecord) -> logging.LogRecord:
    record.message = record.getMessage()
    return record


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error} [{_places(error.__traceback__)}]"


def _places(way: TracebackType | None) -> str:
    frames = reversed(traceback.extract_tb(way))
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return " < ".join(places[:NEAREST])
