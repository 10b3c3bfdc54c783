"""The record of changes: each update leaves a numbered story with its timeline.

A file a change, bounded in number and length, kept over reboots and rollbacks. The record is for
people: when the disk refuses it, the update goes on all the same.
"""

import json
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from surefoot.errors import Corrupt, NoRoom, NotFound
from surefoot.files import durable
from surefoot.files.objects import contents
from surefoot.update import tables
from surefoot.wire.progress import Progress, Status

log = logging.getLogger(__name__)
MAX_CHANGES = 200
MAX_ENTRIES = 200

Change = dict[str, Any]


class Changes:
    """`clock`: seconds since 1970; a label only (R23). Threads may ask while one writes."""

    def __init__(self, directory: Path, clock: Callable[[], float] = time.time) -> None:
        self._directory = directory
        self._clock = clock
        self._lock = threading.Lock()
        self._all = {number: change for number, change in map(_load, _files(directory)) if change}

    def note(self, revision: str, progress: Progress, cause: str) -> Change:
        """One more entry of the revision's change; begins a new change where the last has ended."""
        with self._lock:
            change = self._open(revision, progress)
            now = self._now()
            entries = change["timeline"]
            if entries and _same(entries[-1], progress):
                return change
            if entries:
                entries[-1]["until"] = now
            entries.append(_entry(progress, cause, now))
            del entries[1 : max(1, len(entries) - MAX_ENTRIES + 1)]
            change.update(status=progress.status.value, message=progress.message)
            change["ended"] = now if progress.status in tables.FINAL else None
            self._store(change)
            return change

    def all(self) -> list[Change]:
        """Oldest first."""
        with self._lock:
            return [dict(self._all[number]) for number in sorted(self._all)]

    def get(self, number: int) -> Change:
        """Raises NotFound."""
        with self._lock:
            if number not in self._all:
                raise NotFound(f"There is no change {number}; `surefoot ctl changes` lists them")
            return dict(self._all[number])

    def _open(self, revision: str, progress: Progress) -> Change:
        last = self._last(revision)
        if last is not None and _goes_on(last, progress):
            return last
        number = max(self._all, default=0) + 1
        change = {
            "number": number,
            "revision": revision,
            "status": "",
            "message": "",
            "began": self._now(),
            "ended": None,
            "timeline": [],
        }
        self._all[number] = change
        self._forget()
        return change

    def _last(self, revision: str) -> Change | None:
        own = [change for change in self._all.values() if change["revision"] == revision]
        return max(own, key=lambda change: int(change["number"]), default=None)

    def _forget(self) -> None:
        for number in sorted(self._all)[:-MAX_CHANGES]:
            del self._all[number]
            durable.remove(self._path(number))

    def _store(self, change: Change) -> None:
        try:
            durable.write(self._path(change["number"]), json.dumps(change).encode())
        except NoRoom as error:
            log.warning("change %s is not recorded: %s", change["number"], error)

    def _path(self, number: int) -> Path:
        return self._directory / f"{number}.json"

    def _now(self) -> str:
        moment = datetime.fromtimestamp(self._clock(), UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def _goes_on(change: Change, progress: Progress) -> bool:
    """An ended change goes on only from UPDATED to what the next boot makes of it (R4)."""
    if change["ended"] is None:
        return True
    rerun = progress.message == tables.READY_TO_RUN.message
    return change["status"] == Status.UPDATED.value and not rerun


def _same(entry: dict[str, Any], progress: Progress) -> bool:
    return bool(entry["status"] == progress.status.value and entry["message"] == progress.message)


def _entry(progress: Progress, cause: str, now: str) -> dict[str, Any]:
    return {
        "status": progress.status.value,
        "message": progress.message,
        "progress": progress.progress,
        "retries": progress.retries,
        "since": now,
        "until": None,
        "cause": cause,
    }


def _files(directory: Path) -> list[Path]:
    return [path for path in directory.glob("*.json") if path.stem.isdigit()]


def _load(path: Path) -> tuple[int, Change | None]:
    number = int(path.stem)
    try:
        change = json.loads(contents(path))
        whole = isinstance(change, dict) and change["number"] == number and change["timeline"]
        return number, change if whole else None
    except (Corrupt, NotFound, ValueError, KeyError) as error:
        log.warning("change %s cannot be read: %s", number, error)
        return number, None
