from collections.abc import Iterator

import pytest

from surefoot.boot import cgroups
from tests.boot.machine import cgroup_dirs, cgroup_roots, join, sleeper

pytestmark = pytest.mark.usefixtures("needs_cgroups")


@pytest.fixture(autouse=True)
def _nothing_stays(device_id: str) -> Iterator[None]:
    yield
    for top in cgroups.tops(device_id):
        cgroups.remove(top)


def test_each_hierarchy_is_searched_at_any_depth(device_id: str) -> None:
    roots = cgroup_roots()
    nested = roots[0] / f"test-{device_id}" / f"surefoot-{device_id}"
    nested.mkdir(parents=True)
    for top in cgroup_dirs(device_id)[1:]:
        (top / "app.1" / f"surefoot-{device_id}").mkdir(parents=True)
    try:
        assert sorted(cgroups.tops(device_id)) == sorted([nested, *cgroup_dirs(device_id)[1:]])
        assert cgroups.tops("0" * 8) == []
    finally:
        cgroups.remove(nested)
        nested.parent.rmdir()


def test_all_levels_of_a_group_are_killed_and_removed(device_id: str) -> None:
    for top in cgroup_dirs(device_id):
        with sleeper() as one, sleeper() as two:
            join(top / "app.1", one.pid)
            join(top / "app.1.monitor" / "deep", two.pid)
            assert cgroups.processes(top) == {one.pid, two.pid}
            assert cgroups.kill(top, frozenset())
            one.wait()
            two.wait()
        assert cgroups.processes(top) == set()
        assert cgroups.remove(top)
        assert not top.exists()


def test_who_is_spared_lives_and_the_others_do_not(device_id: str) -> None:
    for top in cgroup_dirs(device_id):
        with sleeper() as spared, sleeper() as other:
            for process in (spared, other):
                join(top, process.pid)
            cgroups.kill(top, {spared.pid})
            other.wait()
            assert cgroups.processes(top) == {spared.pid}
            assert spared.poll() is None


def test_a_frozen_group_dies(device_id: str) -> None:
    """A SIGKILL reaches a process in v1's freezer only when it thaws."""
    for top in cgroup_dirs(device_id):
        switch = {"freezer.state": "FROZEN", "cgroup.freeze": "1"}
        with sleeper() as frozen:
            join(top, frozen.pid)
            for name, value in switch.items():
                if (top / name).exists():
                    (top / name).write_text(value)
            cgroups.kill(top, frozenset())
            frozen.wait()


def test_a_group_in_use_is_not_removed(device_id: str) -> None:
    top = cgroup_dirs(device_id)[0]
    with sleeper() as user:
        join(top / "app.1", user.pid)
        assert cgroups.remove(top)  # worth another look
        assert (top / "app.1").is_dir()


def test_a_group_that_is_gone_is_no_error() -> None:
    top = cgroup_roots()[0] / "surefoot-gone"
    assert cgroups.processes(top) == set()
    assert not cgroups.kill(top, frozenset())
    assert not cgroups.remove(top)
    assert not top.exists()
