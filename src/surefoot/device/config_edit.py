"""Settings that are written for somebody, in a file that people write too."""

from collections.abc import Collection, Mapping
from pathlib import Path

from surefoot.device.config_keys import find
from surefoot.device.storage import Storage
from surefoot.errors import NotFound
from surefoot.files import durable
from surefoot.files.objects import contents


def change(storage: Storage, path: Path, drop: Collection[str], values: Mapping[str, str]) -> None:
    """The file has these values and none of the keys in `drop` besides, durably; whatever else
    stands in it stays. Readable by its owner alone: it may hold secrets.

    Raises NoRoom; Corrupt when the file cannot be read: then nothing is changed.
    """
    others = [line for line in _lines(path) if _key(line) not in drop]
    lines = [*others, *(f"{key}={value}".encode() for key, value in values.items())]
    if not lines:  # the reference's agent never gets past a file without a byte (recorded/README)
        durable.remove(path)
        return
    data = b"".join(line + b"\n" for line in lines)
    storage.reserve.lend(lambda: durable.write(path, data, 0o600))


def _lines(path: Path) -> list[bytes]:
    """As they stand there, comments too."""
    try:
        return contents(path).rstrip(b"\n\0").split(b"\n")
    except NotFound:
        return []


def _key(line: bytes) -> str:
    """What a line sets, under its own name, however an older file spells it (hub-wire 12:
    `creds.id`)."""
    name = line.partition(b"=")[0].decode(errors="replace").strip().strip("\0\ufeff")
    found = find(name.replace(".", "_")) or find("PH_" + name.replace(".", "_"))
    return found.name if found else name
