"""Paths in directories that a container or an image may have filled: no link leads out of them.

For root a link in such a directory leads wherever its maker wants: to `/etc` of this machine.
"""

import errno
import os
import shutil
from pathlib import Path

from surefoot.errors import RuntimeFailed

_HERE = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def make_dirs(path: Path, base: Path) -> None:
    """Makes what is missing of `path`, a directory at or below `base`; follows no link below it.

    `base` itself is trusted. Safe against others who change things meanwhile. Raises RuntimeFailed
    for a link, or for anything else that is no directory.
    """
    base.mkdir(parents=True, exist_ok=True)
    here = os.open(base, _HERE)
    try:
        for name in _steps(path, base):
            deeper = _enter(name, here, path, base)
            os.close(here)
            here = deeper
    finally:
        os.close(here)


def check(path: Path, base: Path) -> None:
    """Raises RuntimeFailed when `path`, its links followed, does not stay in `base`."""
    _steps(path, base)
    real = Path(os.path.realpath(path))
    if not real.is_relative_to(os.path.realpath(base)):
        raise RuntimeFailed(f"{path} leads out of {base} through a link, to {real}")


def remove(path: Path) -> None:
    """Whatever it is, a link itself and not what it leads to. Twice harmless. Raises OSError."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _steps(path: Path, base: Path) -> tuple[str, ...]:
    steps = path.relative_to(base).parts
    if ".." in steps:
        raise RuntimeFailed(f'{path} must not lead out of {base} by ".."')
    return steps


def _enter(name: str, here: int, path: Path, base: Path) -> int:
    try:
        os.mkdir(name, 0o755, dir_fd=here)
    except FileExistsError:
        pass
    try:
        return os.open(name, _HERE | os.O_NOFOLLOW, dir_fd=here)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENOTDIR):
            raise
        raise RuntimeFailed(
            f'{path} cannot be used: its part "{name}" is a link or no directory, '
            f"and might lead out of {base}"
        ) from error
