"""The sweep: nothing of a device's earlier run stays on the machine (R8).

What a real reboot does by itself: processes end, mounts and loop devices go. Done before the first
boot (so that a kill -9 of everything is a power cut) and after each end of the agent.
"""

import os
import signal
import time
from collections.abc import Callable, Hashable, Set
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Generic, TypeVar

from surefoot.boot import cgroups, family, loops, mounts
from surefoot.boot.attempt import permitted
from surefoot.boot.protocol import RUN_PLACES

_KILL_PATIENCE_S: Final = 10.0  # a process in the middle of disk I/O dies when that is through
_KERNEL_PATIENCE_S: Final = 2.0  # the kernel lets go of mounts, loops and cgroups a little later
_LOOK_AGAIN_S: Final = 0.005

Item = TypeVar("Item", bound=Hashable)


@dataclass(frozen=True)
class Swept:
    """What was found and is gone; `left` names, for people, what could not be removed."""

    processes: int = 0
    mounts: int = 0
    loops: int = 0
    cgroups: int = 0
    left: tuple[str, ...] = ()

    @property
    def found_any(self) -> bool:
        return bool(self.processes or self.mounts or self.loops or self.cgroups or self.left)


def sweep(device_id: str, run_dir: Path, storage: Path) -> Swept:
    """Ends the device's processes, and removes its mounts, loop devices and cgroups.

    Processes: those in its cgroups, LXC monitors included, and those that carry its mark; never the
    caller nor an ancestor of it. Mounts: all inside the places of the device below `run_dir`
    (`RUN_PLACES`). Loop devices: whose file lies in `storage` or in one of those places. Twice
    harmless. Needs root for most of it; without, it does what it may and reports the rest. Raises
    nothing for what it cannot remove.
    """
    run_dir, storage = run_dir.resolve(), storage.resolve()
    spare = family.self_and_ancestors()
    processes = _until_none(
        lambda: _processes(device_id) - spare, partial(_kill, device_id, spare), _KILL_PATIENCE_S
    )
    ours = tuple(run_dir / name for name in RUN_PLACES)
    points = _until_none(lambda: set(mounts.below(*ours)), lambda _: mounts.clear(*ours))
    devices = _until_none(lambda: set(loops.holding((storage, *ours))), _detach)
    groups = _until_none(lambda: set(cgroups.tops(device_id)), _remove)
    return Swept(
        processes.gone,
        points.gone,
        devices.gone,
        groups.gone,
        (
            *(f"process {pid}" for pid in processes.left),
            *(f"mount {point}" for point in points.left),
            *(f"loop device {name}" for name in devices.left),
            *(f"cgroup {top}" for top in groups.left),
        ),
    )


@dataclass(frozen=True)
class _Outcome(Generic[Item]):
    gone: int
    left: tuple[Item, ...]


def _until_none(
    find: Callable[[], set[Item]],
    act: Callable[[set[Item]], bool],
    patience_s: float = _KERNEL_PATIENCE_S,
) -> _Outcome[Item]:
    """Acts on what is found until nothing is, `act` says it is not permitted, or patience ends."""
    deadline = time.monotonic() + patience_s
    found = find()
    seen = set(found)
    while found and act(found) and time.monotonic() < deadline:
        time.sleep(_LOOK_AGAIN_S)
        found = find()
        seen |= found
    left = found and find()
    return _Outcome(len(seen - left), tuple(sorted(left, key=str)))


def _processes(device_id: str) -> set[int]:
    members = [cgroups.processes(top) for top in cgroups.tops(device_id)]
    return family.marked(device_id).union(*members)


def _kill(device_id: str, spare: Set[int], found: set[int]) -> bool:
    in_groups = sum(cgroups.kill(top, spare) for top in cgroups.tops(device_id))
    one_by_one = sum(permitted(partial(os.kill, pid, signal.SIGKILL)) for pid in found)
    return in_groups + one_by_one > 0


def _detach(names: set[str]) -> bool:
    return sum(permitted(partial(loops.detach, name)) for name in names) > 0


def _remove(tops: set[Path]) -> bool:
    return sum(cgroups.remove(top) for top in tops) > 0
