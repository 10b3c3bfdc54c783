"""What every place for blobs does (hub/blobs/protocol.py). One suite, run on each."""

import asyncio
import hashlib
import os
import random

import pytest

from surefoot.errors import Corrupt, InvalidInput, NoRoom, NotFound
from surefoot.files.steps import observe
from surefoot.hub.blobs.directory import DirectoryBlobs
from tests.files.disks import FullAt

BODY = random.Random(5).randbytes(3_000_000)
SHA = hashlib.sha256(BODY).hexdigest()
OTHER = hashlib.sha256(b"other").hexdigest()
WRONG_NAMES = ["", "abc", SHA.upper(), SHA + "0", "../" + SHA[3:], SHA + "\n"]


class Directory:
    """`open` as often as wanted: each is another process's view of the same place."""

    def __init__(self, place):
        self.place = place / "blobs"

    def open(self):
        return DirectoryBlobs(self.place)

    def leftovers(self):
        """Whatever is no blob."""
        return [name for name in os.listdir(self.place) if len(name) != 64]

    def full_disks(self):
        """Each full at a later step of what is done within; `met` says whether it came to that."""
        for first in range(1000):
            with observe(disk := FullAt(first)):
                yield disk


BACKENDS = {"directory": Directory}


@pytest.fixture(params=list(BACKENDS))
def backend(request, tmp_path):
    return BACKENDS[request.param](tmp_path)


async def send(blobs, body=BODY, sha=SHA, part=70_000):
    upload = await blobs.receive(sha)
    try:
        for at in range(0, len(body), part):
            await upload.write(body[at : at + part])
        assert upload.received == len(body)
        await upload.commit()
    finally:
        await upload.drop()


async def test_bytes_that_came_in_are_there_under_their_name(backend):
    blobs = backend.open()
    assert not await blobs.has(SHA)
    await send(blobs)
    for seen in (blobs, backend.open()):
        assert await seen.has(SHA)
        assert await seen.size(SHA) == len(BODY)
        assert (await seen.path(SHA)).read_bytes() == BODY
        assert await seen.all() == [(SHA, len(BODY))]
        assert await seen.verify(SHA)
    assert backend.leftovers() == []


@pytest.mark.parametrize("part", [1, 65_536, 1 << 20])
async def test_they_may_come_in_pieces_of_any_size(backend, part):
    body = BODY[: 2000 if part == 1 else None]
    sha = hashlib.sha256(body).hexdigest()
    await send(backend.open(), body, sha, part)
    assert await backend.open().verify(sha)


async def test_the_empty_blob_is_one(backend):
    sha = hashlib.sha256(b"").hexdigest()
    await send(backend.open(), b"", sha)
    assert await backend.open().size(sha) == 0


async def test_other_bytes_than_the_name_says_are_not_kept(backend):
    """peers 3: balena-supervisor#1513."""
    blobs = backend.open()
    with pytest.raises(Corrupt):
        await send(blobs, BODY, OTHER)
    assert await blobs.all() == []
    assert backend.leftovers() == []


async def test_a_wrong_second_upload_does_not_harm_the_first(backend):
    blobs = backend.open()
    await send(blobs)
    with pytest.raises(Corrupt):
        await send(blobs, BODY[:-1], SHA)
    assert await blobs.verify(SHA)


async def test_an_upload_that_is_left_keeps_nothing(backend):
    blobs = backend.open()
    upload = await blobs.receive(SHA)
    await upload.write(BODY)
    assert not await blobs.has(SHA)
    await upload.drop()
    await upload.drop()
    assert await blobs.all() == []
    assert backend.leftovers() == []


async def test_dropping_after_the_end_keeps_the_blob(backend):
    blobs = backend.open()
    upload = await blobs.receive(SHA)
    await upload.write(BODY)
    await upload.commit()
    await upload.drop()
    assert await blobs.verify(SHA)


async def test_a_cancelled_write_leaves_nothing_and_writes_nowhere_else(backend):
    """Its thread may still be at work when the task is gone."""
    blobs = backend.open()

    async def work(delay):
        upload = await blobs.receive(SHA)
        try:
            while True:
                await upload.write(BODY)
        finally:
            await upload.drop()

    for delay in range(20):
        task = asyncio.create_task(work(delay))
        await asyncio.sleep(delay / 2000)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert backend.leftovers() == []
    await send(blobs)
    assert await blobs.verify(SHA)


async def test_several_uploads_of_one_blob_do_not_disturb_each_other(backend):
    blobs = backend.open()
    good = [send(blobs, part=part) for part in (9_999, 65_536, 1 << 20)]
    wrong = send(blobs, BODY[:-1] + b"?")
    *_, ended = await asyncio.gather(*good, wrong, return_exceptions=True)
    assert isinstance(ended, Corrupt)
    assert await blobs.verify(SHA)
    assert backend.leftovers() == []


async def test_a_full_disk_says_so_and_keeps_nothing_half(backend):
    blobs = backend.open()
    await send(blobs, b"other", OTHER)
    for disk in backend.full_disks():
        try:
            await send(blobs)
        except NoRoom:
            assert disk.met
            assert await blobs.verify(OTHER)
            assert await blobs.verify(SHA) or not await blobs.has(SHA)
            assert backend.leftovers() == []
            await blobs.remove(SHA)
        else:
            assert not disk.met
            break
    assert await blobs.verify(SHA)


async def test_what_is_not_there_is_not_found(backend):
    blobs = backend.open()
    for ask in (blobs.size, blobs.path, blobs.age_s):
        with pytest.raises(NotFound):
            await ask(SHA)
    assert not await blobs.verify(SHA)
    await blobs.remove(SHA)


async def test_a_removed_blob_is_gone_and_who_reads_it_reads_on(backend):
    blobs = backend.open()
    await send(blobs)
    with (await blobs.path(SHA)).open("rb") as file:
        await blobs.remove(SHA)
        await blobs.remove(SHA)
        assert not await blobs.has(SHA)
        assert file.read() == BODY


async def test_its_age_begins_anew_when_it_comes_again(backend):
    """Whoever collects it must see that somebody has just sent it."""
    blobs = backend.open()
    await send(blobs)
    os.utime(await blobs.path(SHA), (0, 0))
    assert await blobs.age_s(SHA) > 1_000_000
    await send(blobs)
    assert await blobs.age_s(SHA) < 1000


@pytest.mark.parametrize("name", WRONG_NAMES)
async def test_what_is_no_name_is_refused(backend, name):
    blobs = backend.open()
    for ask in (blobs.has, blobs.size, blobs.path, blobs.age_s, blobs.remove, blobs.receive):
        with pytest.raises(InvalidInput):
            await ask(name)


async def test_damage_is_seen_when_it_is_looked_for(backend):
    blobs = backend.open()
    await send(blobs)
    with (await blobs.path(SHA)).open("r+b") as file:
        file.write(b"?")
    assert await blobs.has(SHA)
    assert not await blobs.verify(SHA)


async def test_what_a_kill_left_is_swept_at_the_next_start_and_blobs_stay(backend):
    blobs = backend.open()
    await send(blobs, b"other", OTHER)
    upload = await blobs.receive(SHA)
    await upload.write(BODY)
    assert backend.leftovers() != []
    backend.open().recover()
    assert backend.leftovers() == []
    assert await blobs.all() == [(OTHER, 5)]
    await upload.drop()
