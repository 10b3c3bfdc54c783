"""Full disks: a small one that is real, and one that is full at exactly one step."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from surefoot.files.steps import Step

ROOT = Path(__file__).parents[2]
MOUNTED = """
mount -o loop "$1" "$2" || exit 99
"$3" -c "$4" "$2"
code=$?
umount "$2"
exit $code
"""


class FullAt:
    """An observer: from step `first` on, `count` steps find the disk full."""

    def __init__(self, first: int, count: int = 1) -> None:
        self.full = range(first, first + count)
        self.seen: list[Step] = []

    def __call__(self, step: Step) -> None:
        self.seen.append(step)
        if len(self.seen) - 1 in self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    @property
    def met(self) -> bool:
        """Whether any step found it full."""
        return len(self.seen) > self.full.start


def run_on_small_disk(tmp_path: Path, script: str, size: int = 8 << 20) -> None:
    """Runs Python text with a fresh ext4 of `size` bytes at `sys.argv[1]`, in a mount namespace of
    its own: nothing of it can be left behind."""
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4") or not shutil.which("unshare"):
        pytest.skip("needs root, mkfs.ext4 and unshare to make a small disk")
    image, place = tmp_path / "image", tmp_path / "disk"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(size)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", image], check=True)
    run = ["unshare", "--mount", "sh", "-c", MOUNTED, "sh"]
    done = subprocess.run(
        [*run, image, place, sys.executable, script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 99:
        pytest.skip(f"this machine mounts no loop devices: {done.stderr}")
    assert done.returncode == 0, done.stderr


def skip_syncs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Syncs are announced as ever, but wait for no disk: thousands of cuts would take minutes, and
    what a sync promises no test inside one process can see. `run_on_small_disk` really syncs."""
    monkeypatch.setattr(os, "fsync", lambda fd: None)


def places(tmp_path: Path, most: int = 5000) -> Iterator[Path]:
    """Fresh directories, as many as are asked for."""
    for number in range(most):
        place = tmp_path / f"cut-{number}"
        place.mkdir()
        yield place
