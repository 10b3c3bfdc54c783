"""Processes of an instance by the mark in their environment, where cgroups cannot be written."""

import os
import signal
from pathlib import Path
from typing import Final

from surefoot.boot.protocol import DEVICE_VARIABLE

INSTANCE_VARIABLE: Final = "SUREFOOT_INSTANCE"
_PROC = Path("/proc")


def marks(device_id: str, instance_id: str) -> dict[str, str]:
    """What the environment of an instance's processes says; children inherit it."""
    return {DEVICE_VARIABLE: device_id, INSTANCE_VARIABLE: instance_id}


def marked(device_id: str, instance_id: str) -> set[int]:
    """Another user's environment cannot be read, and a zombie has none: neither is found."""
    wanted = {f"{name}={value}".encode() for name, value in marks(device_id, instance_id).items()}
    return {pid for pid in _all() if wanted <= set(_environment(pid).split(b"\0"))}


def kill_marked(device_id: str, instance_id: str) -> bool:
    """SIGKILL to each; False when there was none."""
    found = marked(device_id, instance_id)
    for pid in found:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it was faster
    return bool(found)


def _all() -> list[int]:
    return [int(name) for name in os.listdir(_PROC) if name.isdecimal()]


def _environment(pid: int) -> bytes:
    try:
        return (_PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return b""
