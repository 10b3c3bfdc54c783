"""What the tests of boot/ need of the machine, and storages to boot from."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.boot.machine import cgroup_roots, free_loop_device, new_device_id

MakeStorage = Callable[..., Path]


def _missing(what: str) -> None:
    text = f"NOT TESTED HERE: {what}"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{text}; in CI nothing may be missing")
    pytest.skip(text)


@pytest.fixture
def needs_mount(tmp_path: Path) -> None:
    """The machine lets us mount and use loop devices."""
    probe = tmp_path / "probe"
    probe.mkdir()
    mount = ["mount", "-t", "tmpfs", "tmpfs", str(probe)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        _missing("mounting is not possible on this machine (it needs root)")
    subprocess.run(["umount", str(probe)], check=True)
    if free_loop_device() is None:
        _missing("there is no loop device to be had on this machine")


@pytest.fixture
def needs_cgroups() -> None:
    """The machine lets us make cgroups in each hierarchy that it mounts."""
    roots = cgroup_roots()
    if not roots or not all(os.access(root, os.W_OK) for root in roots):
        _missing("cgroups cannot be made on this machine (it needs root)")


@pytest.fixture
def needs_root() -> None:
    if os.geteuid() != 0:
        _missing("only root can act as another user")


@pytest.fixture
def device_id() -> str:
    return new_device_id()


@pytest.fixture
def ram_path(tmp_path: Path) -> Iterator[Path]:
    """A directory in memory: thousands of simulated cuts need no disk that really syncs."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with TemporaryDirectory(dir="/dev/shm", prefix="surefoot-test-") as directory:
        yield Path(directory)


@pytest.fixture
def make_storage(ram_path: Path) -> MakeStorage:
    """Makes a storage with trails; `done` in the order in which they became DONE."""
    made: Iterator[int] = iter(range(10_000))

    def make(*revs: str, done: tuple[str, ...] = ("0",)) -> Path:
        storage = ram_path / f"storage{next(made)}"
        for rev in revs or ("0",):
            add_trail(storage, rev)
        for age, rev in enumerate(done):
            mark_done(storage, rev, 1_000_000_000 + age)
        return storage

    return make


def add_trail(storage: Path, rev: str) -> None:
    state = storage / "trails" / rev / ".pvr" / "json"
    state.parent.mkdir(parents=True)
    state.write_text("{}")


def mark_done(storage: Path, rev: str, stamp_s: int) -> None:
    mark = storage / "trails" / rev / ".pv" / "done"
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    os.utime(mark, (stamp_s, stamp_s))
