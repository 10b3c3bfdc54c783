"""How a server is to be known: asked anew only when something has changed, and on no connection
not at all."""

import ssl
import time
from pathlib import Path

import pytest

from surefoot.client.hub import floor, judge, trust
from surefoot.client.hub.judge import Judge
from surefoot.client.hub.trust import Trust
from surefoot.errors import Unreachable
from tests.client.hub.clients import client, tls_server
from tests.support.certificates import DAY, Signed, context, sign
from tests.support.faulty_server import FaultyServer, Reply

NOW = time.time()
OTHER = sign("other", 0, 10**10, is_ca=True)
URL = "https://hub:443/x"


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
    (certs / "more").write_bytes(OTHER.pem)
    assert len((await one.security(URL, 5)).roots_pem) > len(first.roots_pem)
    assert len(reads) == 2


async def test_roots_that_are_gone_trust_nobody(certs: Path) -> None:
    one = Judge(Trust(certs), None)
    await one.security(URL, 5)
    (certs / "hub.crt").unlink()
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
    (certs / "more").write_bytes(OTHER.pem)
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


# ---- with real servers ---------------------------------------------------------------------------


async def test_a_hub_of_a_ca_in_the_directory_is_trusted(
    tmp_path: Path, certs: Path, ca: Signed
) -> None:
    own = sign("localhost", NOW - DAY, NOW + DAY, by=ca)
    with tls_server(tmp_path, own) as server:
        async with client(server.url, trust=Trust(certs)) as http:
            for _ in range(3):
                assert (await http.request("GET", "/x")).body == b"here"
        assert server.connections == 1


async def test_a_hub_may_be_known_by_its_address(tmp_path: Path, certs: Path, ca: Signed) -> None:
    own = sign("127.0.0.1", NOW - DAY, NOW + DAY, by=ca)
    with tls_server(tmp_path, own) as server:
        url = f"https://127.0.0.1:{server.port}"
        async with client(url, trust=Trust(certs)) as http:
            assert (await http.request("GET", "/x")).status == 200


@pytest.mark.parametrize("how", ["another CA", "another name", "the system's roots"])
async def test_a_stranger_is_trusted_on_no_connection(
    tmp_path: Path, certs: Path, ca: Signed, how: str
) -> None:
    other = sign("test CA", NOW - DAY, NOW + DAY, is_ca=True)
    name = "elsewhere" if how == "another name" else "localhost"
    own = sign(name, NOW - DAY, NOW + DAY, by=other if how == "another CA" else ca)
    wanted = Trust() if how == "the system's roots" else Trust(certs)
    (tmp_path / "file").write_bytes(b"x")
    with tls_server(tmp_path, own) as server:
        async with client(server.url, trust=wanted, retries=0) as http:
            with pytest.raises(Unreachable, match="certificate"):
                await http.request("GET", "/x")
            ended = await http.download(f"{server.url}/x", pytest.fail, stall_s=5)
            assert ended.status == 0
            with pytest.raises(Unreachable, match="certificate"):
                await http.upload(f"{server.url}/x", tmp_path / "file", 1, stall_s=5)
        assert server.asked == []


async def test_without_a_ca_in_the_directory_nobody_is_trusted(tmp_path: Path, ca: Signed) -> None:
    (tmp_path / "certs").mkdir()
    with tls_server(tmp_path, sign("localhost", NOW - DAY, NOW + DAY, by=ca)) as server:
        async with client(server.url, trust=Trust(tmp_path / "certs"), retries=0) as http:
            with pytest.raises(Unreachable, match="No CA certificate is in"):
                await http.request("GET", "/x")
            (tmp_path / "certs" / "hub.pem").write_bytes(ca.pem)
            assert (await http.request("GET", "/x")).status == 200


async def test_a_ca_that_is_taken_away_is_trusted_no_more(
    certs: Path, tmp_path: Path, ca: Signed
) -> None:
    own = sign("localhost", NOW - DAY, NOW + DAY, by=ca)
    with tls_server(tmp_path, own) as server:
        async with client(server.url, trust=Trust(certs), retries=0) as http:
            assert (await http.request("GET", "/x")).status == 200
            other = sign("other CA", NOW - DAY, NOW + DAY, is_ca=True)
            (certs / "hub.crt").write_bytes(other.pem)
            with pytest.raises(Unreachable, match="certificate"):
                await http.request("GET", "/x")


@pytest.mark.parametrize("to", ["https", "http"])
async def test_from_tls_a_get_is_sent_to_tls_only_and_judged_there_too(
    tmp_path: Path, certs: Path, ca: Signed, to: str
) -> None:
    own = sign("localhost", NOW - DAY, NOW + DAY, by=ca)
    with tls_server(tmp_path, own) as server, FaultyServer() as plain:
        plain.default = Reply(200, b"plain")
        with tls_server(tmp_path / "b", sign("elsewhere", NOW - DAY, NOW + DAY, by=ca)) as other:
            target = f"{other.url if to == 'https' else plain.url}/y"
            server.plan("/x", Reply(302, b"", {"Location": target}))
            async with client(server.url, trust=Trust(certs), retries=0) as http:
                if to == "http":
                    assert (await http.request("GET", "/x")).status == 302
                else:
                    with pytest.raises(Unreachable, match="certificate"):
                        await http.request("GET", "/x")
            assert other.asked == plain.asked == []


async def test_an_old_tls_is_not_spoken(tmp_path: Path, certs: Path, ca: Signed) -> None:
    made = context(tmp_path / "server", sign("localhost", NOW - DAY, NOW + DAY, by=ca))
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        made.maximum_version = ssl.TLSVersion.TLSv1_1
    with FaultyServer(made) as server:
        async with client(server.url, trust=Trust(certs), retries=0) as http:
            with pytest.raises(Unreachable):
                await http.request("GET", "/x")
