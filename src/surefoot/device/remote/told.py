"""Which final records the Hub knows, on disk: the others are sent again at each boot (R18)."""

import hashlib
import logging

from surefoot.device.storage import Storage
from surefoot.errors import SurefootError
from surefoot.wire.progress import Progress, encode

log = logging.getLogger(__name__)


def note_told(storage: Storage, revision: str, progress: Progress) -> None:
    """A final record need not be sent again at the next boot. Losing this note costs one report."""
    try:
        storage.write_told(revision, _mark(progress))
    except (SurefootError, OSError) as error:  # its trail may go in that very moment
        log.info("the report of %s will be repeated: %s", revision, error)


def is_told(storage: Storage, revision: str, progress: Progress) -> bool:
    return storage.read_told(revision) == _mark(progress)


def _mark(progress: Progress) -> bytes:
    return hashlib.sha256(encode(progress)).hexdigest().encode()
