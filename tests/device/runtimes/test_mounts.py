"""Mounting. Needs root, which CI has."""

import os
import subprocess
import sys

import pytest

from surefoot.boot import loops
from surefoot.device.runtimes import mounts
from surefoot.errors import RuntimeFailed
from tests.support.machine import needs_lxc, waited_for


@pytest.fixture(autouse=True)
def _may_mount(tmp_path):
    needs_lxc(tmp_path)


@pytest.fixture
def place(tmp_path):
    for name in ("low", "high", "root", "top,with:odd\\name"):
        (tmp_path / name).mkdir()
    yield tmp_path
    mounts.unmount_below(tmp_path)


def test_an_image_is_mounted_and_its_loop_device_goes_with_it(place, images):
    mounts.mount_image(images["healthy"], place / "low")
    assert (place / "low/sbin/init").exists()
    assert loops.holding((images.directory,))
    mounts.unmount(place / "low")
    mounts.unmount(place / "low")
    assert waited_for(lambda: not loops.holding((images.directory,)))


def test_what_is_no_image_is_refused_with_its_name(place):
    (place / "bad").write_bytes(b"x" * 5000)
    with pytest.raises(RuntimeFailed, match=r"could not mount .*/bad: "):
        mounts.mount_image(place / "bad", place / "low")


def test_an_overlay_takes_any_names_for_its_layers(place):
    top = place / "top,with:odd\\name"
    for name in ("upper", "work"):
        (top / name).mkdir()
    (place / "low/a").write_text("low")
    (place / "high/a").write_text("high")
    (place / "low/b").write_text("low")
    lowers = [place / "high", place / "low"]
    mounts.mount_overlay(lowers, top / "upper", top / "work", place / "root")
    (place / "root/c").write_text("new")
    assert [(place / "root" / name).read_text() for name in "abc"] == ["high", "low", "new"]
    assert (top / "upper/c").exists()


def test_a_mount_that_fails_says_what_and_why(place):
    with pytest.raises(RuntimeFailed, match=r"could not mount overlay on .*root: No such file"):
        mounts.mount_overlay([place / "nowhere"], place / "u", place / "w", place / "root")


def test_everything_below_is_unmounted_however_deep(place):
    mounts.mount_tmpfs(place / "low")
    (place / "low/inner").mkdir()
    mounts.mount_tmpfs(place / "low/inner")
    mounts.mount_tmpfs(place / "low/inner")
    mounts.unmount_below(place)
    assert not os.path.ismount(place / "low")


def test_a_private_mount_table_is_seen_by_nobody_else(place):
    program = (
        "import sys; from pathlib import Path; from surefoot.device.runtimes import mounts\n"
        "assert mounts.enter_private_mounts()\n"
        "mounts.mount_tmpfs(Path(sys.argv[1]))\n"
        "print('mounted', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(place / "low")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout.readline() == "mounted\n"
        assert not os.path.ismount(place / "low")
        other.stdin.close()
        assert other.wait() == 0
