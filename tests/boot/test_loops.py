from pathlib import Path

import pytest

from surefoot.boot.loops import detach, holding
from tests.boot.machine import attach_loop, backing_file


def test_a_directory_without_images_holds_no_loop_device(tmp_path: Path) -> None:
    assert holding((tmp_path,)) == []


@pytest.mark.usefixtures("needs_mount")
def test_devices_are_found_by_the_place_of_their_file(tmp_path: Path) -> None:
    ours = attach_loop(tmp_path / "storage" / "deep" / "a b.squashfs")
    other = attach_loop(tmp_path / "storage-2" / "b.squashfs")
    try:
        assert holding((tmp_path / "storage",)) == [ours]
        assert holding((tmp_path / "run", tmp_path / "storage-2")) == [other]
    finally:
        detach(ours)
        detach(other)
    assert backing_file(ours) is None
    assert backing_file(other) is None


@pytest.mark.usefixtures("needs_mount")
def test_a_deleted_file_still_counts(tmp_path: Path) -> None:
    file = tmp_path / "objects" / "a"
    loop = attach_loop(file)
    file.unlink()
    try:
        assert holding((tmp_path,)) == [loop]
    finally:
        detach(loop)


def test_a_device_that_is_not_there_is_an_error() -> None:
    with pytest.raises(OSError, match="loop999"):
        detach("loop999")
