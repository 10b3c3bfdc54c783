"""The stand-in answers as hub-wire.md says that the reference does, and fails as ordered."""

import hashlib
import http.client
import json
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request

import pytest

from tests.support.server_certificate import issue
from tests.support.stand_in import StandIn

APP = b"an image\n" * 1000
SHA = hashlib.sha256(APP).hexdigest()
STATE = {"app/root.squashfs": SHA, "#spec": "pantavisor-service-system@1", "app/run.json": {"z": 1}}
POLL = (
    "steps?progress.status=%7B%22$in%22:%5B%22NEW%22,%22DOWNLOADING%22,%22INPROGRESS%22"
    ",%22TESTING%22,%22QUEUED%22%5D%7D"
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return issue(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def hub(certificate):
    with StandIn(certificate) as hub:
        yield hub


@pytest.fixture
def call(hub, certificate):
    """(status, JSON or bytes, headers) of a request; `body` is a dict, bytes or nothing."""
    tls = ssl.create_default_context(cafile=certificate.ca)

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=tls), Stay)

    def call(method, target, body=None, token=None, **headers):
        url = target if target.startswith("https:") else hub.url + target
        data = json.dumps(body).encode() if isinstance(body, dict | list) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            named["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(url, data, named, method=method)
        try:
            answer = opener.open(request)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            text = answer.read()
            is_json = answer.headers["Content-Type"] == "application/json" and text
            return answer.status, json.loads(text) if is_json else text, answer.headers

    return call


class Gadget:
    """A registered device, claimed, with a token of after that, and its first trail."""

    def __init__(self, hub, call):
        device = call("POST", "/devices/")[1]
        self.id, self.secret = device["id"], device["secret"]
        self.credentials = {"username": device["prn"], "password": device["secret"]}
        hub.claim()
        self.token = call("POST", "/auth/login", self.credentials)[1]["token"]
        place = call(
            "POST",
            "/objects/",
            {"objectname": "app/root.squashfs", "size": str(len(APP)), "sha256sum": SHA},
            self.token,
        )[1]
        assert call("PUT", place["signed-puturl"], APP)[0] == 200
        assert call("POST", "/trails/", STATE, self.token)[0] == 200


@pytest.fixture
def gadget(hub, call):
    return Gadget(hub, call)


def test_a_device_registers_and_sees_its_claim_only_in_its_owner(hub, call):
    status, device, _ = call("POST", "/devices/")
    assert status == 200
    assert list(device)[:5] == ["id", "prn", "nick", "owner", "secret"]
    assert device["owner"] == ""
    assert device["challenge"].count("-") == 2
    login = {"username": device["prn"], "password": device["secret"]}
    _, answer, _ = call("POST", "/auth/login", login)
    assert list(answer) == ["token"]
    assert 600 < len(answer["token"]) < 1000
    hub.claim()
    _, seen, _ = call("GET", f"/devices/{device['id']}", token=answer["token"])
    assert seen["owner"] == hub.world.user
    assert "secret" not in seen
    assert "challenge" not in seen


def test_a_token_of_before_the_claim_owns_nothing(hub, call):
    device = call("POST", "/devices/")[1]
    login = {"username": device["prn"], "password": device["secret"]}
    old = call("POST", "/auth/login", login)[1]["token"]
    hub.claim()
    assert call("POST", "/trails/", {}, old)[0] == 403
    new = call("POST", "/auth/login", login)[1]["token"]
    assert call("POST", "/trails/", {}, new)[0] == 200


def test_an_auto_token_claims_at_once_and_an_unknown_one_is_refused(hub, call):
    hub.world.auto_tokens["secret"] = {"fleet.group": "one"}
    device = call("POST", "/devices/", Pantahub_Devices_Auto_Token_V1="secret")[1]
    assert device["owner"] == hub.world.user
    assert device["user-meta"] == {"fleet.group": "one"}
    assert "challenge" not in device
    assert call("POST", "/devices/", Pantahub_Devices_Auto_Token_V1="x")[0] == 400


def test_without_a_token_it_says_where_to_log_in(hub, call):
    status, _, headers = call("GET", "/trails/")
    assert status == 401
    realm = f'JWT realm="pantahub services", ph-aeps="{hub.url}/auth"'
    assert headers["WWW-Authenticate"] == realm


def test_tokens_can_be_forgotten(hub, call, gadget):
    hub.forget_tokens()
    assert call("GET", "/trails/", token=gadget.token)[0] == 401


def test_a_trail_is_made_once_and_a_second_time_is_its_500(call, gadget):
    assert call("POST", "/trails/", STATE, gadget.token)[0] == 500
    trails = call("GET", "/trails/", token=gadget.token)[1]
    assert [trail["id"] for trail in trails] == [gadget.id]


def test_an_object_that_is_there_is_a_409_that_says_so(call, gadget):
    body = {"objectname": "x", "size": str(len(APP)), "sha256sum": SHA}
    status, place, headers = call("POST", "/objects/", body, gadget.token)
    assert (status, place["id"], place["size"]) == (409, SHA, str(len(APP)))
    assert headers["Pantahub-Object-Type"] == "object"


def test_wrong_bytes_are_not_taken(hub, call, gadget):
    other = hashlib.sha256(b"other").hexdigest()
    body = {"objectname": "x", "size": "5", "sha256sum": other}
    place = call("POST", "/objects/", body, gadget.token)[1]
    assert call("PUT", place["signed-puturl"], b"wrong")[0] == 400
    assert call("PUT", place["signed-geturl"], b"other")[0] == 403
    assert other not in hub.objects


def test_steps_come_sorted_by_key_in_order_of_rev(hub, call, gadget):
    hub.post(json.dumps(STATE), "rev", meta={"state": 1})
    hub.post(json.dumps(STATE))
    status, steps, _ = call("GET", f"/trails/{gadget.id}/{POLL}", token=gadget.token)
    assert status == 200
    assert [step["rev"] for step in steps] == [1, 2]
    assert list(steps[0]) == sorted(steps[0])
    assert list(steps[0]["state"]) == sorted(STATE)
    assert steps[0]["progress"]["status"] == "NEW"
    assert [s["rev"] for s in call("GET", f"/trails/{gadget.id}/steps", token=gadget.token)[1]] == [
        1
    ]


def test_progress_is_kept_as_received_and_answered_without_retries_and_logs(hub, call, gadget):
    rev = hub.post(json.dumps(STATE))
    body = {"status": "ERROR", "status-msg": "m", "progress": 100, "retries": 2, "logs": "l"}
    target = f"/trails/{gadget.id}/steps/{rev}/progress"
    status, answer, _ = call("PUT", target, body, gadget.token)
    assert (status, answer) == (200, {"progress": 100, "status": "ERROR", "status-msg": "m"})
    assert hub.progress(rev) == [body]
    assert hub.statuses(rev) == ["ERROR"]
    assert call("PUT", target.replace(f"/{rev}/", "/9/"), body, gadget.token)[0] == 400


def test_a_cancelled_step_is_called_cancel_and_overwritten_by_any_report(hub, call, gadget):
    rev = hub.post(json.dumps(STATE))
    hub.cancel(rev)
    step = call("GET", f"/trails/{gadget.id}/steps/{rev}", token=gadget.token)[1]
    assert step["progress"]["status"] == "CANCEL"
    assert call("GET", f"/trails/{gadget.id}/{POLL}", token=gadget.token)[1] == []
    body = {"status": "UPDATED", "status-msg": "", "progress": 100}
    target = f"/trails/{gadget.id}/steps/{rev}/progress"
    assert call("PUT", target, body, gadget.token)[1]["status"] == "UPDATED"


def test_a_signed_url_needs_no_token_and_gives_ranges(hub, call, gadget):
    place = call("GET", f"/objects/{SHA}", token=gadget.token)[1]["signed-geturl"]
    assert "?" not in place
    assert call("GET", place)[:2] == (200, APP)
    status, data, headers = call("GET", place, Range="bytes=5-")
    assert (status, data) == (206, APP[5:])
    assert headers["Content-Range"] == f"bytes 5-{len(APP) - 1}/{len(APP)}"
    assert call("GET", place, Range="bytes=999999-")[0] == 416
    hub.world.has_ranges = False
    assert call("GET", place, Range="bytes=5-")[:2] == (200, APP)
    hub.forget_urls()
    assert call("GET", place)[0] == 403


def test_signed_urls_can_be_good_for_a_few_uses(hub, call, gadget):
    hub.world.url_uses = 1
    place = call("GET", f"/objects/{SHA}", token=gadget.token)[1]["signed-geturl"]
    assert call("GET", place)[0] == 200
    assert call("GET", place)[0] == 403


def test_blob_redirects_to_the_signed_url(call, gadget):
    status, _, headers = call("GET", f"/objects/{SHA}/blob", token=gadget.token)
    assert status == 302
    assert "/local-s3/" in headers["Location"]


def test_metas_and_logs(hub, call, gadget):
    hub.device.user_meta["a"] = "b"
    assert call("GET", f"/devices/{gadget.id}/user-meta", token=gadget.token)[1] == {"a": "b"}
    target = f"/devices/{gadget.id}/device-meta"
    assert call("PUT", target, {"x.y": 1, "z": 2}, gadget.token)[1] == {"status": "ok"}
    call("PATCH", target, {"z": None}, gadget.token)
    assert hub.device.device_meta == {"x.y": 1}
    assert call("POST", "/logs/", [{"msg": "hello"}], gadget.token)[1] == {"status": "ok"}
    assert hub.logs == [{"msg": "hello"}]


def test_what_the_reference_lacks_is_a_404_and_a_wrong_method_a_405(call, gadget):
    assert call("GET", "/wake", token=gadget.token)[0] == 404
    assert call("DELETE", "/logs/", token=gadget.token)[0] == 405


def test_broken_bodies_are_refused(call, gadget):
    assert call("POST", "/auth/login", b"{")[0] == 400
    assert call("POST", "/objects/", {}, gadget.token)[0] == 400


def raw(hub, certificate, text):
    """All bytes that come back for these, until the other side closes."""
    tls = ssl.create_default_context(cafile=certificate.ca)
    with (
        socket.create_connection(("127.0.0.1", hub.port)) as plain,
        tls.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        connection.sendall(text.encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_it_takes_whole_urls_as_target_and_closes_after_http_1_0(hub, certificate):
    line = f"POST https://localhost:{hub.port}/devices/ HTTP/1.0"
    text = f"{line}\r\nHost: localhost:{hub.port}\r\nUser-Agent: x\r\n\r\n"
    assert b" 200 " in raw(hub, certificate, text).partition(b"\r\n")[0]
    assert b" 403 " in raw(hub, certificate, f"{line}\r\n\r\n").partition(b"\r\n")[0]


# --- faults ---------------------------------------------------------------------------------------


def test_an_ordered_status_comes_as_often_as_ordered_and_does_nothing(hub, call):
    fault = hub.fault("POST /devices/", status=503, times=2, headers={"Retry-After": "1"})
    status, _, headers = call("POST", "/devices/")
    assert (status, headers["Retry-After"]) == (503, "1")
    assert call("POST", "/devices/")[0] == 503
    assert not hub.devices
    assert call("POST", "/devices/")[0] == 200
    assert fault.hits == 2
    assert [exchange.status for exchange in hub.asked("POST /devices/")] == [503, 503, 200]


def test_a_fault_can_let_some_pass_first(hub, call):
    hub.fault("POST /devices/", status=503, skip=1)
    assert [call("POST", "/devices/")[0] for _ in range(3)] == [200, 503, 200]


def test_a_body_is_cut_where_ordered(hub, call, gadget):
    place = call("GET", f"/objects/{SHA}", token=gadget.token)[1]["signed-geturl"]
    hub.fault("GET /local-s3/", cut_at=1000)
    with pytest.raises(Exception, match="IncompleteRead") as cut:
        call("GET", place)
    assert cut.value.partial == APP[:1000]
    assert call("GET", place)[1] == APP


def test_wrong_bytes_are_as_many_as_the_right_ones(hub, call, gadget):
    place = call("GET", f"/objects/{SHA}", token=gadget.token)[1]["signed-geturl"]
    hub.fault("GET /local-s3/", is_wrong=True)
    data = call("GET", place)[1]
    assert len(data) == len(APP)
    assert data != APP


def test_a_slow_body_comes_whole_and_an_answer_waits_to_be_let_go(hub, call, gadget):
    place = call("GET", f"/objects/{SHA}", token=gadget.token)[1]["signed-geturl"]
    hub.fault("GET /local-s3/", rate=90_000)
    began = time.monotonic()
    assert call("GET", place)[1] == APP
    assert time.monotonic() - began > 0.05
    hold = threading.Event()
    hub.fault("GET /trails/", hold=hold)
    got = []
    caller = threading.Thread(
        target=lambda: got.append(call("GET", "/trails/", token=gadget.token)[0])
    )
    caller.start()
    assert not got
    hold.set()
    caller.join()
    assert got == [200]


def test_silence_does_nothing_and_deafness_does_all_without_an_answer(hub, call):
    hub.fault("POST /devices/", is_silent=True)
    with pytest.raises(OSError, match="closed"):
        call("POST", "/devices/")
    assert not hub.devices
    hub.fault("POST /devices/", is_deaf=True)
    with pytest.raises(OSError, match="closed"):
        call("POST", "/devices/")
    assert len(hub.devices) == 1


def test_a_hub_that_is_down_refuses_and_comes_back_with_all_it_had(hub, call, gadget):
    hub.down()
    with pytest.raises(OSError, match="refused"):
        call("GET", "/trails/", token=gadget.token)
    hub.up()
    assert call("GET", "/trails/", token=gadget.token)[0] == 200


def test_going_down_cuts_an_answer_on_its_way(hub, call, gadget):
    place = call("GET", f"/objects/{SHA}", token=gadget.token)[1]["signed-geturl"]
    hub.fault("GET /local-s3/", rate=100)
    failed = []

    def fetch():
        try:
            call("GET", place)
        except (OSError, http.client.HTTPException) as error:
            failed.append(error)

    caller = threading.Thread(target=fetch)
    caller.start()
    hub.wait(lambda: hub.asked("GET /local-s3/"))
    hub.down()
    caller.join()
    assert failed
    hub.up()


def test_waiting_says_what_came_last_when_it_ran_out(hub, call):
    call("POST", "/devices/")
    with pytest.raises(TimeoutError, match="POST /devices/ -> 200"):
        hub.wait(lambda: False, within_s=0)
