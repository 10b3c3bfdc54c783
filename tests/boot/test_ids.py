import re
from pathlib import Path
from shutil import copytree

import pytest

from surefoot.boot.ids import claimed_id, device_id


def test_the_id_is_eight_hex_characters_and_stays(tmp_path: Path) -> None:
    first = device_id(tmp_path)
    assert re.fullmatch("[0-9a-f]{8}", first)
    assert device_id(tmp_path) == first
    assert (tmp_path / ".surefoot" / "id").read_text().strip() == first


def test_two_storages_have_two_ids(tmp_path: Path) -> None:
    assert device_id(tmp_path / "a") != device_id(tmp_path / "b")


@pytest.mark.parametrize(
    "damaged", [b"", b"\0\0\0\0\0\0\0\0", b"\xff\xfe", b"../../etc", b"ABCDEF01"]
)
def test_a_damaged_id_is_made_anew(tmp_path: Path, damaged: bytes) -> None:
    device_id(tmp_path)
    (tmp_path / ".surefoot" / "id").write_bytes(damaged)
    made = device_id(tmp_path)
    assert re.fullmatch("[0-9a-f]{8}", made)
    assert device_id(tmp_path) == made


def test_a_copy_gets_its_own_id_while_the_original_runs(tmp_path: Path) -> None:
    """R8: several devices run side by side on one machine, also those made from one template."""
    original, copy = tmp_path / "a", tmp_path / "b"
    first = device_id(original)
    copytree(original, copy)
    with claimed_id(original) as held:
        assert held == first
        with claimed_id(copy) as other:
            assert other != first
            assert device_id(copy) == other
    with claimed_id(original) as held:
        assert held == first
