"""The newest time that the device has seen: what certificates are judged by when the wall clock is
older (R23; peers 3: mender-docs PR#327).

Seen is what a Hub that is trusted by the wall clock alone has confirmed by its answer: at another
time its certificate would not have held. A clock that ran ahead for a while confirms nothing, so it
cannot shut the device out once it is right again.
"""

import logging
import time
from datetime import UTC, datetime

from surefoot.device.storage import Storage
from surefoot.errors import NoRoom
from surefoot.files import durable

log = logging.getLogger(__name__)
# No device that runs this release lives before it.
RELEASED = datetime(2026, 11, 24, tzinfo=UTC).timestamp()
NOTE_EVERY_S = 6 * 3600.0


def newest_time(storage: Storage) -> float:
    """Seconds since 1970."""
    return max(RELEASED, _seen(storage))


def confirm(storage: Storage) -> None:
    """The Hub has answered and knows this device. Written every few hours, not each time."""
    now = time.time()
    if now < newest_time(storage) or now - _seen(storage) < NOTE_EVERY_S:
        return
    try:
        durable.write(storage.seen, str(int(now)).encode())
    except NoRoom as error:
        log.info("the time is not noted: %s", error)


def _seen(storage: Storage) -> float:
    try:
        return float(int(storage.seen.read_text()))
    except (OSError, ValueError):
        return 0.0
