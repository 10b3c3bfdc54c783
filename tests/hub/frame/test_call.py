"""One call: its body, where it came from, its answer."""

import json
import socket

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.hub.frame import call as call_module
from surefoot.hub.frame.call import compact, decode, time_text
from surefoot.hub.frame.hub import Limits
from surefoot.hub.frame.problems import Malformed
from surefoot.hub.frame.route import Access, Route


class Thing(msgspec.Struct):
    name: str
    size: int = 0


async def take(call):
    thing = await call.json(Thing)
    return call.answer({"name": thing.name, "address": call.address, "base": call.base})


def post(max_body=1000):
    return Route("POST", "/things", take, Access.OPEN, "Take", Thing, max_body)


def raw(hub, head, body=b"", shut=False):
    """What comes back until the other side ends."""
    with socket.create_connection(("127.0.0.1", hub.port), timeout=30) as peer:
        peer.sendall(head + body)
        if shut:
            peer.shutdown(socket.SHUT_WR)
        parts = []
        while part := peer.recv(65536):
            parts.append(part)
        return b"".join(parts)


def test_a_body_is_read_whatever_its_content_type_says(frame):
    hub = frame(post())
    for kind in ("application/json", "text/plain", "x"):
        headers = {"Content-Type": kind}
        assert hub.call("POST", "/things", b'{"name":"a","more":[]}', headers)[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b'"a"',
        b"[]",
        b'{"name":7}',
        b'{"name":"a","size":1e999}',
        b'{"name":"\xff"}',
        b'{"name":"\\ud800"}',
        b"\xef\xbb\xbf{}",
        b"\x00",
        b"[" * 900,
    ],
)
def test_a_body_that_is_not_what_is_wanted_is_400(frame, body):
    status, _, answer = frame(post()).call("POST", "/things", body)
    assert status == 400
    assert json.loads(answer)["code"] == 400


@pytest.mark.parametrize("kind", [Thing, dict, list, object], ids=str)
@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_a_body_that_is_deep_is_refused_and_not_followed(opening, kind):
    with pytest.raises(Malformed):
        decode(opening * 100_000, kind)


def test_a_body_beyond_its_bound_is_413_also_when_its_length_is_not_told(frame):
    hub = frame(post(max_body=1000))
    body = json.dumps({"name": "a" * 2000}).encode()
    assert hub.call("POST", "/things", body)[0] == 413
    head = b"POST /things HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    head += b"Connection: close\r\n\r\n"
    chunks = b"".join(b"64\r\n" + b"a" * 100 + b"\r\n" for _ in range(50)) + b"0\r\n\r\n"
    assert raw(hub, head, chunks).startswith(b"HTTP/1.1 413")


def test_a_body_that_is_cut_off_is_no_body(frame):
    hub = frame(post())
    head = b"POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
    assert b"200 OK" not in raw(hub, head, b'{"name":"a"}', shut=True)
    assert hub.call("POST", "/things", b'{"name":"a"}')[0] == 200


def test_nobody_holds_a_call_open_by_sending_nothing(frame, monkeypatch):
    monkeypatch.setattr(call_module, "BODY_PATIENCE_S", 0.05)
    hub = frame(post())
    head = b"POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
    with socket.create_connection(("127.0.0.1", hub.port), timeout=30) as peer:
        peer.sendall(head + b'{"name"')
        assert peer.recv(65536).startswith(b"HTTP/1.1 400")


def test_the_old_client_of_devices_is_understood(frame):
    """hub-wire 0.6: absolute target, HTTP/1.0, a server that closes."""
    hub = frame(post())
    head = b"POST https://hub.test:12366/things/ HTTP/1.0\r\nHost: hub.test:12366\r\n"
    head += b"Connection: close\r\nContent-Length: 12\r\n\r\n"
    answer = raw(hub, head, b'{"name":"a"}')
    assert answer.startswith(b"HTTP/1.0 200 OK\r\n")
    assert b"\r\nContent-Length: " in answer


def test_only_a_proxy_of_ours_is_believed_who_it_speaks_for(frame, tmp_path):
    said = {"X-Forwarded-For": "10.0.0.1, 192.0.2.7"}
    open_hub = frame(post())
    _, _, body = open_hub.call("POST", "/things", b'{"name":"a"}', said)
    assert json.loads(body)["address"] == "127.0.0.1"
    behind = frame(post(), limits=Limits(proxies=frozenset({"127.0.0.1"})))
    for headers, address in ((said, "192.0.2.7"), ({}, "127.0.0.1")):
        _, _, body = behind.call("POST", "/things", b'{"name":"a"}', headers)
        assert json.loads(body)["address"] == address


def test_public_addresses_come_from_the_settings_and_never_from_a_request(frame):
    headers = {"Host": "evil.test", "X-Forwarded-Host": "evil.test"}
    _, _, body = frame(post()).call("POST", "/things", b'{"name":"a"}', headers)
    assert json.loads(body)["base"] == "http://hub.test"


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "0001-01-01T00:00:00Z"),
        (-5, "0001-01-01T00:00:00Z"),
        (1, "1970-01-01T00:00:00.000001Z"),
        (1_700_000_000_250_000, "2023-11-14T22:13:20.250000Z"),
    ],
)
def test_a_time_has_a_fraction(micros, text):
    assert time_text(micros) == text


@given(st.text())
def test_compact_text_is_utf8_without_blanks(text):
    encoded = compact({"k": [text, 1]})
    assert json.loads(encoded)["k"][1] == 1
    assert encoded.startswith(b'{"k":["')
