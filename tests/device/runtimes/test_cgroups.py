"""Cgroups of a device, whatever the machine mounts. Real ones are in conformance/."""

from pathlib import Path

import pytest

from surefoot.device.runtimes.cgroups import DeviceCgroups, Hierarchy, hierarchies, instance_of

MOUNTS = """\
tmpfs /sys/fs/cgroup tmpfs rw 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,nosuid,relatime,cpu,cpuacct 0 0
cgroup /sys/fs/cgroup/systemd cgroup rw,relatime,name=systemd 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0
/dev/vda / ext4 rw 0 0
"""
ROOT = Path("/sys/fs/cgroup")
OURS = "surefoot-12345678"


def test_hierarchies_are_found_where_lxc_would_make_its_groups():
    init = "3:cpu,cpuacct:/\n2:name=systemd:/init.scope\n0::/init.scope\n"
    assert list(hierarchies(MOUNTS, init)) == [
        Hierarchy(ROOT / "cpu,cpuacct", frozenset(("cpu", "cpuacct")), False),
        Hierarchy(ROOT / "systemd", frozenset(("name=systemd",)), False),
        Hierarchy(ROOT / "unified", frozenset(), True),
    ]


def test_groups_lie_beside_those_of_init():
    init = "3:cpu,cpuacct:/\n0::/docker/abc/init.scope\n"
    found = [hierarchy.base for hierarchy in hierarchies(MOUNTS, init)]
    assert found[0] == ROOT / "cpu,cpuacct"
    assert found[2] == ROOT / "unified/docker/abc"


@pytest.mark.parametrize(
    ("text", "instance"),
    [
        (f"0::/{OURS}/app.1\n", "app.1"),
        (f"9:pids:/{OURS}/app.1\n0::/{OURS}/app.1/deeper\n", "app.1"),
        (f"9:pids:/{OURS}/app.1\n0::/\n", "app.1"),
        (f"0::/docker/x/{OURS}/app.1\n", "app.1"),
        (f"0::/{OURS}/app.1/{OURS}/base.1\n", "app.1"),
        (f"9:pids:/{OURS}/base.1\n0::/{OURS}/app.1\n", None),
        (f"0::/{OURS}\n", None),
        ("0::/surefoot-87654321/app.1\n", None),
        ("9:pids:/\n0::/\n", None),
        ("", None),
    ],
)
def test_the_instance_of_a_process_is_read_from_its_cgroups(text, instance):
    """R26: a container cannot make itself another one by groups inside its own."""
    assert instance_of(OURS, text) == instance


@pytest.fixture
def groups(tmp_path):
    """Plain directories behave as cgroups as far as this goes."""
    (tmp_path / "v1/surefoot-12345678").mkdir(parents=True)
    (tmp_path / "v1/surefoot-12345678/pids.max").touch()
    (tmp_path / "cpuset").mkdir()
    (tmp_path / "cpuset/cpuset.cpus").touch()
    (tmp_path / "v2").mkdir()
    (tmp_path / "v2/cgroup.controllers").write_text("memory io\n")
    return DeviceCgroups(
        "12345678",
        (
            Hierarchy(tmp_path / "v1", frozenset(("pids",)), False),
            Hierarchy(tmp_path / "cpuset", frozenset(("cpuset",)), False),
            Hierarchy(tmp_path / "v2", frozenset(), True),
        ),
    )


def test_the_layout_tells_what_can_be_limited(groups):
    layout = groups.layout()
    assert layout.legacy == {"pids": {"pids.max"}, "cpuset": {"cpuset.cpus"}}
    assert layout.unified == {"memory", "io"}
    assert not layout.is_pure_v2


def test_a_process_is_put_into_all_groups_that_take_it(groups, tmp_path):
    assert groups.join("app.1", 42)
    assert (tmp_path / "v1/surefoot-12345678/app.1/cgroup.procs").read_text() == "42"
    assert (tmp_path / "v2/surefoot-12345678/app.1/cgroup.procs").read_text() == "42"
    assert not (tmp_path / "cpuset/surefoot-12345678").exists()


def test_where_there_are_no_cgroups_everything_is_harmless():
    groups = DeviceCgroups("12345678", ())
    assert not groups.join("app.1", 42)
    assert not groups.kill("app.1")
    assert groups.processes("app.1") == set()
    groups.remove("app.1")
    groups.remove_all()
    assert groups.layout().unified is None


def test_only_what_is_empty_is_removed(groups, tmp_path):
    group = tmp_path / "v2/surefoot-12345678"
    (group / "app.1/inner").mkdir(parents=True)
    (group / "app.1.pivot/lxc.pivot").mkdir(parents=True)
    (group / "base.1").mkdir()
    groups.remove("app.1")
    assert [entry.name for entry in group.iterdir()] == ["base.1"]
