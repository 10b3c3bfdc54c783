"""Processes by the device's mark in their environment, and the ones that a sweep must spare.

The mark reaches what no cgroup holds: an agent that outlived its loop for a moment, and containers
of the process runtime where cgroups cannot be written (R8).
"""

import os
from pathlib import Path

from surefoot.boot.protocol import DEVICE_VARIABLE

_PROC = Path("/proc")


def marked(device_id: str) -> set[int]:
    """Processes whose environment, as they were started with it, names the device.

    Another user's environment cannot be read and a zombie has none: neither is found.
    """
    mark = f"{DEVICE_VARIABLE}={device_id}".encode("ascii")
    return {pid for pid in _all() if mark in _environment(pid).split(b"\0")}


def self_and_ancestors() -> frozenset[int]:
    line: list[int] = []
    pid = os.getpid()
    while pid > 0 and pid not in line:
        line.append(pid)
        pid = _parent(pid)
    return frozenset(line)


def _all() -> list[int]:
    try:
        return [int(name) for name in os.listdir(_PROC) if name.isdecimal()]
    except OSError:
        return []


def _environment(pid: int) -> bytes:
    try:
        return (_PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return b""


def _parent(pid: int) -> int:
    try:
        stat = (_PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return 0
    # The name stands in parentheses and may itself hold spaces and parentheses.
    return int(stat.rpartition(b")")[2].split()[1])
