"""For every row of the seed page's table the events that bring a device to store it.

`ROWS` maps (status, message of the seed page) to a story: a record and the events after it. The
rows without a message belong to the Hub; their stories say what the device has to do with them.
"""

from dataclasses import dataclass

from surefoot.update import events as on
from surefoot.update import tables
from surefoot.update.record import How, Record
from surefoot.update.tables import Cause
from surefoot.wire.progress import Status
from tests.update.engine import (
    IDLE,
    ON_REMOTE,
    POLICY,
    REBOOT,
    SEVEN,
    TO_FETCH_7,
    TO_GOALS_7,
    TO_STABLE,
    TO_STABLE_7,
    TO_UPDATED,
    X,
    booted,
    checked,
    fired,
)


@dataclass(frozen=True)
class Story:
    """`events` happen to `record`; the last of them stores the row."""

    record: Record
    events: tuple


def _local(*events, how=How.RUN, record=IDLE):
    return Story(record, (on.RunAsked(X, how), *events))


def _remote(*events, retries=0):
    return Story(ON_REMOTE, (on.RemoteOffered(SEVEN, retries), *events))


def _boot(running, trying, point, *events, **more):
    return Story(
        Record(running, "0", policy=POLICY), (booted(running, "0", trying, point, **more), *events)
    )


def _try(*events, **more):
    return _boot(X, X, tables.REBOOTING, *events, **more)


INSTALLED = (checked(), on.Installed(X))
LEAVES = (checked(plan=REBOOT), on.Installed(X))
GOALS = (*INSTALLED, on.Starting())
COMMITTED = (on.GoalsReached(), on.Stabilised(), fired(tables.COMMIT_TIMER))


def _refused(cause):
    return _local(on.Checked(X, cause, "told in the record"))


def _sick(cause):
    return _try(cause=cause)


ROWS = {
    ("NEW", ""): _remote(),
    ("SYNCING", ""): Story(ON_REMOTE, (on.HubAnswered(),)),
    ("QUEUED", "Retried X of Y"): _remote(),
    ("DOWNLOADING", "Retry X of Y"): _remote(*TO_FETCH_7),
    ("INPROGRESS", "Update objects downloaded"): _remote(*TO_FETCH_7, on.Fetched(SEVEN)),
    ("INPROGRESS", "Update applied"): _local(*INSTALLED, how=How.APPLY),
    ("INPROGRESS", "Update installed"): _local(*INSTALLED),
    ("INPROGRESS", "Starting updated version"): _local(*GOALS),
    ("INPROGRESS", "Transitioning to new revision without rebooting"): _local(*INSTALLED),
    ("INPROGRESS", "Rebooting"): _local(*LEAVES),
    ("TESTING", "Awaiting to set rollback point if update is stable"): _try(on.GoalsReached()),
    ("TESTING", "Awaiting to see if update is stable"): _local(*TO_STABLE),
    ("UPDATED", "Update finished, revision not set as rollback point"): _local(*TO_UPDATED),
    ("DONE", "Update finished, revision set as rollback point"): _try(*COMMITTED),
    ("DONE", "Factory revision"): Story(IDLE, (booted(), on.GoalsReached())),
    ("WONTGO", "Update aborted"): _local(on.AbortAsked(), checked()),
    ("WONTGO", "Max download retries reached"): _remote(retries=2),
    ("WONTGO", "Space required X B, available Y B"): _remote(
        *TO_FETCH_7, on.FetchFailed(SEVEN, Cause.NO_ROOM, required=52428800, available=0)
    ),
    ("WONTGO", "Internal error"): _remote(*TO_FETCH_7, on.FetchFailed(SEVEN, Cause.INTERNAL)),
    ("WONTGO", "State not fully covered by signatures"): _refused(Cause.NOT_COVERED),
    ("WONTGO", "Signature validation failed"): _refused(Cause.BAD_SIGNATURE),
    ("WONTGO", "Unknown error"): _refused(Cause.UNKNOWN),
    ("WONTGO", "State JSON has bad format"): _refused(Cause.BAD_STATE),
    ("ERROR", "Internal error"): _local(checked(), on.InstallFailed(X, Cause.INTERNAL)),
    ("ERROR", "State not fully covered by signatures"): _sick(Cause.NOT_COVERED),
    ("ERROR", "Signature validation failed"): _sick(Cause.BAD_SIGNATURE),
    ("ERROR", "Unknown error"): _sick(Cause.UNKNOWN),
    ("ERROR", "Object validation went wrong"): _sick(Cause.BAD_OBJECT),
    ("ERROR", "Hub not reachable"): _remote(*TO_GOALS_7, fired(tables.HUB_TIMER)),
    ("ERROR", "Hub communication not stable"): _remote(*TO_STABLE_7, on.HubSilent()),
    ("ERROR", "Stale revision"): Story(ON_REMOTE, (on.StaleOffered("3"),)),
    ("ERROR", "Status goal not reached"): _local(*GOALS, on.GoalTimedOut("app is late")),
    ("ERROR", "A container could not be started"): _local(*GOALS, on.ContainerFailed("app")),
    ("ERROR", "Unexpected rollback"): _boot("0", X, tables.STARTING),
    ("CANCELLED", ""): _remote(on.Reported(SEVEN, Status.CANCELLED)),
}

# Rows that only the Hub writes, and what stands on the device's side of them.
HUB_ROWS = {
    ("NEW", ""): tables.QUEUED,  # a step that the Hub shows as NEW is taken up and becomes QUEUED
    ("SYNCING", ""): None,  # shown for a device without a trail (R19); the device stores nothing
}
