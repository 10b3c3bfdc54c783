"""How a server is to be known: asked anew only when something has changed."""

import time
from pathlib import Path

import pytest

from surefoot.client.hub import floor, judge, trust
from surefoot.client.hub.judge import Judge
from surefoot.client.hub.trust import Trust
from surefoot.errors import Unreachable
from tests.support.certificates import sign

CA = sign("one", 0, 10**10, is_ca=True)
OTHER = sign("other", 0, 10**10, is_ca=True)
URL = "https://hub:443/x"


@pytest.fixture
def certs(tmp_path: Path) -> Path:
    (tmp_path / "a").write_bytes(CA.pem)
    return tmp_path


class Looks:
    """Stands in for `floor.key_of`."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    async def __call__(self, url: str, *_: object) -> str:
        self.urls.append(url)
        return f"key {len(self.urls)}"


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    looks = Looks()
    monkeypatch.setattr(floor, "key_of", looks)
    return looks


def behind(certs: Path) -> Trust:
    return Trust(certs, floor=lambda: time.time() + 1000)


async def test_with_a_right_clock_libcurl_judges_by_the_roots(certs: Path, looks: Looks) -> None:
    found = await Judge(Trust(certs), None).security(URL, 5)
    assert (b"CERTIFICATE" in found.roots_pem, found.pinned, found.roots_file) == (True, "", "")
    assert looks.urls == []


async def test_without_own_roots_the_systems_file_is_named() -> None:
    found = await Judge(Trust(), None).security(URL, 5)
    assert (found.roots_pem, found.roots_file) == (b"", trust.system_roots())


async def test_roots_are_read_again_only_when_they_changed(
    certs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[Trust] = []
    real = trust.roots
    monkeypatch.setattr(trust, "roots", lambda wanted: reads.append(wanted) or real(wanted))
    one = Judge(Trust(certs), None)
    first = await one.security(URL, 5)
    assert await one.security(URL, 5) == first
    assert len(reads) == 1
    (certs / "b").write_bytes(OTHER.pem)
    assert len((await one.security(URL, 5)).roots_pem) > len(first.roots_pem)
    assert len(reads) == 2


async def test_roots_that_are_gone_trust_nobody(certs: Path) -> None:
    one = Judge(Trust(certs), None)
    await one.security(URL, 5)
    (certs / "a").unlink()
    with pytest.raises(Unreachable):
        await one.security(URL, 5)


async def test_with_a_wrong_clock_each_server_is_looked_at_once(certs: Path, looks: Looks) -> None:
    one = Judge(behind(certs), None)
    assert (await one.security(URL, 5)).pinned == "key 1"
    assert (await one.security("https://hub:443/y", 5)).pinned == "key 1"
    assert (await one.security("https://hub:444/x", 5)).pinned == "key 2"
    assert (await one.security("https://bub:443/x", 5)).pinned == "key 3"


async def test_a_key_is_looked_for_again_when_it_is_old_or_forgotten_or_the_roots_changed(
    certs: Path, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Judge(behind(certs), None)
    await one.security(URL, 5)
    assert one.forget(URL)
    assert not one.forget(URL)
    assert (await one.security(URL, 5)).pinned == "key 2"
    (certs / "b").write_bytes(OTHER.pem)
    assert (await one.security(URL, 5)).pinned == "key 3"
    monkeypatch.setattr(judge, "_KEEP_S", -1)
    assert (await one.security(URL, 5)).pinned == "key 4"


async def test_once_the_clock_is_right_no_key_is_pinned_any_more(certs: Path, looks: Looks) -> None:
    ahead_s = 1000.0
    one = Judge(Trust(certs, floor=lambda: time.time() + ahead_s), None)
    assert (await one.security(URL, 5)).pinned
    ahead_s = -1000.0
    assert (await one.security(URL, 5)).pinned == ""
    assert not one.forget(URL)
