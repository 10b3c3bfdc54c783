"""Cgroup limits, fitted to what a machine has."""

import pytest

from surefoot.device.runtimes.limits import Layout, Limit, fit

V1 = Layout({"memory": frozenset(("memory.limit_in_bytes",))}, None)
HYBRID = Layout(V1.legacy, frozenset(("pids",)))
V2 = Layout({}, frozenset(("memory", "pids", "cpu", "cpuset")))
NONE = Layout({}, None)


@pytest.mark.parametrize("layout", [V1, HYBRID])
def test_limits_of_v1_stay_as_they_are_where_v1_has_them(layout):
    limit = Limit("lxc.cgroup.memory.limit_in_bytes", "64M")
    assert fit(limit, layout) == limit


@pytest.mark.parametrize("layout", [V1, HYBRID, V2, NONE])
@pytest.mark.parametrize("key", ["memory.memsw.limit_in_bytes", "nosuch.thing", "x"])
def test_limits_that_the_machine_lacks_are_dropped(layout, key):
    assert fit(Limit(f"lxc.cgroup.{key}", "1"), layout) is None


@pytest.mark.parametrize(
    ("old", "value", "new", "translated"),
    [
        ("memory.limit_in_bytes", "64M", "memory.max", "64M"),
        ("memory.limit_in_bytes", "-1", "memory.max", "max"),
        ("pids.max", "10", "pids.max", "10"),
        ("devices.allow", "a", "devices.allow", "a"),
        ("cpuset.cpus", "0-1", "cpuset.cpus", "0-1"),
        ("cpu.cfs_quota_us", "50000", "cpu.max", "50000"),
        ("cpu.shares", "1024", "cpu.weight", "100"),
        ("cpu.shares", "2", "cpu.weight", "1"),
        ("cpu.shares", "262144", "cpu.weight", "10000"),
        ("cpu.shares", "many", "cpu.weight", "many"),
    ],
)
def test_limits_of_v1_are_translated_where_there_is_only_v2(old, value, new, translated):
    assert fit(Limit(f"lxc.cgroup.{old}", value), V2) == Limit(f"lxc.cgroup2.{new}", translated)


def test_a_translated_limit_needs_its_controller():
    assert fit(Limit("lxc.cgroup.pids.max", "1"), Layout({}, frozenset())) is None


def test_limits_of_v2_are_taken_only_where_there_is_no_v1():
    """LXC pays no attention to them elsewhere."""
    limit = Limit("lxc.cgroup2.memory.max", "64M")
    assert fit(limit, V2) == limit
    assert [fit(limit, layout) for layout in (V1, HYBRID, NONE)] == [None, None, None]
