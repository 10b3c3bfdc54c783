"""Whom TLS trusts: the directory as it is now, the system's roots without one."""

import os
from pathlib import Path

import pytest

from surefoot.client.hub import certificate, trust
from surefoot.client.hub.trust import Trust
from surefoot.errors import Unreachable
from tests.support.certificates import sign

CA = sign("one", 0, 10**9, is_ca=True)
OTHER = sign("other", 0, 10**9, is_ca=True)


def found(wanted: Trust) -> list[bytes]:
    return list(certificate.in_text(trust.roots(wanted)))


def test_without_a_directory_the_system_has_them() -> None:
    assert trust.roots(Trust()) == b""
    assert trust.look(Trust()) == ()


def test_every_file_that_holds_certificates_counts_once_whatever_its_name(tmp_path: Path) -> None:
    """hub-wire.md 12: the directory PV_LIBTHTTP_CERTSDIR."""
    (tmp_path / "a.crt").write_bytes(CA.pem)
    (tmp_path / "b.pem").write_bytes(OTHER.pem + CA.pem)
    (tmp_path / "3513523f.0").symlink_to("a.crt")
    (tmp_path / "README").write_text("no certificate")
    (tmp_path / "key.pem").write_bytes(CA.key_pem)
    (tmp_path / "broken.pem").write_bytes(CA.pem[:-60] + CA.pem[-30:])
    (tmp_path / "gone.pem").symlink_to("nowhere")
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    assert sorted(found(Trust(tmp_path))) == sorted([CA.der, OTHER.der])
    assert b"PRIVATE" not in trust.roots(Trust(tmp_path))


def test_a_file_counts_with_the_directory_or_alone(tmp_path: Path) -> None:
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs" / "a").write_bytes(CA.pem)
    (tmp_path / "b").write_bytes(OTHER.pem)
    assert found(Trust(ca_file=tmp_path / "b")) == [OTHER.der]
    assert found(Trust(tmp_path / "certs", tmp_path / "b")) == [OTHER.der, CA.der]


@pytest.mark.parametrize("made", [True, False])
def test_an_empty_directory_trusts_nobody_and_says_so(tmp_path: Path, made: bool) -> None:
    place = tmp_path / "certs"
    if made:
        place.mkdir()
    with pytest.raises(Unreachable, match=f"No CA certificate is in {place}"):
        trust.roots(Trust(place))


def test_a_look_shows_each_change(tmp_path: Path) -> None:
    wanted = Trust(tmp_path)
    looks = [trust.look(wanted)]
    (tmp_path / "a").write_bytes(CA.pem)
    looks.append(trust.look(wanted))
    assert looks[-1] == trust.look(wanted)
    (tmp_path / "a").write_bytes(OTHER.pem)
    os.utime(tmp_path / "a", (5, 5))
    looks.append(trust.look(wanted))
    (tmp_path / "a").rename(tmp_path / "b")
    looks.append(trust.look(wanted))
    assert len(set(looks)) == len(looks)


def test_a_machine_without_roots_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "_SYSTEM", ())
    with pytest.raises(Unreachable, match="ca-certificates"):
        trust.system_roots()


@pytest.mark.parametrize(("floor", "behind"), [(None, False), (999.0, False), (1001.0, True)])
def test_the_clock_is_behind_when_the_floor_is_above_it(
    monkeypatch: pytest.MonkeyPatch, floor: float | None, behind: bool
) -> None:
    monkeypatch.setattr(trust.time, "time", lambda: 1000.0)
    wanted = Trust(floor=None if floor is None else lambda: floor)
    assert trust.is_behind(wanted) is behind
