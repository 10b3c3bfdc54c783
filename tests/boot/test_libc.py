import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from surefoot.boot.libc import unmount
from tests.boot.machine import importable, mount_points, mount_tmpfs


def test_what_is_not_mounted_cannot_be_unmounted(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nothing-here") as caught:
        unmount(tmp_path / "nothing-here")
    assert caught.value.errno in (errno.ENOENT, errno.EPERM)


@pytest.mark.usefixtures("needs_mount")
def test_the_topmost_mount_goes(tmp_path: Path) -> None:
    point = mount_tmpfs(tmp_path / "a")
    mount_tmpfs(point)
    unmount(point)
    assert mount_points(tmp_path) == [point]
    unmount(point)
    assert mount_points(tmp_path) == []


def test_the_parent_death_signal_is_kill() -> None:
    program = (
        "import ctypes; from surefoot.boot.libc import die_with_parent; die_with_parent();"
        "got = ctypes.c_int(); ctypes.CDLL(None).prctl(2, ctypes.byref(got)); print(got.value)"
    )
    environ = {**os.environ, **importable()}
    out = subprocess.run(
        [sys.executable, "-c", program], env=environ, check=True, capture_output=True, text=True
    )
    assert out.stdout == "9\n"
