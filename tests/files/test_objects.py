import hashlib
import os
import stat
import threading
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.errors import Corrupt, InvalidInput, NoRoom, NotFound
from surefoot.files.cuts import every_cut
from surefoot.files.objects import ObjectStore, chunks, contents, digest
from surefoot.files.steps import Kind, Step, observe
from tests.files.discipline import check
from tests.files.disks import FullAt, places, skip_syncs

BODY = b"the right bytes"
SHA = hashlib.sha256(BODY).hexdigest()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    skip_syncs(monkeypatch)


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path / "objects")


def receive(store: ObjectStore, *parts: bytes, sha: str = SHA) -> str:
    with store.receive(sha) as receiver:
        for part in parts:
            receiver.write(part)
        return receiver.commit()


def names(store: ObjectStore) -> list[str]:
    return sorted(os.listdir(store.root))


def test_an_object_that_came_whole_is_in_the_pool(store: ObjectStore) -> None:
    assert receive(store, BODY[:4], b"", memoryview(BODY)[4:].tobytes()) == SHA
    assert store.path(SHA).read_bytes() == BODY
    assert store.list() == [(SHA, len(BODY))]
    assert (store.has(SHA), store.size(SHA), store.links(SHA)) == (True, len(BODY), 1)
    assert store.verify(SHA)
    assert stat.S_IMODE(store.path(SHA).stat().st_mode) == 0o644


def test_an_empty_object_can_come(store: ObjectStore) -> None:
    empty = hashlib.sha256(b"").hexdigest()
    assert receive(store, sha=empty) == empty
    assert store.list() == [(empty, 0)]


@pytest.mark.parametrize("parts", [(b"other bytes",), (BODY[:-1],), (BODY, b"x"), ()])
def test_of_wrong_bytes_nothing_is_kept(store: ObjectStore, parts: tuple[bytes, ...]) -> None:
    """peers 3: greengrass-nucleus#1838."""
    with pytest.raises(Corrupt, match="other bytes"):
        receive(store, *parts)
    assert names(store) == []


def test_wrong_bytes_leave_nothing_even_before_the_receiver_is_left(store: ObjectStore) -> None:
    receiver = store.receive(SHA)
    receiver.write(b"other bytes")
    with pytest.raises(Corrupt):
        receiver.commit()
    assert names(store) == []


def test_without_a_commit_nothing_is_kept(store: ObjectStore) -> None:
    with store.receive(SHA) as receiver:
        receiver.write(BODY)
        assert SHA not in names(store)
    assert names(store) == []


def test_a_transfer_that_fails_leaves_nothing(store: ObjectStore) -> None:
    def fail() -> None:
        with store.receive(SHA) as receiver:
            receiver.write(BODY)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        fail()
    assert names(store) == []


def test_a_corrupt_object_is_replaced_by_a_new_file(store: ObjectStore, tmp_path: Path) -> None:
    """R12: the old file may be linked from trails; they keep it until they are linked anew."""
    receive(store, BODY)
    store.path(SHA).write_bytes(b"spoilt")
    os.link(store.path(SHA), tmp_path / "in-a-trail")
    assert not store.verify(SHA)
    receive(store, BODY)
    assert store.verify(SHA)
    assert (tmp_path / "in-a-trail").read_bytes() == b"spoilt"


def test_two_receivers_of_the_same_object_do_not_disturb_each_other(store: ObjectStore) -> None:
    with store.receive(SHA) as one, store.receive(SHA) as other:
        one.write(BODY[:3])
        other.write(BODY[:7])
        one.write(BODY[3:])
        other.write(BODY[7:])
        one.commit()
        other.commit()
    assert names(store) == [SHA]
    assert store.verify(SHA)


def test_many_threads_may_receive_the_same_object(store: ObjectStore) -> None:
    threads = [threading.Thread(target=receive, args=(store, BODY)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names(store) == [SHA]
    assert store.verify(SHA)


def test_memory_stays_flat_while_a_large_object_comes(store: ObjectStore) -> None:
    """peers 3: balena-supervisor#1575."""
    chunk = bytes(256 << 10)
    sha = hashlib.sha256(chunk * 64).hexdigest()
    tracemalloc.start()
    try:
        receive(store, *[chunk] * 64, sha=sha)
        assert store.verify(sha)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def prepared(root: Path) -> None:
    (root / SHA).write_bytes(b"spoilt")


def test_at_any_cut_the_final_name_has_the_old_bytes_or_verified_ones(tmp_path: Path) -> None:
    seen = []
    for place, ended in every_cut(
        places(tmp_path), prepared, lambda root: receive(ObjectStore(root), BODY), part=1
    ):
        seen.append((place / SHA).read_bytes())
        store = ObjectStore(place)
        store.recover()
        assert names(store) == [SHA]
        assert not ended or store.verify(SHA)
    assert set(seen) == {b"spoilt", BODY}
    assert len(seen) == len(BODY) + 5  # create, sync, rename, sync of the pool, and the whole run


def test_nothing_is_left_to_be_synced_after_a_commit(store: ObjectStore) -> None:
    seen: list[Step] = []
    with observe(seen.append):
        receive(store, BODY[:3], BODY[3:])
    check(seen)
    assert [step.kind for step in seen].count(Kind.SYNC_FILE) == 1


def test_on_a_full_disk_nothing_is_kept(tmp_path: Path) -> None:
    for number, place in enumerate(places(tmp_path)):
        store = ObjectStore(place / "objects")
        full = FullAt(number)
        with observe(full):
            try:
                receive(store, BODY[:3], BODY[3:])
            except NoRoom:
                assert not store.root.exists() or names(store) in ([], [SHA])
        if store.root.exists() and names(store):
            assert store.verify(SHA)
        if not full.met:
            return


@pytest.mark.parametrize(
    "name", ["", "abc", SHA.upper(), SHA + "0", SHA[:-1] + "g", "../" + SHA[3:], SHA + "\n"]
)
def test_what_is_no_name_of_an_object_is_refused(store: ObjectStore, name: str) -> None:
    for ask in (store.path, store.has, store.size, store.verify, store.receive, store.remove):
        with pytest.raises(InvalidInput, match="64 lower-case hex digits"):
            ask(name)


def test_an_object_that_is_not_here_is_said_to_be_so(store: ObjectStore) -> None:
    assert not store.has(SHA)
    assert not store.verify(SHA)
    assert store.list() == []
    for ask in (store.size, store.links):
        with pytest.raises(NotFound, match=SHA):
            ask(SHA)
    store.root.mkdir()
    store.remove(SHA)


def test_only_objects_are_listed(store: ObjectStore) -> None:
    receive(store, BODY)
    (store.root / "README").write_text("x")
    (store.root / ("0" * 64)).mkdir()
    (store.root / ("1" * 64)).symlink_to(store.path(SHA))
    assert store.list() == [(SHA, len(BODY))]
    assert not store.has("0" * 64)
    assert not store.has("1" * 64)


def test_a_file_is_added_under_its_sum(store: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "root.squashfs").write_bytes(BODY)
    (tmp_path / "link").symlink_to("root.squashfs")
    assert store.add_file(tmp_path / "root.squashfs") == SHA
    assert store.add_file(tmp_path / "link") == SHA
    assert names(store) == [SHA]
    assert store.links(SHA) == 1
    with pytest.raises(NotFound, match="gone"):
        store.add_file(tmp_path / "gone")
    with pytest.raises(Corrupt, match="not a plain file"):
        store.add_file(tmp_path)
    assert names(store) == [SHA]


def test_a_removed_object_lives_on_where_it_is_linked(store: ObjectStore, tmp_path: Path) -> None:
    receive(store, BODY)
    os.link(store.path(SHA), tmp_path / "link")
    assert store.links(SHA) == 2
    store.remove(SHA)
    store.remove(SHA)
    assert not store.has(SHA)
    assert (tmp_path / "link").read_bytes() == BODY


def test_a_start_removes_what_interrupted_transfers_left(store: ObjectStore) -> None:
    receive(store, BODY)
    store.receive(SHA).write(b"half")
    assert len(names(store)) == 2
    store.recover()
    assert names(store) == [SHA]


def test_what_is_no_plain_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(BODY)
    (tmp_path / "link").symlink_to("file")
    assert digest(tmp_path / "file") == SHA
    for name in ("pipe", "link", "."):
        with pytest.raises(Corrupt, match=str(tmp_path)):
            digest(tmp_path / name)
    for name in ("gone", "file/below"):
        with pytest.raises(NotFound, match="not there"):
            contents(tmp_path / name)


def test_a_disk_that_cannot_read_means_corrupt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(BODY)

    class Broken:
        def readinto(self, buffer: memoryview) -> int:
            raise OSError(5, "Input/output error")

        def __enter__(self) -> "Broken":
            return self

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr("surefoot.files.objects._open", lambda path: Broken())
    with pytest.raises(Corrupt, match="Input/output error"):
        digest(tmp_path / "file")


@given(st.binary(max_size=300))
def test_the_digest_is_the_sum_of_the_chunks(
    tmp_path_factory: pytest.TempPathFactory, body: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "file"
    path.write_bytes(body)
    assert digest(path) == hashlib.sha256(b"".join(map(bytes, chunks(path)))).hexdigest()
    assert contents(path) == body
