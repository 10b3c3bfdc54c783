"""Whether a machine can run LXC containers."""

import os
import shutil

import pytest

from surefoot.device.runtimes import mounts, probe
from surefoot.errors import RuntimeFailed
from tests.support.machine import needs_lxc


def test_a_machine_that_can_leaves_no_trace_of_the_try(tmp_path):
    needs_lxc(tmp_path)
    assert probe.why_not_lxc(tmp_path / "run") is None
    assert not list((tmp_path / "run").iterdir())


def test_without_root_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert probe.why_not_lxc(tmp_path) == "it needs root"


@pytest.mark.parametrize(
    ("function", "told"),
    [("which", "lxc-start is not installed"), ("ismount", "no cgroups are mounted")],
)
def test_what_is_missing_is_named(tmp_path, monkeypatch, function, told):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: None if function == "which" else name)
    monkeypatch.setattr(os.path, "ismount", lambda path: False)
    assert probe.why_not_lxc(tmp_path) == told


def test_where_nothing_can_be_mounted_the_kernels_answer_is_told(tmp_path, monkeypatch):
    def refuse(image, target):
        raise RuntimeFailed("could not mount: Operation not permitted")

    monkeypatch.setattr(mounts, "mount_image", refuse)
    assert probe._no_mounts(tmp_path / "probe") == "could not mount: Operation not permitted"
    assert not list(tmp_path.iterdir())


def test_a_root_directory_that_is_no_mount_point_is_an_obstacle(tmp_path):
    """pivot_root(2) refuses there; seen in a chroot."""
    table = tmp_path / "mountinfo"
    table.write_text("36 35 98:0 / /proc rw - proc proc rw\n")
    assert "chroot" in probe._no_root_mount(table)
    table.write_text("35 1 98:0 / / rw - ext4 /dev/vda rw\n")
    assert probe._no_root_mount(table) is None
