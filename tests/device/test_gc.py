import logging
import os
from pathlib import Path

import pytest

from surefoot.device.garbage import Facts, Keep, Plan, Trail, plan
from surefoot.device.gc import collect, gather, sweep_partials
from surefoot.device.storage import Storage
from surefoot.files import durable
from surefoot.files.cuts import every_cut
from surefoot.files.steps import Step, observe
from surefoot.revision import parse
from surefoot.wire.progress import Progress, Status
from tests.device.revisions import (
    APP,
    CONF,
    KERNEL,
    done,
    installed,
    leftovers,
    put,
    sha,
    spoil,
    stored,
    swap,
    text,
)
from tests.files.discipline import check
from tests.files.disks import FullAt, places, run_on_small_disk, skip_syncs

BEGUN, ALSO = "a" * 64, "b" * 64
NOTHING = Keep(frozenset())
REV = "locals/x"


def gone(what: Plan) -> list[str]:
    return [removal.name for removal in what.removals]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    skip_syncs(monkeypatch)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    storage = Storage(tmp_path / "storage")
    storage.recover()
    return storage


# --- what is known --------------------------------------------------------------------------------


def only_trail(facts: Facts) -> Trail:
    (found,) = facts.trails
    return found


def test_an_empty_storage_has_no_facts(storage: Storage) -> None:
    assert gather(storage) == Facts()


def test_names_and_links_of_a_trail_are_counted(storage: Storage) -> None:
    state = installed(storage, REV)
    found = only_trail(gather(storage))
    assert found.revision == REV
    assert found.names == frozenset(state.objects.values())
    assert found.links == {sha(CONF): 4, sha(KERNEL): 2, sha(APP): 1, **_base(state.objects)}
    assert found.stored_ns == (storage.trail(REV) / ".pvr/json").stat().st_mtime_ns
    links = {one.sha: one.links for one in gather(storage).objects}
    assert links == {name: count + 1 for name, count in found.links.items()}


def _base(objects: object) -> dict[str, int]:
    assert isinstance(objects, dict)
    return {objects["base/root.squashfs"]: 1}


def test_a_trail_that_is_only_stored_names_but_does_not_link(storage: Storage) -> None:
    stored(storage, REV)
    found = only_trail(gather(storage))
    assert sha(APP) in found.names
    assert not found.links


def test_bytes_that_go_with_a_trail_are_those_of_its_own_files(storage: Storage) -> None:
    stored(storage, REV)
    before = only_trail(gather(storage)).size
    own = sum(path.stat().st_size for path in storage.trail(REV).rglob("*") if path.is_file())
    assert before == own
    installed(storage, REV)
    swap(storage.trail(REV) / "app/root.squashfs")
    found = only_trail(gather(storage))
    assert sha(APP) not in found.links
    assert found.size > before + len("spoilt")


def test_a_file_that_another_trail_shares_frees_nothing(storage: Storage) -> None:
    done(storage, REV)
    alone = only_trail(gather(storage)).size
    storage.make_factory(REV)
    sizes = {one.revision: one.size for one in gather(storage).trails}
    assert sizes[REV] < alone


@pytest.mark.parametrize(
    ("revision", "status", "marked", "waiting"),
    [
        (REV, Status.NEW, False, True),
        (REV, Status.WONTGO, False, False),
        (REV, Status.UPDATED, False, False),
        (REV, Status.NEW, True, False),
        ("7", Status.NEW, False, True),
        ("7", Status.QUEUED, False, True),
        ("7", Status.DOWNLOADING, False, True),
        ("7", Status.TESTING, False, True),
        ("7", Status.UPDATED, False, False),
        ("7", Status.CANCELLED, False, False),
        ("7", Status.ERROR, False, False),
        ("7", Status.NEW, True, False),
        ("0", Status.NEW, False, False),
    ],
)
def test_local_steps_that_were_not_run_wait_and_remote_ones_that_have_not_ended(
    storage: Storage, revision: str, status: Status, marked: bool, waiting: bool
) -> None:
    """R21: a step of the Hub is stored before it stands in any queue."""
    stored(storage, revision)
    storage.write_progress(revision, Progress(status, "", 0))
    if marked:
        storage.mark_done(revision)
    assert only_trail(gather(storage)).waiting == waiting


@pytest.mark.parametrize("damage", ["{", None])
def test_a_step_with_a_damaged_record_counts_as_not_run(
    storage: Storage, damage: str | None
) -> None:
    stored(storage, REV)
    path = storage.trail(REV) / ".pv/progress"
    path.write_text(damage) if damage else path.unlink()
    assert only_trail(gather(storage)).waiting


def test_of_a_state_that_cannot_be_parsed_all_names_are_kept(storage: Storage) -> None:
    installed(storage, REV)
    (storage.trail(REV) / ".pvr/json").write_text('{"a": "' + sha(APP) + '",')
    assert only_trail(gather(storage)).names == {sha(APP)}


def test_a_trail_without_a_state_is_found_too(storage: Storage) -> None:
    installed(storage, REV)
    (storage.trail(REV) / ".pvr/json").unlink()
    found = only_trail(gather(storage))
    assert not found.names
    assert found.links[sha(APP)] == 1


def test_logs_and_disks_are_measured_without_following_links(storage: Storage) -> None:
    put(storage, APP)
    for place in (storage.revision_logs(REV), storage.revision_disks(REV)):
        (place / "app" / "deep").mkdir(parents=True)
        (place / "app" / "deep" / "file").write_bytes(bytes(1000))
        (place / "app" / "link").symlink_to(storage.objects.root)
        (place / "app" / "hole").touch()
        os.truncate(place / "app" / "hole", 1 << 40)
        os.mkfifo(place / "app" / "pipe")
    facts = gather(storage)
    assert set(facts.logs) == set(facts.disks) == {REV}
    for size in (facts.logs[REV], facts.disks[REV]):
        assert 1000 <= size < 1000 + 4096


def test_directories_nested_beyond_any_path_length_are_no_hindrance(storage: Storage) -> None:
    place = storage.revision_disks(REV)
    place.mkdir(parents=True)
    (place / "file").write_bytes(bytes(1000))
    fd = os.open(place, os.O_RDONLY)
    for _ in range(1100):
        os.mkdir("nested", dir_fd=fd)
        inner = os.open("nested", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = inner
    os.close(fd)
    try:
        assert gather(storage).disks == {REV: 1000}
    finally:
        durable.remove_tree(place)  # pytest's own cleaning would recurse too deep


# --- what is removed ------------------------------------------------------------------------------


def several(root: Path, going: tuple[str, ...] = ("6", "locals/ran")) -> Storage:
    """Two revisions that stay, some that go, with all that belongs to them."""
    storage = Storage(root)
    storage.recover()
    done(storage, "0")
    installed(storage, "7", b"seven")
    for name in going:
        done(storage, name, name.encode())
        for place in (storage.revision_logs(name) / "app", storage.revision_disks(name) / "app"):
            place.mkdir(parents=True)
            (place / "file").write_text("x" * 50)
    return storage


KEEP = Keep(frozenset({"0", "7"}))


def test_the_plan_is_carried_out_and_its_bytes_are_counted(storage: Storage) -> None:
    several(storage.root)
    what = plan(gather(storage), KEEP)
    assert collect(storage, what) == what.size > 4 * 50
    assert storage.all_trails() == ["0", "7"]
    assert storage.logged() == storage.with_disks() == []
    assert storage.verify("0", parse(text())) == []
    assert storage.verify("7", parse(text(b"seven"))) == []
    names = {sha for sha, _ in storage.objects.list()}
    assert names == {*parse(text()).objects.values(), sha(b"seven")}
    assert not plan(gather(storage), KEEP).removals
    assert not leftovers(storage.root)


def test_at_any_cut_what_stays_is_whole_and_the_rest_is_found_again(tmp_path: Path) -> None:
    def prepare(root: Path) -> None:
        several(root, going=("locals/ran",))

    def work(root: Path) -> None:
        collect(Storage(root), plan(gather(Storage(root)), KEEP))

    for place, _ in every_cut(places(tmp_path), prepare, work):
        storage = Storage(place)
        for name in storage.all_trails():
            app = {"0": APP, "7": b"seven"}.get(name, name.encode())
            assert storage.verify(name, parse(text(app))) == []
        storage.recover()
        collect(storage, plan(gather(storage), KEEP))
        assert storage.all_trails() == ["0", "7"]
        assert storage.logged() == storage.with_disks() == []
        # Objects whose trail went before the cut are named by no step: they go for room.
        collect(storage, plan(gather(storage), KEEP, room=1 << 40))
        assert len(storage.objects.list()) == len({*parse(text()).objects.values(), "seven"})
        assert storage.verify("0", parse(text())) == []
        assert not leftovers(place)


def test_nothing_is_left_to_be_synced_after_a_collection(storage: Storage) -> None:
    several(storage.root)
    seen: list[Step] = []
    with observe(seen.append):
        collect(storage, plan(gather(storage), KEEP))
    check(seen)


def test_what_cannot_be_removed_is_logged_and_the_rest_goes(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    several(storage.root)
    what = plan(gather(storage), KEEP)
    remove_tree = durable.remove_tree

    def busy(path: Path) -> None:
        if path == storage.trail("6"):
            raise OSError(16, "Device or resource busy")
        remove_tree(path)

    monkeypatch.setattr(durable, "remove_tree", busy)
    with caplog.at_level(logging.WARNING):
        freed = collect(storage, what)
    assert "trail 6 stays" in caplog.text
    assert 0 < freed < what.size
    assert storage.all_trails() == ["0", "6", "7"]
    assert storage.verify("6", parse(text(b"6"))) == []


def test_a_stale_plan_takes_no_object_that_is_linked_since(storage: Storage) -> None:
    put(storage, APP)
    what = plan(gather(storage), NOTHING, room=1)
    assert gone(what) == [sha(APP)]
    installed(storage, "locals/x")
    assert collect(storage, what) == 0
    storage.delete_trail("locals/x")
    storage.objects.remove(sha(APP))
    assert collect(storage, what) == 0


def test_a_full_disk_is_no_reason_not_to_collect(storage: Storage) -> None:
    """peers 3: meta-balena#2130, bootc#1789: no recovery after freeing space."""
    several(storage.root)
    what = plan(gather(storage), KEEP)
    full = FullAt(0)
    with observe(full):
        assert collect(storage, what) == what.size
    assert storage.all_trails() == ["0", "7"]
    assert storage.reserve.held()


def test_a_damaged_object_and_its_healed_copy_go_with_their_trails(storage: Storage) -> None:
    installed(storage, "locals/x")
    storage.mark_done("locals/x")
    spoil(storage.objects.path(sha(APP)))
    put(storage, APP)
    assert storage.objects.links(sha(APP)) == 1
    keep = Keep(frozenset({"locals/x"}))
    assert not plan(gather(storage), keep, room=1 << 40).removals
    collect(storage, plan(gather(storage), NOTHING))
    assert storage.objects.list() == []


def test_waiting_steps_are_collected_for_room(storage: Storage) -> None:
    stored(storage, "locals/x")
    assert not plan(gather(storage), NOTHING).removals
    assert collect(storage, plan(gather(storage), NOTHING, room=1)) > 0
    assert storage.all_trails() == []
    assert storage.objects.list() == []


ON_A_FULL_DISK = """
import sys
from pathlib import Path
from surefoot.device.gc import Keep, collect, gather, plan
from surefoot.device.storage import Storage
from surefoot.errors import NoRoom
from surefoot.wire.progress import Progress, Status
from tests.device.revisions import done, text

root = Path(sys.argv[1])
storage = Storage(root)
storage.recover()
done(storage, "0")
done(storage, "locals/old", bytes(1 << 20))
storage.write_state("locals/tried", text(b"other"))
error = Progress(Status.ERROR, "Internal error", 100)

def fill():
    try:
        with open(root / "filler", "ab", buffering=0) as filler:
            while True:
                filler.write(bytes(1024))
    except OSError:
        pass
    try:
        for number in range(100000):
            (root / "config" / f"inode-{number}").touch()
    except OSError:
        pass

fill()
try:
    storage.write_state("locals/new", text(b"new"))
except NoRoom:
    pass
else:
    raise AssertionError("the disk was not full")
storage.write_progress("locals/tried", error)
assert storage.read_progress("locals/tried") == error
assert storage.all_trails() == ["0", "locals/old", "locals/tried"]
fill()
what = plan(gather(storage), Keep(frozenset({"0", "locals/tried"})))
assert collect(storage, what) >= 1 << 20
assert storage.all_trails() == ["0", "locals/tried"]
assert storage.reserve.held()
storage.write_state("locals/new", text(b"new"))
"""


def test_a_real_full_disk_takes_the_progress_and_recovers_by_collection(tmp_path: Path) -> None:
    """peers 3: balena-supervisor#674, meta-balena#2130, bootc#1789."""
    run_on_small_disk(tmp_path, ON_A_FULL_DISK)


# --- what has begun to come -----------------------------------------------------------------------


def begun(storage: Storage, name: str, size: int = 5000) -> Path:
    path = storage.partial / name
    path.write_bytes(b"x" * size)
    return path


@pytest.mark.parametrize(
    ("status", "kept"), [(Status.QUEUED, True), (Status.CANCELLED, False), (Status.WONTGO, False)]
)
def test_the_beginning_of_an_object_goes_with_the_last_revision_that_wants_it(
    storage: Storage, status: Status, kept: bool
) -> None:
    """R14, R15: it is there for the next start, and for nothing else."""
    stored(storage, "7")
    storage.write_progress("7", Progress(status, "", 0))
    wanted = begun(storage, sha(APP))
    freed = sweep_partials(storage)
    assert (wanted.exists(), freed) == (kept, 0 if kept else 5000)


def test_what_nobody_names_goes_and_what_is_no_object_is_left_alone(storage: Storage) -> None:
    begun(storage, BEGUN)
    note = begun(storage, "readme")
    assert sweep_partials(storage) == 5000
    assert list(storage.partial.iterdir()) == [note]


def test_a_beginning_that_cannot_be_removed_holds_up_no_other(
    storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    begun(storage, BEGUN)
    begun(storage, ALSO)
    with observe(FullAt(0)):
        assert sweep_partials(storage) == 5000
    assert "the beginning of object" in caplog.text
    assert len(list(storage.partial.iterdir())) == 1
