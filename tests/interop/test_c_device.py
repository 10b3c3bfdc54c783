"""The double of the C device walks through our Hub, and nothing leads it astray (hub-wire 0, 8)."""

import json
import signal

import pytest

from tests.interop.replay import spoilt
from tests.support.c_device import CDevice, Revision
from tests.support.c_device_http import MOST_BODY
from tests.support.c_device_json import members
from tests.support.c_device_world import APP, BASE, OTHER, factory, sha, state
from tests.support.hub_process import HubProcess

ERROR_LOGS = '{"tsec":1333,"lvl":"ERROR","src":"state","msg":"platform \'app\' is not running"}\n'


class Bench:
    """Devices on this Hub; none of them may ever have waited for a connection to close."""

    def __init__(self, hub, owner, ca):
        self.hub, self.owner, self.ca = hub, owner, ca
        self.devices = []

    def device(self, running=None, **how):
        host, _, port = self.hub.urls["https"].removeprefix("https://").partition(":")
        made = CDevice(host, int(port), self.ca, running or factory(), **how)
        self.devices.append(made)
        return made

    def synced(self, running=None):
        device = self.device(running)
        device.register()
        device.look()
        self.owner.claim(device.id, device.challenge)
        device.look()
        device.sync()
        return device

    def post(self, device, text, message="", meta=None, objects=(OTHER,)):
        for data in objects:
            self.owner.put_object(data)
        return self.owner.post(device.id, text, message, meta)

    def progress(self, device, rev):
        return self.owner.step(device.id, rev)["progress"]


@pytest.fixture
def bench(hub, owner, ca):
    bench = Bench(hub, owner, ca)
    yield bench
    assert [device.old.stalls for device in bench.devices if device.old.stalls] == []
    assert max(device.registrations for device in bench.devices) <= 1


# --- the walk -------------------------------------------------------------------------------------


def test_from_registration_to_a_first_update_and_a_reboot_and_an_error(bench):
    device = bench.device()
    device.register()
    device.look()
    assert device.owner == ""
    assert device.challenge.count("-") == 2
    bench.owner.claim(device.id, device.challenge)
    device.look()
    assert device.owner.startswith("prn:::accounts:/")
    assert device.challenge == ""
    assert device.trails() == 0
    device.sync()
    assert device.trails() == 1
    factory_step = bench.owner.step(device.id, 0)
    assert factory_step["progress"]["status"] == "DONE"
    assert device.poll() is None

    rev = bench.post(device, state(OTHER), "app2")
    step = device.poll()
    assert (step.rev, step.message, step.status, step.retries) == (str(rev), "app2", "NEW", 0)
    assert device.update(step) == "UPDATED"
    assert bench.progress(device, rev) == {
        "status": "UPDATED",
        "status-msg": "Update finished, revision not set as rollback point",
        "progress": 100,
        "retries": 1,
    }
    assert device.poll() is None

    rev = bench.post(device, state(OTHER, base=b"new base"), "base2", objects=[b"new base"])
    assert device.update(device.poll()) == "DONE"
    assert bench.progress(device, rev)["status"] == "DONE"

    rev = bench.post(device, state(APP, base=b"new base"), "noinit")
    text = "A container could not be started"
    assert device.update(device.poll(), error=text, logs=ERROR_LOGS) == "ERROR"
    assert bench.progress(device, rev) == {
        "status": "ERROR",
        "status-msg": text,
        "progress": 100,
        "retries": 1,
        "logs": ERROR_LOGS,
    }
    assert device.poll() is None


def test_a_device_with_an_auto_join_token_is_owned_at_once(bench):
    meta = {"fleet.group": "one"}
    body = {"nick": "line-1", "default-user-meta": meta}
    token = bench.owner.good("POST", "/devices/tokens", body)["token"]
    assert len(token) <= 64
    device = bench.device(auto_token=token)
    device.register()
    assert device.challenge == ""
    device.look()
    assert device.owner
    assert device.challenge == ""
    device.sync()
    assert device.read_user_meta() == meta


def test_an_unknown_auto_join_token_is_a_400_and_leaves_no_device(bench):
    reply = bench.device().old.request("POST", "/devices/", Pantahub_Devices_Auto_Token_V1="dGVzdA")
    assert reply.status == 400


def test_what_the_owner_has_already_is_not_uploaded_again(bench):
    bench.synced()
    second = bench.synced()
    assert second.trails() == 1
    assert members(second.running.text)["app/root.squashfs"] == sha(APP)


def test_a_second_post_of_the_trail_changes_nothing(bench):
    device = bench.synced()
    device._sync()
    assert device.trails() == 1


def test_three_steps_posted_at_once_are_walked_in_order(bench):
    device = bench.synced()
    revs = [bench.post(device, state(data), objects=[data]) for data in (b"1", b"2", b"3")]
    walked = []
    while (step := device.poll()) is not None:
        walked.append(int(step.rev))
        assert device.update(step) == "UPDATED"
    assert walked == revs
    assert [bench.progress(device, rev)["retries"] for rev in revs] == [1, 1, 1]


def test_eight_new_objects_are_all_handed_out(bench):
    device = bench.synced()
    files = [bytes([number]) * 1000 for number in range(8)]
    more = {f"app/{number}": f'"{sha(data)}"' for number, data in enumerate(files)}
    bench.post(device, state(**more), objects=files)
    assert device.update(device.poll()) == "UPDATED"
    assert {sha(data) for data in files} <= device.objects.keys()


def test_an_object_of_a_few_megabytes_is_taken_and_given(bench):
    data = bytes(range(256)) * 16 * 1024
    device = bench.synced(Revision(state(data), {**factory().objects, sha(data): data}))
    bench.post(device, state(data[1:]), objects=[data[1:]])
    assert device.update(device.poll()) == "UPDATED"
    assert device.objects[sha(data[1:])] == data[1:]


# --- hijacks (hub-wire 0.5) -----------------------------------------------------------------------

WORDS = ("rev", "state", "progress", "commit-msg", "status", "retries", "meta", "id")


@pytest.mark.parametrize("word", WORDS)
def test_a_commit_message_of_any_of_its_words_leads_no_device_astray(bench, word):
    device = bench.synced()
    rev = bench.post(device, state(OTHER), word)
    step = device.poll()
    assert (step.rev, step.status, step.state) == (str(rev), "NEW", state(OTHER))
    # Of a message that is its own name the device takes the next key: it only shows it.
    assert step.message == ("state" if word == "commit-msg" else word)
    assert device.update(step) == "UPDATED"
    assert bench.progress(device, rev)["status"] == "UPDATED"
    assert device.poll() is None


def test_keys_and_values_of_meta_lead_no_device_astray(bench):
    device = bench.synced()
    meta = {word: {word: word, "status": "DONE"} for word in WORDS}
    rev = bench.post(device, state(OTHER), "fine", {**meta, "x": "rev", "a": ["state", "progress"]})
    step = device.poll()
    assert (step.rev, step.message, step.status) == (str(rev), "fine", "NEW")
    assert step.state == state(OTHER)
    assert device.update(step) == "UPDATED"


@pytest.mark.parametrize("word", WORDS)
def test_words_inside_the_state_lead_no_device_astray(bench, word):
    """Keys, values and whole files of those names."""
    device = bench.synced()
    inline = json.dumps({word: "7", "a": word, "b": [word, {"c": word}]})
    text = state(OTHER, **{"app/x.json": inline, f"{word}.json": '"rev"'})
    rev = bench.post(device, text, word)
    step = device.poll()
    assert (step.rev, step.status, step.state) == (str(rev), "NEW", text)
    device.update(step)
    assert device.poll() is None


@pytest.mark.parametrize("message", ["rev", "state", "progress"])
def test_a_step_delivered_again_is_still_read_right(bench, message):
    """After a crash the device reads retries and status back from the step (4.3)."""
    device = bench.synced()
    rev = bench.post(device, state(OTHER), message)
    step = device.poll()
    for status, text, number in (
        ("QUEUED", "Retried 0 of 10", 5),
        ("DOWNLOADING", "Downloading update artifacts, retry 1 of 10", 25),
        ("INPROGRESS", "Trying new revision", 50),
        ("TESTING", "Awaiting to see if update is stable", 75),
    ):
        device.report(step, status, text, number, 1)
        again = device.poll()
        assert (again.rev, again.status, again.retries) == (str(rev), status, 1)
        assert again.state == state(OTHER)


@pytest.mark.parametrize("name", ["size", "sha256sum", "signed-geturl", "signed-puturl", "id"])
def test_an_object_named_like_a_field_is_found_all_the_same(bench, name):
    device = bench.synced()
    data = f"object called {name}".encode()
    bench.owner.put_object(data, name)
    bench.post(device, state(**{name: f'"{sha(data)}"'}), objects=())
    device.update(device.poll())
    assert device.objects[sha(data)] == data


def test_metas_with_names_of_fields_hide_no_owner(bench):
    device = bench.synced()
    meta = dict.fromkeys(("id", "owner", "challenge", "secret", "prn"), "x")
    bench.owner.good("PUT", f"/devices/{device.id}/user-meta", meta)
    device.put_device_meta(owner="x", id="y", challenge="z")
    device.look()
    assert device.owner.startswith("prn:::accounts:/")
    assert device.challenge == ""
    assert device.read_user_meta() == meta


@pytest.mark.parametrize("nick", ["owner", "id", "challenge", "secret", "prn", "nick"])
def test_no_nick_hides_the_owner(bench, nick):
    """A Hub may refuse such a nick; where it takes one the device must not be misled."""
    device = bench.synced()
    assert bench.owner.call("PATCH", f"/devices/{device.id}", {"nick": nick}).status in {200, 422}
    device.look()
    assert device.owner.startswith("prn:::accounts:/")
    assert device.challenge == ""


# --- the text of a state --------------------------------------------------------------------------


@pytest.mark.parametrize("blank", ["", " ", "\n  "])
def test_a_state_comes_as_it_was_posted_and_blanks_reboot_no_device(bench, blank):
    """Signatures cover the text (pvr.md 4.3), and the device compares it (recorded, DV 3)."""
    spaced = Revision(state(blank=blank), factory().objects)
    device = bench.synced(spaced)
    bench.post(device, state(OTHER, blank=blank))
    step = device.poll()
    assert step.state == state(OTHER, blank=blank)
    assert device.update(step) == "UPDATED"


def test_key_order_numbers_and_escapes_of_a_state_stay(bench):
    device = bench.synced()
    odd = r'{"z":1.50,"a":1e3,"big":123456789012345678901234567890,"t":"ü\u00fc\/","n":null}'
    text = state(**{"app/zz.json": odd, "app/aa.json": "[1, 2]"})
    bench.post(device, text)
    assert device.poll().state == text
    assert device.update(device.poll()) == "UPDATED"


# --- sizes ----------------------------------------------------------------------------------------


def test_many_large_pending_steps_still_fit_in_two_mebibytes(bench):
    """Element 0 is all that a device uses; more than 2 MiB it does not even read (0.8)."""
    device = bench.synced()
    for number in range(3):
        inline = json.dumps(str(number) * (MOST_BODY * 3 // 4))
        bench.post(device, state(**{"app/big.json": inline}))
    assert device.poll().rev == "1"
    assert device.trails() == 1


@pytest.mark.parametrize("spare", [200_000, 2_000, 500, 1, -1, -MOST_BODY])
def test_what_is_taken_can_be_read_by_the_device_and_all_else_is_refused(bench, spare):
    """`spare`: bytes that a state leaves of the 2 MiB (0.8); the rest of a step needs some too."""
    device = bench.synced()
    text = state(**{"app/big.json": '""'})
    text = text.replace('""', json.dumps("x" * (MOST_BODY - spare - len(text))))
    body = f'{{"rev":-1,"state":{text},"commit-msg":{json.dumps(chr(1) * 1000)}}}'
    answer = bench.owner.call("POST", f"/trails/{device.id}/steps", body)
    if answer.status == 200:
        assert device.poll().state == text
    else:
        assert answer.status in {400, 413, 422}
        assert answer.json["error"]
        assert device.poll() is None
    assert spare != 200_000 or answer.status == 200


@pytest.mark.parametrize("size", [MOST_BODY // 2, MOST_BODY + 1])
def test_a_device_with_a_large_first_state_is_synced_or_refused(bench, size):
    text = state(**{"app/big.json": json.dumps("x" * size)})
    device = bench.device(Revision(text, factory().objects))
    device.register()
    device.look()
    bench.owner.claim(device.id, device.challenge)
    device.look()
    if size < MOST_BODY:
        device.sync()
        assert device.trails() == 1
        return
    device._sync()
    # Whatever became of it: the list of trails must stay readable.
    assert device.trails() in {0, 1}


def test_a_long_nick_makes_no_token_that_a_device_would_cut(hub, ca):
    owner = hub.owner("a" * 23)
    bench = Bench(hub, owner, ca)
    device = bench.synced()
    bench.owner.good("PATCH", f"/devices/{device.id}", {"nick": "n" * 60})
    device.login()
    assert len(f"Bearer {device.token}") <= 1000
    assert device.trails() == 1


def test_a_login_answers_a_token_and_nothing_else(bench):
    device = bench.synced()
    body = json.dumps({"username": device.prn, "password": device.secret}).encode()
    reply = device.old.request("POST", "/auth/login", body)
    assert list(json.loads(reply.text)) == ["token"]


# --- metas and logs -------------------------------------------------------------------------------


def test_user_meta_of_all_kinds_comes_and_goes(bench):
    device = bench.synced()
    meta = {"plain": "text", "number": 5, "object": {"a": [1, 2]}, "nothing": None, "a.b": "c"}
    bench.owner.good("PUT", f"/devices/{device.id}/user-meta", meta)
    seen = device.read_user_meta()
    assert seen.pop("object").replace(" ", "") == '{"a":[1,2]}'
    assert seen == {"plain": "text", "number": "5", "a.b": "c"}
    bench.owner.good("PUT", f"/devices/{device.id}/user-meta", {"plain": "text"})
    assert device.read_user_meta() == {"plain": "text"}


def test_device_meta_is_replaced_whole_and_seen_by_the_owner(bench):
    device = bench.synced()
    device.put_device_meta(gone="soon")
    device.put_device_meta()
    meta = bench.owner.good("GET", f"/devices/{device.id}")["device-meta"]
    assert meta["pantavisor.revision"] == "0"
    assert meta["interfaces"] == {"lo.ipv4": ["127.0.0.1"]}
    assert "gone" not in meta


def test_logs_are_taken_again_and_again(bench):
    """The device repeats whole logs after each start (recorded, HW 9)."""
    device = bench.synced()
    lines = [f"line {number}\t\x1b[0m ü" for number in range(39)]
    for _ in range(2):
        reply = device.push_logs(lines)
        assert (reply.status, json.loads(reply.text)) == (200, {"status": "ok"})
    found = bench.owner.good("GET", f"/logs/?dev={device.id}&page=200&rev=0&plat=pantavisor")
    assert {entry["msg"] for entry in found["entries"]} == set(lines)


def test_an_expired_token_that_comes_with_a_login_is_no_obstacle(bench):
    """The log pusher sends the refused token along when it logs in again (recorded)."""
    device = bench.synced()
    device.old_token = spoilt(device.old_token)
    assert device.push_logs(["hello"]).status == 200
    device.token = spoilt(device.token or "x" * 100)
    assert device.trails() == 1


# --- cancel, order, restarts ----------------------------------------------------------------------


def test_a_new_step_that_was_cancelled_is_not_offered(bench):
    device = bench.synced()
    rev = bench.post(device, state(OTHER))
    assert bench.owner.cancel(device.id, rev).status == 200
    assert device.poll() is None
    assert bench.progress(device, rev)["status"] == "CANCELLED"


def test_what_a_device_runs_is_the_truth_although_it_was_cancelled(bench):
    """R14: the C device obeys no cancel; its later report stands."""
    device = bench.synced()
    rev = bench.post(device, state(OTHER))
    step = device.poll()
    device.report(step, "QUEUED", "Retried 0 of 10", 5, 0)
    assert bench.owner.cancel(device.id, rev).status == 200
    assert device.poll() is None
    assert device.update(step) == "UPDATED"
    assert bench.progress(device, rev)["status"] == "UPDATED"


@pytest.mark.parametrize(
    ("status", "message", "number"),
    [
        ("INPROGRESS", "Rebooting", 50),
        ("INPROGRESS", "Trying new revision", 50),
        ("TESTING", "Awaiting to see if update is stable", 75),
    ],
)
def test_what_is_armed_cannot_be_cancelled(bench, status, message, number):
    device = bench.synced()
    rev = bench.post(device, state(OTHER))
    device.report(device.poll(), status, message, number, 1)
    answer = bench.owner.cancel(device.id, rev)
    assert answer.status == 409
    assert answer.json["error"]
    assert bench.progress(device, rev)["status"] == status
    assert device.poll().rev == str(rev)


def test_late_and_repeated_reports_are_answered_well_and_change_nothing(bench):
    device = bench.synced()
    rev = bench.post(device, state(OTHER))
    step = device.poll()
    assert device.update(step) == "UPDATED"
    final = bench.progress(device, rev)
    device.report(step, "QUEUED", "Retried 0 of 10", 5, 0)
    device.report(step, "DOWNLOADING", "Downloading update artifacts, retry 1 of 10", 25, 1)
    device.report(step, "UPDATED", final["status-msg"], 100, 1)
    assert bench.progress(device, rev) == final
    assert device.poll() is None


def test_a_progress_of_a_step_that_is_not_there_is_refused_and_no_500(bench):
    device = bench.synced()
    for rev in ("9", "committer", "-1", "locals", "00"):
        path = f"/trails/{device.id}/steps/{rev}/progress"
        device.login()
        reply = device.new.request("PUT", path, b'{"status":"QUEUED"}', device.token)
        assert 400 <= reply.status < 500
        assert reply.status != 401
        json.loads(reply.body)


def test_a_device_lives_through_restarts_and_kills_of_the_hub(tmp_path):
    """GET /devices/ID stays 200 for a live unclaimed device (hub-wire 0.9, 13)."""

    with HubProcess(tmp_path / "data") as hub:
        bench = Bench(hub, hub.owner("ada"), hub.ca())
        device = bench.device()
        device.register()
        device.look()
        challenge = device.challenge
        hub.stop(signal.SIGKILL)
        hub.start()
        device.look()
        assert (device.registrations, device.challenge) == (1, challenge)
        bench.owner.claim(device.id, challenge)
        device.look()
        device.sync()
        rev = bench.post(device, state(OTHER))
        step = device.poll()
        device.report(step, "QUEUED", "Retried 0 of 10", 5, 0)
        hub.stop(signal.SIGKILL)
        hub.start()
        assert device.poll().status == "QUEUED"
        assert device.update(step) == "UPDATED"
        hub.stop()
        hub.start()
        assert bench.progress(device, rev)["status"] == "UPDATED"
        assert device.trails() == 1
        assert bench.owner.step(device.id, 0)["state"]["base/root.squashfs"] == sha(BASE)
