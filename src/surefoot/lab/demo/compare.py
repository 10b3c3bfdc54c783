"""What is seen against the script. Each gives differences, in words; no word means none. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from surefoot.client.desk.steps import View
from surefoot.client.wait import Entry
from surefoot.lab.demo.rows import FRESH, Row
from surefoot.lab.demo.story import MOST_MOVED, Scene, Step
from surefoot.update import tables
from surefoot.wire.progress import Status

# As `surefoot post --wait` tells a status: when, which, with what message.
_TOLD = re.compile(r" *[\d.]+ (?:s|min \d+ s)  ([A-Z]+) *(.*)\Z")


def record(revision: str, script: Sequence[Row], seen: Iterable[Entry]) -> Iterator[str]:
    """The rows of one revision, whole and in order."""
    found = [f"{one.status} {one.message}" for one in seen if one.revision == revision]
    wanted = [_text(row) for row in script]
    if found != wanted:
        yield f"the record of {revision} is {found}, not {wanted}"


def order(scene: Scene, seen: Iterable[Entry]) -> Iterator[str]:
    """Revisions come to their end in the order in which they were posted (R16)."""
    found = [one.revision for one in seen if one.status in {s.value for s in tables.FINAL}]
    wanted = [step.revision for step in scene.steps if step.is_run]
    if found != wanted:
        yield f"the revisions came to their end as {found}, not as {wanted}"


def told_by_post(step: Step, lines: Iterable[str]) -> Iterator[str]:
    """The Hub may skip rows, and ends with the last."""
    found = told_rows(lines)
    wanted = [_text(row) for row in (FRESH, *step.rows)]
    rest = iter(wanted)
    if not found or found[-1] != wanted[-1] or not all(row in rest for row in found):
        yield f"of {step.revision} the Hub told {found}, not some of {wanted} with the last"


def told_rows(lines: Iterable[str]) -> list[str]:
    return [" ".join(match.groups()).strip() for match in map(_TOLD.match, lines) if match]


def at_hub(step: Step, view: View) -> Iterator[str]:
    """What the Hub holds in the end."""
    found, wanted = f"{view.status} {view.message}".strip(), _text(step.final)
    if found != wanted:
        yield f"of {step.revision} the Hub holds {found}, not {wanted}"
    if view.retries != step.starts:
        yield f"of {step.revision} the Hub holds retries {view.retries}, not {step.starts}"
    if not any(step.log in cause for cause in view.causes or ("",)):
        yield f"the Hub's log lines of {step.revision} are {view.causes}, without {step.log!r}"


def pids(
    keeps: Iterable[str], before: Mapping[str, int], after: Mapping[str, int]
) -> Iterator[str]:
    """A container that was left alone has the same init."""
    for name in keeps:
        if before.get(name) != after.get(name):
            yield f"init of {name} was {before.get(name)} and is {after.get(name)}"


def moved(size: int, passed: int) -> Iterator[str]:
    """What came over the line comes once, but for what was on its way in a cut."""
    if not size <= passed <= size * MOST_MOVED:
        yield f"{passed} bytes went over the line for {size}"


def exit_code(command: object, code: int, wanted: int) -> Iterator[str]:
    if code != wanted:
        yield f"`{command}` ended with {code}, not {wanted}"


def _text(row: Row) -> str:
    status, message = row
    return f"{Status(status).value} {message}".strip()
