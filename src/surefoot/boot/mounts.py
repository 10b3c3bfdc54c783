"""What is mounted where, and taking it away again: proc(5) mountinfo."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from surefoot.boot.attempt import permitted
from surefoot.boot.libc import MNT_DETACH, unmount

_MOUNTINFO = Path("/proc/self/mountinfo")
_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Mount:
    point: Path
    kind: str  # type of the file system: "squashfs", "cgroup2"


def mounted() -> tuple[Mount, ...]:
    """All mounts of this process's mount namespace. Empty where there is no /proc."""
    try:
        # The kernel writes names byte for byte, whatever their encoding.
        text = _MOUNTINFO.read_text("utf-8", errors="surrogateescape")
    except OSError:
        return ()
    return tuple(parse(text))


def parse(mountinfo: str) -> Iterator[Mount]:
    for line in mountinfo.splitlines():
        fields, _, kind = line.partition(" - ")
        point = _OCTAL.sub(lambda match: chr(int(match[1], 8)), fields.split(" ")[4])
        yield Mount(Path(point), kind.split(" ")[0])


def below(*directories: Path) -> list[Path]:
    """Mount points inside `directories` (themselves excluded: no mounts of ours), deepest first."""
    inside = [mount.point for mount in mounted() if set(directories) & set(mount.point.parents)]
    return sorted(inside, key=lambda point: len(point.parts), reverse=True)


def clear(*directories: Path) -> bool:
    """One round of unmounting inside `directories`; False when this process may not unmount."""
    allowed = sum(permitted(partial(unmount, point)) for point in below(*directories))
    # What is in use is taken from the tree, and goes when its last user does.
    allowed += sum(permitted(partial(unmount, point, MNT_DETACH)) for point in below(*directories))
    return allowed > 0
