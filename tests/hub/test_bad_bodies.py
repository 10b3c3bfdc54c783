"""Whatever is sent, the Hub answers it as JSON (or with nothing), never with a fault of its own,
and goes on. The cases are made from the rows of the API: a new row is tried without a line here."""

import http.client
import json
import logging
import re
import socket
from urllib.parse import quote

import msgspec
import pytest

from surefoot.hub.frame.hub import Limits
from surefoot.hub.frame.limits import Rate
from surefoot.hub.frame.route import MIB, Access
from surefoot.hub.routes import ROUTES
from tests.support.hub_scene import ITSELF, NOBODY, OWNER, PART, People, Scene
from tests.support.hub_world import AGENT, HubWorld

DEEP = 100_000
# Read by some row; every row gets them all.
QUERY_KEYS = (
    "challenge", "owner", "owner-nick", "nick", "id", "prn", "public", "page[size]",
    "page[offset]", "page[after]", "progress.status", "fields", "sort", "filter", "parts",
    "autolink", "asadmin", "before", "after", "limit", "page", "start", "next-cursor", "cursor",
    "dev", "rev", "src", "lvl", "plat", "x",
)  # fmt: skip
# Already encoded.
ODD_TEXTS = (
    "", "-1", "0", "1", "9" * 40, "1e5", "NaN", "%00", "a%00b", "%ff", "%ED%A0%80", "%25ff", "%",
    "%zz", "%D9%A3", "%F0%9F%A6%B6", "'%20OR%201=1--", "%22", "%25", "_", "*", "^", "!", "^%00",
    "prn:::devices:/", "prn:::accounts:/x", "2026-13-99T99:99:99Z", "2026-01-01T00:00:00Z", "..",
    "%2e%2e%2f", "a" * 3000, "null", "true", "%7B", "%7B%22$in%22:1%7D",
    "%7B%22$in%22:[[%7B%7D]]%7D", "%7B%22$gt%22:1%7D", "%7B%22$in%22:[null,1,%22NEW%22]%7D",
    "[" * 3000, "%7B%22a%22:" * 500, "[]", "%7B%7D", "-", "-id", "id,", ",,,",
    "9223372036854775808",
)  # fmt: skip
ODD_PARTS = tuple(text for text in ODD_TEXTS if text not in ("", "..", "%"))
JUNK = (
    None, True, -1, 2**63, 10**40, 1.5, "", "-1", "\x00", "\ud800", "x" * 5000, "../../etc",
    "NaN", [], {}, [None], [[]], {"a": None}, {"": ""}, {"\x00": "\ud800"}, {"a.b": [{"c": {}}]},
)  # fmt: skip
RAW = {
    "nothing": b"",
    "blank": b" \r\n\t",
    "null": b"null",
    "number": b"7",
    "huge number": b"9" * 5000,
    "out of range": b'{"a":1e999}',
    "not a number": b'{"a":NaN}',
    "text": b'"x"',
    "list": b"[]",
    "list of junk": b'[null,1,"x",[],{}]',
    "object": b"{}",
    "half": b'{"a":',
    "extra": b"{}{}",
    "comma": b'{"a":1,}',
    "twice": b'{"state":1,"state":2,"nick":"a","nick":"b"}',
    "no utf-8": b'{"a":"\xff\xfe"}',
    "no utf-8 key": b'{"\xc3\x28":"a"}',
    "half a pair": b'{"a":"\\ud800"}',
    "utf-16": '{"a":1}'.encode("utf-16"),
    "bom": b"\xef\xbb\xbf{}",
    "nul": b"\x00" * 64,
    "form": b"a=b&c=d",
    "deep lists": b"[" * DEEP,
    "deep objects": b'{"a":' * DEEP,
    "deep and closed": b"[" * DEEP + b"]" * DEEP,
    "deep in an object": b'{"a":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep enough": b'{"a":' + b"[" * 900 + b"]" * 900 + b"}",
    "wide": b'{"a":[' + b"0," * 20_000 + b"0]}",
    "many keys": json.dumps({str(n): n for n in range(5000)}).encode(),
}
CANNOT_BE_READ = ("half", "deep lists", "deep objects", "utf-16", "nul", "form")
# Of these a good answer is no JSON.
OTHER_ANSWERS = re.compile(r"/metrics|/exports/|/local-s3/|/s3/")
NO_LIMIT = Rate(per_s=1e6, burst=10**6)


class Client:
    """One connection that is kept, so that many cases take little time."""

    def __init__(self, world):
        self._world = world
        self._connection = None

    def ask(self, method, target, body, token, **headers):
        headers = {"User-Agent": AGENT, **headers}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        for is_last in (False, True):
            if self._connection is None:
                self._connection = http.client.HTTPConnection(
                    "127.0.0.1", self._world.port, timeout=60
                )
            try:
                self._connection.request(method, target, body, headers)
                answer = self._connection.getresponse()
                return answer.status, answer.headers.get("Content-Type", ""), answer.read()
            except (ConnectionError, http.client.HTTPException):
                # A kept connection may be ended at any time, also by a refusal before this one.
                self.close()
                if is_last:
                    raise
        raise AssertionError

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Stage:
    """A scene, and one row tried on it by whoever gets past its door."""

    def __init__(self, people, route, spare):
        """`spare`: a scene for rows that change nothing."""
        self.route = route
        self._people = people
        self.client = Client(people.world)
        self.scene = spare if route.method in ("GET", "HEAD") else Scene(people)
        self._is_own = self.scene is not spare
        self.faults = []

    def try_(self, label, body=b"", target="", token=None, **headers):
        route = self.route
        target = target or self.scene.target(route)
        token = self.scene.tokens[caller(route)] if token is None else token
        status, kind, content = self.client.ask(route.method, target, body, token, **headers)
        if status >= 500 or not is_json(route, status, kind, content):
            self.faults.append((label, target[:200], status, kind, content[:200]))
        if status < 300 and route.method == "DELETE":
            self.scene = Scene(self._people)
        return status

    def end(self):
        """Whatever was taken in can be read, and the Hub goes on."""
        if self.route.body is not None:
            self._read_all()
        assert self.client.ask("GET", "/healthz", b"", "")[0] == 200
        if self._is_own:
            token = self.scene.tokens[OWNER]
            self.client.ask("DELETE", f"/devices/{self.scene.device}", b"", token)
        self.client.close()
        assert not self.faults

    def _read_all(self):
        for route in ROUTES:
            if route.method == "GET":
                token = self.scene.tokens[ITSELF if route.access is Access.DEVICE else OWNER]
                target = self.scene.target(route)
                status, _, content = self.client.ask("GET", target, b"", token)
                if status >= 500:
                    self.faults.append(("afterwards", target, status, content[:200]))


def caller(route):
    if route.access in (Access.BLIND, Access.OPEN):
        return NOBODY
    return ITSELF if route.access is Access.DEVICE else OWNER


def is_json(route, status, kind, content):
    if not content or (status < 300 and OTHER_ANSWERS.match(route.path)):
        return True
    try:
        json.loads(content)
    except ValueError:
        return False
    return kind.startswith("application/json")


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    limits = Limits(device_rate=NO_LIMIT, account_rate=NO_LIMIT, address_rate=NO_LIMIT)
    with HubWorld(tmp_path_factory.mktemp("hub"), limits) as world:
        yield People(world)


@pytest.fixture(scope="module")
def spare(people):
    return Scene(people)


@pytest.fixture
def stage(people, spare, request, caplog):
    caplog.set_level(logging.CRITICAL, "asyncio")
    stage = Stage(people, request.param, spare)
    yield stage
    stage.end()


def each(routes):
    routes = list(routes)
    ids = [f"{route.method} {route.path}" for route in routes]
    return pytest.mark.parametrize("stage", routes, ids=ids, indirect=True)


@each(ROUTES)
def test_no_body_is_a_fault(stage):
    for label, body in RAW.items():
        status = stage.try_(label, body)
        if stage.route.body not in (None, bytes) and label in CANNOT_BE_READ:
            assert 400 <= status < 500, label


@each(route for route in ROUTES if route.body not in (None, bytes))
def test_no_member_of_a_body_is_a_fault(stage):
    """Each member missing, and of every wrong kind; those of the type that the row names, and
    those of a body that is in order."""
    for key in members(stage):
        good = stage.scene.body(stage.route)
        if isinstance(good, list):
            good = good[0]
        stage.try_(f"without {key}", encoded(stage, {k: v for k, v in good.items() if k != key}))
        for value in JUNK:
            stage.try_(f"{key}: {value!r:.40}", encoded(stage, {**good, key: value}))
        deep = encoded(stage, {**good, key: "HERE"})
        for count in (900, DEEP):
            nested = deep.replace(b'"HERE"', b"[" * count + b"]" * count, 1)
            stage.try_(f"{key}: {count} deep", nested)


def members(stage):
    good = stage.scene.body(stage.route)
    keys = set(good[0] if isinstance(good, list) else good)
    kind = stage.route.body
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        keys |= {field.encode_name for field in msgspec.structs.fields(kind)}
    return sorted(keys)


def encoded(stage, value):
    good = stage.scene.body(stage.route)
    return json.dumps([value] if isinstance(good, list) else value).encode()


@each(route for route in ROUTES if route.body is not None)
def test_no_cut_of_a_body_is_a_fault(stage):
    """Cut, and said to be whole."""
    good = stage.scene.body(stage.route)
    text = good if isinstance(good, bytes) else json.dumps(good).encode()
    for at in sorted({len(text) * part // 16 for part in range(1, 16)} | {1, len(text) - 1}):
        if at < len(text):
            assert 400 <= stage.try_(f"cut at {at}", text[:at]) < 500 or good == {}


@each(ROUTES)
def test_no_body_is_longer_than_its_row_takes(stage):
    """Rows that read no body may pass over it; uploads have bounds of their own."""
    route = stage.route
    if route.body is None:
        stage.try_("long", b"x" * MIB)
        return
    if route.body is bytes:
        stage.try_("long", b"x" * (64 + 1))
        return
    assert declare(stage, route.max_body + 1) in (b"413", b"401")
    if route.max_body <= MIB:
        content = b'{"a":"' + b"x" * route.max_body + b'"}'
        assert stage.try_("long", content) == 413
        # Its length is not told, it has to be counted.
        assert stage.try_("long in chunks", iter([content])) == 413


def declare(stage, length):
    """The status of a call that says how long its body is, and has not sent it yet."""
    token = stage.scene.tokens[caller(stage.route)]
    lines = [
        f"{stage.route.method} {stage.scene.target(stage.route)} HTTP/1.1",
        "Host: localhost",
        f"User-Agent: {AGENT}",
        *([f"Authorization: Bearer {token}"] if token else []),
        f"Content-Length: {length}",
        "",
        "",
    ]
    return speak(stage, "\r\n".join(lines).encode())


def speak(stage, sent):
    with socket.create_connection(("127.0.0.1", stage.scene.world.port), timeout=60) as peer:
        peer.sendall(sent)
        return peer.recv(4096).split()[1]


@each(route for route in ROUTES if route.body is not None)
def test_a_caller_that_goes_away_in_the_middle_is_no_fault(stage):
    good = stage.scene.body(stage.route)
    text = good if isinstance(good, bytes) else json.dumps(good).encode()
    token = stage.scene.tokens[caller(stage.route)]
    head = f"{stage.route.method} {stage.scene.target(stage.route)} HTTP/1.1\r\nHost: x\r\n"
    head += f"User-Agent: x\r\nContent-Length: {len(text) + 10}\r\n"
    head += f"Authorization: Bearer {token}\r\n\r\n" if token else "\r\n"
    whole = head.encode() + text
    for at in (10, len(head) - 1, len(head), len(head) + 1, len(whole)):
        with socket.create_connection(("127.0.0.1", stage.scene.world.port), timeout=60) as peer:
            peer.sendall(whole[:at])


@each(ROUTES)
def test_no_query_is_a_fault(stage):
    """All keys at once, and where a query is what is asked for some of them alone: one that is
    refused hides the others."""
    target = stage.scene.target(stage.route)
    for number, text in enumerate(ODD_TEXTS):
        every = "&".join(f"{quote(key)}={text}" for key in QUERY_KEYS)
        if len(every) < 6000:
            stage.try_(f"every key: {text[:20]}", b"{}", f"{target}?{every}")
        if stage.route.method == "GET":
            for key in QUERY_KEYS[number % 10 :: 10]:
                stage.try_(f"{key}={text[:20]}", b"{}", f"{target}?{quote(key)}={text}")
    for query in ("?", "&&&", "=", "%", "a&b=&=c", "a=1&a=2", "x" * 7000, "%ff=%ff", "a;b=c"):
        stage.try_(query[:20], b"{}", f"{target}?{query}")


@each(route for route in ROUTES if "{" in route.path)
def test_no_part_of_a_path_is_a_fault(stage):
    route = stage.route
    names = [match[1] for match in PART.finditer(route.path)]
    good = dict(zip(names, parts_of(route, stage.scene.target(route)), strict=True))
    for name in names:
        for text in ODD_PARTS:
            parts = {**good, name: text}
            target = PART.sub(lambda match, parts=parts: parts[match[1]], route.path)
            body = b"{}" if route.body is not bytes else b""
            stage.try_(f"{name}={text[:20]}", body, target)


def parts_of(route, target):
    pattern = PART.sub("([^/]*)", re.escape(route.path).replace(r"\{", "{").replace(r"\}", "}"))
    found = re.fullmatch(pattern, target)
    assert found, (pattern, target)
    return found.groups()


@each(ROUTES)
def test_no_token_is_a_fault(stage):
    tokens = ("x", "a.b.c", "\xff\xfe", "e30.e30.e30", "x" * 7000, "..", "null", "\u00a0")
    for token in tokens:
        status = stage.try_(f"token {token[:9]}", b"{}", token=token)
        assert status in ((401,) if stage.route.access is not Access.BLIND else range(200, 500))


@each(ROUTES)
def test_no_header_is_a_fault(stage):
    target = stage.scene.target(stage.route)
    odd = {
        "Content-Type": (
            "",
            "text/plain",
            "multipart/form-data",
            "application/json; charset=x",
            ";",
        ),
        "Range": ("bytes=", "bytes=-", "bytes=9-1", "bytes=0-0,2-2", "bytes=-99999", "x"),
        "If-Range": ('"', "x", "W/"),
        "If-None-Match": ("*", '"', "x" * 500),
        "Origin": ("null", "x", ""),
        "Pantahub-Devices-Auto-Token-V1": ("", "x", "=" * 500, "\xff"),
        "Expect": ("", "x", "100-continue"),
        "Accept-Encoding": ("br", "identity;q=0, *;q=0"),
        "X-Forwarded-For": ("", ",", "x" * 500),
        "Host": ("", "x:y", "[", "a b"),
        "User-Agent": ("", "Pantavisor/", "\xff"),
    }
    for name, values in odd.items():
        for value in values:
            stage.try_(f"{name}: {value[:20]}", b"{}", target, **{name: value})
