"""Loop devices: which of them hold a file of ours, and letting go of it. loop(4)."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_SYS_BLOCK = Path("/sys/block")
_CLEAR_FD: Final = 0x4C01
_DELETED: Final = " (deleted)"


def holding(directories: tuple[Path, ...]) -> list[str]:
    """Names ("loop3") of the loop devices whose file lies, or lay, inside one of `directories`."""
    return [name for name, file in _attached() if any(d in file.parents for d in directories)]


def detach(name: str) -> None:
    """The device lets go of its file, at once or when its last user does. Raises OSError."""
    device = os.open(f"/dev/{name}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.ioctl(device, _CLEAR_FD)
    finally:
        os.close(device)


def _attached() -> Iterator[tuple[str, Path]]:
    for backing in sorted(_SYS_BLOCK.glob("loop*/loop/backing_file")):
        try:
            # Byte for byte, as in mountinfo.
            file = backing.read_text("utf-8", errors="surrogateescape").rstrip("\n")
        except OSError:
            continue  # detached since it was listed
        yield backing.parts[-3], Path(file.removesuffix(_DELETED))
