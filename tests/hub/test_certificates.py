import datetime as dt
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store

from surefoot.errors import Corrupt
from surefoot.files.cuts import every_cut
from surefoot.hub.certificates import (
    AUTHORITY_LIFE,
    RENEW_BEFORE,
    SERVER_LIFE,
    authority,
    authority_pem,
    server_pair,
)

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
NAMES = ["localhost", "127.0.0.1", "hub.example.org"]


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def server(place: Path, names: list[str] = NAMES, now: dt.datetime = NOW) -> x509.Certificate:
    return read(server_pair(place, names, now).certificate)


def test_the_authority_is_made_once_and_stays(tmp_path: Path) -> None:
    first = authority_pem(tmp_path / "tls")
    assert authority_pem(tmp_path / "tls") == first
    server(tmp_path / "tls", now=NOW + 10 * SERVER_LIFE)
    assert authority_pem(tmp_path / "tls") == first
    assert authority(tmp_path / "tls").certificate.not_valid_after_utc > NOW + AUTHORITY_LIFE / 2


def test_keys_are_for_nobody_else(tmp_path: Path) -> None:
    umask = os.umask(0)
    server(tmp_path / "tls")
    os.umask(umask)
    for path in (tmp_path / "tls").glob("*.pem"):
        wanted = 0o600 if "key" in path.name else 0o644
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700


def test_who_trusts_the_authority_trusts_the_certificate_for_each_name(tmp_path: Path) -> None:
    leaf = server(tmp_path)
    policy = PolicyBuilder().store(Store([read(tmp_path / "ca.pem")])).time(NOW)
    for name in (x509.DNSName("localhost"), x509.DNSName("hub.example.org")):
        policy.build_server_verifier(name).verify(leaf, [])
    with pytest.raises(x509.verification.VerificationError):
        policy.build_server_verifier(x509.DNSName("other.org")).verify(leaf, [])


def test_an_address_is_in_it_as_an_address_and_as_text(tmp_path: Path) -> None:
    """hub-wire 12: the C device's TLS compares names only."""
    held = server(tmp_path).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(one) for one in held.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert held.get_values_for_type(x509.DNSName) == NAMES


def test_it_is_a_server_s_and_no_authority(tmp_path: Path) -> None:
    leaf = server(tmp_path)
    assert leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_it_holds_for_a_device_whose_clock_stands_behind(tmp_path: Path) -> None:
    assert server(tmp_path).not_valid_before_utc.year == 2020


def test_it_is_used_on_while_it_is_good(tmp_path: Path) -> None:
    first = server(tmp_path)
    later = NOW + SERVER_LIFE - RENEW_BEFORE - dt.timedelta(days=1)
    assert server(tmp_path, now=later) == first


def test_it_is_made_anew_before_it_ends(tmp_path: Path) -> None:
    first = server(tmp_path)
    second = server(tmp_path, now=NOW + SERVER_LIFE - RENEW_BEFORE)
    assert second != first
    assert second.not_valid_after_utc > first.not_valid_after_utc


def test_it_is_made_anew_when_the_hub_has_other_names(tmp_path: Path) -> None:
    first = server(tmp_path)
    assert server(tmp_path, [*NAMES, "10.0.0.5"]) != first


@pytest.mark.parametrize("name", ["server.pem", "server-key.pem"])
@pytest.mark.parametrize("content", [None, b"", b"no PEM"])
def test_one_that_is_gone_or_damaged_is_made_anew(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    server(tmp_path)
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    pair = server_pair(tmp_path, NAMES, NOW)
    assert b"PRIVATE" in pair.key.read_bytes()
    read(pair.certificate).verify_directly_issued_by(read(tmp_path / "ca.pem"))


def test_one_of_another_authority_or_with_another_key_is_made_anew(tmp_path: Path) -> None:
    server(tmp_path / "a")
    server(tmp_path / "b")
    for name in ("server.pem", "server-key.pem"):
        (tmp_path / "a" / name).write_bytes((tmp_path / "b" / name).read_bytes())
        leaf = server(tmp_path / "a")
        leaf.verify_directly_issued_by(read(tmp_path / "a" / "ca.pem"))


@pytest.mark.parametrize("name", ["ca.pem", "ca-key.pem"])
def test_a_damaged_authority_is_told_and_not_replaced(tmp_path: Path, name: str) -> None:
    """Devices trust it: a new one would be trusted by nobody."""
    authority(tmp_path)
    (tmp_path / name).write_bytes(b"no PEM")
    with pytest.raises(Corrupt, match="backup"):
        authority(tmp_path)
    assert (tmp_path / name).read_bytes() == b"no PEM"


def test_nor_is_one_that_has_lost_its_key(tmp_path: Path) -> None:
    authority(tmp_path)
    (tmp_path / "ca-key.pem").unlink()
    with pytest.raises(Corrupt, match="backup"):
        authority(tmp_path)
    assert not (tmp_path / "ca-key.pem").exists()


def test_many_who_ask_at_once_get_the_same_authority(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(authority_pem, [tmp_path / "tls"] * 8))) == 1


def test_a_power_cut_at_any_step_leaves_what_the_next_start_can_use(tmp_path: Path) -> None:
    def work(place: Path) -> None:
        server(place / "tls")

    places = (tmp_path / str(number) for number in range(100))
    count = 0
    for place, _ in every_cut(places, Path.mkdir, work):
        leaf = server(place / "tls")
        leaf.verify_directly_issued_by(read(place / "tls" / "ca.pem"))
        count += 1
    assert count > 15
