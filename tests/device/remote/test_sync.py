"""The first sync: objects first, then the running state (hub-wire 8.5)."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from surefoot.client.hub.refusals import HubRefused
from surefoot.device.remote.sync import send_revision
from surefoot.errors import Busy, Corrupt
from surefoot.revision import StateError
from tests.device.remote.world import Life
from tests.support.bench_device import PATIENCE_S


@asynccontextmanager
async def syncing(life: Life, revision: str = "0") -> AsyncIterator[None]:
    async with life.begun() as remote:
        await send_revision(remote.hub, life.storage, revision, PATIENCE_S)
        yield


def shas(life: Life, revision: str = "0") -> set[str]:
    state = json.loads(life.storage.read_state_text(revision))
    return {value for key, value in state.items() if isinstance(value, str) and key != "#spec"}


async def test_the_hub_has_every_object_then_the_state(life: Life) -> None:
    life.register()
    async with syncing(life):
        lines = [request.line for request in life.hub.requests]
    assert shas(life) <= set(life.hub.objects)
    assert lines[-1] == "POST /trails/"
    step = life.hub.trails[life.hub.device.id][0]
    assert step.state == json.loads(life.storage.read_state_text("0"))
    assert step.progress["status"] == "DONE"


async def test_the_state_goes_as_it_is_stored(life: Life) -> None:
    """pvr.md 4.3."""
    life.register()
    async with syncing(life):
        (sent,) = life.hub.asked("POST /trails/")
    assert sent.asked.body == life.storage.read_state_text("0")


async def test_each_object_is_announced_once_and_what_is_there_is_not_sent_again(
    life: Life,
) -> None:
    """hub-wire 5: 409; twice is harmless."""
    life.register()
    async with syncing(life):
        first = len(life.hub.asked("PUT /local-s3/"))
        announced = [one.asked.json["sha256sum"] for one in life.hub.asked("POST /objects/")]
        assert sorted(announced) == sorted(shas(life))
        assert first == len(shas(life))
    life.hub.trails.clear()
    async with syncing(life):
        assert len(life.hub.asked("PUT /local-s3/")) == first
    assert life.hub.trails[life.hub.device.id][0] is not None


async def test_a_sync_that_was_cut_goes_on(life: Life) -> None:
    life.register()
    life.hub.fault("PUT /local-s3/", skip=1, status=503)
    with pytest.raises(Busy):
        async with syncing(life):
            pass
    assert life.hub.trails == {}
    async with syncing(life):
        pass
    assert shas(life) <= set(life.hub.objects)


async def test_an_object_that_the_pool_has_lost_comes_from_the_trail(life: Life) -> None:
    life.register()
    state = json.loads(life.storage.read_state_text("0"))
    life.storage.objects.remove(state["app/root.squashfs"])
    async with syncing(life):
        pass
    assert life.hub.objects[state["app/root.squashfs"]] == b"a0"


async def test_an_object_that_is_nowhere_is_named(life: Life) -> None:
    life.register()
    state = json.loads(life.storage.read_state_text("0"))
    life.storage.objects.remove(state["app/root.squashfs"])
    (life.storage.trail("0") / "app/root.squashfs").unlink()
    with pytest.raises(Corrupt, match=r"app/root\.squashfs"):
        async with syncing(life):
            pass
    assert life.hub.trails == {}


async def test_an_object_with_wrong_bytes_is_refused_by_the_hub(life: Life) -> None:
    life.register()
    state = json.loads(life.storage.read_state_text("0"))
    life.storage.objects.path(state["app/root.squashfs"]).write_bytes(b"ROT")
    with pytest.raises(HubRefused):
        async with syncing(life):
            pass
    assert life.hub.trails == {}


async def test_a_state_that_cannot_be_used_is_sent_to_nobody(life: Life) -> None:
    life.register()
    (life.storage.trail("0") / ".pvr/json").write_text("{torn")
    with pytest.raises(StateError):
        async with syncing(life):
            pass
    assert life.hub.asked("POST") == []
