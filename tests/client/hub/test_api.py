"""The agent's calls, request by request as hub-wire.md has them, and what becomes of answers."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from surefoot.client.hub.api import Credentials, Hub
from surefoot.client.hub.refusals import HubRefused
from surefoot.errors import Busy, Forbidden, InvalidInput, NotFound, Unreachable
from surefoot.wire.hub.answers import ObjectPlace, Registered, Seen
from surefoot.wire.progress import Status
from tests.client.hub.clients import client
from tests.support.faulty_server import FaultyServer, Reply

ID = "5f3e9c0a1b2c3d4e5f607182"
PRN = f"prn:::devices:/{ID}"
BODY = b"the bytes"
SHA = hashlib.sha256(BODY).hexdigest()
OPEN = (Status.NEW, Status.DOWNLOADING, Status.INPROGRESS, Status.TESTING, Status.QUEUED)
OK = Reply(200, b'{"status":"ok"}')
OBJECT = {"id": SHA, "sha256sum": SHA, "size": "9", "signed-geturl": "g", "signed-puturl": "p"}


class Contacts:
    def __init__(self) -> None:
        self.heard: list[bool | None] = []

    def contact(self, authenticated: bool) -> None:
        self.heard.append(authenticated)

    def silence(self) -> None:
        self.heard.append(None)


@pytest.fixture
def contacts() -> Contacts:
    return Contacts()


@pytest.fixture
def hubs(server: FaultyServer, contacts: Contacts) -> Callable[..., Any]:
    """Logs in as a device and gets the tokens T1, T2, …"""
    tokens = [Reply(200, b'{"token":"T%d"}' % n) for n in range(1, 9)]
    server.plan("/auth/login", *tokens)

    @asynccontextmanager
    async def hub(token: str = "", **settings: Any) -> AsyncIterator[Hub]:
        async with client(server.url, **settings) as http:
            yield Hub(
                http,
                Credentials(PRN, "secret"),
                token=token,
                on_contact=contacts.contact,
                on_silence=contacts.silence,
            )

    return hub


def planned(value: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode())


# ---- who asks ------------------------------------------------------------------------------------


async def test_it_logs_in_before_the_first_call_and_never_again(server: FaultyServer, hubs) -> None:
    server.plan("/trails/", planned([]))
    async with hubs() as hub:
        await hub.trails()
        await hub.trails()
    login, first, second = server.asked
    assert (login.method, login.target) == ("POST", "/auth/login")
    assert login.body == b'{"username":"%s","password":"secret"}' % PRN.encode()
    assert "authorization" not in login.headers
    assert [one.headers["authorization"] for one in (first, second)] == ["Bearer T1"] * 2


async def test_after_a_401_it_logs_in_once_again(server: FaultyServer, hubs) -> None:
    server.plan("/trails/", Reply(401), planned([]))
    async with hubs(token="old") as hub:
        assert await hub.trails() == []
    assert [one.headers.get("authorization") for one in server.asked] == [
        "Bearer old",
        None,
        "Bearer T1",
    ]


async def test_when_that_does_not_help_the_caller_is_not_known(server: FaultyServer, hubs) -> None:
    server.plan("/trails/", Reply(401, b'{"Error":"Not Authorized"}'))
    async with hubs(token="old") as hub:
        with pytest.raises(Forbidden, match="Not Authorized"):
            await hub.trails()
    assert len(server.asked) == 3


async def test_calls_that_find_the_same_token_stale_log_in_together(
    server: FaultyServer, hubs
) -> None:
    server.stale.add("old")
    server.plan("/trails/", planned([]))
    async with hubs(token="old") as hub:
        await asyncio.gather(*(hub.trails() for _ in range(3)))
    assert len(server.requests("/auth/login")) == 1


async def test_a_login_that_is_asked_for_is_made(server: FaultyServer, hubs) -> None:
    """hub-wire.md 2.2: the token of before the claim says that nobody owns the device."""
    async with hubs(token="old") as hub:
        assert await hub.login() == "T1"
        assert hub.token == "T1"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(401, b'{"Error":"Not Authorized"}'), Forbidden),
        (Reply(503), Busy),
        (Reply(400), HubRefused),
        (Reply(200, b"{}"), InvalidInput),
        (Reply(200, b"<html>"), InvalidInput),
        (Reply(cut_at=0), Unreachable),
    ],
)
async def test_a_login_that_fails_says_how(
    server: FaultyServer, hubs, reply: Reply, kind: type[Exception]
) -> None:
    server.plan("/auth/login", reply)
    async with hubs() as hub:
        with pytest.raises(kind):
            await hub.trails()
        assert hub.token == ""


async def test_nobody_asks_without_credentials(server: FaultyServer) -> None:
    async with client(server.url) as http:
        with pytest.raises(Forbidden, match="log in"):
            await Hub(http).trails()
    assert server.asked == []


# ---- contact (R18) -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "heard"),
    [
        (planned([]), True),
        (Reply(404), True),
        (Reply(409), True),
        (Reply(403), False),
        (Reply(500), False),
        (Reply(503), False),
        (Reply(200, bytes(3_000_000)), False),
        (Reply(cut_at=0), None),
        (Reply(200, b"[]", cut_body_at=1), None),
    ],
)
async def test_any_answer_is_contact(
    server: FaultyServer, hubs, contacts: Contacts, reply: Reply, heard: bool | None
) -> None:
    server.plan("/trails/", reply)
    async with hubs(token="T") as hub:
        try:
            await hub.trails()
        except Exception:  # noqa: BLE001 - whatever it is, it has been heard before
            pass
    assert contacts.heard == [heard]


async def test_a_login_shows_no_known_caller_but_what_follows_does(
    server: FaultyServer, hubs, contacts: Contacts
) -> None:
    server.plan("/trails/", Reply(401), planned([]))
    async with hubs(token="old") as hub:
        await hub.trails()
    assert contacts.heard == [False, False, True]


# ---- calls ---------------------------------------------------------------------------------------


async def test_a_device_registers_with_an_empty_request(server: FaultyServer, hubs) -> None:
    """hub-wire.md 3.1."""
    made = {"id": ID, "prn": PRN, "secret": "s", "challenge": "a-b-c"}
    server.plan("/devices/", planned(made))
    async with hubs() as hub:
        assert await hub.register() == Registered(ID, PRN, "s", "a-b-c")
        await hub.register("AbCd==")
    first, second = server.asked
    assert (first.method, first.body, first.headers["content-length"]) == ("POST", b"", "0")
    assert not {"authorization", "content-type"} & set(first.headers)
    assert second.headers["pantahub-devices-auto-token-v1"] == "AbCd=="


async def test_a_registration_without_an_answer_is_not_made_twice(
    server: FaultyServer, hubs
) -> None:
    server.plan("/devices/", Reply(cut_at=5))
    async with hubs(retries=3) as hub:
        with pytest.raises(Unreachable):
            await hub.register()
    assert len(server.asked) == 1


async def test_a_device_sees_whether_it_is_owned(server: FaultyServer, hubs) -> None:
    server.plan(f"/devices/{ID}", planned({"id": ID, "owner": "", "challenge": "c"}))
    async with hubs() as hub:
        assert await hub.device(ID) == Seen(ID, "", "c")


async def test_the_first_state_goes_as_it_is(server: FaultyServer, hubs) -> None:
    server.plan("/trails/", OK)
    state = b'{ "#spec" : "pantavisor-service-system@1" , "n": 1.0 }'
    async with hubs() as hub:
        await hub.create_trail(state)
    assert (server.asked[-1].method, server.asked[-1].body) == ("POST", state)


async def test_pending_steps_are_asked_for_byte_for_byte_as_the_c_device_does(
    server: FaultyServer, hubs
) -> None:
    """hub-wire.md 4.2; the recording device-c-nonreboot."""
    server.plan(f"/trails/{ID}/steps", Reply(200, b'[{"rev":7,"state":{ "a":1 }}]'))
    async with hubs() as hub:
        found = await hub.pending(ID, OPEN)
    assert found is not None
    assert (found.revision, found.state) == ("7", b'{ "a":1 }')
    assert server.asked[-1].target == (
        f"/trails/{ID}/steps?progress.status=%7B%22$in%22:%5B%22NEW%22,%22DOWNLOADING%22,"
        "%22INPROGRESS%22,%22TESTING%22,%22QUEUED%22%5D%7D"
    )


async def test_a_busy_device_asks_for_new_steps_only(server: FaultyServer, hubs) -> None:
    """R16."""
    server.plan(f"/trails/{ID}/steps", planned([]))
    async with hubs() as hub:
        assert await hub.pending(ID, (Status.NEW,)) is None
    assert server.asked[-1].target == f"/trails/{ID}/steps?progress.status=NEW"


@pytest.mark.parametrize(
    ("echo", "held"),
    [
        (b'{"status":"QUEUED","progress":5}', Status.QUEUED),
        (b'{"status":"CANCELLED"}', Status.CANCELLED),
        (b'{"status":"CANCEL"}', Status.CANCELLED),
        (b"", Status.QUEUED),
        (b'{"status":"ok"}', Status.QUEUED),
    ],
)
async def test_a_report_brings_back_what_the_hub_holds(
    server: FaultyServer, hubs, echo: bytes, held: Status
) -> None:
    """R14."""
    server.plan(f"/trails/{ID}/steps/7/progress", Reply(200, echo))
    body = b'{"status":"QUEUED","status-msg":"Retried 0 of 10","progress":5,"retries":0}'
    async with hubs() as hub:
        assert await hub.put_progress(ID, "7", body) is held
    assert (server.asked[-1].method, server.asked[-1].body) == ("PUT", body)


async def test_metadata_goes_both_ways(server: FaultyServer, hubs) -> None:
    server.plan(f"/devices/{ID}/user-meta", planned({"a": "b", "o": {"x": 1}}))
    server.plan(f"/devices/{ID}/device-meta", OK)
    async with hubs() as hub:
        assert await hub.user_meta(ID) == {"a": "b", "o": {"x": 1}}
        await hub.put_device_meta(ID, {"pantavisor.mode": "remote", "n": {"ä": 1}})
    assert server.asked[-1].method == "PUT"
    assert server.asked[-1].body == '{"pantavisor.mode":"remote","n":{"ä":1}}'.encode()


async def test_log_lines_that_are_no_unicode_go_all_the_same(server: FaultyServer, hubs) -> None:
    server.plan("/logs/", OK)
    async with hubs() as hub:
        await hub.push_logs([{"msg": "a\udcff", "lvl": "INFO"}])
    assert server.asked[-1].body == b'[{"msg":"a?","lvl":"INFO"}]'


async def test_a_cut_push_of_logs_is_tried_again_like_any_other_call(
    server: FaultyServer, hubs, contacts: Contacts
) -> None:
    """R18: each request is tried again before it counts as silence."""
    server.plan("/logs/", Reply(cut_at=5), OK)
    async with hubs(retries=1) as hub:
        await hub.push_logs([{"msg": "a"}])
    assert None not in contacts.heard


async def test_an_object_is_found(server: FaultyServer, hubs) -> None:
    server.plan(f"/objects/{SHA}", planned(OBJECT))
    async with hubs() as hub:
        assert await hub.object(SHA) == ObjectPlace(SHA, 9, "g", "p", True)


@pytest.mark.parametrize(("status", "present"), [(200, False), (409, True)])
async def test_an_object_is_announced(
    server: FaultyServer, hubs, status: int, present: bool
) -> None:
    """hub-wire.md 5: 409 means that it is there."""
    server.plan("/objects/", planned(OBJECT, status))
    async with hubs() as hub:
        assert (await hub.announce("/objects/", "app/root", SHA, 9)).present is present
    told = b'{"objectname":"app/root","size":"9","sha256sum":"%s"}' % SHA.encode()
    assert server.asked[-1].body == told


async def test_an_answer_about_another_object_is_not_taken(server: FaultyServer, hubs) -> None:
    server.plan(f"/objects/{SHA}", planned({**OBJECT, "sha256sum": "ab" * 32}))
    async with hubs() as hub:
        with pytest.raises(InvalidInput, match="instead of"):
            await hub.object(SHA)


CALLS: dict[str, Callable[[Hub], Awaitable[object]]] = {
    "device": lambda hub: hub.device(ID),
    "trails": lambda hub: hub.trails(),
    "create_trail": lambda hub: hub.create_trail(b"{}"),
    "pending": lambda hub: hub.pending(ID, OPEN),
    "put_progress": lambda hub: hub.put_progress(ID, "1", b'{"status":"QUEUED"}'),
    "user_meta": lambda hub: hub.user_meta(ID),
    "put_device_meta": lambda hub: hub.put_device_meta(ID, {}),
    "push_logs": lambda hub: hub.push_logs([]),
    "object": lambda hub: hub.object(SHA),
    "announce": lambda hub: hub.announce("/objects/", "x", SHA, 9),
}


@pytest.mark.parametrize(
    ("status", "kind"), [(404, NotFound), (403, HubRefused), (422, HubRefused), (500, Busy)]
)
@pytest.mark.parametrize("call", CALLS)
async def test_each_call_tells_a_refusal_in_the_hubs_words(
    server: FaultyServer, hubs, call: str, status: int, kind: type[Exception]
) -> None:
    server.default = Reply(status, b'{"error":"e","msg":"because"}')
    async with hubs(token="T") as hub:
        with pytest.raises(kind, match="because"):
            await CALLS[call](hub)


@pytest.mark.parametrize("call", ["device", "trails", "pending", "user_meta", "object", "announce"])
async def test_each_call_refuses_an_answer_that_makes_no_sense(
    server: FaultyServer, hubs, call: str
) -> None:
    async with hubs(token="T") as hub:
        for body in (b"", b"<html>", b"\xff", b'"x"', b"[[]]", b'{"id":', b"[" * 50_000):
            server.default = Reply(200, body)
            with pytest.raises(InvalidInput):
                await CALLS[call](hub)


async def test_names_stay_one_part_of_the_path(server: FaultyServer, hubs) -> None:
    server.default = Reply(404)
    async with hubs(token="T") as hub:
        with pytest.raises(NotFound):
            await hub.user_meta("../x?y#z/ä")
    assert server.asked[0].target == "/devices/..%2Fx%3Fy%23z%2F%C3%A4/user-meta"


# ---- uploads -------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "file").write_bytes(BODY)
    return tmp_path / "file"


def place(url: str) -> ObjectPlace:
    return ObjectPlace(SHA, len(BODY), "", url, False)


async def test_an_object_is_uploaded_where_the_hub_says(
    server: FaultyServer, hubs, file: Path
) -> None:
    server.plan("/local-s3/t", Reply(200))
    async with hubs(token="T") as hub:
        await hub.upload(place(f"{server.url}/local-s3/t"), file, stall_s=5)
    assert (server.asked[0].body, "authorization" in server.asked[0].headers) == (BODY, False)


async def test_a_hub_that_does_not_know_its_name_is_asked_under_the_one_we_know(
    server: FaultyServer, hubs, file: Path
) -> None:
    """hub-wire.md 0.4: the C device looks at nothing before `/local-s3`."""
    server.plan("/local-s3/t", Reply(200))
    async with hubs(token="T") as hub:
        await hub.upload(place("https://hub.invalid:1/base/local-s3/t"), file, stall_s=5)
    assert server.asked[0].body == BODY


async def test_an_object_store_of_its_own_is_not_looked_for_at_the_hub(
    server: FaultyServer, hubs, file: Path
) -> None:
    async with hubs(token="T") as hub:
        with pytest.raises(Unreachable):
            await hub.upload(place("http://127.0.0.1:1/bucket/t"), file, stall_s=5)
    assert server.asked == []


@pytest.mark.parametrize(("status", "kind"), [(400, HubRefused), (403, HubRefused), (503, Busy)])
async def test_an_upload_that_is_refused_says_so(
    server: FaultyServer, hubs, file: Path, status: int, kind: type[Exception]
) -> None:
    server.plan("/local-s3/t", Reply(status, b'{"error":"checksum"}'))
    async with hubs(token="T") as hub:
        with pytest.raises(kind, match="checksum"):
            await hub.upload(place(f"{server.url}/local-s3/t"), file, stall_s=5)
