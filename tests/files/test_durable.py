import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from surefoot.errors import NoRoom
from surefoot.files import durable
from surefoot.files.cuts import every_cut
from surefoot.files.steps import TEMPORARY, Step, observe
from tests.files.discipline import check
from tests.files.disks import FullAt, places, skip_syncs

OLD = b"old bytes"
NEW = b"new bytes, and more of them"

Tree = dict[str, bytes]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    skip_syncs(monkeypatch)


def tree(root: Path) -> Tree:
    """All that is not a leftover."""
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else b""
        for path in sorted(root.rglob("*"))
        if TEMPORARY not in str(path.relative_to(root))
    }


def two_files(root: Path) -> None:
    (root / "one").write_bytes(OLD)
    (root / "other").write_bytes(NEW)
    (root / "sub").mkdir()


WORK: dict[str, Callable[[Path], None]] = {
    "write a new file": lambda root: durable.write(root / "fresh", NEW),
    "write over a file": lambda root: durable.write(root / "one", NEW),
    "remove": lambda root: durable.remove(root / "one"),
    "remove what is not there": lambda root: durable.remove(root / "gone"),
    "rename": lambda root: durable.rename(root / "one", root / "fresh"),
    "rename over a file": lambda root: durable.rename(root / "one", root / "other"),
    "rename elsewhere": lambda root: durable.rename(root / "one", root / "sub" / "one"),
    "link": lambda root: durable.link(root / "one", root / "sub" / "one"),
    "link over a file": lambda root: durable.link(root / "one", root / "other"),
    "remove a tree": lambda root: durable.remove_tree(root / "sub"),
}


def outcome(place: Path, name: str) -> tuple[Tree, Tree]:
    """What is there before the work, and after it."""
    place.mkdir()
    two_files(place)
    before = tree(place)
    WORK[name](place)
    return before, tree(place)


@pytest.mark.parametrize("name", WORK)
def test_at_any_cut_the_old_or_the_new_state_is_there(tmp_path: Path, name: str) -> None:
    """peers 3: mcuboot#1966. Cut before each step, and in a write at each byte."""
    before, after = outcome(tmp_path / "whole", name)
    found = []
    for place, _ in every_cut(places(tmp_path), two_files, WORK[name], part=1):
        found.append(tree(place))
        durable.sweep(place)
        assert tree(place) == found[-1]
        assert not list(place.rglob(f"*{TEMPORARY}"))
    changed = found.index(after)
    assert found == [before] * changed + [after] * (len(found) - changed)


@pytest.mark.parametrize("name", [name for name in WORK if "rename" not in name])
def test_work_that_was_cut_is_done_again(tmp_path: Path, name: str) -> None:
    _, after = outcome(tmp_path / "whole", name)
    for place, _ in every_cut(places(tmp_path), two_files, WORK[name]):
        WORK[name](place)
        assert tree(place) == after


@pytest.mark.parametrize("name", WORK)
def test_nothing_is_left_to_be_synced_on_return(tmp_path: Path, name: str) -> None:
    two_files(tmp_path)
    seen: list[Step] = []
    with observe(seen.append):
        WORK[name](tmp_path)
    check(seen)


@pytest.mark.parametrize("name", WORK)
def test_on_a_full_disk_nothing_is_half_written(tmp_path: Path, name: str) -> None:
    before, after = outcome(tmp_path / "whole", name)
    for number, place in enumerate(places(tmp_path)):
        two_files(place)
        full = FullAt(number)
        with observe(full), suppress(NoRoom):
            WORK[name](place)
        assert tree(place) in (before, after)
        if name != "remove a tree":
            assert not list(place.rglob(f"*{TEMPORARY}"))
        if not full.met:
            return


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o666])
def test_the_mode_is_exact_whatever_the_umask(tmp_path: Path, mode: int) -> None:
    before = os.umask(0o077)
    try:
        durable.write(tmp_path / "file", NEW, mode)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode


def test_an_empty_file_can_be_written(tmp_path: Path) -> None:
    durable.write(tmp_path / "done", b"")
    assert (tmp_path / "done").read_bytes() == b""


def test_a_write_replaces_a_symbolic_link_and_not_its_target(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(OLD)
    (tmp_path / "file").symlink_to("target")
    durable.write(tmp_path / "file", NEW)
    assert (tmp_path / "target").read_bytes() == OLD
    assert not (tmp_path / "file").is_symlink()


def test_a_write_into_a_directory_that_is_not_there_fails(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        durable.write(tmp_path / "gone" / "file", NEW)


def test_a_link_is_the_same_file_and_twice_is_harmless(tmp_path: Path) -> None:
    two_files(tmp_path)
    for _ in range(2):
        durable.link(tmp_path / "one", tmp_path / "other")
    assert (tmp_path / "one").samefile(tmp_path / "other")
    assert (tmp_path / "one").stat().st_nlink == 2


def test_a_link_of_what_is_not_there_leaves_the_target_alone(tmp_path: Path) -> None:
    two_files(tmp_path)
    with pytest.raises(FileNotFoundError):
        durable.link(tmp_path / "gone", tmp_path / "other")
    assert (tmp_path / "other").read_bytes() == NEW


def test_directories_are_made_with_those_above_them(tmp_path: Path) -> None:
    seen: list[Step] = []
    with observe(seen.append):
        durable.make_dirs(tmp_path / "a" / "b" / "c")
        durable.make_dirs(tmp_path / "a" / "b")
    check(seen)
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_a_file_in_the_way_of_a_directory_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(OLD)
    with pytest.raises(OSError, match="a"):
        durable.make_dirs(tmp_path / "a" / "b")


def test_a_draft_that_is_not_finished_leaves_nothing(tmp_path: Path) -> None:
    with durable.Draft(tmp_path / "file") as draft:
        draft.write(memoryview(NEW))
        assert draft.path.read_bytes() == NEW
    draft.drop()
    assert not list(tmp_path.iterdir())


def test_a_failing_disk_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_files(tmp_path)

    def broken(fd: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output"):
        durable.write(tmp_path / "one", NEW)
    assert tree(tmp_path) == {"one": OLD, "other": NEW, "sub": b""}
