"""The system calls that Python's standard library lacks."""

import ctypes
import os
import signal
from pathlib import Path
from typing import Final

MNT_DETACH: Final = 2
_UMOUNT_NOFOLLOW: Final = 8
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36

# Loaded here, once: a child between fork and exec must not start loading libraries.
_LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """This process gets SIGKILL when the thread that made it ends, for whatever reason."""
    _prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))


def adopt_orphans() -> None:
    """Descendants whose parent ends become children of this process instead of process 1."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def unmount(point: Path, flags: int = 0) -> None:
    """Takes the topmost mount from `point`. Raises OSError."""
    if _LIBC.umount2(os.fsencode(point), flags | _UMOUNT_NOFOLLOW) != 0:
        raise _error(str(point))


def _prctl(option: int, value: int) -> None:
    if _LIBC.prctl(option, value, 0, 0, 0) != 0:
        raise _error("prctl")


def _error(what: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), what)
