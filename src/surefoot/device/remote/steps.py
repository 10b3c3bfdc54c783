"""A step that the Hub offers, stored before anybody is told of it."""

import logging
from collections.abc import Callable

from surefoot.device import facts
from surefoot.device.storage import Storage
from surefoot.errors import InvalidInput
from surefoot.update import tables
from surefoot.wire.hub.answers import Offered
from surefoot.wire.progress import PERCENT, Progress, Status

log = logging.getLogger(__name__)
MESSAGE_MAX_BYTES = 256


def store(
    storage: Storage, offered: Offered, in_use: Callable[[], frozenset[str]]
) -> Progress | None:
    """The record that this device has of it, else what the Hub holds (device.md 1). The state is
    stored byte for byte, but for a revision that is used already or has come to its end.

    Raises NoRoom, InvalidInput.
    """
    revision = offered.revision
    if revision == "0":
        raise InvalidInput("The Hub offers revision 0, which every device has already")
    is_here = storage.has_state(revision)
    own = facts.read_progress(storage, revision) if is_here else None
    ended = own is not None and own.status in tables.FINAL
    if is_here and (ended or revision in in_use()):
        return own
    retries = own.retries if own else _retries(offered)
    fresh = Progress(Status.NEW, "", PERCENT[Status.NEW], retries)
    if storage.write_state(revision, offered.state, fresh):
        storage.write_message(revision, _cut(offered.message))
        return fresh
    return own


def _retries(offered: Offered) -> int:
    return offered.progress.retries if offered.progress else 0


def _cut(message: str) -> str:
    return message.encode("utf-8", "replace")[:MESSAGE_MAX_BYTES].decode("utf-8", "ignore")
