"""What the Hub knows this device by, in `config/pantahub.config`, and what was learned of it."""

from dataclasses import dataclass
from pathlib import Path

from surefoot.device.config import Config
from surefoot.device.config_edit import change
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
    """Durable when it returns; whatever else stands in the file stays. Raises NoRoom; Corrupt when
    the file cannot be read: then nothing is changed. Nobody has owned the new identity yet."""
    durable.remove(storage.settled)
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
    change(storage, _path(storage), OURS, values)
