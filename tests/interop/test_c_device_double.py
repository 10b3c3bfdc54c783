"""The double of the C device does what the recordings of the real one show, its faults included."""

import json
import re
from pathlib import Path

import pytest

from tests.support.c_device import CDevice, Refused, Revision
from tests.support.c_device_http import AGENT, Silent
from tests.support.c_device_json import elements, find, find_token, members
from tests.support.c_device_world import APP, OTHER, factory, sha, state
from tests.support.server_certificate import issue
from tests.support.stand_in import StandIn

RECORDED = Path(__file__).parents[1] / "data" / "recorded"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return issue(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def hub(certificate):
    with StandIn(certificate) as hub:
        yield hub


@pytest.fixture
def device(hub, certificate):
    return CDevice("localhost", hub.port, certificate.ca, factory())


@pytest.fixture
def synced(hub, device):
    device.register()
    hub.claim()
    device.look()
    device.sync()
    return device


# --- how it reads JSON ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ('{"rev":3}', "rev", "3"),
        ('{"rev":"3"}', "rev", "3"),
        ('{"a":{"rev":[1, 2]}}', "rev", "[1, 2]"),
        ('{"commit-msg":"rev","committer":"","rev":3}', "rev", "committer"),
        ('{"commit-msg":"state","state":{"a":1}}', "state", '{"a":1}'),
        ('{"commit-msg":"state","rest":1,"state":{"a":1}}', "state", "rest"),
        ('{"x":"a\\"rev\\"b","rev":3}', "rev", "3"),
        ('{"rev":null}', "rev", "null"),
        ('{"x":"rev"}', "rev", None),
        ("{}", "rev", None),
    ],
)
def test_the_first_string_of_that_name_counts_and_a_repetition_arms_anew(text, name, found):
    assert find(text, name) == found


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ('{"token":"t"}', "t"),
        ('{"token":"t","token_type":"bearer"}', "bearer"),
        ('{"token":"t","expires_in":3600}', "expires_in"),
        ("{}", None),
    ],
)
def test_the_old_client_takes_the_last_string_for_its_token(text, token):
    assert find_token(text) == token


def test_arrays_and_objects_are_taken_apart_as_text():
    assert elements('[{"a": 1},[2,3],"x", 4]') == ['{"a": 1}', "[2,3]", "x", "4"]
    assert elements("[]") == []
    assert members('{"a": {"b":1},"c":null}') == {"a": '{"b":1}', "c": "null"}
    with pytest.raises(ValueError, match="not an array"):
        elements("{}")
    with pytest.raises(ValueError, match="early"):
        elements("[1")


# --- what it sends --------------------------------------------------------------------------------


def masked(line, headers, body):
    """A request without what is another's in each run: ids, hosts, tokens, sizes, contents."""
    line = re.sub(r"[0-9a-f]{64}|[0-9a-f]{24}", "ID", re.sub(r"localhost:\d+", "HOST", line))
    line = re.sub(r"/local-s3/\S+", "/local-s3/ID", line)
    shape = re.sub(r"[0-9a-f]{24,64}|<secret>", "ID", body)
    shape = re.sub(r'("size": |"password": ?|"objectname": )"[^"]*"', r'\1"X"', shape)
    return line, headers, shape if "username" in body or "sha256sum" in body else ""


def recorded(name, count):
    """Line, header names and body of the first requests of a recording."""
    found = []
    for line in (RECORDED / name).read_text().splitlines():
        exchange = json.loads(line)
        if "request" in exchange and len(found) < count:
            request = exchange["request"]
            body = request["body"] if isinstance(request["body"], str) else ""
            names = [header.lower() for header, _ in request["headers"]]
            found.append(masked(request["line"], names, body))
    return found


def test_registration_and_sync_are_the_recorded_ones_byte_for_byte(hub, certificate):
    """Line, headers and their order, and the blanks of the bodies; with as many objects."""
    names = ["bsp/pantavisor", "bsp/kernel.img", "base/root.squashfs", "base/lxc.container.conf"]
    names += ["app/root.squashfs", "app/lxc.container.conf"]
    files = {name: name.encode() for name in names}
    entries = "".join(f',"{name}":"{sha(data)}"' for name, data in files.items())
    text = f'{{"#spec":"pantavisor-service-system@1"{entries}}}'
    running = Revision(text, {sha(data): data for data in files.values()})
    device = CDevice("localhost", hub.port, certificate.ca, running)
    device.register()
    device.look()
    hub.claim()
    # It logs in once a start, not once a cycle (recorded/README.md, HW 0.9).
    device.old.request("GET", f"/devices/{device.id}", token=device.old_token)
    device.sync()
    device.poll()
    device.read_user_meta()
    sent = [
        masked(e.asked.line, list(e.asked.headers), e.asked.body.decode()) for e in hub.requests
    ]
    assert sent == recorded("device-c-register.jsonl", len(sent))


def test_an_auto_token_goes_where_the_device_puts_it(hub, certificate):
    hub.world.auto_tokens["dG9rZW4="] = {}
    device = CDevice("localhost", hub.port, certificate.ca, factory(), auto_token="dG9rZW4=")
    device.register()
    device.look()
    assert device.owner
    assert not device.challenge
    headers = hub.requests[0].asked.headers
    names = [header.lower() for header, _ in json.loads(
        (RECORDED / "device-c-auto-token.jsonl").read_text().partition("\n")[0]
    )["request"]["headers"]]  # fmt: skip
    assert list(headers) == names
    assert headers["user-agent"] == AGENT


def test_the_new_client_sends_no_more_than_its_buffer_of_a_token(hub, synced):
    synced.token = "x" * 2000
    with pytest.raises(Refused):
        synced._good(synced.new.request("GET", "/trails/", token=synced.token))
    assert hub.requests[-1].asked.headers["authorization"] == "Bearer " + "x" * 1016
    assert synced.token == ""


# --- how it takes answers -------------------------------------------------------------------------


def test_an_update_ends_as_recorded(hub, synced):
    rev = hub.post(state(OTHER), "app2", objects=[OTHER])
    step = synced.poll()
    assert (step.rev, step.message, step.status) == (str(rev), "app2", "NEW")
    assert synced.update(step) == "UPDATED"
    assert [(body["status"], body["status-msg"]) for body in hub.progress(rev)] == [
        ("QUEUED", "Retried 0 of 10"),
        ("QUEUED", "Downloading update metadata, retry 1 of 10"),
        ("DOWNLOADING", "Downloading update artifacts, retry 1 of 10"),
        ("DOWNLOADING", "Downloading update artifacts, retry 1 of 10"),
        ("INPROGRESS", "Trying new revision"),
        ("TESTING", "Awaiting to see if update is stable"),
        ("UPDATED", "Update finished, revision not set as rollback point"),
    ]
    assert synced.poll() is None


def test_another_base_is_a_reboot_and_done(hub, synced):
    rev = hub.post(state(base=OTHER), objects=[OTHER])
    assert synced.update(synced.poll()) == "DONE"
    assert [body["status-msg"] for body in hub.progress(rev)][-3:] == [
        "Rebooting",
        "Awaiting to set rollback point if update is stable",
        "Update finished, revision set as rollback point",
    ]


def test_blanks_alone_are_a_change():
    assert factory().changed(Revision(state())) == set()
    assert factory().changed(Revision(state(blank=" "))) == {"app/run.json"}


def test_a_message_named_rev_leads_it_astray_in_sorted_keys(hub, synced):
    hub.post(state(), "rev")
    step = synced.poll()
    assert step.rev == "committer"
    with pytest.raises(Refused):
        synced.update(step)
    assert hub.asked(f"PUT /trails/{synced.id}/steps/committer/progress")


def test_a_failed_look_at_itself_registers_another_device(hub, device):
    device.register()
    hub.fault("GET /devices/", status=503)
    device.look()
    assert device.registrations == 2
    assert len(hub.devices) == 2


def test_only_200_is_good_for_an_upload(hub, device):
    device.register()
    hub.claim()
    hub.fault("PUT /local-s3/", status=201, times=None)
    with pytest.raises(Refused, match="not synced"):
        device.sync()


def test_a_body_that_is_not_json_is_no_answer_for_the_old_client(hub, device):
    hub.fault("POST /devices/", body=b"ok")
    with pytest.raises(Silent, match="not JSON"):
        device.register()


def test_two_silent_seconds_are_no_answer(hub, device):
    hub.fault("POST /devices/", delay_s=2.5)
    with pytest.raises(Silent, match="within 2 s"):
        device.register()


def test_a_server_that_does_not_close_stalls_the_old_client(hub, device):
    hub.fault("POST /devices/", headers={"Connection": "keep-alive"})
    device.register()
    assert device.old.stalls == 1
    device.register()
    assert device.old.stalls == 1


def test_a_body_over_two_mebibytes_is_no_answer(hub, synced):
    hub.post(state(**{"app/big.json": json.dumps("x" * 2 * 1024 * 1024)}))
    with pytest.raises(Silent, match="2097152"):
        synced.poll()


def test_a_download_loses_its_query_and_takes_https_alone(hub, synced):
    place = hub.world.sign("GET", sha(APP))
    assert synced.new.download(f"{place}?signature=x").body == APP
    assert hub.requests[-1].asked.query == ""
    assert "authorization" not in hub.requests[-1].asked.headers
    with pytest.raises(ValueError, match="https"):
        synced.new.download(place.replace("https", "http"))


def test_the_old_client_verifies_the_server_and_the_new_one_does_not(hub, tmp_path):
    device = CDevice("localhost", hub.port, issue(tmp_path).ca, factory())
    with pytest.raises(Silent, match="certificate"):
        device.register()
    assert device.new.request("GET", "/nothing").status == 404
