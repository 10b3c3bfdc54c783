"""The first sync: the Hub learns the running revision, objects first (R20, hub-wire 8.5)."""

from pathlib import Path

from surefoot.client.hub.api import Hub
from surefoot.device.storage import Storage
from surefoot.errors import Corrupt
from surefoot.revision import parse


async def send_revision(hub: Hub, storage: Storage, revision: str, stall_s: float) -> None:
    """Twice is harmless: what the Hub has is not sent again. Raises what a Hub or a disk may say;
    StateError when the running state cannot be used, Corrupt when a file of it is gone."""
    text = storage.read_state_text(revision)
    state = parse(text)
    for sha, path in {sha: path for path, sha in state.objects.items()}.items():
        file = _file(storage, revision, path, sha)
        place = await hub.announce("/objects/", path, sha, file.stat().st_size)
        if not place.present:
            await hub.upload(place, file, stall_s=stall_s)
    await hub.create_trail(text)


def _file(storage: Storage, revision: str, path: str, sha: str) -> Path:
    """From the pool, or from the trail when the pool has lost it."""
    for place in (storage.objects.path(sha), storage.trail(revision) / path):
        if place.is_file():
            return place
    raise Corrupt(f"Object {sha} ({path}) of revision {revision} is not on this device any more")
