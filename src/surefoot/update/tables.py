"""The seed page's progress table as data: points, their messages, and what may follow what.

Docs, diagram, tests and the door's checks are derived from `POINTS`; the golden copy typed from the
seed page (`progress.json`) is compared with it in `tests/update/test_tables.py`.

Sources: seed "Progress", "NEW" to "CANCELLED", rulings R1 (messages), R2 (order), R4 (after
UPDATED), R6 (forward only).
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from surefoot.wire.progress import Status


class Cause(StrEnum):
    """Why an update did not become the running revision."""

    ABORTED = "aborted"
    RETRIES = "retries"
    NO_ROOM = "no-room"
    INTERNAL = "internal"
    NOT_COVERED = "not-covered"
    BAD_SIGNATURE = "bad-signature"
    UNKNOWN = "unknown"
    BAD_STATE = "bad-state"
    BAD_OBJECT = "bad-object"
    HUB_NOT_REACHABLE = "hub-not-reachable"
    HUB_NOT_STABLE = "hub-not-stable"
    STALE = "stale"
    GOAL = "goal"
    START = "start"
    UNEXPECTED = "unexpected"


CAUSE_TEXTS: dict[Cause, str] = {
    Cause.ABORTED: "Update aborted",
    Cause.RETRIES: "Max download retries reached",
    Cause.NO_ROOM: "Space required {x} B, available {y} B",
    Cause.INTERNAL: "Internal error",
    Cause.NOT_COVERED: "State not fully covered by signatures",
    Cause.BAD_SIGNATURE: "Signature validation failed",
    Cause.UNKNOWN: "Unknown error",
    Cause.BAD_STATE: "State JSON has bad format",
    Cause.BAD_OBJECT: "Object validation went wrong",
    Cause.HUB_NOT_REACHABLE: "Hub not reachable",
    Cause.HUB_NOT_STABLE: "Hub communication not stable",
    Cause.STALE: "Stale revision",
    Cause.GOAL: "Status goal not reached",
    Cause.START: "A container could not be started",
    Cause.UNEXPECTED: "Unexpected rollback",
}

WONTGO_CAUSES = (
    Cause.ABORTED,
    Cause.RETRIES,
    Cause.NO_ROOM,
    Cause.INTERNAL,
    Cause.NOT_COVERED,
    Cause.BAD_SIGNATURE,
    Cause.UNKNOWN,
    Cause.BAD_STATE,
)
ERROR_CAUSES = (
    Cause.INTERNAL,
    Cause.NOT_COVERED,
    Cause.BAD_SIGNATURE,
    Cause.UNKNOWN,
    Cause.BAD_OBJECT,
    Cause.HUB_NOT_REACHABLE,
    Cause.HUB_NOT_STABLE,
    Cause.STALE,
    Cause.GOAL,
    Cause.START,
    Cause.UNEXPECTED,
)


@dataclass(frozen=True)
class Point:
    """One row: where an update can be seen to be. `remote` rows exist for remote updates only."""

    status: Status
    message: str = ""
    remote: bool = False

    @property
    def final(self) -> bool:
        return self.status in FINAL

    @property
    def failed(self) -> bool:
        return self.status in FAILED


FINAL = frozenset({Status.UPDATED, Status.DONE, Status.WONTGO, Status.ERROR, Status.CANCELLED})
FAILED = frozenset({Status.WONTGO, Status.ERROR})

NEW = Point(Status.NEW, remote=True)
SYNCING = Point(Status.SYNCING, remote=True)
READY_TO_RUN = Point(Status.NEW, "Update ready to be run")
QUEUED = Point(Status.QUEUED, "Retried {x} of {y}", remote=True)
DOWNLOADING = Point(Status.DOWNLOADING, "Retry {x} of {y}", remote=True)
DOWNLOADED = Point(Status.INPROGRESS, "Update objects downloaded", remote=True)
INSTALLED = Point(Status.INPROGRESS, "Update installed")
APPLIED = Point(Status.INPROGRESS, "Update applied")
REBOOTING = Point(Status.INPROGRESS, "Rebooting")
TRANSITIONING = Point(Status.INPROGRESS, "Transitioning to new revision without rebooting")
STARTING = Point(Status.INPROGRESS, "Starting updated version")
TESTING_COMMIT = Point(Status.TESTING, "Awaiting to set rollback point if update is stable")
TESTING_STABLE = Point(Status.TESTING, "Awaiting to see if update is stable")
TESTING_CONTAINERS = Point(Status.TESTING, "Waiting for all containers to become stable")
UPDATED = Point(Status.UPDATED, "Update finished, revision not set as rollback point")
DONE = Point(Status.DONE, "Update finished, revision set as rollback point")
FACTORY = Point(Status.DONE, "Factory revision")
CANCELLED = Point(Status.CANCELLED, remote=True)
WONTGO = {cause: Point(Status.WONTGO, CAUSE_TEXTS[cause]) for cause in WONTGO_CAUSES}
ERROR = {cause: Point(Status.ERROR, CAUSE_TEXTS[cause]) for cause in ERROR_CAUSES}

_wontgo = frozenset(WONTGO.values())
_not_aborted = _wontgo - {WONTGO[Cause.ABORTED]}
_error = frozenset(ERROR.values())
_gate_errors = frozenset(
    ERROR[cause]
    for cause in (
        Cause.INTERNAL,
        Cause.NOT_COVERED,
        Cause.BAD_SIGNATURE,
        Cause.UNKNOWN,
        Cause.BAD_OBJECT,
    )
)
_start_again = frozenset({QUEUED, DOWNLOADING, DOWNLOADED, CANCELLED})
_transition = frozenset({REBOOTING, TRANSITIONING, STARTING})
_testing = frozenset({TESTING_COMMIT, TESTING_STABLE})
# R2: the boot loader is armed before `Update installed` is stored.
_cut_after_arming = frozenset({STARTING, ERROR[Cause.UNEXPECTED]})

# What may be stored after what. Final rows have nothing behind them but the edges of R4 (UPDATED).
FOLLOWS: dict[Point, frozenset[Point]] = {
    NEW: _start_again | _not_aborted | {ERROR[Cause.STALE], INSTALLED} | _gate_errors,
    SYNCING: frozenset({DONE, FACTORY}),
    READY_TO_RUN: frozenset({INSTALLED, FACTORY}) | _wontgo | _gate_errors | _cut_after_arming,
    QUEUED: _start_again | _not_aborted | {ERROR[Cause.STALE]},
    DOWNLOADING: _start_again | _not_aborted,
    DOWNLOADED: _start_again | {INSTALLED} | _gate_errors | _not_aborted | _cut_after_arming,
    INSTALLED: _transition | {APPLIED, WONTGO[Cause.ABORTED]} | _error,
    APPLIED: _transition | {WONTGO[Cause.ABORTED]} | _error,
    REBOOTING: frozenset({STARTING}) | _error,
    TRANSITIONING: frozenset({STARTING}) | _error,
    STARTING: _testing | {STARTING, DONE} | _error,
    TESTING_COMMIT: frozenset({TESTING_CONTAINERS, DONE, STARTING}) | _error,
    TESTING_STABLE: frozenset({TESTING_CONTAINERS, UPDATED, STARTING}) | _error,
    TESTING_CONTAINERS: frozenset({UPDATED, DONE, STARTING}) | _error,
    UPDATED: frozenset({STARTING, DONE}) | _error,
    DONE: frozenset(),
    FACTORY: frozenset(),
    CANCELLED: frozenset(),
    **dict.fromkeys(WONTGO.values(), frozenset()),
    **dict.fromkeys(ERROR.values(), frozenset()),
}
POINTS: tuple[Point, ...] = tuple(FOLLOWS)

# Beyond the seed page's 32 messages (R1): shown because clients of today's reference know them.
EXTRA_MESSAGES = frozenset({READY_TO_RUN.message, TESTING_CONTAINERS.message})


GOALS_TIMER = "update.goals"
HUB_TIMER = "update.hub"
COMMIT_TIMER = "update.commit"
STABLE_TIMER = "update.stable"
SWITCH_TIMER = "update.switch"


class Stage(StrEnum):
    """What the machine waits for. The events that end each wait are the rows of `advance.RULES`."""

    REPORT = "report"  # the Hub's answer to QUEUED
    CHECK = "check"  # the state JSON and its signatures
    FETCH = "fetch"  # missing objects
    INSTALL = "install"  # links and inline files in the trail
    SWITCH = "switch"  # the supervisor is ready to stop the old containers
    GOALS = "goals"  # status goals, and the Hub for a remote update
    STABLE = "stable"  # nothing fails until the commit delay is over
    FACTORY = "factory"  # goals of a revision 0 that is not DONE yet
    RETURN = "return"  # the supervisor is back on the rollback point
    REBOOT = "reboot"  # the end of this process


# Stages that make room at once for whatever else is asked for.
YIELDING = frozenset({Stage.REPORT, Stage.FACTORY})
# Stages of a local run that `abort` can still end (R3).
ABORTABLE = frozenset({Stage.CHECK, Stage.INSTALL})


def point_of(status: Status, message: str) -> Point | None:
    """The row that a stored progress stands on; None when no row has such a message."""
    return next((point for point in POINTS if _stands_on(point, status, message)), None)


def _stands_on(point: Point, status: Status, message: str) -> bool:
    if point.status is not status:
        return False
    pattern = re.escape(point.message).replace(r"\{x\}", r"\d+").replace(r"\{y\}", r"\d+")
    return re.fullmatch(pattern, message) is not None
