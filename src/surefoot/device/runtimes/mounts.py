"""Mounting, in a mount table that only the agent and its containers see.

Why private, and why `/volumes` is not simply bound on the host: docs/decisions/0004.
"""

import ctypes
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from surefoot.boot.mounts import below, clear
from surefoot.device.runtimes import commands
from surefoot.errors import RuntimeFailed

_CLONE_NEWNS: Final = 0x00020000
_MS_REC: Final = 1 << 14
_MS_SLAVE: Final = 1 << 19
_MNT_DETACH: Final = 2
_UMOUNT_NOFOLLOW: Final = 8
# A mount may lie on another one, and show only when that is gone.
_ROUNDS: Final = 8
# Here LXC keeps a lock file for each container that was ever started, and never removes one.
_LXC_STATE: Final = Path("/run/lxc")

log = logging.getLogger(__name__)

_LIBC = ctypes.CDLL(None, use_errno=True)


def enter_private_mounts() -> bool:
    """Gives this process a mount table of its own; the host's later mounts still show in it.

    Call it before there are threads: it holds for the calling thread and those it makes. All mounts
    made afterwards are gone when the last process of the agent and its containers is. False where
    the kernel does not let this process do it.
    """
    if _LIBC.unshare(_CLONE_NEWNS) != 0:
        return False
    try:
        mount("none", Path("/"), None, flags=_MS_REC | _MS_SLAVE)
        _LXC_STATE.mkdir(parents=True, exist_ok=True)
        mount_tmpfs(_LXC_STATE)
    except (RuntimeFailed, OSError) as error:
        log.warning("mounts of containers may be seen outside of the agent: %s", error)
        return False
    return True


def mount(source: str, target: Path, kind: str | None, flags: int = 0, data: str = "") -> None:
    """mount(2). Raises RuntimeFailed."""
    arguments = (
        os.fsencode(source),
        os.fsencode(target),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        os.fsencode(data) or None,
    )
    if _LIBC.mount(*arguments) != 0:
        raise _failed(f"could not mount {kind or source} on {target}")


def mount_image(image: Path, target: Path) -> None:
    """A squashfs image, read-only; its loop device goes with its last mount. Raises RuntimeFailed.

    By mount(8), which knows how each kernel wants its loop devices set up.
    """
    command = ["mount", "-t", "squashfs", "-o", "loop,ro", str(image), str(target)]
    done = commands.run(command)
    if done.returncode != 0:
        raise RuntimeFailed(f"could not mount {image}: {done.stderr.strip() or done.returncode}")


def mount_tmpfs(target: Path) -> None:
    mount("tmpfs", target, "tmpfs", data="mode=755")


def mount_overlay(lowers: Sequence[Path], upper: Path, work: Path, target: Path) -> None:
    """`lowers` from the top down. Raises RuntimeFailed."""
    layers = ":".join(_escaped(lower) for lower in lowers)
    data = f"lowerdir={layers},upperdir={_escaped(upper)},workdir={_escaped(work)}"
    mount("overlay", target, "overlay", data=data)


def unmount(target: Path) -> None:
    """Takes one mount away, at once for all who look; harmless when nothing is mounted there.

    A mount in use stays for those who use it and goes with them. Raises RuntimeFailed.
    """
    if os.path.ismount(target) and _LIBC.umount2(
        os.fsencode(target), _MNT_DETACH | _UMOUNT_NOFOLLOW
    ):
        raise _failed(f"could not unmount {target}")


def unmount_below(directory: Path) -> None:
    """Whatever is mounted inside. Raises RuntimeFailed: its files must not be deleted then."""
    for _ in range(_ROUNDS):
        if not below(directory):
            return
        clear(directory)
    raise RuntimeFailed(f"could not unmount what is below {directory}")


def _escaped(path: Path) -> str:
    """As the overlay file system reads names in its option string."""
    return str(path).replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")


def _failed(what: str) -> RuntimeFailed:
    return RuntimeFailed(f"{what}: {os.strerror(ctypes.get_errno())}")
