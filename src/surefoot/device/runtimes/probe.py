"""Whether this machine can run LXC containers: tried, because nothing else tells for sure."""

import base64
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from surefoot.boot.protocol import PROBE
from surefoot.device.runtimes import mounts
from surefoot.errors import RuntimeFailed

# A squashfs of an empty directory; whole sectors, which is what a loop device shows.
_IMAGE: Final = base64.b64decode(
    "aHNxcwEAAAAAAAAAAAACAAAAAAABABEAUAIBAAQAAAAAAAAAAAAAAIUAAAAAAAAAfQAAAAAAAAD//////////2AAAAAA"
    "AAAAdwAAAAAAAAB3AAAAAAAAAP//////////FQB42mNkeMvIAAUwBhMQM0NpABxvAPgEgAAAAAB3AAAAAAAAAA=="
).ljust(4096, b"\0")


def why_not_lxc(run_dir: Path) -> str | None:
    """The first obstacle, for people; None when there is none. Leaves nothing behind."""
    obstacles: tuple[Callable[[], str | None], ...] = (
        _no_root,
        _no_lxc,
        _no_cgroups,
        _no_root_mount,
        lambda: _no_mounts(run_dir.resolve() / PROBE),
    )
    return next(filter(None, (obstacle() for obstacle in obstacles)), None)


def _no_root() -> str | None:
    return "it needs root" if os.geteuid() != 0 else None


def _no_lxc() -> str | None:
    return None if shutil.which("lxc-start") else "lxc-start is not installed"


def _no_cgroups() -> str | None:
    return None if os.path.ismount("/sys/fs/cgroup") else "no cgroups are mounted"


def _no_root_mount(mountinfo: Path = Path("/proc/self/mountinfo")) -> str | None:
    """pivot_root(2) wants the root directory to be a mount point; in a plain chroot it is none."""
    points = (line.split()[4] for line in mountinfo.read_text().splitlines())
    return None if "/" in points else "its root directory is not a mount point (a chroot?)"


def _no_mounts(place: Path) -> str | None:
    try:
        mounts.unmount_below(place)
        for name in ("low", "top", "root"):
            (place / name).mkdir(parents=True, exist_ok=True)
        (place / "image").write_bytes(_IMAGE)
        _mount_all(place)
    except (RuntimeFailed, OSError) as error:
        return str(error)
    finally:
        mounts.unmount_below(place)
        shutil.rmtree(place, ignore_errors=True)
    return None


def _mount_all(place: Path) -> None:
    mounts.mount_image(place / "image", place / "low")
    mounts.mount_tmpfs(place / "top")
    for name in ("upper", "work"):
        (place / "top" / name).mkdir()
    mounts.mount_overlay([place / "low"], place / "top/upper", place / "top/work", place / "root")
