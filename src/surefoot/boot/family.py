"""Processes by the device's mark in their environment, and the ones that a sweep must spare.

The mark reaches what no cgroup holds: an agent that outlived its loop for a moment, and containers
of the process runtime where cgroups cannot be written (R8).
"""

import os
import time
from pathlib import Path
from typing import Final

from surefoot.boot.protocol import DEVICE_VARIABLE

_PROC = Path("/proc")
_EXEC_PATIENCE_S: Final = 0.5
_LOOK_AGAIN_S: Final = 0.001
_PPID, _VSIZE, _ENV_START, _ENV_END = (field - 3 for field in (4, 23, 50, 51))


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
    """Empty for a process that has none or does not let us look.

    In the middle of its execve a process shows none for a moment: then we look again.
    """
    deadline = time.monotonic() + _EXEC_PATIENCE_S
    while (found := _environment_now(pid)) == b"" and not _has_none(pid):
        if time.monotonic() > deadline:
            break
        time.sleep(_LOOK_AGAIN_S)
    return found or b""


def _environment_now(pid: int) -> bytes | None:
    try:
        return (_PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return None


def _has_none(pid: int) -> bool:
    """It is gone, or has no memory (a zombie, a kernel thread), or was started with an empty
    environment: that one begins and ends at one address.
    """
    fields = _stat(pid)
    if not fields or int(fields[_VSIZE]) == 0:
        return True
    return fields[_ENV_START] == fields[_ENV_END] != b"0"


def _parent(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[_PPID]) if fields else 0


def _stat(pid: int) -> list[bytes]:
    """The fields of proc(5) stat from the third on; none when the process is gone."""
    try:
        stat = (_PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return []
    # The name stands in parentheses and may itself hold spaces and parentheses.
    return stat.rpartition(b")")[2].split()
