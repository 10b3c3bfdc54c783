import errno
import os
from pathlib import Path

import pytest

from surefoot.files import durable, trees
from surefoot.files.cuts import every_cut
from surefoot.files.steps import TEMPORARY, Kind, Step, observe
from tests.files.discipline import check
from tests.files.disks import places, skip_syncs


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    skip_syncs(monkeypatch)


def fill(place: Path, text: str) -> Path:
    (place / "deep" / "er").mkdir(parents=True)
    (place / "a").write_text(text)
    (place / "deep" / "b").write_text(text)
    (place / "deep" / "er" / "c").write_text(text)
    return place


def read(place: Path) -> set[str]:
    """What its files say: one word when it is whole."""
    files = [path for path in place.rglob("*") if path.is_file()]
    return {path.read_text() for path in files} if len(files) == 3 else {"torn"}


def cannot_exchange(one: Path, other: Path) -> None:
    raise OSError(errno.EINVAL, "no exchange here")


def old_and_new(root: Path) -> None:
    fill(root / "trail", "old")
    fill(root / f"trail.1{TEMPORARY}", "new")


def replace(root: Path) -> None:
    old = durable.replace_tree(root / f"trail.1{TEMPORARY}", root / "trail")
    if old is not None:
        durable.remove_tree(old)


@pytest.fixture(params=["exchange", "two steps"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "two steps":
        monkeypatch.setattr(trees, "_exchange", cannot_exchange)
    return str(request.param)


def test_a_replaced_tree_is_whole_at_any_cut(tmp_path: Path, way: str) -> None:
    seen = []
    for place, ended in every_cut(places(tmp_path), old_and_new, replace):
        if way == "exchange":
            assert read(place / "trail") in ({"old"}, {"new"})
        durable.recover(place)
        assert [path.name for path in place.iterdir()] == ["trail"]
        seen.append(read(place / "trail"))
        assert not ended or seen[-1] == {"new"}
    assert seen.index({"new"}) > 0
    assert seen == sorted(seen, key=lambda state: state == {"new"})


def test_a_recovery_that_is_cut_itself_is_taken_up_again(tmp_path: Path, way: str) -> None:
    for number, (place, _) in enumerate(every_cut(places(tmp_path), old_and_new, replace)):
        again = tmp_path / f"again-{number}"
        again.mkdir()

        def copy(target: Path, source: Path = place) -> None:
            for path in sorted(source.rglob("*")):
                fresh = target / path.relative_to(source)
                fresh.mkdir() if path.is_dir() else fresh.write_bytes(path.read_bytes())

        for cut, _ in every_cut(places(again), copy, durable.recover):
            durable.recover(cut)
            assert [path.name for path in cut.iterdir()] == ["trail"]
            assert read(cut / "trail") in ({"old"}, {"new"})


def test_a_replacement_leaves_nothing_to_be_synced(tmp_path: Path, way: str) -> None:
    old_and_new(tmp_path)
    seen: list[Step] = []
    with observe(seen.append):
        replace(tmp_path)
    check(seen)
    assert (Kind.EXCHANGE in {step.kind for step in seen}) == (way == "exchange")


def test_the_older_tree_waits_until_it_is_not_needed(tmp_path: Path, way: str) -> None:
    old_and_new(tmp_path)
    old = durable.replace_tree(tmp_path / f"trail.1{TEMPORARY}", tmp_path / "trail")
    assert old is not None
    assert read(old) == {"old"}
    durable.recover(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["trail"]


def test_a_tree_can_take_a_place_that_is_free(tmp_path: Path) -> None:
    fresh = fill(tmp_path / f"trail.1{TEMPORARY}", "new")
    assert durable.replace_tree(fresh, tmp_path / "trail") is None
    assert read(tmp_path / "trail") == {"new"}


def test_other_failures_of_an_exchange_are_told(tmp_path: Path) -> None:
    (tmp_path / "trail").mkdir()
    with pytest.raises(OSError, match="No such file"):
        durable.replace_tree(tmp_path / f"gone{TEMPORARY}", tmp_path / "trail")
    assert (tmp_path / "trail").is_dir()


def test_a_tree_on_its_way_out_is_a_leftover_at_any_cut(tmp_path: Path) -> None:
    def prepare(root: Path) -> None:
        fill(root / "trail", "old")

    whole = True
    for place, _ in every_cut(
        places(tmp_path), prepare, lambda root: durable.remove_tree(root / "trail")
    ):
        there = (place / "trail").exists()
        assert not there or read(place / "trail") == {"old"}
        assert whole or not there, "a tree that was gone came back"
        whole = there
        durable.sweep(place)
        assert [path.name for path in place.iterdir()] == (["trail"] if there else [])


@pytest.mark.parametrize("twice", [1, 2])
def test_what_is_removed_may_be_a_file_a_link_or_nothing(tmp_path: Path, twice: int) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "x").write_text("x")
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("kept")
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("file", "link", "dangling", "nothing") * twice:
        durable.remove_tree(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept" / "x").exists()


def test_links_inside_a_removed_tree_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "x").write_text("x")
    (tmp_path / "trail" / "sub").mkdir(parents=True)
    (tmp_path / "trail" / "link").symlink_to(tmp_path / "kept")
    (tmp_path / "trail" / "sub" / "link").symlink_to(tmp_path / "kept")
    durable.remove_tree(tmp_path / "trail")
    assert (tmp_path / "kept" / "x").exists()


def test_directories_nested_beyond_any_path_length_are_removed(tmp_path: Path) -> None:
    """A container can nest them one by one; a collector that recurses, or joins paths, fails."""
    (tmp_path / "trail").mkdir()
    fd = os.open(tmp_path / "trail", os.O_RDONLY)
    for _ in range(1100):
        os.mkdir("nested", dir_fd=fd)
        inner = os.open("nested", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = inner
    os.close(fd)
    durable.remove_tree(tmp_path / "trail")
    assert not list(tmp_path.iterdir())


def test_a_directory_with_very_many_files_is_removed(tmp_path: Path) -> None:
    (tmp_path / "trail").mkdir()
    for number in range(1100):
        (tmp_path / "trail" / str(number)).touch()
    durable.remove_tree(tmp_path / "trail")
    assert not list(tmp_path.iterdir())


def test_a_sweep_takes_leftovers_and_nothing_else(tmp_path: Path) -> None:
    fill(tmp_path / f"a{TEMPORARY}", "x")
    (tmp_path / f"b{TEMPORARY}").write_text("x")
    fill(tmp_path / "kept", "x")
    (tmp_path / f"{TEMPORARY}.txt").write_text("x")
    durable.sweep(tmp_path)
    durable.sweep(tmp_path / "gone")
    durable.recover(tmp_path / "gone")
    assert {path.name for path in tmp_path.iterdir()} == {"kept", f"{TEMPORARY}.txt"}
