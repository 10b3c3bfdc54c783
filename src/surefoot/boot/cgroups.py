"""The cgroups of one device, in whatever hierarchies the machine mounts: v1, hybrid or v2 (R8).

The device's containers and their monitors live in `surefoot-<id>/…`, the same name in each
hierarchy. Where in a hierarchy depends on who started LXC, so each is searched.
"""

import os
import signal
from collections.abc import Iterator, Set
from functools import partial
from pathlib import Path

from surefoot.boot.attempt import permitted
from surefoot.boot.mounts import mounted

_KINDS = ("cgroup", "cgroup2")


def tops(device_id: str) -> list[Path]:
    """Each hierarchy's `surefoot-<id>` directories; none below another one."""
    hierarchies = {mount.point for mount in mounted() if mount.kind in _KINDS}
    return [top for root in sorted(hierarchies) for top in _named(root, f"surefoot-{device_id}")]


def processes(top: Path) -> set[int]:
    """All processes in `top` and below. Those of foreign PID namespaces have no number for us."""
    return {pid for group in _tree(top) for pid in _members(group)} - {0}


def kill(top: Path, spare: Set[int]) -> bool:
    """SIGKILL to all processes in `top` and below but `spare`; False when none may be killed.

    One round: others may have been forked meanwhile.
    """
    members = processes(top)
    if not members & spare:
        # v2's own way has no race with a fork.
        _write(top / "cgroup.kill", b"1")
    allowed = sum(permitted(partial(os.kill, pid, signal.SIGKILL)) for pid in members - spare)
    for group in _tree(top):
        # A frozen process of v1 dies only when it thaws.
        _write(group / "freezer.state", b"THAWED")
    return allowed > 0


def remove(top: Path) -> bool:
    """One round of removing the groups of `top`, deepest first; False when none may be removed."""
    return sum(permitted(group.rmdir) for group in _tree(top)) > 0


def _named(root: Path, name: str) -> Iterator[Path]:
    for directory, children, _ in os.walk(root):
        if name in children:
            children.remove(name)
            yield Path(directory, name)


def _tree(top: Path) -> Iterator[Path]:
    """`top` and the groups below, deepest first. Groups may vanish while we look."""
    return (Path(directory) for directory, _, _ in os.walk(top, topdown=False))


def _members(group: Path) -> list[int]:
    try:
        return [int(line) for line in (group / "cgroup.procs").read_bytes().split()]
    except OSError:
        return []  # gone; or threaded: then the group above lists them


def _write(file: Path, text: bytes) -> None:
    """Into a control file that only some kernels and hierarchies have; never makes one."""
    try:
        control = os.open(file, os.O_WRONLY | os.O_CLOEXEC)
    except OSError:
        return
    try:
        os.write(control, text)
    except OSError:
        pass  # the group vanished; the next round looks again
    finally:
        os.close(control)
