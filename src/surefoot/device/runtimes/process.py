"""The `process` runtime, for machines where nothing can be mounted: no isolation at all.

The images are unpacked; init runs as a child of the agent with that directory as its root, where
root may be changed, else merely in it. What a conf asks for beyond init's command, directory and
environment (mounts, namespaces, limits, capabilities) is not there, storage included: what a
container writes lasts as long as its instance.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from surefoot.device.runtimes import beneath, lxcconf, unpack
from surefoot.device.runtimes.base import PROGRAM_PATH, Instance, InstanceRuntime, log
from surefoot.device.runtimes.child import Child
from surefoot.device.runtimes.launcher import Orders
from surefoot.device.runtimes.lxcconf import Line
from surefoot.device.runtimes.marks import kill_marked, marks
from surefoot.device.runtimes.protocol import Bundle
from surefoot.device.runtimes.volumes import PATCH, VOLUMES
from surefoot.errors import RuntimeFailed

_SOCKET_INSIDE: Final = "pantavisor/pv-ctrl"


class ProcessRuntime(InstanceRuntime):
    name = "process"

    def __init__(self, device_id: str, run_dir: Path, storage: Path) -> None:
        super().__init__(device_id, run_dir, storage)
        self._roots = self.places.homes
        if not _may_hold_programs(self.places.run):
            self._roots = self.places.storage / ".surefoot" / "roots"
            # What an agent that was killed has left; below RUN the next boot finds nothing anyway.
            shutil.rmtree(self._roots, ignore_errors=True)

    def _root(self, instance_id: str) -> Path:
        return self._roots / instance_id / "rootfs"

    def _set_up(self, bundle: Bundle, lines: tuple[Line, ...]) -> frozenset[str]:
        home, container = self.places.home(bundle.id), bundle.container
        for storage in container.storage:
            place = self.places.stored(bundle, storage.name, storage.persistence)
            place.mkdir(parents=True, exist_ok=True)
            (home / "volumes" / storage.name).symlink_to(place)
        if Instance(bundle, lines).has_processes:
            self._make_root(bundle, lines, self._root(bundle.id))
        else:
            for image in filter(None, (container.root_volume, *container.volumes)):
                unpack.unpack([_file(bundle, container.name, image)], home / "volumes" / image)
        return frozenset()

    def _make_root(self, bundle: Bundle, lines: tuple[Line, ...], rootfs: Path) -> None:
        rootfs.parent.mkdir(parents=True, exist_ok=True)
        unpack.unpack(list(_layers(bundle, lines))[::-1], rootfs)
        unpack.lay_over(bundle.trail / "_config" / bundle.container.name, rootfs)
        unpack.make_devices(rootfs)
        if lxcconf.places(lines):
            log.info("%s: its volumes are left out: this runtime cannot mount", bundle.id)
        _show_socket(bundle, rootfs)

    def _launch(self, instance: Instance) -> Child:
        bundle = instance.bundle
        mine = marks(self.device_id, bundle.id)
        child = Child(bundle.id, lambda: self._kill_all(bundle.id), self._orders(instance, mine))
        pid = child.launch(bundle.console, {"PATH": PROGRAM_PATH, **mine})
        self.cgroups.join(bundle.id, pid)
        return child

    def _orders(self, instance: Instance, mine: dict[str, str]) -> Orders:
        lines = instance.lines
        return Orders(
            root=str(self._root(instance.bundle.id)),
            cwd=lxcconf.value(lines, "lxc.init.cwd") or "/",
            argv=list(lxcconf.init_command(lines)),
            environment={"PATH": PROGRAM_PATH, **lxcconf.environment(lines), **mine},
        )

    def _kill_all(self, instance_id: str) -> bool:
        in_groups = self.cgroups.kill(instance_id)
        return kill_marked(self.device_id, instance_id) or in_groups

    def _tidy(self, instance: Instance) -> None:
        self.cgroups.remove(instance.bundle.id)

    def _forget(self, instance_id: str) -> None:
        shutil.rmtree(self._roots / instance_id, ignore_errors=True)
        self.places.remove(instance_id)


def _may_hold_programs(directory: Path) -> bool:
    """/run, for one, usually must not."""
    return not os.statvfs(directory).f_flag & (os.ST_NOEXEC | os.ST_NODEV)


def _layers(bundle: Bundle, lines: tuple[Line, ...]) -> Iterator[Path]:
    """The images of the root, from the top down. Raises RuntimeFailed."""
    container = bundle.container
    root = lxcconf.rootfs(lines)
    if root is not None:
        for place in root.lowers:
            owner, _, image = place.removeprefix(f"{VOLUMES}/").partition("/")
            yield _file(bundle, owner, image)
        return
    patch = bundle.trail / container.name / PATCH
    if patch.is_file():
        yield patch
    if container.root_volume and container.root_volume != PATCH:
        yield _file(bundle, container.name, container.root_volume)


def _file(bundle: Bundle, container: str, image: str) -> Path:
    file = bundle.trail / container / image
    if not file.is_file():
        raise RuntimeFailed(f"{container}/{image} is not in revision {bundle.revision}")
    return file


def _show_socket(bundle: Bundle, rootfs: Path) -> None:
    """A socket cannot be bound without mounting; a second name of it leads to the same one."""
    inside = rootfs / _SOCKET_INSIDE
    beneath.make_dirs(inside.parent, rootfs)
    inside.unlink(missing_ok=True)
    try:
        os.link(bundle.socket, inside)
    except OSError as error:
        if os.geteuid() != 0:
            # Its root will not be changed, so that a link can lead out of it.
            inside.symlink_to(bundle.socket.absolute())
            return
        log.warning(
            "%s: no /%s in it, it will not be able to signal: %s", bundle.id, _SOCKET_INSIDE, error
        )
