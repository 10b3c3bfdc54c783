"""Conformance: what every boot loader promises the agent (`BootLoader`)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from surefoot.boot import BACKENDS, BootLoader, BootVars
from surefoot.errors import Corrupt, InvalidInput


@pytest.fixture(params=sorted(BACKENDS))
def boot(request: pytest.FixtureRequest, tmp_path: Path) -> BootLoader:
    make: Callable[[Path], BootLoader] = BACKENDS[request.param]
    loader = make(tmp_path)
    loader.commit("1")
    return loader


def test_a_new_storage_gets_its_boot_file_by_a_commit(boot: BootLoader) -> None:
    assert boot.read() == BootVars("1")


@pytest.mark.parametrize("name", sorted(BACKENDS))
def test_without_variables_reading_is_corrupt(name: str, tmp_path: Path) -> None:
    with pytest.raises(Corrupt):
        BACKENDS[name](tmp_path).read()


def test_arm_names_the_try_and_keeps_the_rollback_point(boot: BootLoader) -> None:
    for _ in range(2):
        boot.arm("2")
        assert boot.read() == BootVars("1", "2")


def test_a_newer_try_takes_the_place_of_an_older_one(boot: BootLoader) -> None:
    """R4: `pv_try` names the newest."""
    boot.arm("2")
    boot.arm("3")
    assert boot.read() == BootVars("1", "3")


def test_disarm_leaves_only_the_rollback_point(boot: BootLoader) -> None:
    boot.arm("2")
    for _ in range(2):
        boot.disarm()
        assert boot.read() == BootVars("1")


def test_disarm_may_restore_the_running_updated_revision(boot: BootLoader) -> None:
    """R3: disarming a staged revision makes the running UPDATED one the try again."""
    boot.arm("2")
    boot.arm("locals/staged")
    for _ in range(2):
        boot.disarm("2")
        assert boot.read() == BootVars("1", "2")


def test_commit_makes_the_revision_the_rollback_point(boot: BootLoader) -> None:
    boot.arm("2")
    for _ in range(2):
        boot.commit("2")
        assert (boot.read().rev, boot.read().try_) == ("2", None)


@pytest.mark.parametrize("rev", ["", "x" * 1024, "a\0b", "a\nb", "é"])
def test_a_name_that_cannot_be_held_changes_nothing(boot: BootLoader, rev: str) -> None:
    boot.arm("2")
    for change in (boot.arm, boot.disarm, boot.commit):
        with pytest.raises(InvalidInput):
            change(rev)
        assert boot.read() == BootVars("1", "2")
