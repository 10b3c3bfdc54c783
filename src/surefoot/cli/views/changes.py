"""`ctl changes` and `ctl change N`: the record of updates, and the story of one as a timeline.

The lines of a timeline are also what a waiting command prints as they happen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from surefoot.cli.paint import Paint
from surefoot.cli.table import clock, duration, seconds_between, table

Change = Mapping[str, Any]

_TITLES = ("N", "REVISION", "STATUS", "BEGAN", "TOOK", "MESSAGE")
_STATUS_WIDTH = len("DOWNLOADING")
_TIME_WIDTH = 8


def changes_lines(changes: Sequence[Change], now: datetime, paint: Paint) -> list[str]:
    if not changes:
        return ["No change yet: nothing was installed here, and the factory revision has not run."]
    rows = [
        [
            change["number"],
            change["revision"],
            change["status"],
            clock(change["began"], now),
            _took(change),
            change["message"],
        ]
        for change in changes
    ]
    return table(_TITLES, rows, paint, numbers="N TOOK")


def _took(change: Change) -> str:
    if change["ended"] is None:
        return "goes on"
    return duration(seconds_between(change["began"], change["ended"]))


def change_lines(change: Change, now: datetime, paint: Paint) -> list[str]:
    head = f"change {change['number']}  {change['revision']}"
    began = f"began {clock(change['began'], now)}, {_ended(change)}"
    return [paint(head, "bold"), began, "", *_timeline(change, paint)]


def _ended(change: Change) -> str:
    return "goes on" if change["ended"] is None else f"took {_took(change)}"


@dataclass(frozen=True)
class Marks:
    """What joins the entries of a timeline."""

    first: str
    next: str
    last: str
    only: str
    between: str


_DRAWN = Marks("┌", "├", "└", "─", "│")
_TYPED = Marks("+", "+", "+", "+", "|")


def _timeline(change: Change, paint: Paint) -> Iterator[str]:
    marks = _DRAWN if paint.lines else _TYPED
    entries = change["timeline"]
    for place, entry in enumerate(entries):
        is_last = place == len(entries) - 1
        mark = _mark(marks, place == 0, is_last)
        bar = " " if is_last else marks.between
        at_s = seconds_between(change["began"], entry["since"])
        text = f"{paint(mark, 'dim')} {paint.status(entry['status'], _STATUS_WIDTH)}"
        yield f"{_at(at_s)} {text} {entry['message']}{_lasted(entry, paint)}".rstrip()
        before = f"{' ' * _TIME_WIDTH} {paint(bar, 'dim')} {' ' * _STATUS_WIDTH}"
        for cause in causes(entry["cause"]):
            yield f"{before} {paint(cause, 'dim')}"


def _mark(marks: Marks, is_first: bool, is_last: bool) -> str:
    if is_first and is_last:
        return marks.only
    return marks.first if is_first else marks.last if is_last else marks.next


def _at(seconds: float) -> str:
    return duration(seconds).rjust(_TIME_WIDTH)


def _lasted(entry: Mapping[str, Any], paint: Paint) -> str:
    if entry["until"] is None:
        return ""
    return paint(f"  ({duration(seconds_between(entry['since'], entry['until']))})", "dim")


def entry_lines(status: str, message: str, cause: str, at_s: float, paint: Paint) -> list[str]:
    """One entry as it happens; `at_s`: seconds since the first one."""
    head = f"{_at(at_s)}  {paint.status(status, _STATUS_WIDTH)} {message}".rstrip()
    blank = " " * (_TIME_WIDTH + 2 + _STATUS_WIDTH)
    return [head, *(f"{blank} {paint(one, 'dim')}" for one in causes(cause))]


def causes(text: str) -> list[str]:
    """The engine joins several reasons into one text; each gets a line of its own."""
    return text.split("; ") if text else []
