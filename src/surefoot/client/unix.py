"""UNIX sockets by path: where the device's one is, and how to reach it however long its path."""

import os
import socket
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from surefoot.errors import Unreachable

SOCKET_VARIABLE = "SUREFOOT_SOCKET"
# Where pvcontrol looks, in its order (R24, pvr.md 6.1).
USUAL_PLACES = (
    Path("/run/pantavisor/pv/pv-ctrl"),
    Path("/pv/pv-ctrl"),
    Path("/pantavisor/pv-ctrl"),
)
_LONGEST_ADDRESS = 107


def find_socket(
    explicit: Path | None,
    environ: Mapping[str, str],
    usual_places: tuple[Path, ...] = USUAL_PLACES,
) -> Path:
    """The socket to talk to: as named, as in SUREFOOT_SOCKET, else the first usual place (R24).

    Raises Unreachable when nothing was named and no usual place has a socket.
    """
    named = explicit or environ.get(SOCKET_VARIABLE)
    if named:
        return Path(named)
    for place in usual_places:
        if is_socket(place):
            return place
    places = ", ".join(map(str, usual_places))
    raise Unreachable(
        f"no control socket at {places}: is a device running here? "
        f"Name its socket with -s, or set it: `surefoot device run` prints the line "
        f"`export {SOCKET_VARIABLE}=...` for its device when it starts"
    )


def is_socket(path: Path) -> bool:
    try:
        return stat.S_ISSOCK(path.stat().st_mode)
    except OSError:
        return False


@contextmanager
def unix_address(path: Path) -> Iterator[str]:
    """An address for bind or connect. The kernel takes 107 bytes: longer ones go by a directory
    that is held open."""
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)


def connect(path: Path, timeout_s: float) -> socket.socket:
    """Raises Unreachable when nobody listens there."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout_s)
    try:
        with unix_address(path) as address:
            connection.connect(address)
    except OSError as error:
        connection.close()
        raise Unreachable(f"nobody answers at {path}: {error.strerror or error}") from error
    return connection
