"""What a device's report does to the progress that is held: states only move forward.

Source: rulings R4 (what may follow UPDATED), R6 (first cause wins; late, repeated and disordered
reports change nothing), R14 (what a cancel ends, and what overrules it), R19 (NEW and SYNCING are
the Hub's own words). No clock, no database.

A report is *early* while nothing is armed for the next boot, *armed* from `Update installed` on.
"""

from surefoot.errors import Conflict
from surefoot.wire.hub import trails as wire
from surefoot.wire.hub.trails import Report
from surefoot.wire.progress import Status

EARLY = 0
INSTALLED = 1
LEAVING = 2
STARTED = 3
TESTING = 4

_STAGES: dict[Status, int] = {
    Status.NEW: EARLY,
    Status.SYNCING: EARLY,
    Status.QUEUED: EARLY,
    Status.DOWNLOADING: EARLY,
    Status.TESTING: TESTING,
}
# R2, and what the C agent and the mocker say (recorded/README.md).
_INPROGRESS_STAGES: dict[str, int] = {
    "Update objects downloaded": EARLY,
    "Update installed": INSTALLED,
    "Update applied": INSTALLED,
    "Rebooting": LEAVING,
    "Transitioning to new revision without rebooting": LEAVING,
    "Starting updated version": STARTED,
    "Trying new revision": STARTED,
}
_HUBS_OWN = frozenset({Status.NEW, Status.SYNCING})
_ENDED_FOR_GOOD = frozenset({Status.DONE, Status.ERROR, Status.WONTGO})
_FINAL = _ENDED_FOR_GOOD | {Status.UPDATED, Status.CANCELLED}
_RUNS = frozenset({Status.TESTING, Status.UPDATED, Status.DONE})
_STALE = "Stale revision"

FRESH = wire.said(Status.NEW)
FACTORY_DONE = wire.said(Status.DONE, "Factory revision")
# R1: the seed page knows no message of CANCELLED, and one word for what somebody ended.
GIVEN_UP = "Update aborted"


def forward(held: Report, told: Report) -> Report:
    """What is held from now on: `told`, or `held` itself when nothing changes."""
    if _may_follow(held, told):
        return told
    if _only_adds_logs(held, told):
        return wire.with_logs(held, told.logs)
    return held


def _may_follow(held: Report, told: Report) -> bool:
    if told.status in _HUBS_OWN or held.status in _ENDED_FOR_GOOD:
        return False
    if held.status is Status.CANCELLED:
        return _had_armed(told)
    if held.status is Status.UPDATED:
        return _is_next_boot(told)
    return _goes_on(held, told)


def _goes_on(held: Report, told: Report) -> bool:
    """For an update that has not ended."""
    if told.status is Status.CANCELLED:
        return is_early(held)
    if told.status in _FINAL:
        return True
    if is_early(held) and is_early(told):
        return told.retries >= held.retries
    return _stage(told) >= _stage(held)


def _had_armed(told: Report) -> bool:
    """R14: what runs is the truth. A refusal, or a step that was too old to run, is none."""
    if told.status is Status.ERROR:
        return told.message != _STALE
    return told.status in _RUNS or (told.status is Status.INPROGRESS and not is_early(told))


def _is_next_boot(told: Report) -> bool:
    """R4: the next boot of an UPDATED revision is its try."""
    if told.status is Status.INPROGRESS:
        return _stage(told) == STARTED
    return told.status in (Status.TESTING, Status.DONE, Status.ERROR)


def _only_adds_logs(held: Report, told: Report) -> bool:
    """The C agent tells an ERROR twice, the second time with its logs (recorded/README.md)."""
    same = (held.status, held.message) == (told.status, told.message)
    return same and held.status is Status.ERROR and bool(told.logs) and not held.logs


def is_early(report: Report) -> bool:
    return report.status not in _FINAL and _stage(report) == EARLY


def _stage(report: Report) -> int:
    """A message of INPROGRESS that nobody knows counts as the latest."""
    if report.status is Status.INPROGRESS:
        return _INPROGRESS_STAGES.get(report.message, STARTED)
    return _STAGES[report.status]


# ---- what the owner may do -----------------------------------------------------------------------


def cancelled(held: Report) -> Report:
    """R14. Raises Conflict once the device may have armed it. Twice is harmless."""
    if held.status is Status.CANCELLED:
        return held
    if held.status in _FINAL:
        raise Conflict(f"It has ended already ({held.status}); post another step to change it")
    if not is_early(held):
        raise Conflict(
            f"The device has begun to run it ({held.status}, {held.message}); "
            "it will finish or roll back by itself"
        )
    return wire.said(Status.CANCELLED, "", held.retries)


def given_up(held: Report) -> Report:
    """WONTGO, for a step that hangs: from INPROGRESS only, as in the reference (hub-wire 4).
    Raises Conflict."""
    if held.status is not Status.INPROGRESS:
        raise Conflict(f"Only a step in INPROGRESS can be given up; this one is {held.status}")
    return wire.said(Status.WONTGO, GIVEN_UP, held.retries)
