"""What the Hub knows this device by, in `config/pantahub.config`, and what was learned of it."""

from dataclasses import dataclass
from pathlib import Path

from surefoot.device.config import Config
from surefoot.device.config_keys import find
from surefoot.device.config_sources import read_file
from surefoot.device.storage import Storage
from surefoot.files import durable

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
    """Durable when it returns; whatever else stands in the file stays. Raises NoRoom."""
    _write(storage, dict(zip(OURS, (identity.id, identity.prn, identity.secret), strict=True)))


def forget(storage: Storage) -> None:
    """Twice is harmless."""
    if is_settled(storage) or _path(storage).exists():
        _write(storage, {})
    durable.remove(storage.settled)


def is_settled(storage: Storage) -> bool:
    """An owner was seen once."""
    return storage.settled.is_file()


def settle(storage: Storage) -> None:
    storage.reserve.lend(lambda: durable.write(storage.settled, b""))


def _path(storage: Storage) -> Path:
    return storage.config / "pantahub.config"


def _write(storage: Storage, values: dict[str, str]) -> None:
    path = _path(storage)
    others = [
        f"{setting.name}={setting.text}"
        for setting in read_file(path)[0]
        if _key(setting.name) not in OURS
    ]
    lines = [*others, *(f"{key}={value}" for key, value in values.items())]
    data = "".join(f"{line}\n" for line in lines).encode()
    storage.reserve.lend(lambda: durable.write(path, data, 0o600))


def _key(name: str) -> str:
    """Under its own name, however an older file spells it (hub-wire 12: `creds.id`)."""
    found = find(name.replace(".", "_")) or find("PH_" + name.replace(".", "_"))
    return found.name if found else name
