import errno
import os
from pathlib import Path

import pytest

from surefoot.errors import NoRoom
from surefoot.files import durable
from surefoot.files.steps import TEMPORARY, Kind, Step, observe, room, sync_dir, temporary, together


def test_every_step_of_a_write_is_announced_before_it_is_made(tmp_path: Path) -> None:
    path = tmp_path / "file"
    seen: list[tuple[Step, list[str]]] = []
    with observe(lambda step: seen.append((step, sorted(os.listdir(tmp_path)))), part=2):
        durable.write(path, b"abcde")
    kinds = [step.kind for step, _ in seen]
    assert kinds == [
        Kind.CREATE,
        *[Kind.WRITE] * 3,
        Kind.SYNC_FILE,
        Kind.RENAME,
        Kind.SYNC_DIR,
    ]
    assert [step.size for step, _ in seen] == [0, 2, 2, 1, 0, 0, 0]
    assert seen[0][1] == []
    assert seen[5][0].path == path
    assert all(name.endswith(TEMPORARY) for name in seen[5][1])
    assert seen[6] == (Step(Kind.SYNC_DIR, tmp_path), ["file"])


def test_nobody_is_told_outside_of_the_observation(tmp_path: Path) -> None:
    outer: list[Step] = []
    inner: list[Step] = []
    with observe(outer.append):
        with observe(inner.append):
            sync_dir(tmp_path)
        sync_dir(tmp_path)
    sync_dir(tmp_path)
    assert len(inner) == len(outer) == 1


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_to_people(code: int) -> None:
    with pytest.raises(NoRoom, match="No room on the disk for the log"), room("the log"):
        raise OSError(code, "full")


def test_other_failures_of_the_disk_are_not_called_full() -> None:
    with pytest.raises(OSError, match="broken"), room("the log"):
        raise OSError(errno.EIO, "broken")


@pytest.mark.parametrize("name", ["a", "a" * 255, "ä" * 127, "\udcff" * 200])
def test_a_temporary_name_is_never_too_long(tmp_path: Path, name: str) -> None:
    found = temporary(tmp_path / name)
    assert len(os.fsencode(found.name)) <= 255
    assert found.name.endswith(TEMPORARY)
    assert found != temporary(tmp_path / name)


def test_together_syncs_each_directory_once_and_at_the_end(tmp_path: Path) -> None:
    seen: list[Step] = []
    with observe(seen.append), together():
        with together():
            durable.make_dirs(tmp_path / "a")
        durable.write(tmp_path / "a" / "x", b"1")
        durable.write(tmp_path / "a" / "y", b"2")
    syncs = [step.path for step in seen if step.kind is Kind.SYNC_DIR]
    assert syncs == [tmp_path, tmp_path / "a"]
    assert seen[-2].kind is Kind.SYNC_DIR


def test_together_promises_nothing_when_it_fails(tmp_path: Path) -> None:
    seen: list[Step] = []

    def fail() -> None:
        with together():
            durable.remove(tmp_path / "a")
            durable.write(tmp_path / "gone" / "b", b"")

    with observe(seen.append), pytest.raises(FileNotFoundError):
        fail()
    assert Kind.SYNC_DIR not in [step.kind for step in seen]
    with observe(seen.append):
        durable.remove(tmp_path / "a")
    assert seen[-1].kind is Kind.SYNC_DIR


def test_a_directory_that_is_gone_needs_no_sync(tmp_path: Path) -> None:
    sync_dir(tmp_path / "gone")
