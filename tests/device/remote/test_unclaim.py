"""What a device keeps and drops when its owner gives it up (R20)."""

import itertools
from pathlib import Path

import pytest

from surefoot.device.remote.unclaim import copy, drop_trails
from surefoot.device.storage import Storage
from surefoot.errors import NotFound
from surefoot.files.cuts import every_cut
from surefoot.revision import parse
from surefoot.wire.progress import Progress, Status
from tests.support.bench_device import state_text

DONE = Progress(Status.DONE, "Update finished, revision set as rollback point", 100)


def installed(storage: Storage, revision: str, **images: str) -> str:
    text = state_text(storage, **(images or {"base": "b0", "app": "a1"}))
    storage.write_state(revision, text)
    storage.install(revision, parse(text))
    return text


def test_a_copy_is_a_done_local_revision_by_links(storage: Storage) -> None:
    text = installed(storage, "7")
    name = copy(storage, "7")
    assert name == "locals/unclaimed-1"
    assert storage.read_state_text(name) == text.encode()
    assert (storage.read_progress(name), storage.is_done(name)) == (DONE, True)
    one, other = (storage.trail(rev) / "app/root.squashfs" for rev in ("7", name))
    assert one.samefile(other)
    assert storage.verify(name, parse(text)) == []


def test_a_name_that_is_taken_is_not_taken_again(storage: Storage) -> None:
    """Twice: a second copy."""
    installed(storage, "7")
    assert [copy(storage, "7"), copy(storage, "7")] == [
        "locals/unclaimed-1",
        "locals/unclaimed-2",
    ]


def test_a_revision_that_is_not_whole_is_not_copied(storage: Storage) -> None:
    storage.write_state("7", state_text(storage, base="b0", app="a1"))
    with pytest.raises(NotFound):
        copy(storage, "7")
    assert storage.revisions() == ["0", "7"]
    assert list((storage.trails / "locals").glob("*")) == []


def test_a_power_cut_leaves_a_whole_copy_or_none(tmp_path: Path) -> None:
    def prepare(place: Path) -> None:
        storage = Storage(place)
        storage.recover()
        installed(storage, "7")

    for place, is_whole in every_cut(
        (tmp_path / str(number) for number in itertools.count()),
        prepare=prepare,
        work=lambda place: copy(Storage(place), "7"),
    ):
        storage = Storage(place)
        storage.recover()
        found = [name for name in storage.revisions() if name.startswith("locals/")]
        assert found == ["locals/unclaimed-1"] if is_whole else len(found) <= 1
        for name in found:
            assert storage.verify(name, parse(storage.read_state_text(name))) == []


def test_no_revision_of_the_hub_is_left_nor_what_it_wrote(storage: Storage) -> None:
    """A revision of the same number may come from the next owner."""
    for revision in ("7", "8", "locals/x"):
        installed(storage, revision)
        for place in (storage.revision_disks(revision), storage.revision_logs(revision)):
            place.mkdir(parents=True)
    storage.revision_disks("9").mkdir(parents=True)  # its trail went before
    storage.trail("10").mkdir()  # it has lost its state
    drop_trails(storage)
    drop_trails(storage)
    assert storage.all_trails() == ["0", "locals/x"]
    assert storage.with_disks() == storage.logged() == ["locals/x"]


def test_the_factory_revision_stays(storage: Storage) -> None:
    storage.revision_logs("0").mkdir(parents=True, exist_ok=True)
    drop_trails(storage)
    assert (storage.revisions(), storage.logged()) == (["0"], ["0"])
