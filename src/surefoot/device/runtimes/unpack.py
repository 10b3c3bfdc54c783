"""A container's root for the process runtime: its images unpacked, one over the other.

Removals that a patch image marks by character devices 0/0 (pvr.md 3.1) are carried out.
"""

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from surefoot.errors import RuntimeFailed

_DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9)}


def unpack(images: Sequence[Path], target: Path) -> None:
    """`images` from the bottom up. Raises RuntimeFailed."""
    for image in images:
        # Device nodes and attributes that this user may not make are left out: exit code 2.
        command = ["unsquashfs", "-force", "-quiet", "-no-progress", "-no-xattrs"]
        done = _run([*command, "-dest", str(target), str(image)])
        if done.returncode not in (0, 2) or not target.is_dir():
            raise RuntimeFailed(f"could not unpack {image}: {done.stderr.strip()}")
        for whiteout in list(_whiteouts(target)):
            whiteout.unlink()


def lay_over(directory: Path, target: Path) -> None:
    """Copies the files of `_config/<c>`, which lie above all images. Raises OSError."""
    if directory.is_dir():
        shutil.copytree(directory, target, symlinks=True, dirs_exist_ok=True)


def make_devices(root: Path) -> None:
    """Those without which hardly a program runs, as far as this user may make them."""
    (root / "dev").mkdir(exist_ok=True)
    for name, (major, minor) in _DEVICES.items():
        try:
            os.mknod(root / "dev" / name, stat.S_IFCHR | 0o666, os.makedev(major, minor))
            os.chmod(root / "dev" / name, 0o666)  # noqa: S103 - as on every machine
        except (PermissionError, FileExistsError):
            continue


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False
        )
    except FileNotFoundError as error:
        raise RuntimeFailed(f"{command[0]} is not installed: install squashfs-tools") from error


def _whiteouts(root: Path) -> Iterator[Path]:
    for directory, _, names in os.walk(root):
        for name in names:
            status = os.lstat(os.path.join(directory, name))
            if stat.S_ISCHR(status.st_mode) and status.st_rdev == 0:
                yield Path(directory, name)
