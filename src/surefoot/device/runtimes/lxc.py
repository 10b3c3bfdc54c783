"""The `lxc` runtime: containers from squashfs images, driven by `lxc-start` (decisions/0003)."""

import shlex
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Final

from surefoot.boot.protocol import DEVICE_VARIABLE
from surefoot.device.runtimes import lxcconf, volumes
from surefoot.device.runtimes.base import PROGRAM_PATH, Instance, InstanceRuntime, log
from surefoot.device.runtimes.cgroups import MONITOR, PIVOT
from surefoot.device.runtimes.limits import Layout
from surefoot.device.runtimes.lxcconf import Line
from surefoot.device.runtimes.monitor import Monitor
from surefoot.device.runtimes.protocol import Bundle
from surefoot.device.runtimes.volumes import Volumes

SOCKET_INSIDE: Final = "pantavisor/pv-ctrl"
_HOST_NAME_MAX: Final = 64


class LxcRuntime(InstanceRuntime):
    name = "lxc"

    def __init__(self, device_id: str, run_dir: Path, storage: Path) -> None:
        super().__init__(device_id, run_dir, storage)
        self._volumes: dict[str, Volumes] = {}

    @cached_property
    def _layout(self) -> Layout:
        return self.cgroups.layout()

    def _set_up(self, bundle: Bundle, lines: tuple[Line, ...]) -> frozenset[str]:
        made = volumes.build(bundle, lines, self.places)
        self._volumes[bundle.id] = made
        return made.claims

    def _launch(self, instance: Instance) -> Monitor:
        bundle = instance.bundle
        made = self._volumes[bundle.id]
        made.mount_root()
        self.places.lxc.mkdir(exist_ok=True)
        monitor = Monitor(bundle.id, lambda: self.cgroups.kill(bundle.id), made.home)
        (made.home / "hook").write_text(monitor.hook)
        (made.home / "conf").write_text(self._conf(instance, made), errors="surrogateescape")
        has_console = lxcconf.value(instance.lines, "lxc.console.path") != "none"
        output = None if has_console else bundle.console
        monitor.launch(self._command(instance, monitor), self._environ(), output)
        return monitor

    def _tidy(self, instance: Instance) -> None:
        self.cgroups.kill_monitor(instance.bundle.id)
        self.cgroups.remove(instance.bundle.id)
        if instance.claims and instance.bundle.id in self._volumes:
            self._volumes[instance.bundle.id].unmount_root()

    def _forget(self, instance_id: str) -> None:
        self._volumes.pop(instance_id, None)
        self.places.remove(instance_id)

    def _command(self, instance: Instance, monitor: Monitor) -> list[str]:
        bundle, home = instance.bundle, self.places.home(instance.bundle.id)
        return [
            *("lxc-start", "--foreground", "--quiet", "--close-all-fds"),
            *("--lxcpath", str(self.places.lxc), "--name", f"{self.cgroups.name}-{bundle.id}"),
            *("--rcfile", str(home / "conf")),
            *("--logfile", str(monitor.events), "--logpriority", "INFO"),
            # In words of our own splitting, because LXC 5.0 pays no attention to quotes.
            *("--", *lxcconf.init_command(instance.lines)),
        ]

    def _environ(self) -> dict[str, str]:
        """For the monitor and the hooks. Init gets none of it."""
        return {"PATH": PROGRAM_PATH, DEVICE_VARIABLE: self.device_id}

    def _conf(self, instance: Instance, made: Volumes) -> str:
        rewritten = lxcconf.rewrite(instance.lines, made.table, self._layout)
        for note in rewritten.notes:
            log.info("%s: %s", instance.bundle.id, note)
        return "\n".join((*rewritten.lines, *self._additions(instance, made), ""))

    def _additions(self, instance: Instance, made: Volumes) -> Iterator[str]:
        bundle, group = instance.bundle, f"{self.cgroups.name}/{instance.bundle.id}"
        yield f"lxc.rootfs.path = dir:{made.rootfs}"
        if lxcconf.may_name_host(instance.lines):
            yield f"lxc.uts.name = {bundle.container.name[:_HOST_NAME_MAX]}"
        if bundle.socket.exists():
            socket = str(bundle.socket.absolute()).replace(" ", "\\040")
            yield f"lxc.mount.entry = {socket} {SOCKET_INSIDE} none bind,create=file 0 0"
        yield f"lxc.console.logfile = {bundle.console.absolute()}"
        yield f"lxc.cgroup.dir.container = {group}"
        yield f"lxc.cgroup.dir.monitor = {group}{MONITOR}"
        yield f"lxc.cgroup.dir.monitor.pivot = {group}{PIVOT}"
        # The last of its kind: nothing but init's execution comes after it.
        yield f"lxc.hook.start-host = /bin/sh {shlex.quote(str(made.home / 'hook'))}"
