"""Checkout directories for a laboratory device: a BSP of a few bytes and containers from images."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from surefoot.lab.images import Image, build

# As `pvr` writes it, but for what only a board has.
CONF = """\
lxc.tty.max = 8
lxc.pty.max = 1024
lxc.rootfs.path = overlayfs:/volumes/{name}/root.squashfs:/volumes/{name}/lxc-overlay/upper
lxc.init.cmd = /sbin/init
lxc.namespace.keep = user net ipc
lxc.mount.auto = proc sys:rw cgroup
"""


@dataclass(frozen=True)
class Part:
    """A container: its image, its group and what its run.json says beyond the usual."""

    image: Image
    group: str = "app"
    run: Mapping[str, Any] = field(default_factory=dict)


def write(place: Path, images: Path, parts: Mapping[str, Part], bsp: str = "1") -> Path:
    """`place` is a checkout of a BSP and `parts`; squashfs files are built once in `images`."""
    (place / "bsp").mkdir(parents=True)
    images.mkdir(parents=True, exist_ok=True)
    _json(place / "bsp/run.json", {"linux": "kernel.img", "initrd": "pantavisor"})
    (place / "bsp/kernel.img").write_text(f"kernel {bsp}\n")
    (place / "bsp/pantavisor").write_text("initrd\n")
    for name, part in parts.items():
        _container(place / name, name, part, build(part.image, images))
    return place


def _container(directory: Path, name: str, part: Part, image: Path) -> None:
    directory.mkdir()
    run = {
        "#spec": "service-manifest-run@1",
        "name": name,
        "type": "lxc",
        "config": "lxc.container.conf",
        "root-volume": "root.squashfs",
        "group": part.group,
        "storage": {"lxc-overlay": {"persistence": "boot"}},
        **part.run,
    }
    _json(directory / "run.json", run)
    (directory / "lxc.container.conf").write_text(CONF.format(name=name))
    (directory / "root.squashfs").hardlink_to(image)


def _json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n")
