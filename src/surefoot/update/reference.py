"""The reference page of the progress table, made from `tables.py`: rows, causes, what may follow.

Pure, like its room: `page()` is text. `python -m surefoot.update.reference` shows it; `make docs`
writes it to docs/reference/progress.md.

Sources: seed "Progress", rulings R1, R2, R4, R6.
"""

import sys
from collections.abc import Iterable, Iterator

from surefoot.update import tables
from surefoot.update.tables import Cause, Point
from surefoot.wire.progress import PERCENT, Status

MEANINGS: dict[Status, str] = {
    Status.NEW: "a step that the device has not taken up; written by the Hub",
    Status.SYNCING: "the device tells its first revision to the Hub; shown by the Hub",
    Status.QUEUED: "the device knows the step and has other work to do first, or waits for the Hub",
    Status.DOWNLOADING: "objects that are not here yet are fetched and checked",
    Status.INPROGRESS: "the revision is installed, and the device goes over to it",
    Status.TESTING: "the revision runs with all of its goals reached; it must stay like that",
    Status.UPDATED: "the revision runs; it becomes the rollback point with the next boot",
    Status.DONE: "the revision runs and is the rollback point",
    Status.WONTGO: "the revision was refused before the device began to go over to it",
    Status.ERROR: "the revision failed; the device is back on its rollback point, or never left it",
    Status.CANCELLED: "the owner has cancelled the step; written by the Hub",
}
CAUSES: dict[Cause, str] = {
    Cause.ABORTED: "a local update was given up by a command, or by a later one",
    Cause.RETRIES: "every start that a remote update has was spent, or an object is gone for good",
    Cause.NO_ROOM: "the objects need more room than there is, also after garbage collection",
    Cause.INTERNAL: "something of the device's own failed: its disk, its memory, a bug",
    Cause.NOT_COVERED: "a part of the revision is covered by no signature",
    Cause.BAD_SIGNATURE: "a signature does not fit what it covers",
    Cause.UNKNOWN: "the signatures could not be judged, and nobody knows why",
    Cause.BAD_STATE: "the state JSON cannot be parsed, or is not there",
    Cause.BAD_OBJECT: "an object is missing, or has other bytes than its name says",
    Cause.HUB_NOT_REACHABLE: "a remote update: the Hub gave no answer in time after the start",
    Cause.HUB_NOT_STABLE: "a remote update: the Hub fell silent during TESTING",
    Cause.STALE: "a step older than the remote revision that runs",
    Cause.GOAL: "a container did not reach its status goal in time, or never got stable",
    Cause.START: "a container could not be prepared or started, or exited for good",
    Cause.UNEXPECTED: "the device came back on its rollback point without a stored reason",
}
MADE = "<!-- Made by `make docs` from `src/surefoot/update/tables.py`; change it there. -->\n"
INTRO = """
# Progress of an update

Each revision has a progress: a status, a message and a percentage. The same JSON lies on the
device's disk (`trails/<revision>/.pv/progress`), is answered by its socket
(`GET /steps/<revision>/progress`) and is reported to the Hub. A status only moves forward, the
first cause of a failure stays, and a final status is written once; only UPDATED goes on, at the
next boot of its revision.
"""
DIAGRAM = """
## What may follow what

WONTGO and ERROR stand for all of their rows; which of them may follow is in the table above.

"""


def page() -> str:
    """The whole page, ended by a line break."""
    return f"{MADE}{INTRO}{_statuses()}{_rows()}{_causes()}{DIAGRAM}{_diagram()}"


def words(point: Point) -> str:
    """The message as people write it, with letters for its numbers."""
    return point.message.replace("{x}", "X").replace("{y}", "Y")


# ---- tables ------------------------------------------------------------------------------------


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |\n"


def _table(title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    rule = _row(*["---"] * len(heads))
    return f"\n## {title}\n\n" + _row(*heads) + rule + "".join(_row(*row) for row in rows)


def _statuses() -> str:
    heads = ("status", "%", "end", "meaning")
    rows = ((s.value, str(PERCENT[s]), _end(s), MEANINGS[s]) for s in Status)
    return _table("Statuses", heads, rows)


def _end(status: Status) -> str:
    if status not in tables.FINAL:
        return ""
    return "failed" if status in tables.FAILED else "final"


def _rows() -> str:
    heads = ("status", "message", "updates", "may be followed by")
    rows = (
        (p.status.value, _message(p), "remote" if p.remote else "all", _followers(p))
        for p in tables.POINTS
    )
    return _table("Messages", heads, rows)


def _message(point: Point) -> str:
    return f"`{words(point)}`" if point.message else ""


def _followers(point: Point) -> str:
    """By status; the rows of one are named unless all of them may follow."""
    follows = tables.FOLLOWS[point]
    return "; ".join(_of_status(status, follows) for status in Status if _has(status, follows))


def _has(status: Status, follows: frozenset[Point]) -> bool:
    return any(point.status is status for point in follows)


def _of_status(status: Status, follows: frozenset[Point]) -> str:
    rows = [point for point in tables.POINTS if point.status is status]
    named = [_message(point) for point in rows if point in follows]
    return status.value if len(named) == len(rows) else f"{status.value} {', '.join(named)}"


def _causes() -> str:
    heads = ("message", "status", "possible cause")
    rows = ((f"`{_text(c)}`", " or ".join(_ends(c)), CAUSES[c]) for c in Cause)
    return _table("Causes", heads, rows)


def _text(cause: Cause) -> str:
    return words(Point(Status.ERROR, tables.CAUSE_TEXTS[cause]))


def _ends(cause: Cause) -> Iterator[str]:
    if cause in tables.WONTGO:
        yield Status.WONTGO.value
    if cause in tables.ERROR:
        yield Status.ERROR.value


# ---- the diagram -------------------------------------------------------------------------------

# Drawn as one each: their rows differ in nothing but the cause.
AS_ONE = tables.FAILED


def _diagram() -> str:
    lines = ["stateDiagram-v2", *_states(), *_first(), *_edges(), *_last()]
    return "```mermaid\n" + "\n    ".join(lines) + "\n```\n"


def node(point: Point) -> str:
    """The diagram's name of a row."""
    rows = _rows_of(point.status)
    alone = len(rows) == 1 or point.status in AS_ONE
    return point.status.value if alone else f"{point.status}_{rows.index(point) + 1}"


def _rows_of(status: Status) -> list[Point]:
    return [point for point in tables.POINTS if point.status is status]


def _states() -> Iterator[str]:
    for point in tables.POINTS:
        label = f"{point.status}: {words(point)}".removesuffix(": ")
        if point.status not in AS_ONE and label != node(point):
            yield f'state "{label}" as {node(point)}'


def _first() -> Iterator[str]:
    yield from (f"[*] --> {node(p)}" for p in (tables.NEW, tables.SYNCING, tables.READY_TO_RUN))


def _edges() -> Iterator[str]:
    """Each once, in the order of the table; a row that may follow itself draws no line."""
    pairs = ((b, a) for b in tables.POINTS for a in tables.POINTS if a in tables.FOLLOWS[b])
    lines = (f"{node(before)} --> {node(after)}" for before, after in pairs if before != after)
    yield from dict.fromkeys(lines)


def _last() -> Iterator[str]:
    ends = (node(point) for point in tables.POINTS if point.final)
    yield from (f"{end} --> [*]" for end in dict.fromkeys(ends))


if __name__ == "__main__":
    sys.stdout.write(page())
