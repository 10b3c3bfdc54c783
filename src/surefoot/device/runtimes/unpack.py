"""A container's root for the process runtime: its images unpacked, one over the other.

What lies above hides what is below, as with overlays: a directory hides a link, and a link of an
image is never written through, wherever it leads: whoever unpacks may be root on this machine.
Removals that a patch image marks by character devices 0/0 (pvr.md 3.1) are carried out.
"""

import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from surefoot.device.runtimes import beneath, commands
from surefoot.errors import RuntimeFailed

# A large image from a slow card takes minutes.
UNPACK_TIMEOUT_S: Final = 600.0
_DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9)}


def unpack(images: Sequence[Path], target: Path) -> None:
    """`images` from the bottom up. Raises RuntimeFailed."""
    for image in images:
        if not os.path.lexists(target):
            _unpack_one(image, target)
            for whiteout in list(_whiteouts(target)):
                whiteout.unlink()
            continue
        # Beside it first: `unsquashfs` itself would follow the links of the images below.
        layer = target.with_name(f"{target.name}.layer")
        beneath.remove(layer)
        try:
            _unpack_one(image, layer)
            _move_over(layer, target)
        finally:
            beneath.remove(layer)


def lay_over(directory: Path, target: Path) -> None:
    """Copies the files of `_config/<c>`, which lie above all images. Raises OSError."""
    if not directory.is_dir():
        return
    for source, place in _places(directory, target):
        if _is_directory(source):
            _make_directory(place)
            shutil.copystat(source, place)
        else:
            beneath.remove(place)
            shutil.copy2(source, place, follow_symlinks=False)


def make_devices(root: Path) -> None:
    """Those without which hardly a program runs, as far as this user may make them.

    Raises RuntimeFailed when /dev is a link, or no directory at all.
    """
    beneath.make_dirs(root / "dev", root)
    for name, (major, minor) in _DEVICES.items():
        try:
            os.mknod(root / "dev" / name, stat.S_IFCHR | 0o666, os.makedev(major, minor))
            os.chmod(root / "dev" / name, 0o666)  # noqa: S103 - as on every machine
        except (PermissionError, FileExistsError):
            continue


def _unpack_one(image: Path, target: Path) -> None:
    # Device nodes and attributes that this user may not make are left out: exit code 2.
    command = ["unsquashfs", "-force", "-quiet", "-no-progress", "-no-xattrs"]
    try:
        done = commands.run([*command, "-dest", str(target), str(image)], UNPACK_TIMEOUT_S)
    except FileNotFoundError as error:
        raise RuntimeFailed(f"{command[0]} is not installed: install squashfs-tools") from error
    if done.returncode not in (0, 2) or not target.is_dir():
        raise RuntimeFailed(f"could not unpack {image}: {done.stderr.strip()}")


def _move_over(layer: Path, target: Path) -> None:
    owned = [(target, _opened(layer))]
    for source, place in _places(layer, target):
        if _is_directory(source):
            _make_directory(place)
            owned.append((place, _opened(source)))
            continue
        beneath.remove(place)
        if not _is_whiteout(source):
            shutil.move(source, place)
    # Only now: who is not root could not have moved into a directory that is read-only.
    for place, status in reversed(owned):
        if os.geteuid() == 0:
            os.chown(place, status.st_uid, status.st_gid)
        os.chmod(place, stat.S_IMODE(status.st_mode))


def _places(above: Path, below: Path) -> Iterator[tuple[Path, Path]]:
    """Each entry of `above` with its place in `below`; a directory before what is in it."""
    for directory, directories, names in os.walk(above):
        inside = below / Path(directory).relative_to(above)
        for name in (*directories, *names):
            yield Path(directory, name), inside / name


def _make_directory(place: Path) -> None:
    """One that can be written to, in the place of a link or a file, too."""
    if not _is_directory(place):
        beneath.remove(place)
        place.mkdir()
    _opened(place)


def _opened(directory: Path) -> os.stat_result:
    """Lets its owner change what is in it; its status before."""
    status = os.lstat(directory)
    os.chmod(directory, stat.S_IMODE(status.st_mode) | stat.S_IRWXU)
    return status


def _is_directory(place: Path) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(place).st_mode)
    except FileNotFoundError:
        return False


def _is_whiteout(place: Path) -> bool:
    status = os.lstat(place)
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0


def _whiteouts(root: Path) -> Iterator[Path]:
    for directory, _, names in os.walk(root):
        yield from filter(_is_whiteout, (Path(directory, name) for name in names))
