"""How the waiting verbs tell what happens, and with which exit code they end."""

from collections.abc import Mapping
from typing import Any

from surefoot.cli import output
from surefoot.cli.table import seconds_between
from surefoot.cli.views.changes import entry_lines
from surefoot.client.wait import EXIT_CODES, Entry, Look, Until, Waiter
from surefoot.wire.progress import Progress, Status


class Teller:
    """Prints each entry of the record once, as it happens: for people, or as JSON lines."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._paint = output.paint()
        self._first = ""

    def __call__(self, entry: Entry) -> None:
        self._first = self._first or entry.since
        if self._as_json:
            output.show_json_line({"kind": "progress", **entry_json(entry)})
            return
        at_s = seconds_between(self._first, entry.since)
        output.show(entry_lines(entry.status, entry.message, entry.cause, at_s, self._paint))

    def say(self, text: str, kind: str, **members: Any) -> None:
        """Something that happened here: `text` for people, the members for programs."""
        if self._as_json:
            output.show_json_line({"kind": kind, **members})
        elif text:
            output.show([text])

    def follow(self, waiter: Waiter, revision: str, until: Until) -> int:
        """To the end of an update, and of the rollback where it fails; the exit code (R24)."""
        look = waiter.wait(until, self)
        assert look.progress is not None
        code = EXIT_CODES.get(look.progress.status, 0)
        after = self._afterwards(waiter, look)
        members = {"revision": revision, **progress_json(look.progress), "exit_code": code}
        self.say("", "result", **members)
        if code:
            output.note(f"{_failure(revision, look)}{after}")
        return code

    def _afterwards(self, waiter: Waiter, look: Look) -> str:
        """What became of the device, for a person who reads that an update failed."""
        assert look.progress is not None
        if look.progress.status is not Status.ERROR:
            return ""
        if waiter.settle(self):
            return f"; the device runs {look.status['rollback_point']} again"
        return "; the device is not back yet: look with `surefoot ctl status`"


def entry_json(entry: Entry) -> Mapping[str, Any]:
    return {
        "revision": entry.revision,
        "status": entry.status,
        "status-msg": entry.message,
        "cause": entry.cause,
        "since": entry.since,
        "change": entry.change,
    }


def progress_json(progress: Progress) -> Mapping[str, Any]:
    return {"status": progress.status.value, "status-msg": progress.message}


def _failure(revision: str, look: Look) -> str:
    assert look.progress is not None
    return f"{revision} ended {look.progress.status.value}: {look.progress.message}"
