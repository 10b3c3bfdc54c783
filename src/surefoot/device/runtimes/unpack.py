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
