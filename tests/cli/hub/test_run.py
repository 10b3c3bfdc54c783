from pathlib import Path

import pytest

from surefoot.hub import main
from surefoot.hub.frame.hub import Limits, Urls
from surefoot.hub.settings import PLAIN, TLS, Address, Settings
from tests.cli.conftest import Run


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """With what a Hub would have been started."""
    found: list[Settings] = []

    def run(settings: Settings, tell: main.Tell) -> int:
        found.append(settings)
        tell(Urls("http://plain", "https://secure"))
        return 0

    monkeypatch.setattr(main, "run", run)
    monkeypatch.setattr("surefoot.hub.lines.log_to", lambda *_, **__: None)
    return found


def test_its_addresses_are_the_first_two_lines(surefoot: Run, started: list[Settings]) -> None:
    ran = surefoot("hub", "run", "--data", "d")
    assert (ran.code, ran.out, ran.err) == (0, "http://plain\nhttps://secure\n", "")
    assert started == [Settings(Path("d"), PLAIN, TLS)]


def test_every_option_reaches_it(surefoot: Run, started: list[Settings]) -> None:
    surefoot(
        *["hub", "run", "--data", "d", "--listen", "none", "--tls-listen", "0.0.0.0:443"],
        *["--public-url", "https://hub.org/", "--tls-cert", "c", "--tls-key", "k", "--closed"],
        *["--max-account-bytes", "500M", "--max-account-devices", "0"],
        *["--behind-proxy", "--proxy", "10.0.0.1", "--proxy", "10.0.0.2", "--access-log"],
    )
    assert started == [
        Settings(
            Path("d"), None, Address("0.0.0.0", 443), "https://hub.org", Path("c"), Path("k"),
            closed=True, access_log=True, limits=Limits(account_bytes=500 << 20, account_devices=0),
            proxies=frozenset({"127.0.0.1", "::1", "10.0.0.1", "10.0.0.2"}),
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--listen", "here"], "HOST:PORT"),
        (["--tls-listen", "here"], "HOST:PORT"),
        (["--public-url", "hub.org"], "https://HOST"),
        (["--tls-cert", "c"], "--tls-cert and --tls-key"),
        (["--tls-key", "k"], "--tls-cert and --tls-key"),
        (["--max-account-bytes", "much"], "64G"),
        (["--listen", "none", "--tls-listen", "none"], "none"),
    ],
)
def test_what_makes_no_sense_is_said(
    surefoot: Run, started: list[Settings], words: list[str], told: str
) -> None:
    ran = surefoot("hub", "run", *words)
    assert ran.code == 3
    assert told in ran.err
    assert started == []
