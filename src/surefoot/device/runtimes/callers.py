"""Whose process is this? Asked for each request at the control socket (device.md 7)."""

from collections.abc import Mapping
from pathlib import Path

from surefoot.device.runtimes.cgroups import instance_of

_PROC = Path("/proc")


def by_cgroup(device: str, pid: int) -> str | None:
    """The instance in whose cgroup a process is; `device`: the name of the device's own group."""
    try:
        return instance_of(device, (_PROC / str(pid) / "cgroup").read_text("utf-8", "replace"))
    except OSError:
        return None


def by_ancestor(inits: Mapping[int, str], pid: int) -> str | None:
    """The instance from whose init a process descends, whatever cgroup it has moved itself to."""
    seen: set[int] = set()
    while pid > 1 and pid not in seen:
        if pid in inits:
            return inits[pid]
        seen.add(pid)
        pid = _parent(pid)
    return None


def _parent(pid: int) -> int:
    try:
        stat = (_PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return 0
    # The name stands in parentheses and may itself hold blanks and parentheses.
    return int(stat.rpartition(b")")[2].split()[1])
