"""The newest time that the device has seen: what certificates are judged by when the wall clock is
older (R23; peers 3: mender-docs PR#327)."""

from datetime import UTC, datetime

from surefoot.device.storage import Storage

# No device that runs this release lives before it.
RELEASED = datetime(2026, 11, 24, tzinfo=UTC).timestamp()


def newest_time(storage: Storage) -> float:
    """Seconds since 1970."""
    places = (storage.own, storage.boot, storage.changes, storage.config)
    return max(RELEASED, *(place.stat().st_mtime for place in places if place.is_dir()))
