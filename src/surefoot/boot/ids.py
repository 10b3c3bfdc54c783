"""The device's id: tells its processes, cgroups and LXC names from those of its neighbours (R8)."""

import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from surefoot.errors import Conflict
from surefoot.files import durable

_ID = re.compile(r"[0-9a-f]{8}")


def device_id(storage: Path) -> str:
    """Eight hex characters, kept in `.surefoot/id` of the storage; made when first asked for.

    A damaged one is made anew: what carries the old id can only be left from before a power cut of
    the whole machine.
    """
    known = _read(_file(storage))
    return known if _ID.fullmatch(known) else _renew(storage)


@contextmanager
def claimed_id(storage: Path) -> Iterator[str]:
    """The device's id, which no other boot loop on this machine uses meanwhile.

    A storage that was copied (a template of many virtual devices, say) holds the id of its
    original: while that one runs, the copy gets an id of its own, else its sweeps would end the
    original's containers. Held by an open socket: a dead holder leaves no claim.
    Raises Conflict when there is no free id to be had.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as claim:
        device = device_id(storage)
        if not _claimed(claim, device):
            device = _renew(storage)
            if not _claimed(claim, device):
                raise Conflict(f"{storage} cannot get an id of its own; try again")
        yield device


def _claimed(claim: socket.socket, device: str) -> bool:
    try:
        claim.bind(f"\0surefoot-{device}")
    except OSError:
        return False
    return True


def _renew(storage: Path) -> str:
    made = secrets.token_hex(4)
    durable.make_dirs(_file(storage).parent)
    durable.write(_file(storage), f"{made}\n".encode())
    return made


def _file(storage: Path) -> Path:
    return storage / ".surefoot" / "id"


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return ""
