"""The progress of a revision: the same JSON object on disk, on the socket and to the Hub.

Source: device.md 1 (keys and their order), seed "Progress" and `progress.json` (statuses), rulings
R2 (percentages), R14 (`CANCEL`).
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from surefoot.errors import InvalidInput


class Status(StrEnum):
    """The statuses of the seed page's table."""

    NEW = "NEW"
    SYNCING = "SYNCING"
    QUEUED = "QUEUED"
    DOWNLOADING = "DOWNLOADING"
    INPROGRESS = "INPROGRESS"
    TESTING = "TESTING"
    UPDATED = "UPDATED"
    DONE = "DONE"
    WONTGO = "WONTGO"
    ERROR = "ERROR"
    CANCELLED = "CANCELLED"


PERCENT = MappingProxyType(
    {
        Status.NEW: 0,
        Status.SYNCING: 0,
        Status.QUEUED: 5,
        Status.DOWNLOADING: 25,
        Status.INPROGRESS: 50,
        Status.TESTING: 75,
        Status.UPDATED: 100,
        Status.DONE: 100,
        Status.WONTGO: 100,
        Status.ERROR: 100,
        Status.CANCELLED: 100,
    }
)
"""R2. Of SYNCING, which only the Hub shows (R19), no source tells one: nothing is done yet."""


@dataclass(frozen=True)
class Downloads:
    """All objects of one update together. Sizes in bytes, times in whole seconds since 1970."""

    total_size: int
    total_downloaded: int
    start_time: int
    current_time: int


@dataclass(frozen=True)
class Progress:
    """`progress` is a percentage; `logs` are JSON log lines, each ended or parted by a newline."""

    status: Status
    message: str
    progress: int
    retries: int = 0
    downloads: Downloads | None = None
    logs: str | None = None


def encode(progress: Progress) -> bytes:
    """Compact JSON, keys in the order of device.md 1, UTF-8; what is absent is left out."""
    body: dict[str, object] = {
        "status": progress.status.value,
        "status-msg": progress.message,
        "progress": progress.progress,
        "retries": progress.retries,
    }
    if progress.downloads is not None:
        body["downloads"] = {"total": _encode_downloads(progress.downloads)}
    if progress.logs is not None:
        body["logs"] = progress.logs
    # A lone surrogate (a log line that was no UTF-8) must not cost the whole record.
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "replace")


def _encode_downloads(downloads: Downloads) -> dict[str, object]:
    return {
        "object_name": "total",
        "object_id": "none",
        "total_size": downloads.total_size,
        "total_downloaded": downloads.total_downloaded,
        "start_time": downloads.start_time,
        "current_time": downloads.current_time,
    }


def decode(data: bytes) -> Progress:
    """Accepts blanks, another order and unknown keys. Raises InvalidInput, naming the bad key."""
    body = _load(data)
    return Progress(
        status=_status(body),
        message=_text(body, "status-msg") or "",
        progress=_whole(body, "progress"),
        retries=_whole(body, "retries"),
        downloads=_downloads(body),
        logs=_text(body, "logs"),
    )


def _load(data: bytes) -> dict[str, Any]:
    try:
        body = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"The progress is not JSON ({error})") from error
    if not isinstance(body, dict):
        raise InvalidInput(f"The progress must be a JSON object, not {_shown(body)}")
    return body


def _status(body: dict[str, Any]) -> Status:
    found = body.get("status")
    if found == "CANCEL":
        return Status.CANCELLED
    if isinstance(found, str) and found in Status.__members__:
        return Status(found)
    raise InvalidInput(
        f"'status' of the progress must be one of {', '.join(Status)}, not {_shown(found)}"
    )


def _text(body: dict[str, Any], key: str) -> str | None:
    found = body.get(key)
    if found is None or isinstance(found, str):
        return found
    raise InvalidInput(f"'{key}' of the progress must be text, not {_shown(found)}")


def _whole(body: dict[str, Any], key: str) -> int:
    found = body.get(key, 0)
    if isinstance(found, int) and not isinstance(found, bool) and found >= 0:
        return found
    raise InvalidInput(
        f"'{key}' of the progress must be a whole number, 0 or more, not {_shown(found)}"
    )


def _downloads(body: dict[str, Any]) -> Downloads | None:
    """An empty `downloads`, or one without a `total`, says nothing: there is none."""
    found = body.get("downloads")
    total = found.get("total") if isinstance(found, dict) else found
    if total is None:
        return None
    if not isinstance(total, dict):
        raise InvalidInput(f"'downloads' of the progress must hold 'total', not {_shown(total)}")
    keys = ("total_size", "total_downloaded", "start_time", "current_time")
    return Downloads(*(_whole(total, key) for key in keys))


def _shown(found: object) -> str:
    """What was found, short enough for a message."""
    text = json.dumps(found)
    return text if len(text) <= 60 else f"{text[:57]}..."
