"""The sweep on real processes, cgroups, mounts and loop devices."""

import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from surefoot.boot import cgroups, loops
from surefoot.boot.clean import Swept, sweep
from surefoot.boot.family import marked
from surefoot.boot.protocol import RUN_PLACES
from tests.boot.machine import (
    attach_loop,
    backing_file,
    cgroup_dirs,
    importable,
    join,
    mount_points,
    mount_tmpfs,
    new_device_id,
    sleeper,
)

SWEEP = """
import os, sys
from pathlib import Path
from surefoot.boot.clean import sweep
if len(sys.argv) > 4:
    os.setgroups([])
    os.setgid(int(sys.argv[5]))
    os.setuid(int(sys.argv[4]))
swept = sweep(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
print(swept.processes, len(swept.left))
"""


@pytest.fixture
def places(tmp_path: Path, device_id: str) -> Iterator[tuple[Path, Path]]:
    """A run directory and a storage; after a test that failed nothing stays either."""
    run_dir, storage = tmp_path / "run", tmp_path / "storage"
    run_dir.mkdir()
    storage.mkdir()
    yield run_dir, storage
    for point in reversed(mount_points(tmp_path)):
        subprocess.run(["umount", "-l", str(point)], check=True)
    for loop in loops.holding((tmp_path,)):
        loops.detach(loop)
    for top in cgroups.tops(device_id):
        cgroups.remove(top)


def test_where_nothing_is_left_nothing_is_done(device_id: str, places: tuple[Path, Path]) -> None:
    assert sweep(device_id, *places) == Swept()
    assert not Swept().found_any


def test_directories_that_are_not_there_are_no_error(device_id: str, tmp_path: Path) -> None:
    assert sweep(device_id, tmp_path / "no" / "run", tmp_path / "no" / "storage") == Swept()


def test_marked_processes_die_and_others_live(device_id: str, places: tuple[Path, Path]) -> None:
    with sleeper(device_id) as one, sleeper(device_id) as two, sleeper(new_device_id()) as other:
        swept = sweep(device_id, *places)
        assert (swept.processes, swept.left) == (2, ())
        one.wait()
        two.wait()
        assert other.poll() is None
    assert sweep(device_id, *places) == Swept()


def test_the_caller_and_its_ancestors_are_spared(device_id: str, places: tuple[Path, Path]) -> None:
    """Who runs the sweep may carry the mark itself: a shell started by the agent, for instance."""
    script = f'"$PYTHON" -c "$SWEEP" {device_id} "$@"; echo "still here"'
    environ = {
        **os.environ,
        **importable(),
        "SUREFOOT_DEVICE": device_id,
        "PYTHON": sys.executable,
        "SWEEP": SWEEP,
    }
    argv = ["/bin/sh", "-c", script, "sh", *map(str, places)]
    with sleeper(device_id):
        shell = subprocess.run(argv, env=environ, check=False, capture_output=True, text=True)
    assert shell.stdout == "1 0\nstill here\n"


def test_an_agent_that_forks_until_it_is_dead_is_dead(
    device_id: str, places: tuple[Path, Path]
) -> None:
    with sleeper(device_id, ("sh", "-c", "while :; do sleep 1000 & done")) as forker:
        while len(marked(device_id)) < 50:
            pass
        swept = sweep(device_id, *places)
        forker.wait()
    assert swept.left == ()
    assert marked(device_id) == set()


@pytest.mark.usefixtures("needs_cgroups")
def test_processes_in_cgroups_die_and_the_groups_go(
    device_id: str, places: tuple[Path, Path]
) -> None:
    """Containers and monitors, in each hierarchy; they carry no mark."""
    other_id = new_device_id()
    with ExitStack() as stack:
        ours = [stack.enter_context(sleeper()) for _ in range(2)]
        other = stack.enter_context(sleeper())
        for top, other_top in zip(cgroup_dirs(device_id), cgroup_dirs(other_id), strict=True):
            join(top / "app.1" / "deep", ours[0].pid)
            join(top / "app.1.monitor", ours[1].pid)
            join(other_top / "app.1", other.pid)
        swept = sweep(device_id, *places)
        assert swept == Swept(processes=2, cgroups=len(cgroup_dirs(device_id)))
        for process in ours:
            process.wait()
        assert other.poll() is None
        assert cgroups.tops(device_id) == []
        assert sweep(device_id, *places) == Swept()
        assert sweep(other_id, *places).left == ()


@pytest.mark.usefixtures("needs_mount")
def test_mounts_and_loop_devices_go(device_id: str, places: tuple[Path, Path]) -> None:
    run_dir, storage = places
    image = storage / "objects" / "a"
    loop = attach_loop(image)
    subprocess.run(["mkfs.ext4", "-q", f"/dev/{loop}"], check=True)
    volume = run_dir / "volumes" / "app" / "root"
    volume.mkdir(parents=True)
    subprocess.run(["mount", f"/dev/{loop}", str(volume)], check=True)
    mount_tmpfs(volume / "lost+found")
    unused = attach_loop(run_dir / "instances" / "b")
    (run_dir / "instances" / "b").unlink()
    assert sweep(device_id, run_dir, storage) == Swept(mounts=2, loops=2)
    assert mount_points(run_dir) == []
    assert (backing_file(loop), backing_file(unused)) == (None, None)
    assert sweep(device_id, run_dir, storage) == Swept()


@pytest.mark.usefixtures("needs_mount")
def test_mounts_and_loop_devices_of_others_stay(
    device_id: str, places: tuple[Path, Path], tmp_path: Path
) -> None:
    run_dir, storage = places
    beside = mount_tmpfs(tmp_path / "run-2")
    itself = mount_tmpfs(run_dir)
    loop = attach_loop(tmp_path / "storage-2" / "a")
    try:
        assert sweep(device_id, run_dir, storage) == Swept()
        assert set(mount_points(tmp_path)) == {beside, itself}
        assert backing_file(loop) is not None
    finally:
        for point in (beside, itself):
            subprocess.run(["umount", str(point)], check=True)
        subprocess.run(["losetup", "-d", f"/dev/{loop}"], check=True)


@pytest.mark.usefixtures("needs_mount")
def test_below_the_run_directory_only_the_places_of_the_device_are_swept(
    device_id: str, places: tuple[Path, Path]
) -> None:
    """With `--run /run` the mounts and loop devices of the whole machine lie below it."""
    run_dir, storage = places
    foreign = [mount_tmpfs(run_dir / name) for name in ("lock", "user/1000", "lxc/x", "volumes")]
    loop = attach_loop(run_dir / "vm" / "disk")
    for name in RUN_PLACES:
        mount_tmpfs(run_dir / name / "ours")
    assert sweep(device_id, run_dir, storage) == Swept(mounts=len(RUN_PLACES))
    assert set(mount_points(run_dir)) == set(foreign)
    assert backing_file(loop) is not None


@pytest.mark.usefixtures("needs_mount")
def test_a_volume_in_use_by_a_marked_process_goes(
    device_id: str, places: tuple[Path, Path]
) -> None:
    point = mount_tmpfs(places[0] / "instances" / "app.1")
    argv = ("sh", "-c", 'cd "$0" && echo in && exec sleep 1000', str(point))
    with sleeper(device_id, argv) as user:
        assert user.stdout is not None
        user.stdout.readline()
        swept = sweep(device_id, *places)
    assert swept == Swept(processes=1, mounts=1)


@pytest.mark.usefixtures("needs_mount")
def test_a_link_to_the_run_directory_leads_to_its_mounts(
    device_id: str, places: tuple[Path, Path], tmp_path: Path
) -> None:
    mount_tmpfs(places[0] / "volumes" / "app")
    link = tmp_path / "link"
    link.symlink_to(places[0])
    assert sweep(device_id, link, places[1]) == Swept(mounts=1)


@pytest.mark.usefixtures("needs_mount")
def test_the_mounts_of_a_private_namespace_go_with_its_processes(
    device_id: str, places: tuple[Path, Path]
) -> None:
    """The agent's way: its loop devices are free once the last process of the namespace is gone."""
    run_dir, storage = places
    image = storage / "image"
    image.write_bytes(bytes(1 << 22))
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    script = 'mount -o loop "$0" "$1" && echo mounted && exec sleep 1000'
    argv = ("unshare", "-m", "sh", "-c", script, str(image), str(run_dir))
    with sleeper(device_id, argv) as agent:
        assert agent.stdout is not None
        assert agent.stdout.readline() == b"mounted\n"
        swept = sweep(device_id, run_dir, storage)
    assert (swept.processes, swept.left) == (1, ())
    assert sweep(device_id, run_dir, storage) == Swept()


@pytest.mark.usefixtures("needs_root")
def test_an_ordinary_user_sweeps_what_is_its_own(device_id: str, places: tuple[Path, Path]) -> None:
    """And is quick to give up on the rest."""
    with sleeper(device_id, user="nobody") as ours, sleeper(device_id) as roots:
        assert _sweep_as_nobody(device_id, *places) == "1 0\n"
        ours.wait()
        assert roots.poll() is None


@pytest.mark.usefixtures("needs_root", "needs_cgroups", "needs_mount")
def test_what_an_ordinary_user_may_not_remove_is_reported(
    device_id: str, places: tuple[Path, Path]
) -> None:
    run_dir, storage = places
    point, loop = mount_tmpfs(run_dir / "volumes" / "app"), attach_loop(storage / "a")
    with sleeper() as container:
        join(cgroup_dirs(device_id)[0] / "app.1", container.pid)
        assert _sweep_as_nobody(device_id, run_dir, storage) == "0 4\n"
        assert container.poll() is None
        assert mount_points(run_dir) == [point]
        assert backing_file(loop) is not None
        assert sweep(device_id, run_dir, storage) == Swept(1, 1, 1, 1)


def _sweep_as_nobody(device_id: str, run_dir: Path, storage: Path) -> str:
    """How many processes went, and how many things are left."""
    user = pwd.getpwnam("nobody")
    argv = [sys.executable, "-c", SWEEP, device_id, str(run_dir), str(storage)]
    argv += [str(user.pw_uid), str(user.pw_gid)]
    environ = {**os.environ, **importable()}
    swept = subprocess.run(argv, env=environ, check=True, capture_output=True, text=True)
    return swept.stdout
