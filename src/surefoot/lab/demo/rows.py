"""Rows of the seed page's progress table, as the record of a device shows them.

That they are spelled as there is tested.
"""

from surefoot.wire.progress import Status

Row = tuple[Status, str]

RETRIES = 10
"""PV_REVISION_RETRIES, where nobody says otherwise."""

FRESH: Row = (Status.NEW, "")
"""A posted step that no device has seen; at the Hub only."""
READY_TO_RUN: Row = (Status.NEW, "Update ready to be run")
DOWNLOADED: Row = (Status.INPROGRESS, "Update objects downloaded")
INSTALLED: Row = (Status.INPROGRESS, "Update installed")
REBOOTING: Row = (Status.INPROGRESS, "Rebooting")
TRANSITIONING: Row = (Status.INPROGRESS, "Transitioning to new revision without rebooting")
STARTING: Row = (Status.INPROGRESS, "Starting updated version")
TESTING_STABLE: Row = (Status.TESTING, "Awaiting to see if update is stable")
TESTING_COMMIT: Row = (Status.TESTING, "Awaiting to set rollback point if update is stable")
UPDATED: Row = (Status.UPDATED, "Update finished, revision not set as rollback point")
DONE: Row = (Status.DONE, "Update finished, revision set as rollback point")
FACTORY: Row = (Status.DONE, "Factory revision")
NO_GOAL: Row = (Status.ERROR, "Status goal not reached")
NO_START: Row = (Status.ERROR, "A container could not be started")
NO_HUB: Row = (Status.ERROR, "Hub communication not stable")
UNEXPECTED: Row = (Status.ERROR, "Unexpected rollback")
BAD_STATE: Row = (Status.WONTGO, "State JSON has bad format")
CANCELLED: Row = (Status.CANCELLED, "")


def started(number: int) -> tuple[Row, ...]:
    """A start of a remote update, up to its download (R15); the first has number 1."""
    return (
        (Status.QUEUED, f"Retried {number - 1} of {RETRIES}"),
        (Status.DOWNLOADING, f"Retry {number} of {RETRIES}"),
    )


FETCHED = (*started(1), DOWNLOADED, INSTALLED)
BY_SWITCH = (*FETCHED, TRANSITIONING, STARTING)
BY_REBOOT = (*FETCHED, REBOOTING, STARTING)
AS_TRY = (STARTING, TESTING_COMMIT, DONE)
"""The next boot of a revision that was stable once, or was cut while it was tested (R4)."""
