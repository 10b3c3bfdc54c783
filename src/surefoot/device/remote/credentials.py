"""What the Hub knows this device by, in `config/pantahub.config`, and what was learned of it."""

from dataclasses import dataclass
from pathlib import Path

from surefoot.device.config import Config
from surefoot.device.config_keys import find
from surefoot.device.storage import Storage
from surefoot.errors import NotFound
from surefoot.files import durable
from surefoot.files.objects import contents

OURS = ("PH_CREDS_ID", "PH_CREDS_PRN", "PH_CREDS_SECRET")


@dataclass(frozen=True)
class Identity:
    """Empty strings: the device is not registered."""

    id: str = ""
    prn: str = ""
    secret: str = ""

    @property
    def known(self) -> bool:
        return bool(self.id and self.prn and self.secret)


def read(config: Config) -> Identity:
    return Identity(*(config.text(key) for key in OURS))


def keep(storage: Storage, identity: Identity) -> None:
    """Durable when it returns; whatever else stands in the file stays. Raises NoRoom; Corrupt when
    the file cannot be read: then nothing is changed."""
    _write(storage, dict(zip(OURS, (identity.id, identity.prn, identity.secret), strict=True)))


def forget(storage: Storage) -> None:
    """Twice is harmless. Raises as `keep` does."""
    _write(storage, {})
    durable.remove(storage.settled)


def is_settled(storage: Storage) -> bool:
    """An owner was seen once."""
    return storage.settled.is_file()


def settle(storage: Storage) -> None:
    """Raises NoRoom."""
    storage.reserve.lend(lambda: durable.write(storage.settled, b""))


def _path(storage: Storage) -> Path:
    return storage.config / "pantahub.config"


def _write(storage: Storage, values: dict[str, str]) -> None:
    path = _path(storage)
    others = [line for line in _lines(path) if _key(line) not in OURS]
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
