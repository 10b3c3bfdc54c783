"""A remote update on a disk without room: R12, device.md 1."""

import json

import pytest

from tests.support.small_disk import small_disk
from tests.walks.remote_walk import UPDATED, RemoteWalk, app

SIZE = 32 << 20
LARGE = 50 << 20


@pytest.fixture
def small(tmp_path, images):
    settings = {"PV_STORAGE_GC_RESERVED": "5", "PV_STORAGE_GC_THRESHOLD_DEFERTIME": "0"}
    walk = RemoteWalk(tmp_path, images, settings)
    with small_disk(tmp_path / "disk.img", walk.device.storage.root, SIZE) as disk:
        walk.disk = disk
        walk.device.create(walk.checkout("factory")).start()
        try:
            walk.device.at_rest()
            walk.claim()
            yield walk
        finally:
            walk.close()
        assert walk.device.leftovers() == []


def large_step(walk):
    """The running revision with one more file of 50 MiB."""
    state = walk.owner.step(walk.id, 0)["state"]
    state["app/large.bin"] = walk.owner.put_object(bytes(LARGE))
    return walk.owner.post(walk.id, json.dumps(state, separators=(",", ":")))


def test_an_object_without_room_is_wontgo_with_both_numbers(small):
    """device.md 1: also after garbage collection; and the next one that fits is run."""
    small.disk.fill(leave=1 << 20)
    rev = large_step(small)
    told = small.ended(rev)
    assert told["status"] == "WONTGO"
    assert told["status-msg"] == f"Space required {LARGE} B, available 0 B"
    small.disk.empty()
    rev = small.post(small.checkout("two", app=app("2")))
    assert small.ended(rev) == UPDATED


def test_garbage_makes_room_for_a_download(small):
    """R21: what was stored for nobody goes before the update does."""
    rev = small.post(small.checkout("two", app=app("2")))
    assert small.ended(rev) == UPDATED
    storage = small.device.storage
    waste = storage.objects.root / ("0" * 64)
    waste.write_bytes(b"x" * (20 << 20))
    small.device.client.command("REBOOT_DEVICE", "")
    small.device.until(lambda: small.device.pv_rev() == str(rev), "the commit")
    small.device.at_rest()
    state = small.owner.step(small.id, rev)["state"]
    state["app/large.bin"] = small.owner.put_object(b"y" * (12 << 20))
    rev = small.owner.post(small.id, json.dumps(state, separators=(",", ":")))
    assert small.ended(rev) == UPDATED
    assert not waste.exists()
