"""Real processes, cgroups, mounts and loop devices for tests, and a look at what is left."""

import os
import pwd
import secrets
import select
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import surefoot
from surefoot.boot.mounts import mounted
from surefoot.boot.protocol import DEVICE_VARIABLE


def new_device_id() -> str:
    return secrets.token_hex(4)


def importable() -> dict[str, str]:
    """Environment in which a child finds the same package as we do, installed or not."""
    return {"PYTHONPATH": str(Path(surefoot.__file__).parents[1])}


def cgroup_roots() -> list[Path]:
    return sorted({mount.point for mount in mounted() if mount.kind in ("cgroup", "cgroup2")})


def cgroup_dirs(device_id: str) -> list[Path]:
    return [root / f"surefoot-{device_id}" for root in cgroup_roots()]


@contextmanager
def sleeper(
    device_id: str | None = None, argv: Sequence[str] = ("sleep", "1000"), user: str | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that goes on until it is killed; `device_id` puts the device's mark on it."""
    environ = {"PATH": os.environ["PATH"]}
    if device_id is not None:
        environ[DEVICE_VARIABLE] = device_id
    process = subprocess.Popen(
        argv,
        env=environ,
        start_new_session=True,
        user=user,
        group=None if user is None else pwd.getpwnam(user).pw_gid,
        stdout=subprocess.PIPE,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def join(group: Path, pid: int) -> None:
    _make_group(group)
    (group / "cgroup.procs").write_text(str(pid))


def _make_group(group: Path) -> None:
    if group.is_dir():
        return
    _make_group(group.parent)
    group.mkdir()
    for name in ("cpuset.cpus", "cpuset.mems"):  # v1 gives a new group none
        if (group / name).exists() and (group.parent / name).exists():
            (group / name).write_text((group.parent / name).read_text())


def wait_until_gone(pid: int) -> None:
    """Returns once the process has ended; the test's own time limit ends a wait in vain."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        select.select([process], [], [])
    finally:
        os.close(process)


def mount_tmpfs(point: Path) -> Path:
    point.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(point)], check=True)
    return point


def mount_points(directory: Path) -> list[Path]:
    return [mount.point for mount in mounted() if directory in mount.point.parents]


def free_loop_device() -> str | None:
    found = subprocess.run(["losetup", "-f"], check=False, capture_output=True, text=True)
    return found.stdout.strip() or None if found.returncode == 0 else None


def attach_loop(file: Path) -> str:
    """A loop device on a new file; its name ("loop3")."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(bytes(1 << 20))
    attach = ["losetup", "-f", "--show", str(file)]
    device = subprocess.run(attach, check=True, capture_output=True, text=True).stdout.strip()
    return device.removeprefix("/dev/")


def backing_file(loop: str) -> str | None:
    try:
        return Path(f"/sys/block/{loop}/loop/backing_file").read_text().strip()
    except OSError:
        return None
