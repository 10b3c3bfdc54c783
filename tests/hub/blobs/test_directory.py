"""What only a directory has; the rest is tests/conformance/test_blobs.py."""

import asyncio
import hashlib
import threading
from pathlib import Path

import pytest

from surefoot.files.objects import Receiver
from surefoot.hub.blobs.directory import DirectoryBlobs

BODY = b"the right bytes"
SHA = hashlib.sha256(BODY).hexdigest()


def test_it_is_for_the_hub_s_eyes_only(tmp_path: Path) -> None:
    DirectoryBlobs(tmp_path / "blobs")
    assert (tmp_path / "blobs").stat().st_mode & 0o777 == 0o700


def test_a_slow_disk_holds_up_no_other_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()
    really = Receiver.write

    def slow(self: Receiver, chunk: bytes) -> None:
        assert goes_on.wait(60)
        really(self, chunk)

    monkeypatch.setattr(Receiver, "write", slow)

    async def story() -> None:
        blobs = DirectoryBlobs(tmp_path / "blobs")
        upload = await blobs.receive(SHA)
        writing = asyncio.create_task(upload.write(BODY))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not writing.done()
        assert not await blobs.has(SHA)
        goes_on.set()
        await writing
        await upload.commit()
        assert await blobs.verify(SHA)

    asyncio.run(story())


def test_what_is_dropped_waits_for_the_thread_that_still_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file descriptor must not be another file's when that thread uses it."""
    begun, goes_on = threading.Event(), threading.Event()
    really = Receiver.write
    order: list[str] = []

    def slow(self: Receiver, chunk: bytes) -> None:
        begun.set()
        assert goes_on.wait(60)
        really(self, chunk)
        order.append("written")

    monkeypatch.setattr(Receiver, "write", slow)

    async def story() -> None:
        upload = await DirectoryBlobs(tmp_path / "blobs").receive(SHA)
        writing = asyncio.create_task(upload.write(BODY))
        assert await asyncio.to_thread(begun.wait, 60)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        dropping = asyncio.create_task(upload.drop())
        await asyncio.sleep(0)
        goes_on.set()
        await dropping
        order.append("dropped")

    asyncio.run(story())
    assert order == ["written", "dropped"]
    assert list((tmp_path / "blobs").iterdir()) == []


def test_after_its_end_an_upload_takes_nothing_more(tmp_path: Path) -> None:
    async def story() -> None:
        upload = await DirectoryBlobs(tmp_path / "blobs").receive(SHA)
        await upload.drop()
        with pytest.raises(AssertionError, match="has ended"):
            await upload.write(BODY)

    asyncio.run(story())
