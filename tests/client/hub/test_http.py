"""Requests, downloads and uploads, against a real server on loopback that has bad days."""

import asyncio
import gc
import random
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from surefoot.client.hub.http import HttpClient, Proxy, Trust
from surefoot.errors import InvalidInput, NoRoom, Unreachable
from tests.client.hub.clients import client, tls_server
from tests.support.certificates import DAY, Signed, sign
from tests.support.faulty_server import FaultyServer, Reply
from tests.support.machine import seen
from tests.support.tunnel import TunnelProxy

NOW = time.time()
BODY = random.Random(7).randbytes(500_000)


def test_nothing_of_it_costs_pycurl_before_it_is_used() -> None:
    script = (
        "import sys, surefoot.client.hub.api, surefoot.client.hub.fetch\n"
        "sys.exit('pycurl' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


# ---- requests ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 404, 500, 503])
async def test_any_status_is_an_answer(server: FaultyServer, status: int) -> None:
    server.plan("/x", Reply(status, b"" if status == 204 else b"words", {"X-Some": "Thing"}))
    async with client(server.url) as http:
        answer = await http.request("PUT", "/x", body=b"{}")
    assert (answer.status, answer.headers["x-some"]) == (status, "Thing")
    assert answer.body == (b"" if status == 204 else b"words")


async def test_a_target_goes_as_it_is(server: FaultyServer) -> None:
    """hub-wire.md 4.2: some servers know the query only byte for byte."""
    server.default = Reply(200)
    target = "/a/../b/steps?progress.status=%7B%22$in%22:%5B%22NEW%22,%22DONE%22%5D%7D"
    async with client(f"{server.url}/") as http:
        await http.request("GET", target)
        await http.request("GET", f"{server.url}/whole")
    assert [one.target for one in server.asked] == [target, "/whole"]


async def test_what_is_sent_is_what_was_asked_for(server: FaultyServer) -> None:
    server.default = Reply(200)
    async with client(server.url) as http:
        await http.request("POST", "/x", body=b'{"a":1}', token="T", headers={"X-A": "b"})
        await http.request("POST", "/x")
        await http.request("PATCH", "/x", body=b"")
        await http.request("DELETE", "/x")
    first, second, third, fourth = server.asked
    assert (first.method, first.body) == ("POST", b'{"a":1}')
    assert first.headers["content-type"] == "application/json"
    assert first.headers["authorization"] == "Bearer T"
    assert first.headers["user-agent"] == "surefoot-test/1"
    assert first.headers["x-a"] == "b"
    assert (second.body, second.headers["content-length"]) == (b"", "0")
    assert (third.method, third.body) == ("PATCH", b"")
    assert fourth.method == "DELETE"
    for one in server.asked:
        assert not {"expect", "accept-encoding"} & set(one.headers)
    assert "content-type" not in second.headers
    assert "authorization" not in second.headers


async def test_one_connection_serves_many_requests(server: FaultyServer) -> None:
    server.default = Reply(200, b"x")
    async with client(server.url) as http:
        for _ in range(20):
            await http.request("GET", "/x")
    assert server.connections == 1


async def test_several_requests_run_at_once(server: FaultyServer) -> None:
    server.plan("/slow", Reply(200, b"x", swallow=True))
    server.plan("/quick", Reply(200, b"x"))
    async with client(server.url) as http:
        slow = asyncio.create_task(http.request("GET", "/slow"))
        await seen(lambda: server.requests("/slow"))
        assert (await http.request("GET", "/quick")).status == 200
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        assert (await http.request("GET", "/quick")).status == 200


async def test_a_connection_that_the_server_has_left_is_made_anew(server: FaultyServer) -> None:
    server.default = Reply(200, b"x")
    async with client(server.url, retries=0) as http:
        await http.request("GET", "/x")
        server.hang_up()
        assert (await http.request("POST", "/x", body=b"{}")).status == 200


async def test_nobody_there_is_unreachable_after_the_tries(server: FaultyServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    async with client(f"http://127.0.0.1:{port}", retries=2) as http:
        with pytest.raises(Unreachable, match=f"http://127.0.0.1:{port} does not answer"):
            await http.request("GET", "/x")


async def test_a_name_that_nobody_has_is_unreachable() -> None:
    async with client("http://nowhere.invalid") as http:
        with pytest.raises(Unreachable, match=r"nowhere\.invalid"):
            await http.request("GET", "/x")


async def test_a_cut_answer_is_asked_for_again(server: FaultyServer) -> None:
    server.plan("/x", Reply(200, b"whole", cut_body_at=3), Reply(200, b"whole"))
    async with client(server.url) as http:
        assert (await http.request("GET", "/x")).body == b"whole"


async def test_after_the_last_try_a_cut_answer_is_none(server: FaultyServer) -> None:
    server.plan("/x", Reply(200, b"whole", cut_body_at=3))
    async with client(server.url, retries=1) as http:
        with pytest.raises(Unreachable, match="broke off its answer"):
            await http.request("GET", "/x")
    assert len(server.asked) == 2


@pytest.mark.parametrize(("told", "tries"), [(None, 1), (False, 1), (True, 2)])
async def test_a_post_is_repeated_only_when_that_does_no_harm(
    server: FaultyServer, told: bool | None, tries: int
) -> None:
    """Each registration would be one more device."""
    server.plan("/x", Reply(200, b"whole", cut_at=0))
    async with client(server.url, retries=1) as http:
        with pytest.raises(Unreachable):
            await http.request("POST", "/x", body=b"{}", repeatable=told)
    assert len(server.asked) == tries


async def test_a_post_that_reached_nobody_is_repeated(server: FaultyServer) -> None:
    async with client(server.url, retries=3, pause_s=0.01) as http:
        server.default = Reply(200)
        port, server.port = server.port, 0
        assert (await http.request("POST", f"http://127.0.0.1:{port}/x", body=b"")).status == 200


@pytest.mark.parametrize("stall", [{"stall_at": 0}, {"stall_at": 10}, {"stall_body_at": 2}])
async def test_an_answer_that_stalls_ends_in_time(
    server: FaultyServer, stall: dict[str, int]
) -> None:
    """peers 3: ostree#2383."""
    server.plan("/x", Reply(200, b"whole", **stall))
    async with client(server.url, timeout_s=0.2, retries=0) as http:
        with pytest.raises(Unreachable, match=r"nothing moved for 0\.2 s"):
            await http.request("GET", "/x")


async def test_an_answer_that_trickles_for_ever_ends_too(server: FaultyServer) -> None:
    server.plan("/x", Reply(200, b"x" * 2000, piece=1, pace_s=0.02))
    async with client(server.url, timeout_s=0.1, retries=0) as http:
        with pytest.raises(Unreachable, match="not done within 1 s"):
            await http.request("GET", "/x")


async def test_an_answer_that_is_too_large_is_not_read(server: FaultyServer) -> None:
    """hub-wire.md 0.8."""
    server.plan("/x", Reply(200, BODY))
    async with client(server.url, max_body=100_000) as http:
        with pytest.raises(InvalidInput, match="larger than 100000 bytes"):
            await http.request("GET", "/x")
        server.plan("/x", Reply(200, BODY[:100_000]))
        assert len((await http.request("GET", "/x")).body) == 100_000
    assert len(server.asked) == 2


async def test_header_fields_without_end_are_not_kept(server: FaultyServer) -> None:
    server.plan("/x", Reply(200, b"x", {f"X-{n}": "y" * 1000 for n in range(200)}))
    async with client(server.url, retries=0) as http:
        with pytest.raises(Unreachable):
            await http.request("GET", "/x")


GARBAGE = [
    b"",
    b"\r\n\r\n",
    b"hello\r\n\r\n",
    b"HTTP/1.1\r\n\r\n",
    b"HTTP/1.1 abc OK\r\n\r\n",
    b"HTTP/1.1 \xb2\xb2\xb2 OK\r\n\r\n",
    b"HTTP/9.9 200 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx",
    b"HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 0\r\n\r\n",
    b"\xff" * 1000,
    random.Random(8).randbytes(3000),
]


@pytest.mark.parametrize("raw", GARBAGE, ids=range(len(GARBAGE)))
async def test_garbage_is_an_answer_or_none_and_nothing_else(
    server: FaultyServer, raw: bytes
) -> None:
    server.plan("/x", Reply(raw=raw, close=True))
    async with client(server.url, retries=0, timeout_s=1) as http:
        try:
            await http.request("GET", "/x")
        except Unreachable:
            pass
        ended = await http.download(f"{server.url}/x", lambda _chunk: None, stall_s=1)
        assert ended.received < 100


async def test_old_answers_without_a_length_are_understood(server: FaultyServer) -> None:
    server.plan("/x", Reply(raw=b"HTTP/1.0 200 OK\r\nA: b\r\na: c\r\n\r\nbody", close=True))
    async with client(server.url) as http:
        answer = await http.request("GET", "/x")
    assert (answer.body, answer.headers["a"]) == (b"body", "b, c")


async def test_a_100_continue_is_no_answer(server: FaultyServer) -> None:
    raw = b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 201 Made\r\nContent-Length: 2\r\n\r\nok"
    server.plan("/x", Reply(raw=raw, close=True))
    async with client(server.url) as http:
        answer = await http.request("PUT", "/x", body=b"{}")
    assert (answer.status, answer.body, "x" in answer.headers) == (201, b"ok", False)


@pytest.mark.parametrize(
    "target", ["", "x", "ftp://127.0.0.1/x", "file:///etc/passwd", "http://", "http://[::1/x",
               "http://h:99999999/", "/a b", "/ä", "/a\r\nX: y", "http://h/\x00"],
)  # fmt: skip
async def test_what_is_no_address_is_never_asked(server: FaultyServer, target: str) -> None:
    async with client(server.url) as http:
        with pytest.raises(InvalidInput, match="no address"):
            await http.request("GET", target)
        with pytest.raises(InvalidInput, match="no address"):
            await http.download(target, lambda _chunk: None, stall_s=1)
    assert server.connections == 0


@pytest.mark.parametrize("value", ["a\r\nX: y", "ä", "\x00"])
async def test_no_field_can_begin_another(server: FaultyServer, value: str) -> None:
    async with client(server.url) as http:
        with pytest.raises(InvalidInput, match="printable"):
            await http.request("GET", "/x", token=value)


async def test_closing_ends_what_is_under_way(server: FaultyServer) -> None:
    server.plan("/x", Reply(200, swallow=True))
    async with client(server.url, retries=0) as http:
        task = asyncio.create_task(http.request("GET", "/x"))
        await seen(lambda: server.asked)
        await http.close()
        with pytest.raises(Unreachable, match="closed"):
            await task


# ---- redirects -----------------------------------------------------------------------------------


async def test_a_get_goes_where_it_is_sent(server: FaultyServer) -> None:
    server.plan("/blob", Reply(302, b"over there", {"Location": "/there?x=1"}))
    server.plan("/there", Reply(200, b"here"))
    async with client(server.url) as http:
        assert (await http.request("GET", "/blob", token="T")).body == b"here"
    assert [one.headers.get("authorization") for one in server.asked] == ["Bearer T"] * 2


async def test_what_names_the_caller_stays_with_the_host_it_was_meant_for(
    server: FaultyServer,
) -> None:
    with FaultyServer() as other:
        other.plan("/there", Reply(200, BODY))
        server.plan("/blob", Reply(307, b"", {"Location": f"{other.url}/there"}))
        got = bytearray()
        async with client(server.url) as http:
            url = f"{server.url}/blob"
            ended = await http.download(url, got.extend, stall_s=5, token="T", offset=10)
        assert (ended.status, bytes(got)) == (206, BODY[10:])
        assert "authorization" not in other.asked[0].headers
        assert other.asked[0].headers["range"] == "bytes=10-"


async def test_a_put_is_not_sent_on(server: FaultyServer) -> None:
    server.plan("/x", Reply(302, b"", {"Location": "/y"}))
    async with client(server.url) as http:
        assert (await http.request("PUT", "/x", body=b"{}")).status == 302
    assert len(server.asked) == 1


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "javascript:1"])
async def test_a_get_is_sent_to_no_other_scheme(server: FaultyServer, target: str) -> None:
    server.plan("/x", Reply(302, b"", {"Location": target}))
    async with client(server.url) as http:
        assert (await http.request("GET", "/x")).status == 302


@pytest.mark.parametrize(
    "target",
    [b"http://[::1", b"http://\xff\xfe/", "http://ex\u2100mple/".encode(), "http://h/ä".encode()],
)
async def test_a_get_is_not_sent_to_what_is_no_address(server: FaultyServer, target: bytes) -> None:
    raw = b"HTTP/1.1 302 Found\r\nLocation: " + target + b"\r\nContent-Length: 0\r\n\r\n"
    server.plan("/x", Reply(raw=raw))
    async with client(server.url) as http:
        assert (await http.request("GET", "/x")).status == 302


async def test_a_get_is_not_sent_on_for_ever(server: FaultyServer) -> None:
    server.plan("/x", Reply(302, b"", {"Location": "/x"}))
    async with client(server.url, retries=0) as http:
        with pytest.raises(Unreachable, match="sends on and on"):
            await http.request("GET", "/x")
        ended = await http.download(f"{server.url}/x", lambda _chunk: None, stall_s=1)
    assert (ended.status, ended.complete) == (0, False)


# ---- downloads -----------------------------------------------------------------------------------


async def test_a_download_is_given_piece_by_piece(server: FaultyServer) -> None:
    server.plan("/x", Reply(200, BODY, {"ETag": '"e"'}))
    pieces: list[bytes] = []
    async with client(server.url) as http:
        ended = await http.download(f"{server.url}/x", pieces.append, stall_s=5)
    assert b"".join(pieces) == BODY
    assert max(map(len, pieces)) <= 128 * 1024
    assert (ended.status, ended.received, ended.complete) == (200, len(BODY), True)
    assert ended.headers["etag"] == '"e"'


async def test_a_download_is_resumed_when_the_tag_still_fits(server: FaultyServer) -> None:
    server.plan("/x", Reply(200, BODY, {"ETag": '"new"'}))
    restarts: list[int] = []
    got = bytearray()
    async with client(server.url) as http:

        async def again(etag: str) -> int:
            got.clear()
            ended = await http.download(
                f"{server.url}/x",
                got.extend,
                stall_s=5,
                offset=1000,
                etag=etag,
                on_restart=lambda: restarts.append(1),
            )
            assert ended.complete
            return ended.status

        assert await again('"new"') == 206
        assert (bytes(got), restarts) == (BODY[1000:], [])
        assert await again('"old"') == 200
        assert (bytes(got), restarts) == (BODY, [1])


async def test_a_download_that_is_refused_says_why_and_gives_nothing(server: FaultyServer) -> None:
    server.plan("/x", Reply(403, b'{"error":"token is expired"}'))
    async with client(server.url) as http:
        ended = await http.download(f"{server.url}/x", pytest.fail, stall_s=5)
    assert (ended.status, ended.received, ended.complete) == (403, 0, False)
    assert "token is expired" in ended.reason


async def test_a_full_disk_stops_the_download(server: FaultyServer) -> None:
    server.plan("/x", Reply(200, BODY))

    def full(chunk: bytes) -> None:
        raise NoRoom("full")

    async with client(server.url) as http:
        with pytest.raises(NoRoom, match="full"):
            await http.download(f"{server.url}/x", full, stall_s=5)
        assert (await http.request("GET", "/x")).status == 200


async def test_nobody_there_is_a_download_without_a_status() -> None:
    async with client("http://127.0.0.1:1") as http:
        ended = await http.download("http://127.0.0.1:1/x", pytest.fail, stall_s=5)
    assert (ended.status, ended.complete) == (0, False)
    assert "does not answer" in ended.reason


async def test_a_cancelled_download_ends_at_once(server: FaultyServer) -> None:
    server.plan("/x", Reply(200, BODY, stall_body_at=1000))
    got = bytearray()
    async with client(server.url) as http:
        task = asyncio.create_task(http.download(f"{server.url}/x", got.extend, stall_s=60))
        await seen(lambda: len(got) == 1000)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


# ---- proxies -------------------------------------------------------------------------------------


async def test_through_a_proxy_tls_reaches_to_the_hub(
    tmp_path: Path, certs: Path, ca: Signed
) -> None:
    """hub-wire.md 12: PH_CREDS_PROXY_HOST and _PORT."""
    own = sign("localhost", NOW - DAY, NOW + DAY, by=ca)
    with tls_server(tmp_path, own) as server, TunnelProxy() as proxy:
        through = Proxy(proxy.host, proxy.port)
        async with client(server.url, trust=Trust(certs), proxy=through) as http:
            answer = await http.request("GET", "/x", token="T")
        assert (answer.status, answer.body) == (200, b"here")
        assert proxy.tunnels == [f"localhost:{server.port}"]


async def test_a_proxy_that_refuses_is_no_answer(tmp_path: Path, certs: Path, ca: Signed) -> None:
    own = sign("localhost", NOW - DAY, NOW + DAY, by=ca)
    with tls_server(tmp_path, own) as server, TunnelProxy(refuses=True) as proxy:
        through = Proxy(proxy.host, proxy.port)
        async with client(server.url, trust=Trust(certs), proxy=through, retries=0) as http:
            with pytest.raises(Unreachable, match="407"):
                await http.request("GET", "/x")


async def test_without_connect_the_proxy_gets_the_https_address_in_the_clear(
    server: FaultyServer,
) -> None:
    """hub-wire.md 12: PH_CREDS_PROXY_NOPROXYCONNECT; the proxy speaks TLS to the Hub."""
    server.default = Reply(200, b"through")
    proxy = Proxy(server.host, server.port, no_connect=True)
    async with client("https://hub.invalid:8443", proxy=proxy) as http:
        assert (await http.request("GET", "/x?y=$z")).body == b"through"
    assert server.asked[0].target == "https://hub.invalid:8443/x?y=$z"
    assert server.asked[0].headers["host"] == "hub.invalid:8443"


async def test_no_variable_of_the_environment_names_a_proxy(
    server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.default = Reply(200)
    for name in ("http_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with client(server.url) as http:
        assert (await http.request("GET", "/x")).status == 200


async def test_a_client_leaves_nothing_open() -> None:
    def open_files() -> int:
        gc.collect()
        return len(list(Path("/proc/self/fd").iterdir()))

    before = open_files()
    with FaultyServer() as server:
        server.default = Reply(200, b"x", stall_body_at=0)
        http = HttpClient(server.url, user_agent="x", timeout_s=0.05, retries=1, pause_s=0)
        for _ in range(3):
            with pytest.raises(Unreachable):
                await http.request("GET", "/x")
        await http.close()
        await http.close()
    assert open_files() <= before
