"""The cgroups of one device's instances: v1, hybrid or v2, whatever the machine mounts (R8).

An instance lives in `surefoot-<device>/<instance>` of each hierarchy, its LXC monitor beside it in
`<instance>.monitor`, so that all of its processes are found by name when the agent is gone.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from surefoot.boot import cgroups
from surefoot.device.runtimes.limits import Layout

MONITOR = ".monitor"
# Where LXC's monitor moves itself to, so that it can remove its own group at its end.
PIVOT = ".pivot"

_COMMON_OPTIONS = frozenset(("rw", "ro", "relatime", "noatime", "nosuid", "nodev", "noexec"))


@dataclass(frozen=True)
class Hierarchy:
    """One mounted hierarchy; `base`: the group below which LXC makes those of containers."""

    base: Path
    controllers: frozenset[str]
    is_unified: bool


def hierarchies(mounts: str, init: str) -> Iterator[Hierarchy]:
    """From the texts of /proc/mounts and /proc/1/cgroup.

    As LXC does for root: groups are made beside init's own, not beside the caller's.
    """
    for line in mounts.splitlines():
        _, point, kind, options, *_ = line.split(" ")
        if kind == "cgroup2":
            yield Hierarchy(_base(point, _init_group(init, frozenset())), frozenset(), True)
        elif kind == "cgroup":
            controllers = frozenset(options.split(",")) - _COMMON_OPTIONS
            yield Hierarchy(_base(point, _init_group(init, controllers)), controllers, False)


def _init_group(init: str, controllers: frozenset[str]) -> str:
    for line in init.splitlines():
        _, names, group = line.split(":", 2)
        if frozenset(filter(None, names.split(","))) <= controllers and bool(names) == bool(
            controllers
        ):
            return group
    return "/"


def _base(point: str, group: str) -> Path:
    return Path(point) / group.removesuffix("/init.scope").strip("/")


class DeviceCgroups:
    """All groups of one device. Every method is harmless where there are no cgroups."""

    def __init__(self, device_id: str, found: tuple[Hierarchy, ...] | None = None) -> None:
        self.name = f"surefoot-{device_id}"
        self._found = _of_this_machine() if found is None else found

    def layout(self) -> Layout:
        unified = [hierarchy for hierarchy in self._found if hierarchy.is_unified]
        legacy: dict[str, frozenset[str]] = {}
        for hierarchy in self._found:
            if not hierarchy.is_unified:
                files = self._files(hierarchy)
                legacy |= dict.fromkeys(hierarchy.controllers, files)
        return Layout(legacy, _controllers(unified[0].base) if unified else None)

    def join(self, instance: str, pid: int) -> bool:
        """Puts a process into the instance's group; False where this process may not."""
        joined = [_join(group, pid) for group in self._tracking(instance)]
        return any(joined)

    def processes(self, instance: str) -> set[int]:
        """The instance's processes, without its monitor."""
        return set().union(*(cgroups.processes(group) for group in self._groups(instance)))

    def kill(self, instance: str) -> bool:
        """SIGKILL to all processes of the instance; False when there was none.

        One round: others may have been forked meanwhile.
        """
        # In each hierarchy, because a process may have left some of them.
        killed = [cgroups.kill(group, frozenset()) for group in self._groups(instance)]
        return any(killed)

    def kill_monitor(self, instance: str) -> None:
        self.kill(f"{instance}{MONITOR}")

    def remove(self, instance: str) -> None:
        """Removes the groups of an instance that has ended, as far as they are empty."""
        for suffix in ("", MONITOR, PIVOT):
            for group in self._groups(f"{instance}{suffix}"):
                _remove_tree(group)

    def remove_all(self) -> None:
        for hierarchy in self._found:
            _remove_tree(hierarchy.base / self.name)

    def _groups(self, instance: str) -> list[Path]:
        return [hierarchy.base / self.name / instance for hierarchy in self._found]

    def _tracking(self, instance: str) -> list[Path]:
        """Groups that a process may simply be put in: v1's cpuset would want to be filled first."""
        return [
            hierarchy.base / self.name / instance
            for hierarchy in self._found
            if "cpuset" not in hierarchy.controllers
        ]

    def _files(self, hierarchy: Hierarchy) -> frozenset[str]:
        """Names of the control files; some exist only below the root of a hierarchy."""
        group = hierarchy.base
        if "cpuset" not in hierarchy.controllers:
            group /= self.name
            _make(group)
        return frozenset(os.listdir(group)) if group.is_dir() else frozenset()


def instance_of(device: str, cgroup: str) -> str | None:
    """The instance that the text of a /proc/PID/cgroup names; `device`: its `surefoot-<id>`.

    The first mention of a line counts, because a container may make groups with any name inside its
    own. A process that is in two instances belongs to neither.
    """
    found = set()
    for line in cgroup.splitlines():
        segments = line.split(":", 2)[-1].split("/")
        if device in segments[:-1]:
            found.add(segments[segments.index(device) + 1])
    return found.pop() if len(found) == 1 else None


def _of_this_machine() -> tuple[Hierarchy, ...]:
    try:
        mounts, init = Path("/proc/mounts").read_text("utf-8"), Path("/proc/1/cgroup").read_text()
    except OSError:
        return ()
    return tuple(hierarchies(mounts, init))


def _controllers(base: Path) -> frozenset[str]:
    try:
        return frozenset((base / "cgroup.controllers").read_text("ascii").split())
    except OSError:
        return frozenset()


def _join(group: Path, pid: int) -> bool:
    if not _make(group):
        return False
    try:
        (group / "cgroup.procs").write_text(str(pid))
    except OSError:
        return False
    return True


def _make(group: Path) -> bool:
    try:
        group.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return True


def _remove_tree(group: Path) -> None:
    for directory, _, _ in os.walk(group, topdown=False):
        try:
            os.rmdir(directory)
        except OSError:
            pass  # not empty, and so not ours to remove; or gone meanwhile
