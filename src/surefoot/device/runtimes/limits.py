"""Cgroup limits of a container, fitted to the hierarchies that this machine has. Pure.

Containers made by `pvr` speak of v1 (`lxc.cgroup.memory.limit_in_bytes`); LXC refuses to start one
whose limit it cannot set (device.md 10: such keys are dropped with a log line).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

V1: Final = "lxc.cgroup."
V2: Final = "lxc.cgroup2."


@dataclass(frozen=True)
class Layout:
    """What limits this machine can set: of each v1 controller its files, and v2's controllers.

    `unified` is None where v2 is not mounted. LXC uses v2's limits only where there is no v1.
    """

    legacy: Mapping[str, frozenset[str]]
    unified: frozenset[str] | None

    @property
    def is_pure_v2(self) -> bool:
        return self.unified is not None and not self.legacy


@dataclass(frozen=True)
class Limit:
    """`key` is LXC's whole key."""

    key: str
    value: str


def fit(limit: Limit, layout: Layout) -> Limit | None:
    """The limit as this machine takes it; None when it cannot."""
    if limit.key.startswith(V2):
        return limit if _v2_has(limit.key.removeprefix(V2), layout) else None
    file = limit.key.removeprefix(V1)
    if not layout.is_pure_v2:
        return limit if file in layout.legacy.get(_controller(file), frozenset()) else None
    translate = _TO_V2.get(file)
    if translate is None:
        return None
    name, value = translate(limit.value)
    return Limit(V2 + name, value) if _v2_has(name, layout) else None


def _v2_has(file: str, layout: Layout) -> bool:
    if not layout.is_pure_v2 or layout.unified is None:
        return False
    # Devices are no controller there: LXC loads a program for them.
    return _controller(file) in layout.unified | {"devices", "cgroup"}


def _controller(file: str) -> str:
    return file.partition(".")[0]


def _same(name: str) -> Callable[[str], tuple[str, str]]:
    return lambda value: (name, "max" if value == "-1" else value)


def _weight(shares: str) -> tuple[str, str]:
    """v1's shares (2 to 262144, 1024 is normal) on v2's scale (1 to 10000, 100 is normal)."""
    try:
        value = int(shares)
    except ValueError:
        return "cpu.weight", shares
    return "cpu.weight", str(min(10000, max(1, round(value * 100 / 1024))))


_TO_V2: Mapping[str, Callable[[str], tuple[str, str]]] = {
    "devices.allow": _same("devices.allow"),
    "devices.deny": _same("devices.deny"),
    "memory.limit_in_bytes": _same("memory.max"),
    "pids.max": _same("pids.max"),
    "cpuset.cpus": _same("cpuset.cpus"),
    "cpuset.mems": _same("cpuset.mems"),
    "cpu.cfs_quota_us": _same("cpu.max"),
    "cpu.shares": _weight,
}
