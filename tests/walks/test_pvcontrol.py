"""Clients of the reference on a real device: every verb of pvcontrol, through curl and through nc,
with the status and the very bytes that its exit codes hang on (pvr.md 6)."""

import hashlib
import json
import os
import re

import pytest

from surefoot.client.checkout import open_source
from surefoot.lab.checkouts import Part
from surefoot.lab.images import SCRIPTS, Image
from tests.support.pvcontrol import GETS, PROGRAMS, PvControl, Said, Stdin
from tests.walks.conftest import Walk

OK = Said(200, b"")
SYSTEM = b"Container has restart_policy 'system' and cannot be controlled via API"


@pytest.fixture(scope="module")
def shared(tmp_path_factory, images):
    """One device for all tests of this file that leave it as they found it."""
    walk = Walk(tmp_path_factory.mktemp("pvcontrol"), images, {})
    walk.device.create(walk.checkout("factory")).start()
    try:
        walk.device.at_rest()
        yield walk
    finally:
        walk.device.stop()
    assert walk.device.leftovers() == []


@pytest.fixture(params=PROGRAMS)
def program(request):
    return request.param


@pytest.fixture
def client(shared, program):
    return PvControl(shared.device.client.path, program)


def refusal(text):
    return b'{"Error":"%s"}' % text


# ---- verbs that only look --------------------------------------------------------------------


@pytest.mark.parametrize("words", GETS, ids=" ".join)
def test_what_is_looked_at_is_shown(client, words):
    said = client.run(*words)
    assert said.code == 0
    assert said.body
    if words != ("buildinfo",):
        assert b"\n" not in said.body
        json.loads(said.body)


def test_lists_have_what_scripts_look_for(client, shared):
    """pvr.md 6.3: each sha and revision name as plain text; roles none (R26)."""
    state = json.loads(client.run("steps", "get", "current").body)
    for sha in [value for value in state.values() if isinstance(value, str) and len(value) == 64]:
        assert sha.encode() in client.run("objects", "ls").body
    assert b'"name":"0"' in client.run("steps", "ls").body
    (app,) = [one for one in json.loads(client.run("ls").body) if one["name"] == "app"]
    assert (app["status"], app["roles"], app["user_stopped"]) == ("STARTED", [], "false")
    meta = json.loads(client.run("devmeta", "ls").body)
    assert (meta["pantavisor.status"], meta["pantavisor.revision"]) == ("READY", "0")
    assert client.run("graph", "ls").body == b"[]"


@pytest.mark.parametrize("revision", ["0", "current"])
def test_a_step_is_got_byte_for_byte_and_its_progress_shown(client, shared, revision):
    text = shared.device.storage.read_state_text("0")
    assert client.run("steps", "get", revision) == Said(200, text)
    assert client.run("steps", "show-progress", revision) == Said(
        200, b'{"status":"DONE","status-msg":"Factory revision","progress":100,"retries":0}'
    )


def test_an_absent_step_is_not_found(client):
    """reference-observed.md."""
    for verb in ("get", "show-progress"):
        said = client.run("steps", verb, "locals/absent")
        assert (said.status, said.code) == (404, 255)
        assert said.error == "Resource does not exist"


# ---- verbs that change what is stored ----------------------------------------------------------


def test_an_object_goes_in_and_comes_back_raw(client, shared, tmp_path):
    for data in (b"", b"abc", b"\0\r\n\r\nraw" + os.urandom(64), os.urandom(3 << 20)):
        sha, path = hashlib.sha256(data).hexdigest(), tmp_path / "object"
        path.write_bytes(data)
        assert client.put_object(path, sha) == OK
        assert client.run("objects", "get", sha) == Said(200, data)
        assert client.put_object(Stdin(data), sha) == OK
        assert (
            f'{{"sha256":"{sha}","size":"{len(data)}"}}'
            in client.run("objects", "ls").body.decode()
        )
        shared.device.storage.objects.remove(sha)
        assert client.put_object(Stdin(data), sha) == OK


def test_refused_objects_have_the_texts_that_exit_codes_hang_on(client, tmp_path):
    """pvr.md 6.2: 60 for a bad sum; nothing is kept."""
    path, sha = tmp_path / "object", hashlib.sha256(b"other").hexdigest()
    path.write_bytes(b"bytes")
    said = client.put_object(path, sha)
    assert (said.status, said.body, said.code) == (422, refusal(b"Object has bad checksum"), 60)
    said = client.put_object(path, "abc")
    assert (said.status, said.body, said.code) == (
        400,
        refusal(b"Request has bad object name"),
        255,
    )
    said = client.run("objects", "get", sha)
    assert (said.status, said.body) == (400, refusal(b"Request has bad object name"))


def test_a_step_is_put_with_its_message(client, shared, program, tmp_path):
    text = json.dumps(json.loads(shared.device.storage.read_state_text("0")), indent=1)
    place, name = tmp_path / "json", f"locals/message-{program}"
    place.write_text(text)
    assert client.put_step(place, name, "a & b=ü?") == OK
    assert client.run("steps", "get", name) == Said(200, text.encode())
    (step,) = [one for one in json.loads(client.run("steps", "ls").body) if one["name"] == name]
    assert step["commitmsg"] == "a & b=ü?"
    assert step["progress"]["status-msg"] == "Update ready to be run"
    assert client.run("steps", "show-progress", name).body == (
        b'{"status":"NEW","status-msg":"Update ready to be run","progress":0,"retries":0}'
    )
    said = client.put_step(place, name, "x" * 300)
    assert (said.status, said.code) == (507, 48)


def test_refused_steps_leave_nothing(client, shared, tmp_path):
    """reference-observed.md; R12: no progress, no directory."""
    place = tmp_path / "json"
    for text in ("", "{}", "not JSON", '{"#spec":"other"}'):
        place.write_text(text)
        said = client.put_step(place, "locals/garbage", "a message")
        assert (said.status, said.code) == (422, 255)
        assert said.error == "Parser: State JSON has bad format"
    place.write_bytes(shared.device.storage.read_state_text("0"))
    said = client.put_step(place, "7")
    assert (said.status, said.body) == (400, refusal(b"Method not supported for this endpoint"))
    assert client.run("steps", "show-progress", "locals/garbage").status == 404
    assert not shared.device.storage.trail("locals/garbage").exists()


@pytest.mark.parametrize(("group", "who"), [("usrmeta", b"User"), ("devmeta", b"Device")])
def test_metadata_is_saved_listed_and_deleted(client, group, who):
    """The value goes in a form's content type, and is stored as it is."""
    assert client.run(group, "save", "some.key", "a=b&c ü") == OK
    assert json.loads(client.run(group, "ls").body)["some.key"] == "a=b&c ü"
    assert client.run(group, "delete", "some.key") == OK
    assert "some.key" not in json.loads(client.run(group, "ls").body)
    said = client.run(group, "delete", "some.key")
    assert (said.status, said.body) == (404, refusal(who + b" meta does not exist"))


def test_garbage_is_collected(client):
    said = client.run("storage", "gc")
    assert said.code == 0
    assert re.fullmatch(rb'\{"reclaimed": \d+\}', said.body)
    assert client.run("cmd", "run-gc") == OK


# ---- containers, signals, commands -------------------------------------------------------------


def test_containers_are_controlled_where_their_policy_allows_it(client, shared):
    before = shared.device.pids()
    assert client.run("containers", "stop", "app") == OK
    shared.device.until(lambda: "app" not in shared.device.pids(), "the stop")
    assert client.run("containers", "start", "app") == OK
    shared.device.until(lambda: "app" in shared.device.pids(), "the start")
    assert client.run("containers", "restart", "app") == OK
    shared.device.at_rest()
    assert shared.device.pids()["base"] == before["base"]
    said = client.run("containers", "stop", "base")
    assert (said.status, said.body, said.code) == (403, refusal(SYSTEM), 255)
    said = client.run("containers", "start", "absent")
    assert (said.status, said.body) == (404, refusal(b"Container not found"))
    said = client.run("containers", "dance", "app")
    assert (said.status, said.error) == (400, "Invalid action. Use 'start', 'stop', or 'restart'")


def test_daemons_are_not_found(client):
    """The agent has no helper processes to manage."""
    assert client.run("daemons", "ls") == Said(200, b"[]")
    assert client.run("daemons", "stop", "absent").status == 404


@pytest.mark.parametrize("kind", ["ready", "alive"])
def test_a_signal_from_outside_of_a_container_is_not_expected(client, kind):
    """reference-observed.md."""
    said = client.run("signal", kind)
    text = b"Signal not expected from this platform"
    assert (said.status, said.body, said.code) == (500, refusal(text), 255)


REMOTE_OFF = "Cannot do this operation when remote mode is disabled by config"


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("enable-ssh",), 200, 0),
        (("disable-ssh",), 200, 0),
        (("unclaim",), 204, 255),  # it is so already, which pvcontrol takes for a failure
        (("go-remote",), 409, 255),
        (("defer-reboot", "60"), 409, 255),
        (("run", "locals/absent"), 404, 255),
        (("run-commit", "locals/absent"), 404, 255),
        (("run", ""), 400, 255),
        (("make-factory", "locals/absent"), 404, 255),
        (("run", "0"), 200, 0),  # R25: it runs already
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_commands_are_answered_at_once(client, words, status, code):
    said = client.run("cmd", *words)
    assert (said.status, said.code) == (status, code)
    if words == ("go-remote",):
        assert said.error == REMOTE_OFF


def test_a_whole_update_as_scripts_do_it(walk, program, tmp_path):
    """pvr.md 6: install, run, wait; a second command meanwhile exits with 75; then run-commit,
    make-factory and reboot."""
    client = PvControl(walk.device.client.path, program)
    name = "locals/" + hashlib.sha256(b"as steps install names it").hexdigest()
    source = open_source(walk.checkout("x", app=Part(Image("healthy", "app-2"))))
    client.install(source, tmp_path, name)
    assert client.run("cmd", "run", name) == OK
    said = client.run("cmd", "run", name)
    assert (said.status, said.code) == (503, 75)
    assert walk.device.ended(name).status == "UPDATED"
    assert client.run("steps", "show-progress", name).body == (
        b'{"status":"UPDATED","status-msg":"Update finished, revision not set as rollback point",'
        b'"progress":100,"retries":0}'
    )
    assert client.run("cmd", "run-commit", name) == OK
    walk.device.until(lambda: walk.device.pv_rev() == name, "the commit")
    walk.device.at_rest()
    assert client.run("cmd", "make-factory") == OK
    walk.device.until(lambda: walk.device.status().get("running") == "0", "the factory revision")
    walk.device.at_rest()
    assert walk.device.versions()["app"] == "healthy-app-2"
    assert client.run("cmd", "reboot", "said by a script") == OK
    walk.device.until(lambda: not walk.device.status(), "the reboot")
    assert walk.device.at_rest()["running"] == "0"
    assert client.run("cmd", "poweroff") == OK
    assert walk.device.loop.wait(60) == 0


# ---- from inside a container -------------------------------------------------------------------

ASK = r"""
ask() {
    echo "== $1 $2"
    printf '%s %s HTTP/1.0\r\nHost: localhost\r\nContent-Length: %s\r\n\r\n%s' \
        "$1" "$2" "${#3}" "$3" | bin/nc -U -N pantavisor/pv-ctrl
    echo
}
ask GET /containers ""
ask PUT /user-meta/from.container "its value"
ask POST /signal '{"type":"ready","payload":""}'
ask POST /signal '{"type":"alive","payload":""}'
ask POST /commands '{"op":"ENABLE_SSH","payload":""}'
echo "== end"
"""
STAY = "trap 'exit 0' PWR TERM\nwhile :; do sleep 3600 & wait \"$!\"; done\n"


@pytest.mark.parametrize(
    ("roles", "is_manager"), [('["mgmt"]', True), (["mgmt"], True), (None, False), ("[]", False)]
)
def test_a_container_may_ask_what_its_roles_allow(walk, monkeypatch, roles, is_manager):
    """R26; `roles` as a list, and as the real pvr writes it, a string with a list in it."""
    monkeypatch.setitem(SCRIPTS, "ready", ASK + STAY)
    run = {"status_goal": "READY"} | ({} if roles is None else {"roles": roles})
    walk.update("locals/x", manager=Part(Image("ready", "manager-1"), run=run))
    heard = answers(walk)
    assert heard["POST /signal"] == (200, "")  # what the goal asks for, any container may say
    others = {path: status for path, (status, _) in heard.items() if path != "POST /signal"}
    if is_manager:
        assert others == {"GET /containers": 200, "PUT /user-meta/from.container": 200} | {
            "POST /signal again": 500,
            "POST /commands": 200,
        }
        assert '"roles":["mgmt"]' in heard["GET /containers"][1]
        assert walk.device.client.get("/user-meta") == {"from.container": "its value"}
    else:
        assert others.pop("POST /signal again") == 500
        assert set(others.values()) == {403}
        assert heard["GET /containers"][1] == '{"Error":"Request not sent from mgmt platform"}'
        assert walk.device.client.get("/user-meta") == {}


def answers(walk):
    """What the container's console shows: request -> status and body."""
    console = walk.device.storage.logs / "locals/x/manager/console.log"
    text = walk.device.until(lambda: _complete(console), "its answers")
    heard = {}
    for part in text.split("== ")[1:-1]:
        request, answer = part.split("\n", 1)
        head, _, body = answer.partition("\n\n")
        request += " again" if request in heard else ""
        heard[request] = int(head.split()[1]), body.strip()
    return heard


def _complete(console):
    text = console.read_bytes().decode().replace("\r", "")
    return text if "== end" in text else ""
