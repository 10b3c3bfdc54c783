from pathlib import Path

import pytest

from surefoot.device.layout import Layout
from surefoot.errors import InvalidInput
from surefoot.files.steps import TEMPORARY
from surefoot.files.trees import NEXT


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


def test_places_are_those_of_the_reference(layout: Layout, tmp_path: Path) -> None:
    assert layout.trail("7") == tmp_path / "trails" / "7"
    assert layout.trail("locals/x") == tmp_path / "trails" / "locals" / "x"
    assert layout.revision_logs("locals/x") == tmp_path / "logs" / "locals" / "x"
    assert layout.revision_disks("7") == tmp_path / "disks" / "rev" / "7"
    assert layout.revision_disks("locals/x") == tmp_path / "disks" / "rev" / "locals%2Fx"
    assert {str(place.relative_to(tmp_path)) for place in layout.directories()} == {
        ".surefoot",
        ".surefoot/changes",
        ".surefoot/partial",
        "objects",
        "trails",
        "boot",
        "config",
        "cache/devmeta",
        "cache/meta",
        "disks",
        "logs",
    }


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../0",
        "locals",
        "locals/",
        "locals/..",
        "locals/a/b",
        "locals/../../x",
        "/etc",
        "07",
        "x",
        "locals/" + "x" * 65,
        "locals/a%2Fb",
        f"locals/x{TEMPORARY}",
        f"locals/x{NEXT}",
    ],
)
def test_no_name_leads_out_of_the_storage(layout: Layout, name: str) -> None:
    for place in (layout.trail, layout.revision_logs, layout.revision_disks, layout.has_state):
        with pytest.raises(InvalidInput):
            place(name)


def test_revisions_are_in_the_order_of_their_numbers_then_local_ones(layout: Layout) -> None:
    for name in ("10", "9", "0", "locals/b", "locals/a"):
        (layout.trail(name) / ".pvr").mkdir(parents=True)
        (layout.trail(name) / ".pvr" / "json").touch()
    layout.trail("11").mkdir()
    assert layout.revisions() == ["0", "9", "10", "locals/a", "locals/b"]
    assert layout.all_trails() == ["0", "9", "10", "11", "locals/a", "locals/b"]


def test_what_is_no_trail_is_not_taken_for_one(layout: Layout, tmp_path: Path) -> None:
    for name in (f"7.1{TEMPORARY}", f"7{NEXT}", "lost+found", "locals%2Fx", "locals/.hidden"):
        (layout.trails / name).mkdir(parents=True)
    (layout.trails / "5").touch()
    (layout.trails / "6").symlink_to(tmp_path)
    assert layout.all_trails() == []


def test_logs_and_disks_are_found_without_their_trails(layout: Layout) -> None:
    for name in ("7", "locals/x"):
        layout.revision_logs(name).mkdir(parents=True)
        layout.revision_disks(name).mkdir(parents=True)
    assert layout.logged() == ["7", "locals/x"]
    assert layout.with_disks() == ["7", "locals/x"]


def test_an_empty_storage_has_nothing(layout: Layout) -> None:
    assert layout.revisions() == layout.logged() == layout.with_disks() == []
