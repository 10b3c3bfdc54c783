"""`surefoot device join`: where the Hub is, whom to trust, how to be owned at once."""

from pathlib import Path

import pytest

from surefoot.device.config import Config, Places
from surefoot.device.join import join
from surefoot.device.remote import credentials, settings
from surefoot.device.remote.credentials import Identity
from surefoot.device.storage import Storage
from surefoot.errors import Conflict, InvalidInput, NotFound

PEM = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    storage = Storage(tmp_path / "device")
    storage.make_layout()
    return storage


def read(storage: Storage) -> settings.Settings:
    places = Places(storage.root, storage.root / "run", etc=storage.root / "etc")
    return settings.read(Config.read(places, {}), "x86_64")


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://hub.example.org:12366", "hub.example.org", 12366),
        ("https://hub.example.org/", "hub.example.org", 443),
        ("hub.example.org:12366", "hub.example.org", 12366),
        ("https://127.0.0.1:8443", "127.0.0.1", 8443),
        ("https://[::1]:8443", "::1", 8443),
    ],
)
def test_the_agent_finds_the_hub_that_was_named(
    storage: Storage, url: str, host: str, port: int
) -> None:
    join(storage, url)
    found = read(storage)
    assert (found.host, found.port) == (host, port)


def test_whom_to_trust_lies_in_the_storage_and_moves_with_it(
    storage: Storage, tmp_path: Path
) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text(PEM)
    join(storage, "https://hub:1", ca)
    moved = tmp_path / "moved"
    storage.root.rename(moved)
    found = read(Storage(moved))
    assert found.certs == moved / "certs"
    assert (found.certs / "hub.pem").read_text() == PEM


def test_a_join_token_is_kept_for_the_registration(storage: Storage) -> None:
    join(storage, "https://hub:1", token="abc")
    assert read(storage).auto_token == "abc"
    join(storage, "https://hub:2")
    assert read(storage).auto_token == ""


def test_a_device_that_nobody_owns_yet_may_join_another_hub(storage: Storage) -> None:
    join(storage, "https://hub:1")
    credentials.keep(storage, Identity("id", "prn", "secret"))
    join(storage, "https://hub:2")
    config = Config.read(Places(storage.root, storage.root), {})
    assert not credentials.read(config).known


def test_one_that_is_owned_is_given_up_first(storage: Storage) -> None:
    credentials.settle(storage)
    with pytest.raises(Conflict, match="unclaim"):
        join(storage, "https://hub:1")


@pytest.mark.parametrize(
    "url", ["http://hub:1", "https://", "https://hub:port", "https://hub/path", "ftp://hub", ""]
)
def test_what_is_no_address_changes_nothing(storage: Storage, url: str) -> None:
    with pytest.raises(InvalidInput):
        join(storage, url)
    assert not any(storage.config.iterdir())


def test_what_is_no_certificate_changes_nothing(storage: Storage, tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("hello")
    with pytest.raises(InvalidInput, match="surefoot hub ca"):
        join(storage, "https://hub:1", ca)
    with pytest.raises(NotFound):
        join(storage, "https://hub:1", tmp_path / "none.pem")
    assert not any(storage.config.iterdir())


def test_what_is_no_device_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="device create"):
        join(Storage(tmp_path), "https://hub:1")
