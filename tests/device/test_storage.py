import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from surefoot.device.storage import FACTORY_DONE, STORED, Storage
from surefoot.errors import Corrupt, InvalidInput, NoRoom, NotFound
from surefoot.files import durable, trees
from surefoot.files.cuts import every_cut
from surefoot.files.lock import Lock
from surefoot.files.steps import TEMPORARY, Step, observe
from surefoot.revision import parse
from surefoot.wire.progress import Progress, Status
from tests.device.revisions import APP, done, installed, leftovers, snapshot, stored, text
from tests.files.discipline import check
from tests.files.disks import FullAt, places, skip_syncs

REV = "locals/one"
OTHER = b"another app"
ERROR = Progress(Status.ERROR, "Status goal not reached", 100, 2, logs="{}\n")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    skip_syncs(monkeypatch)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    storage = Storage(tmp_path / "storage")
    storage.recover()
    return storage


def no_exchange(one: Path, other: Path) -> None:
    raise OSError(22, "Invalid argument")


@pytest.fixture(params=["exchange", "two steps"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "two steps":
        monkeypatch.setattr(trees, "_exchange", no_exchange)
    return str(request.param)


# --- storing a step ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("revision", "config"),
    [
        ("7", '{"ObjectsDir":"../../objects"}'),
        (REV, '{"ObjectsDir":"../../../objects"}'),
    ],
)
def test_a_stored_step_is_a_trail_of_the_reference(
    storage: Storage, revision: str, config: str
) -> None:
    assert storage.write_state(revision, text())
    assert snapshot(storage.trail(revision)) == {
        ".pvr/json": text().encode(),
        ".pvr/config": config.encode(),
        ".pv/progress": b'{"status":"NEW","status-msg":"Update ready to be run",'
        b'"progress":0,"retries":0}',
    }
    objects = storage.trail(revision) / config.removeprefix('{"ObjectsDir":"').removesuffix('"}')
    assert objects.resolve() == storage.objects.root
    assert storage.read_state_text(revision) == text().encode()


def test_the_text_is_kept_byte_for_byte(storage: Storage) -> None:
    odd = text().encode() + b" \n\t"
    storage.write_state(REV, odd)
    assert storage.read_state_text(REV) == odd


def test_the_same_text_again_changes_nothing(storage: Storage) -> None:
    """R25: same text 200."""
    installed(storage, REV)
    storage.write_progress(REV, ERROR)
    storage.write_message(REV, "first")
    before = snapshot(storage.root)
    assert not storage.write_state(REV, text())
    assert snapshot(storage.root) == before


def test_another_text_replaces_the_step_with_all_that_belonged_to_it(storage: Storage) -> None:
    """R25: else it is replaced and NEW."""
    done(storage, REV)
    storage.write_message(REV, "first")
    assert storage.write_state(REV, text(OTHER))
    assert storage.read_progress(REV) == STORED
    assert not storage.is_done(REV)
    assert storage.read_message(REV) == ""
    assert len(snapshot(storage.trail(REV))) == 3
    assert storage.objects.links(parse(text()).objects["app/root.squashfs"]) == 1


def test_a_step_can_come_with_its_progress(storage: Storage) -> None:
    queued = Progress(Status.QUEUED, "Retried 0 of 10", 5)
    storage.write_state("7", text(), queued)
    assert storage.read_progress("7") == queued


def test_a_replaced_step_is_the_old_or_the_new_one_at_any_cut(tmp_path: Path, way: str) -> None:
    def prepare(root: Path) -> None:
        installed(Storage(root), REV)
        Storage(root).write_progress(REV, ERROR)

    def replace(root: Path) -> None:
        Storage(root).write_state(REV, text(OTHER))

    def whole(name: str, after: bool) -> dict[str, bytes]:
        root = tmp_path / name
        prepare(root)
        if after:
            replace(root)
        return snapshot(root / "trails")

    old, new = whole("old", after=False), whole("new", after=True)
    seen = []
    for place, _ in every_cut(places(tmp_path), prepare, replace, part=64):
        storage = Storage(place)
        storage.recover()
        assert not leftovers(place)
        assert storage.revisions() == [REV]
        seen.append(snapshot(place / "trails"))
    changed = seen.index(new)
    assert seen == [old] * changed + [new] * (len(seen) - changed)


def test_a_new_step_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    for place, ended in every_cut(
        places(tmp_path), Path.stat, lambda root: Storage(root).write_state(REV, text())
    ):
        storage = Storage(place)
        storage.recover()
        assert not leftovers(place)
        if storage.all_trails():
            assert storage.read_state_text(REV) == text().encode()
            assert storage.read_progress(REV) == STORED
        assert not ended or storage.revisions() == [REV]


@pytest.mark.parametrize("before", [None, APP])
def test_on_a_full_disk_a_step_is_not_stored_and_leaves_nothing(
    tmp_path: Path, before: bytes | None
) -> None:
    for number, place in enumerate(places(tmp_path)):
        storage = Storage(place)
        storage.make_layout()
        if before:
            storage.write_state(REV, text(before))
        old = snapshot(place)
        full = FullAt(number)
        with observe(full):
            try:
                storage.write_state(REV, text(OTHER))
            except NoRoom:
                # When only the last sync found the disk full, the step may be there already.
                assert (
                    snapshot(place) == old or storage.read_state_text(REV) == text(OTHER).encode()
                )
        storage.recover()
        assert not leftovers(place)
        if not full.met:
            return


def test_nothing_is_left_to_be_synced_after_storing(storage: Storage, way: str) -> None:
    for body in (APP, OTHER, OTHER):
        seen: list[Step] = []
        with observe(seen.append):
            storage.write_state(REV, text(body))
        check(seen)


def test_an_absent_revision_is_not_found_and_not_made(storage: Storage) -> None:
    """R12: LOCAL_RUN of a step that is not there: nothing made."""
    for ask in (
        lambda: storage.read_state_text(REV),
        lambda: storage.write_progress(REV, STORED),
        lambda: storage.mark_done(REV),
        lambda: storage.write_message(REV, "x"),
        lambda: storage.date(REV),
        lambda: storage.make_factory(REV),
    ):
        with pytest.raises(NotFound, match=f"{REV} is not stored"):
            ask()
    assert storage.read_progress(REV) is None
    assert storage.read_message(REV) == ""
    assert not storage.is_done(REV)
    assert storage.all_trails() == []


@pytest.mark.parametrize("name", ["../x", "locals/../x", "locals/a/b", f"locals/x{TEMPORARY}"])
def test_a_bad_name_is_refused_before_anything_is_touched(storage: Storage, name: str) -> None:
    before = snapshot(storage.root)
    for ask in (
        lambda: storage.write_state(name, text()),
        lambda: storage.delete_trail(name),
        lambda: storage.read_progress(name),
        lambda: storage.write_progress(name, STORED),
    ):
        with pytest.raises(InvalidInput):
            ask()
    assert snapshot(storage.root) == before


def test_a_deleted_trail_leaves_the_objects(storage: Storage) -> None:
    installed(storage, REV)
    objects = storage.objects.list()
    for _ in range(2):
        storage.delete_trail(REV)
    assert storage.all_trails() == []
    assert storage.objects.list() == objects


# --- what is known of a revision -----------------------------------------------------------------


def test_progress_is_stored_as_it_is_sent(storage: Storage) -> None:
    stored(storage, REV)
    storage.write_progress(REV, ERROR)
    path = storage.trail(REV) / ".pv/progress"
    assert path.read_bytes() == (
        b'{"status":"ERROR","status-msg":"Status goal not reached","progress":100,"retries":2,'
        b'"logs":"{}\\n"}'
    )
    assert storage.read_progress(REV) == ERROR


def test_progress_as_other_programs_write_it_is_read(storage: Storage) -> None:
    stored(storage, REV)
    (storage.trail(REV) / ".pv/progress").write_text('{ "progress": 100, "status": "DONE" }')
    assert storage.read_progress(REV) == Progress(Status.DONE, "", 100)


@pytest.mark.parametrize("damage", ["", "{", '{"status":"WHAT"}', "\x00" * 4096])
def test_a_damaged_progress_is_named_by_its_file(storage: Storage, damage: str) -> None:
    stored(storage, REV)
    path = storage.trail(REV) / ".pv/progress"
    path.write_text(damage)
    with pytest.raises(Corrupt, match=str(path)):
        storage.read_progress(REV)
    storage.write_progress(REV, ERROR)
    assert storage.read_progress(REV) == ERROR


def test_a_progress_that_is_a_directory_is_corrupt(storage: Storage) -> None:
    stored(storage, REV)
    path = storage.trail(REV) / ".pv/progress"
    path.unlink()
    path.mkdir()
    with pytest.raises(Corrupt, match=str(path)):
        storage.read_progress(REV)


def test_progress_is_the_old_or_the_new_one_at_any_cut(tmp_path: Path) -> None:
    """peers 3: pantavisor#481. The record of how an update ended is never torn."""

    def prepare(root: Path) -> None:
        stored(Storage(root), REV)

    seen = []
    for place, _ in every_cut(
        places(tmp_path), prepare, lambda root: Storage(root).write_progress(REV, ERROR), part=1
    ):
        seen.append(Storage(place).read_progress(REV))
    changed = seen.index(ERROR)
    assert seen == [STORED] * changed + [ERROR] * (len(seen) - changed)


def test_progress_is_written_from_the_reserve_when_the_disk_is_full(storage: Storage) -> None:
    """peers 3: balena-supervisor#674, meta-balena#2130."""
    stored(storage, REV)
    assert storage.reserve.held()
    with observe(FullAt(1)):
        storage.write_progress(REV, ERROR)
    assert storage.read_progress(REV) == ERROR
    assert not storage.reserve.held()


def test_a_disk_that_stays_full_is_said_to_be_full(storage: Storage) -> None:
    stored(storage, REV)
    with observe(FullAt(0, 100)), pytest.raises(NoRoom):
        storage.write_progress(REV, ERROR)
    assert storage.read_progress(REV) == STORED


def test_a_trail_that_lost_its_state_still_takes_a_progress(storage: Storage) -> None:
    stored(storage, REV)
    (storage.trail(REV) / ".pvr/json").unlink()
    (storage.trail(REV) / ".pv/progress").unlink()
    (storage.trail(REV) / ".pv").rmdir()
    storage.write_progress(REV, ERROR)
    assert storage.read_progress(REV) == ERROR
    assert storage.revisions() == []
    with pytest.raises(NotFound):
        storage.read_state_text(REV)


def test_done_is_a_mark_of_its_own(storage: Storage) -> None:
    stored(storage, REV)
    assert not storage.is_done(REV)
    storage.mark_done(REV)
    storage.mark_done(REV)
    assert storage.is_done(REV)
    assert (storage.trail(REV) / ".pv/done").is_file()


def test_the_newest_done_revision_is_the_one_marked_last(storage: Storage) -> None:
    assert storage.newest_done() is None
    for number, name in enumerate(("0", REV, "7")):
        done(storage, name)
        os.utime(storage.trail(name) / ".pv/done", (100 - number, 100 - number))
    assert storage.newest_done() == "0"


def test_a_commit_message_has_at_most_256_bytes(storage: Storage) -> None:
    stored(storage, REV)
    storage.write_message(REV, "ä" * 128)
    assert storage.read_message(REV) == "ä" * 128
    with pytest.raises(InvalidInput, match="at most 256 bytes, not 257"):
        storage.write_message(REV, "ä" * 128 + "x")
    assert storage.read_message(REV) == "ä" * 128


def test_the_date_of_a_revision_is_when_its_state_was_stored(storage: Storage) -> None:
    stored(storage, REV)
    moment = datetime(2026, 11, 24, 6, 51, 34, 999999, UTC).timestamp()
    os.utime(storage.trail(REV) / ".pvr/json", (moment, moment))
    assert storage.date(REV) == "2026-11-24T06:51:34Z"


# --- factory and copies --------------------------------------------------------------------------


def factory_and_one(root: Path) -> None:
    storage = Storage(root)
    storage.recover()
    done(storage, "0")
    storage.write_progress("0", FACTORY_DONE)
    done(storage, REV, OTHER)
    storage.write_message(REV, "not of the factory")


def test_a_copy_of_the_revision_becomes_the_factory_revision(tmp_path: Path, way: str) -> None:
    """R25: MAKE_FACTORY."""
    factory_and_one(tmp_path)
    storage = Storage(tmp_path)
    old = (storage.trail("0") / "app/root.squashfs").stat().st_ino
    storage.make_factory(REV)
    assert storage.read_state_text("0") == text(OTHER).encode()
    assert storage.read_progress("0") == FACTORY_DONE
    assert storage.is_done("0")
    assert storage.read_message("0") == ""
    assert storage.verify("0", parse(text(OTHER))) == []
    assert (storage.trail("0") / ".pvr/config").read_text() == '{"ObjectsDir":"../../objects"}'
    assert (storage.trail("0") / "app/root.squashfs").samefile(
        storage.trail(REV) / "app/root.squashfs"
    )
    # What may still be running is removed by the next start.
    waiting = leftovers(storage.trails)
    assert old in [(place / "app/root.squashfs").stat().st_ino for place in waiting[:1]]
    storage.recover()
    assert storage.all_trails() == ["0", REV]
    assert not leftovers(tmp_path)


def test_the_factory_revision_is_the_old_or_the_new_one_at_any_cut(
    tmp_path: Path, way: str
) -> None:
    seen = []
    for place, _ in every_cut(
        places(tmp_path), factory_and_one, lambda root: Storage(root).make_factory(REV)
    ):
        storage = Storage(place)
        storage.recover()
        assert storage.all_trails() == ["0", REV]
        assert storage.read_progress("0") == FACTORY_DONE
        assert storage.is_done("0")
        seen.append(storage.read_state_text("0"))
        assert storage.verify("0", parse(seen[-1])) == []
        assert storage.verify(REV, parse(text(OTHER))) == []
        assert not leftovers(place)
    changed = seen.index(text(OTHER).encode())
    assert 0 < changed < len(seen)
    assert len(set(seen[:changed])) == len(set(seen[changed:])) == 1


def test_the_factory_revision_made_of_itself_says_so(storage: Storage) -> None:
    done(storage, "0")
    storage.make_factory("0")
    assert storage.read_progress("0") == FACTORY_DONE


def test_a_device_without_a_factory_revision_gets_one(storage: Storage) -> None:
    done(storage, REV)
    storage.make_factory(REV)
    assert storage.verify("0", parse(text())) == []
    assert not leftovers(storage.root)


def test_a_revision_that_is_not_whole_becomes_no_factory_revision(storage: Storage) -> None:
    done(storage, "0")
    done(storage, REV, OTHER)
    (storage.trail(REV) / "app/root.squashfs").unlink()
    with pytest.raises(NotFound, match=r"app/root\.squashfs"):
        storage.make_factory(REV)
    (storage.trail(REV) / ".pvr/json").write_text("{")
    with pytest.raises(InvalidInput):
        storage.make_factory(REV)
    assert storage.verify("0", parse(text())) == []
    assert not leftovers(storage.root)


def test_a_copy_survives_its_source(storage: Storage) -> None:
    """R20: an unclaimed device keeps what it runs."""
    done(storage, "7")
    copied = Progress(Status.DONE, "Update finished, revision set as rollback point", 100)
    storage.copy_revision("7", "locals/unclaimed-1", copied)
    storage.copy_revision("7", "locals/unclaimed-1", copied)
    storage.delete_trail("7")
    assert storage.verify("locals/unclaimed-1", parse(text())) == []
    assert storage.read_progress("locals/unclaimed-1") == copied
    assert storage.is_done("locals/unclaimed-1")
    assert not leftovers(storage.root)


# --- the storage as a whole ----------------------------------------------------------------------


def test_a_start_removes_leftovers_wherever_they_lie(storage: Storage) -> None:
    installed(storage, REV)
    before = snapshot(storage.root)
    for place in (
        storage.objects.root,
        storage.trails,
        storage.trails / "locals",
        storage.trail(REV) / ".pv",
        storage.trail(REV) / ".pvr",
        storage.own,
        storage.changes,
        storage.config,
        storage.user_meta,
        storage.logs,
        storage.disks,
    ):
        (place / f"x.1{TEMPORARY}").mkdir()
        (place / f"y.1{TEMPORARY}").touch()
    storage.recover()
    assert not leftovers(storage.root)
    assert snapshot(storage.root) == before


def test_what_a_person_left_in_the_storage_stays(storage: Storage) -> None:
    (storage.trails / "notes").mkdir()
    (storage.root / "lost+found").mkdir()
    storage.recover()
    assert (storage.trails / "notes").exists()
    assert (storage.root / "lost+found").exists()


def test_a_start_that_is_cut_is_repeated(tmp_path: Path) -> None:
    def prepare(root: Path) -> None:
        storage = Storage(root)
        installed(storage, REV)
        durable.make_dirs(storage.trails / f"x{TEMPORARY}" / "deep")

    for place, _ in every_cut(places(tmp_path), prepare, lambda root: Storage(root).recover()):
        storage = Storage(place)
        storage.recover()
        assert not leftovers(place)
        assert storage.reserve.held()
        assert storage.verify(REV, parse(text())) == []


def test_the_storage_keeps_its_id(storage: Storage) -> None:
    assert storage.device_id() == Storage(storage.root).device_id()


def test_the_lock_can_be_taken_where_the_storage_has_its_place(storage: Storage) -> None:
    with Lock(storage.lock):
        assert storage.lock.exists()


def test_space_is_told_in_bytes(storage: Storage) -> None:
    space = storage.space()
    assert 0 < space.free <= space.total
