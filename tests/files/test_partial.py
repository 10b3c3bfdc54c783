"""Bytes of an object that came so far, over every kind of end."""

import hashlib
import os
import random
import stat
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.errors import Busy, Corrupt, InvalidInput, NoRoom
from surefoot.files.cuts import every_cut
from surefoot.files.objects import ObjectStore
from surefoot.files.partial import SYNC_EVERY, Partial
from surefoot.files.steps import Kind, Step, observe
from tests.files.discipline import check
from tests.files.disks import FullAt, places, run_on_small_disk, skip_syncs

BODY = random.Random(3).randbytes(100)
SHA = hashlib.sha256(BODY).hexdigest()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    skip_syncs(monkeypatch)
    monkeypatch.setattr(os, "fdatasync", lambda fd: None)


@pytest.fixture
def pool(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path / "objects")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "partial"


def opened(directory: Path, pool: ObjectStore, sha: str = SHA) -> Partial:
    partial = Partial(directory, pool, sha)
    partial.open()
    return partial


def kept(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_bytes_that_came_become_the_object(directory: Path, pool: ObjectStore) -> None:
    partial = opened(directory, pool)
    partial.write(BODY[:30])
    partial.write(memoryview(BODY)[30:])
    assert (partial.received, partial.resumed, partial.is_open) == (100, False, True)
    partial.commit()
    assert not partial.is_open
    assert pool.verify(SHA)
    assert stat.S_IMODE(pool.path(SHA).stat().st_mode) == 0o644
    assert kept(directory) == {}


def test_an_empty_object_comes_too(directory: Path, pool: ObjectStore) -> None:
    sha = hashlib.sha256(b"").hexdigest()
    opened(directory, pool, sha).commit()
    assert pool.verify(sha)


def test_closed_it_keeps_its_bytes_and_a_later_life_goes_on(
    directory: Path, pool: ObjectStore
) -> None:
    """peers 3: balena-supervisor#1575."""
    first = opened(directory, pool)
    first.write(BODY[:30])
    first.close()
    first.close()
    assert kept(directory) == {SHA: BODY[:30]}
    second = opened(directory, pool)
    assert (second.received, second.resumed) == (30, True)
    second.write(BODY[30:])
    second.commit()
    assert pool.verify(SHA)


@given(st.lists(st.integers(0, 100), max_size=6), st.integers(1, 40))
def test_lives_of_any_length_add_up_to_the_object(stops: list[int], part: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as place, observe(lambda _step: None, part):
        directory, pool = Path(place, "partial"), ObjectStore(Path(place, "objects"))
        for stop in sorted(stops):
            partial = opened(directory, pool)
            partial.write(BODY[partial.received : max(stop, partial.received)])
            partial.close()
        partial = opened(directory, pool)
        partial.write(BODY[partial.received :])
        partial.commit()
        assert pool.verify(SHA)


def test_of_wrong_bytes_nothing_is_kept_and_it_can_begin_anew(
    directory: Path, pool: ObjectStore
) -> None:
    partial = opened(directory, pool)
    partial.write(b"x" * 100)
    with pytest.raises(Corrupt, match="other bytes"):
        partial.commit()
    assert kept(directory) == {}
    assert pool.list() == []
    partial.open()
    assert (partial.received, partial.resumed) == (0, False)
    partial.write(BODY)
    partial.commit()
    assert pool.verify(SHA)


def test_fewer_bytes_are_wrong_bytes(directory: Path, pool: ObjectStore) -> None:
    partial = opened(directory, pool)
    partial.write(BODY[:-1])
    with pytest.raises(Corrupt):
        partial.commit()


def test_restarted_it_begins_with_the_first_byte(directory: Path, pool: ObjectStore) -> None:
    first = opened(directory, pool)
    first.write(b"spoilt" * 100)
    first.close()
    partial = opened(directory, pool)
    partial.restart()
    assert (partial.received, partial.unsynced, partial.resumed) == (0, 0, False)
    assert kept(directory) == {SHA: b""}
    partial.write(BODY)
    partial.commit()
    assert pool.verify(SHA)


def test_a_wrong_object_in_the_pool_is_replaced_by_a_new_file(
    directory: Path, pool: ObjectStore, tmp_path: Path
) -> None:
    """R12: the old file may be linked from trails; they keep it until they are linked anew."""
    pool.root.mkdir()
    pool.path(SHA).write_bytes(b"spoilt")
    os.link(pool.path(SHA), tmp_path / "in-a-trail")
    partial = opened(directory, pool)
    partial.write(BODY)
    partial.commit()
    assert pool.verify(SHA)
    assert (tmp_path / "in-a-trail").read_bytes() == b"spoilt"


def test_the_same_object_is_fetched_by_one_at_a_time(directory: Path, pool: ObjectStore) -> None:
    partial = opened(directory, pool)
    with pytest.raises(Busy, match="on its way"):
        opened(directory, pool)
    partial.close()
    opened(directory, pool).close()


def test_what_is_no_name_of_an_object_is_refused(directory: Path, pool: ObjectStore) -> None:
    with pytest.raises(InvalidInput):
        Partial(directory, pool, "../x")


def test_a_link_or_a_directory_of_that_name_is_not_followed(
    directory: Path, pool: ObjectStore, tmp_path: Path
) -> None:
    directory.mkdir()
    (tmp_path / "victim").write_bytes(b"keep me")
    (directory / SHA).symlink_to(tmp_path / "victim")
    opened(directory, pool).close()
    assert (tmp_path / "victim").read_bytes() == b"keep me"
    (directory / SHA).unlink()
    (directory / SHA).mkdir()
    opened(directory, pool).close()
    assert kept(directory) == {SHA: b""}


def test_bytes_that_the_disk_cannot_read_any_more_are_dropped(
    directory: Path, pool: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(directory, pool).close()
    (directory / SHA).write_bytes(BODY)

    def broken(path: Path) -> None:
        raise Corrupt(f"{path} cannot be read")

    monkeypatch.setattr("surefoot.files.partial.chunks", broken)
    partial = opened(directory, pool)
    assert (partial.received, partial.resumed) == (0, False)
    partial.close()


def test_what_a_power_cut_may_take_is_bounded(directory: Path, pool: ObjectStore) -> None:
    """`fdatasync` at least every 8 MiB."""
    seen: list[Step] = []
    piece = bytes(1 << 20)
    with observe(seen.append):
        partial = opened(directory, pool)
        for _ in range(20):
            partial.write(piece)
            assert partial.unsynced < SYNC_EVERY
        partial.sync()
        assert partial.unsynced == 0
        partial.close()
    syncs = [at for at, step in enumerate(seen) if step.kind is Kind.SYNC_FILE]
    assert len(syncs) == 3


def test_bytes_of_any_number_take_bounded_memory(directory: Path, pool: ObjectStore) -> None:
    piece = bytes(1 << 16)
    partial = opened(directory, pool)
    tracemalloc.start()
    for _ in range(200):
        partial.write(piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    partial.close()
    assert peak < 1 << 20


def test_a_full_disk_keeps_what_had_room_and_says_so(directory: Path, pool: ObjectStore) -> None:
    partial = opened(directory, pool)
    partial.write(BODY[:10])
    with observe(FullAt(1), part=20), pytest.raises(NoRoom):
        partial.write(BODY[10:])
    assert partial.received == 30
    partial.write(BODY[30:])
    partial.commit()
    assert pool.verify(SHA)


def test_at_any_step_a_full_disk_is_no_room_and_later_all_is_well(tmp_path: Path) -> None:
    for number, place in enumerate(places(tmp_path)):
        full = FullAt(number)
        try:
            with observe(full, part=40):
                work(place)
        except NoRoom:
            pass
        work(place)
        assert ObjectStore(place / "objects").verify(SHA)
        if not full.met:
            break


def work(place: Path) -> None:
    partial = Partial(place / "partial", ObjectStore(place / "objects"), SHA)
    try:
        partial.open()
        if partial.received > len(BODY) or not BODY.startswith(kept(place / "partial")[SHA]):
            partial.restart()
        partial.write(BODY[partial.received :])
        partial.commit()
    finally:
        partial.close()


def test_a_power_cut_at_any_step_leaves_the_object_whole_or_not_there(tmp_path: Path) -> None:
    """peers 3: greengrass-nucleus#1838."""
    for place, power_held in every_cut(places(tmp_path), lambda _place: None, work, part=40):
        pool = ObjectStore(place / "objects")
        assert pool.verify(SHA) or not pool.has(SHA)
        assert pool.has(SHA) or not power_held
        work(place)
        assert pool.verify(SHA)


def test_what_is_done_is_durable(tmp_path: Path) -> None:
    seen: list[Step] = []
    (tmp_path / "objects").mkdir()
    (tmp_path / "partial").mkdir()
    with observe(seen.append):
        work(tmp_path)
    check(seen)


SMALL_DISK = """
import hashlib, sys
from pathlib import Path
from surefoot.errors import NoRoom
from surefoot.files.objects import ObjectStore
from surefoot.files.partial import Partial

place = Path(sys.argv[1])
body = bytes(12 << 20)
pool = ObjectStore(place / "objects")
partial = Partial(place / "partial", pool, hashlib.sha256(body).hexdigest())
partial.open()
try:
    for at in range(0, len(body), 1 << 16):
        partial.write(body[at : at + (1 << 16)])
    sys.exit("it had room")
except NoRoom:
    pass
assert 1 << 20 < partial.received < len(body), partial.received
partial.close()
again = Partial(place / "partial", pool, partial.sha)
again.open()
assert again.received == partial.received, (again.received, partial.received)
again.close()
"""


def test_on_a_disk_that_is_really_full_the_count_is_right(tmp_path: Path) -> None:
    run_on_small_disk(tmp_path, SMALL_DISK)
