"""What configuration says about the Hub."""

from pathlib import Path

import pytest

from surefoot import __version__
from surefoot.client.hub.http import Proxy
from surefoot.device.config import Config, Places
from surefoot.device.remote.settings import Settings, read


def configured(tmp_path: Path, **values: str) -> Settings:
    return read(Config.read(Places(tmp_path, tmp_path / "run"), values), "x86_64")


def test_defaults_are_the_references(tmp_path: Path) -> None:
    """config.md; hub-wire 12: port 443, certificates in `/certs`."""
    found = configured(tmp_path)
    assert (found.host, found.port, found.proxy, found.auto_token) == ("", 443, None, "")
    assert (found.timeout_s, found.retries, found.patience_s, found.transfers) == (60, 1, 120, 5)
    assert found.certs == Path("/certs")
    assert found.push_logs


def test_every_key_has_its_place(tmp_path: Path) -> None:
    found = configured(
        tmp_path,
        PH_CREDS_HOST="hub.example.org",
        PH_CREDS_PORT="12366",
        PH_FACTORY_AUTOTOK="dG9rZW4=",
        PH_LIBEVENT_HTTP_TIMEOUT="10",
        PH_LIBEVENT_HTTP_RETRIES="3",
        PH_UPDATER_NETWORK_TIMEOUT="40",
        PH_UPDATER_TRANSFER_MAX_COUNT="2",
        PV_LIBTHTTP_CERTSDIR="/storage/ca",
        PV_LOG_PUSH="0",
    )
    assert found == Settings(
        "hub.example.org",
        12366,
        tmp_path / "ca",
        auto_token="dG9rZW4=",
        timeout_s=10,
        retries=3,
        patience_s=40,
        transfers=2,
        push_logs=False,
        arch="x86_64",
    )


@pytest.mark.parametrize(
    ("host", "url", "address"),
    [
        ("hub.example.org", "https://hub.example.org:443", "hub.example.org:443"),
        ("192.0.2.7", "https://192.0.2.7:443", "192.0.2.7:443"),
        ("2001:db8::7", "https://[2001:db8::7]:443", "2001:db8::7:443"),
    ],
)
def test_the_hub_is_spoken_to_by_tls_and_by_nothing_else(
    tmp_path: Path, host: str, url: str, address: str
) -> None:
    """hub-wire 12; 3.4: `pantahub.address`."""
    found = configured(tmp_path, PH_CREDS_HOST=host)
    assert (found.base_url, found.address) == (url, address)


def test_a_proxy_is_one_when_it_has_a_host(tmp_path: Path) -> None:
    """hub-wire 12: port 3218 unless told."""
    assert configured(tmp_path, PH_CREDS_PROXY_PORT="1").proxy is None
    assert configured(tmp_path, PH_CREDS_PROXY_HOST="p").proxy == Proxy("p", 3218, False)
    told = {"PH_CREDS_PROXY_HOST": "p", "PH_CREDS_PROXY_PORT": "1"}
    found = configured(tmp_path, PH_CREDS_PROXY_NOPROXYCONNECT="1", **told)
    assert found.proxy == Proxy("p", 1, True)


def test_the_device_says_what_it_is(tmp_path: Path) -> None:
    """hub-wire 1: some servers refuse a request without a User-Agent."""
    assert configured(tmp_path).user_agent == f"Surefoot/{__version__} (Linux; x86_64)"
