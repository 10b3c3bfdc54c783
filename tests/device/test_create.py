import subprocess
import sys
from pathlib import Path

import pytest

from surefoot.boot import LoopBoot
from surefoot.boot.decide import decide
from surefoot.boot.runner import run_device
from surefoot.client.checkout import Source, open_source
from surefoot.device.create import _MADE, STAGING, create
from surefoot.device.storage import Storage
from surefoot.errors import Busy, Conflict, Corrupt, NoRoom, NotFound
from surefoot.files import durable
from surefoot.files.cuts import cut_after
from surefoot.files.lock import Lock
from surefoot.wire.progress import Status
from tests.client.checkouts import checkout, put
from tests.files.disks import FullAt


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return open_source(checkout(tmp_path / "tree", "app", _config__app__etc__x="x"))


def require_device(storage: Path, source: Source) -> None:
    """Everything that the first boot needs is there, and nothing else."""
    made = Storage(storage)
    assert made.read_state_text("0").decode() == source.text
    assert made.verify("0", source.state) == []
    assert {name for name, _ in made.objects.list()} == set(source.state.objects.values())
    assert LoopBoot(storage).read().rev == "0"
    assert decide(storage, lambda _: None) == "0"
    assert not (storage / STAGING).exists()


def test_a_new_device_boots_the_checkout_as_its_factory_revision(
    tmp_path: Path, source: Source
) -> None:
    identity = create(tmp_path / "new" / "storage", source)
    require_device(tmp_path / "new" / "storage", source)
    assert Storage(tmp_path / "new" / "storage").device_id() == identity


def test_revision_0_is_not_done_before_it_has_run(tmp_path: Path, source: Source) -> None:
    """R9, first row."""
    create(tmp_path / "s", source)
    made = Storage(tmp_path / "s")
    progress = made.read_progress("0")
    assert progress is not None
    assert progress.status is Status.NEW
    assert not made.is_done("0")


def test_objects_of_a_trail_are_links_to_the_pool(tmp_path: Path, source: Source) -> None:
    create(tmp_path / "s", source)
    made = Storage(tmp_path / "s")
    sha = source.state.objects["app/root.squashfs"]
    assert (made.trail("0") / "app/root.squashfs").samefile(made.objects.path(sha))
    assert (made.trail("0") / "_config/app/etc/x").read_text() == "x"


def test_two_devices_from_one_checkout_have_ids_of_their_own(
    tmp_path: Path, source: Source
) -> None:
    assert create(tmp_path / "one", source) != create(tmp_path / "two", source)


def test_an_empty_directory_and_a_fresh_file_system_are_taken(
    tmp_path: Path, source: Source
) -> None:
    (tmp_path / "s" / "lost+found").mkdir(parents=True)
    create(tmp_path / "s", source)
    require_device(tmp_path / "s", source)
    assert (tmp_path / "s" / "lost+found").is_dir()


def test_each_object_is_announced_with_its_size(tmp_path: Path, source: Source) -> None:
    seen: list[tuple[str, int]] = []
    create(tmp_path / "s", source, lambda sha, size: seen.append((sha, size)))
    assert dict(seen) == dict(source.sizes)


def test_a_directory_that_holds_something_else_is_left_alone(
    tmp_path: Path, source: Source
) -> None:
    put(tmp_path, "s/letters/home", "dear")
    with pytest.raises(Conflict, match=r"is not empty \(letters\)"):
        create(tmp_path / "s", source)
    assert [place.name for place in (tmp_path / "s").iterdir()] == ["letters"]


def test_a_device_is_never_made_over(tmp_path: Path, source: Source) -> None:
    create(tmp_path / "s", source)
    with pytest.raises(Conflict, match="holds a device already; start it with"):
        create(tmp_path / "s", source)
    require_device(tmp_path / "s", source)


def test_a_file_in_the_place_of_the_storage_is_left_alone(tmp_path: Path, source: Source) -> None:
    put(tmp_path, "s", "a file")
    with pytest.raises(Conflict, match="not a directory"):
        create(tmp_path / "s", source)


def test_a_source_without_its_objects_makes_nothing(tmp_path: Path, source: Source) -> None:
    put(tmp_path, "half/json", source.text)
    with pytest.raises(NotFound, match=r"needs object .*, which is not in"):
        create(tmp_path / "s", open_source(tmp_path / "half" / "json"))
    assert not (tmp_path / "s").exists()


def test_objects_with_other_bytes_than_their_names_make_nothing(
    tmp_path: Path, source: Source
) -> None:
    put(tmp_path, "half/json", source.text)
    for sha in source.sizes:
        put(tmp_path, f"half/objects/{sha}", "spoilt")
    with pytest.raises(Corrupt, match="came with other bytes"):
        create(tmp_path / "s", open_source(tmp_path / "half" / "json"))
    assert list((tmp_path / "s").iterdir()) == []


def test_on_a_disk_that_is_full_at_any_step_nothing_is_left(tmp_path: Path, source: Source) -> None:
    step = 0
    while True:
        storage = tmp_path / f"full-{step}"
        storage.mkdir()
        full = FullAt(step)
        with durable.observe(full):
            try:
                create(storage, source)
            except NoRoom:
                assert {place.name for place in storage.iterdir()} <= {STAGING}, full.seen[-1]
        if not full.met:
            return
        create(tmp_path / f"full-{step}", source) if not (storage / "trails").exists() else None
        durable.sweep(storage)  # as the first start does
        require_device(storage, source)
        step += 7


def test_a_device_is_whole_though_the_disk_is_full_when_the_staging_directory_goes(
    tmp_path: Path, source: Source
) -> None:
    """The device stands already: nothing is taken back, and its first start clears up."""
    steps = FullAt(10**6)
    with durable.observe(steps):
        create(tmp_path / "clean", source)
    for step in range(len(steps.seen) - 4, len(steps.seen)):
        storage = tmp_path / f"full-{step}"
        storage.mkdir()
        with durable.observe(FullAt(step)):
            create(storage, source)
        Storage(storage).recover()
        require_device(storage, source)


def test_after_a_power_cut_at_any_step_the_same_command_makes_the_device(
    tmp_path: Path, source: Source
) -> None:
    step, off = 0, True
    while off:
        storage = tmp_path / f"cut-{step}"
        with cut_after(step) as power:
            create(storage, source)
        off = power.off
        if not (storage / "trails").exists():
            with pytest.raises(NotFound, match="no device storage; make one with"):
                run_device(storage, tmp_path / "run", ["true"], environ={})
            create(storage, source)
            require_device(storage, source)
        step += 1


def test_what_a_cut_has_left_is_gone_when_another_checkout_is_taken(
    tmp_path: Path, source: Source
) -> None:
    with cut_after(60):
        create(tmp_path / "s", source)
    assert (tmp_path / "s" / STAGING).is_dir()
    other = open_source(checkout(tmp_path / "other", "web"))
    create(tmp_path / "s", other)
    require_device(tmp_path / "s", other)


def test_two_at_once_do_not_disturb_each_other(tmp_path: Path, source: Source) -> None:
    (tmp_path / "s" / STAGING).mkdir(parents=True)
    with Lock(tmp_path / "s" / STAGING / "lock"), pytest.raises(Busy):
        create(tmp_path / "s", source)


def test_killed_for_real_it_can_be_done_again(tmp_path: Path, source: Source) -> None:
    script = (
        "import sys, os; from pathlib import Path\n"
        "from surefoot.client.checkout import open_source\n"
        "from surefoot.device.create import create\n"
        "create(Path(sys.argv[1]), open_source(Path(sys.argv[2])),"
        " lambda *_: os.kill(os.getpid(), 9))\n"
    )
    run = [sys.executable, "-c", script, str(tmp_path / "s"), str(source.place)]
    assert subprocess.run(run, check=False).returncode == -9
    create(tmp_path / "s", source)
    require_device(tmp_path / "s", source)


def test_what_somebody_has_put_beside_a_leftover_is_told_and_left_alone(
    tmp_path: Path, source: Source
) -> None:
    with cut_after(60):
        create(tmp_path / "s", source)
    put(tmp_path, "s/letters/home", "dear")
    with pytest.raises(Conflict, match=r"is not empty \(letters\)"):
        create(tmp_path / "s", source)
    assert (tmp_path / "s/letters/home").read_text() == "dear"


def test_a_create_that_fails_removes_only_what_it_made(tmp_path: Path, source: Source) -> None:
    def meanwhile(_sha: str, _size: int) -> None:
        put(tmp_path, "s/letters/home", "dear")
        raise NoRoom("the disk is full")

    with pytest.raises(NoRoom):
        create(tmp_path / "s", source, meanwhile)
    assert [place.name for place in (tmp_path / "s").iterdir()] == ["letters"]


def test_create_knows_all_that_it_makes(tmp_path: Path, source: Source) -> None:
    create(tmp_path / "s", source)
    assert {place.name for place in (tmp_path / "s").iterdir()} == _MADE
