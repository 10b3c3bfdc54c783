from pathlib import Path

import pytest

from surefoot.boot.mounts import Mount, below, clear, mounted, parse
from tests.boot.machine import mount_points, mount_tmpfs, sleeper


def test_a_line_of_mountinfo_gives_point_and_kind() -> None:
    """proc(5): optional fields before the dash, names with spaces as octal."""
    text = (
        "25 24 0:23 / /run/a\\040b\\134c rw,relatime shared:1 master:2 - tmpfs tmpfs rw\n"
        "41 31 0:38 /../x /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
    )
    assert list(parse(text)) == [
        Mount(Path("/run/a b\\c"), "tmpfs"),
        Mount(Path("/sys/fs/cgroup/unified"), "cgroup2"),
    ]


def test_this_machine_has_a_proc() -> None:
    assert Mount(Path("/proc"), "proc") in mounted()


def test_nothing_below_is_nothing_to_do(tmp_path: Path) -> None:
    assert below(tmp_path) == []
    assert not clear(tmp_path)


@pytest.mark.usefixtures("needs_mount")
def test_mounts_go_deepest_first_and_the_directory_itself_stays(tmp_path: Path) -> None:
    top = mount_tmpfs(tmp_path / "run")
    try:
        outer = mount_tmpfs(top / "volumes" / "a b\\c")
        inner = mount_tmpfs(outer / "ä" / "upper")
        mount_tmpfs(inner)  # twice on one point
        assert below(top) == [inner, inner, outer]
        assert clear(top)
        assert below(top) == []
        assert mount_points(tmp_path) == [top]
    finally:
        clear(tmp_path)


@pytest.mark.usefixtures("needs_mount")
def test_several_directories_are_cleared_and_their_neighbours_stay(tmp_path: Path) -> None:
    try:
        for name in ("a/1", "b/1"):
            mount_tmpfs(tmp_path / name)
        other = mount_tmpfs(tmp_path / "c/1")
        assert clear(tmp_path / "a", tmp_path / "b")
        assert below(tmp_path) == [other]
    finally:
        clear(tmp_path)


@pytest.mark.usefixtures("needs_mount")
def test_a_mount_in_use_is_detached(tmp_path: Path) -> None:
    busy = mount_tmpfs(tmp_path / "busy")
    with sleeper(argv=("sh", "-c", 'cd "$0" && echo in && exec sleep 1000', str(busy))) as user:
        assert user.stdout is not None
        assert user.stdout.readline() == b"in\n"
        assert clear(tmp_path)
        assert mount_points(tmp_path) == []
