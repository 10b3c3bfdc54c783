import socket
from pathlib import Path

import pytest

from surefoot.errors import InvalidInput
from surefoot.hub.frame.hub import Limits, Urls
from surefoot.hub.settings import (
    Address,
    Layout,
    Settings,
    address,
    limits_of,
    names_of,
    public_url,
    size,
    urls_of,
)

HERE = socket.gethostname()
DATA = Path("/data")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("127.0.0.1:12365", Address("127.0.0.1", 12365)),
        ("hub.lan:0", Address("hub.lan", 0)),
        ("[::1]:443", Address("::1", 443)),
        (":80", Address("", 80)),
    ],
)
def test_an_address_is_a_host_and_a_port(text: str, wanted: Address) -> None:
    assert address(text) == wanted


@pytest.mark.parametrize("text", ["", "hub", "hub:", "hub:http", "hub:65536", "hub:-1", "hub:١"])
def test_what_is_no_address_is_refused_with_the_right_form(text: str) -> None:
    with pytest.raises(InvalidInput, match="HOST:PORT"):
        address(text)


@pytest.mark.parametrize("text", ["https://hub.example.org", "http://10.0.0.1:8080", "https://h/"])
def test_a_public_url_is_kept_as_it_is_typed(text: str) -> None:
    """hub-wire 2.3: pvr compares it byte for byte."""
    assert public_url(text) == text.rstrip("/")


@pytest.mark.parametrize(
    "text",
    ["hub.example.org", "ftp://h", "https://", "https://h/path", "https://h?q", "https://u@h",
     "https://h:99999", "https://h:0", "https://[::1"],
)  # fmt: skip
def test_what_clients_cannot_use_as_a_base_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="no public address"):
        public_url(text)


def urls(listen: str | None, tls: str | None, public: str = "") -> Urls:
    chosen = Settings(
        DATA, address(listen) if listen else None, address(tls) if tls else None, public
    )
    return urls_of(chosen, 1000, 2000)


@pytest.mark.parametrize(
    ("listen", "tls", "public", "wanted"),
    [
        ("127.0.0.1:0", "127.0.0.1:0", "", Urls("http://127.0.0.1:1000", "https://127.0.0.1:2000")),
        ("h:0", "0.0.0.0:0", "", Urls("http://h:1000", f"https://{HERE}:2000")),
        ("[::1]:0", ":0", "", Urls("http://[::1]:1000", f"https://{HERE}:2000")),
        ("h:0", None, "", Urls("http://h:1000", "http://h:1000")),
        (None, "h:0", "", Urls("https://h:2000", "https://h:2000")),
        ("h:0", "h:0", "https://p.org", Urls("https://p.org", "https://p.org")),
        # hub-wire 0.3: a device that came in by TLS downloads from nowhere but https.
        ("h:0", "h:0", "http://p.org:80", Urls("http://p.org:80", "https://p.org:2000")),
    ],
)
def test_public_addresses_follow_from_where_it_listens_and_what_it_is_called(
    listen: str | None, tls: str | None, public: str, wanted: Urls
) -> None:
    assert urls(listen, tls, public) == wanted


def test_its_own_certificate_is_for_every_name_that_it_has() -> None:
    chosen = Settings(DATA, Address("10.0.0.5", 1), Address("0.0.0.0", 2), "https://hub.org:443")
    assert names_of(chosen) == [
        "localhost", "127.0.0.1", "::1", HERE, "10.0.0.5", "hub.org",
    ]  # fmt: skip


def test_what_it_is_started_with_bounds_its_rooms() -> None:
    closed = Settings(DATA, closed=True, proxies=frozenset({"10.0.0.1"}), limits=Limits(url_s=5))
    assert limits_of(closed) == Limits(url_s=5, open_signup=False, proxies=frozenset({"10.0.0.1"}))
    assert limits_of(Settings(DATA)) == Limits()


def test_everything_is_in_the_data_directory() -> None:
    layout = Layout(DATA)
    places = [layout.lock, layout.database, layout.blobs, layout.tls]
    assert {place.parent for place in places} == {DATA}
    assert len(set(places)) == 4


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("0", 0), ("1000", 1000), ("2k", 2048), ("500M", 500 << 20), ("64G", 64 << 30),
     ("1TiB", 1 << 40), ("3gb", 3 << 30), (" 7 ", 7)],
)  # fmt: skip
def test_a_size_is_a_number_with_a_unit(text: str, wanted: int) -> None:
    assert size(text) == wanted


@pytest.mark.parametrize("text", ["", "G", "-1", "1.5G", "1 G", "1X", "9" * 16, "\u0663"])
def test_what_is_no_size_is_refused_with_the_right_form(text: str) -> None:
    with pytest.raises(InvalidInput, match="64G"):
        size(text)
