"""Small squashfs images for a laboratory device, made of Debian's busybox and mksquashfs.

Each image carries a `/version` that names it, so that one can see from outside what really runs.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import NotFound
from surefoot.files import durable

BUSYBOX = Path("/bin/busybox")
NETCAT = Path("/bin/nc.openbsd")
APPLETS = ("sh", "echo", "printf", "sleep", "cat", "true")
DIRECTORIES = ("bin", "dev", "etc", "pantavisor", "proc", "run", "sbin", "srv", "sys", "tmp")

_STAY = 'while :; do sleep 3600 & wait "$!"; done\n'
_HEALTHY = "trap 'echo stopping; exit 0' PWR TERM\necho started\n" + _STAY
_HEAD = r"POST /signal HTTP/1.0\r\nContent-Length: 29\r\n\r\n"
_BODY = '{"type":"ready","payload":""}'
# By paths from /, where init starts: right also for the runtime that cannot change a root.
_SIGNAL = f"printf '{_HEAD}{_BODY}' | bin/nc -U -N pantavisor/pv-ctrl\n"
# What the init of each kind does; "no-init" has none at all.
SCRIPTS: dict[str, str] = {
    "healthy": _HEALTHY,
    "ready": _SIGNAL + _HEALTHY,
    "never-ready": _HEALTHY,
    "exits": "echo started\nsleep 1\nexit 7\n",
    "exits-at-once": "exit 7\n",
    "no-init": "",
}


@dataclass(frozen=True)
class Image:
    """`kind` is a key of SCRIPTS, `version` any word: two versions are two different images."""

    kind: str = "healthy"
    version: str = "1"

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.version}"


def build(image: Image, directory: Path) -> Path:
    """The squashfs of the image in `directory`, made when it is not there yet.

    Raises NotFound when a tool is missing, with what to install.
    """
    target = directory / f"{image.name}.squashfs"
    if not target.exists():
        _require_tools(image)
        root = directory / f"{image.name}.root"
        shutil.rmtree(root, ignore_errors=True)
        _fill(root, image)
        _squash(root, target)
        shutil.rmtree(root)
    return target


def _require_tools(image: Image) -> None:
    missing = [] if shutil.which("mksquashfs") else ["squashfs-tools"]
    missing += [] if BUSYBOX.exists() else ["busybox-static"]
    missing += [] if image.kind != "ready" or NETCAT.exists() else ["netcat-openbsd"]
    if missing:
        raise NotFound(f"Images cannot be built here; install {' '.join(missing)}")


def _fill(root: Path, image: Image) -> None:
    for name in DIRECTORIES:
        (root / name).mkdir(parents=True)
    shutil.copy(BUSYBOX, root / "bin/busybox")
    for applet in APPLETS:
        (root / "bin" / applet).symlink_to("busybox")
    (root / "version").write_text(f"{image.name}\n")
    script = SCRIPTS[image.kind]
    if script:
        (root / "sbin/init").write_text(f"#!/bin/sh\n{script}")
        (root / "sbin/init").chmod(0o755)
    if image.kind == "ready":
        _lay_netcat(root)


def _lay_netcat(root: Path) -> None:
    """Debian's busybox cannot talk to UNIX sockets; its netcat can, with the libraries it needs."""
    listing = subprocess.run(["ldd", NETCAT], check=True, capture_output=True, text=True).stdout
    for library in re.findall(r"(/\S+) \(0x", listing):
        place = root / library.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, place)
    shutil.copy(NETCAT, root / "bin/nc")


def _squash(root: Path, target: Path) -> None:
    """Uncompressed: quick to make, and every kernel reads it. Whole or not at all."""
    draft = target.with_suffix(".draft")
    command = [
        "mksquashfs",
        str(root),
        str(draft),
        "-noappend",
        "-quiet",
        "-no-progress",
        "-all-root",
    ]
    plain = ["-noI", "-noD", "-noF", "-noX", "-processors", "1"]
    subprocess.run([*command, *plain], check=True, capture_output=True)
    durable.rename(draft, target)
