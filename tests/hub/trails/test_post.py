"""What may be posted, and what two that post at once are told."""

import json
import threading

import pytest

from surefoot.errors import Conflict
from surefoot.hub.trails.post import (
    LARGEST_POST,
    LONGEST_MESSAGE,
    MOST_NAMED,
    MOST_OFFERED,
    SHORT,
    check_state,
    next_rev,
)
from surefoot.revision.errors import StateError
from surefoot.revision.limits import LIMITS
from surefoot.wire.hub.answers import member_text
from tests.hub.trails.conftest import FACTORY, SPEC

SHA = "ab" * 32
ODD = (
    '{ "#spec" : "pantavisor-service-system@1" ,\n'
    ' "b.json":[1.50e0, 1E3,-0, 12345678901234567890123],'
    '"a.json" : {"z":"\\u00e9é\\ud83d\\ude00"} }'
)


def state(**files):
    return json.dumps({"#spec": SPEC, **files})


# ---- a state -------------------------------------------------------------------------------------


def test_the_sha_is_of_the_canonical_text():
    """pvr.md 1.3; the value is recorded/pvr-devices' own."""
    assert check_state(FACTORY.decode()).sha == (
        "fd138f7751b12a533d8b0e60c32bfae17be25a4206166973135cd7fa1d8b3760"
    )
    spaced = '{ "x.json": 1.0, "#spec": "pantavisor-service-system@1" }'
    assert check_state(spaced).sha == check_state(state(**{"x.json": 1})).sha


def test_the_text_stays_as_it_is():
    assert check_state(ODD).text == ODD


def test_objects_are_shas_also_under_json_names():
    checked = check_state(state(**{"a": SHA, "b/c": "cd" * 32, "d.json": "ef" * 32, "e.json": {}}))
    assert checked.objects == {SHA, "cd" * 32, "ef" * 32}


@pytest.mark.parametrize(
    "spec",
    [
        "pantavisor-service-system@1",
        "pantavisor-service-embed@1",
        "pantavisor-multi-platform@1",
    ],
)
def test_each_spec_of_the_reference_is_taken(spec):
    check_state(json.dumps({"#spec": spec}))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{}", "#spec"),
        ("[]", "a JSON object"),
        ('{"#spec":"other@1"}', "#spec"),
        ('{"#spec":["pantavisor-service-system@1"]}', "#spec"),
        (state(a="no sha"), "a: expected a sha256"),
        (state(a={"x": 1}), "a: expected a sha256"),
        (state(a=SHA.upper()), "a: expected a sha256"),
        (state(**{"../a": SHA}), r"\.\./a"),
        (state(**{"/a": SHA}), "/a"),
        (state(**{"a//b": SHA}), "a//b"),
        (state(**{".pv/progress": SHA}), ".pv/progress"),
        (state(**{"a\nb": SHA}), "control character"),
        (state(**{"x" * 300: SHA}), "too long"),
        (state(**{"": SHA}), "empty name"),
        ('{"#spec":"pantavisor-service-system@1","a.json":1,"a.json":2}', "twice"),
        (state(**{"a.json": json.loads("[" * 40 + "]" * 40)}), "levels of nesting"),
        (state().replace("}", ',"a.json":1e99999}'), "digits"),
    ],
)
def test_a_state_that_no_device_could_use_is_refused(text, names):
    with pytest.raises(StateError, match=names):
        check_state(text)


def test_a_number_that_is_asked_for_must_be_the_next():
    assert next_rev(None, 4) == 5 == next_rev(5, 4)
    for asked in (3, 4, 6):
        with pytest.raises(Conflict, match=f"Step {asked} cannot.*the next one is 5"):
            next_rev(asked, 4)


# ---- the first sync ------------------------------------------------------------------------------


def test_the_first_sync_makes_a_trail_with_step_0(world, ada):
    id, token = world.device(ada)
    assert world.call("GET", "/trails/", token=token).body == b"[]"
    made = world.call("POST", "/trails/", ODD.encode() + b"\n", token=token)
    assert made.status == 200
    assert made.json["id"] == id
    assert member_text(made.body.decode(), "factory-state") == ODD
    assert [trail["id"] for trail in world.call("GET", "/trails/", token=token).json] == [id]
    zero = world.call("GET", f"/trails/{id}/steps/0", token=ada).json
    assert (zero["commit-msg"], zero["progress"]["status"]) == ("Factory State (rev 0)", "DONE")
    assert world.call("GET", f"/trails/{id}/steps/0/state", token=ada).body == ODD.encode()


def test_an_answer_that_was_lost_is_asked_for_again(gateway, world):
    again = world.call("POST", "/trails/", FACTORY, token=gateway.token)
    spaced = FACTORY.replace(b":", b" : ")
    assert again.status == 200
    assert again.json["id"] == gateway.id
    assert world.call("POST", "/trails/", spaced, token=gateway.token).status == 200
    assert gateway.owner_asks("GET", "/steps/0/state").body == FACTORY


def test_another_factory_state_is_a_conflict(gateway, world):
    other = state(**{"a.json": 1}).encode()
    reply = world.call("POST", "/trails/", other, token=gateway.token)
    assert reply.status == 409
    assert "another factory state" in reply.json["error"]


def test_a_device_that_nobody_claimed_cannot_sync(world):
    made = world.register()
    token = world.login(made["prn"], made["secret"])
    reply = world.call("POST", "/trails/", FACTORY, token=token)
    assert reply.status == 409
    assert "claim it first" in reply.json["error"]
    assert world.call("GET", "/trails/", token=token).body == b"[]"


def test_users_make_no_trail(world, ada):
    assert world.call("POST", "/trails/", FACTORY, token=ada).status == 403
    assert world.call("POST", "/trails/", FACTORY).status == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"a":\xff}', 400),
        (b"\xef\xbb\xbf{}", 400),
        (b"[]", 422),
        (b"{}", 422),
        (b"null", 422),
        (b'{"a":' * 50_000, 422),
        (state(a=SHA).encode(), 422),
        (b" " * (LIMITS.max_bytes + 1), 413),
    ],
)
def test_a_bad_factory_state_makes_no_trail(world, ada, body, status):
    id, token = world.device(ada)
    assert world.call("POST", "/trails/", body, token=token).status == status
    assert world.call("GET", f"/trails/{id}", token=ada).status == 404


# ---- steps ---------------------------------------------------------------------------------------


def test_a_step_gets_the_next_number(gateway):
    assert [gateway.post(), gateway.post(rev=0), gateway.post(rev=3)] == [1, 2, 3]
    assert gateway.owner_asks("POST", "/steps", {"state": {"#spec": SPEC}}).json["rev"] == 4


def test_the_answer_has_what_clients_read(gateway):
    """pvr.md 1.6: pvr panics without `state-sha`, `rev` and `trail-id`."""
    body = {"state": {"#spec": SPEC}, "rev": -1, "commit-msg": "hello", "meta": {"k": [1.5]}}
    reply = gateway.owner_asks("POST", "/steps", body).json
    assert reply["rev"] == 1
    assert reply["trail-id"] == gateway.id
    assert reply["id"] == f"{gateway.id}-1"
    assert len(reply["state-sha"]) == 64
    assert reply["progress"]["status"] == "NEW"
    assert reply["commit-msg"] == "hello"
    assert reply["progress-time"] == "0001-01-01T00:00:00Z"
    assert reply["meta"] == {"k": [1.5]}
    assert reply["committer"].startswith("prn:::accounts:/")


def test_a_state_stays_byte_for_byte_on_every_way_out(gateway):
    """pvr.md 4.3."""
    body = f'{{"rev":-1,"state": {ODD} ,"commit-msg":"odd"}}'.encode()
    posted = gateway.owner_asks("POST", "/steps", body)
    assert posted.status == 200
    assert gateway.owner_asks("GET", "/steps/1/state").body == ODD.encode()
    offered = gateway.asks("GET", "/steps").body.decode().removeprefix("[").removesuffix("]")
    for text in (offered, posted.body.decode(), gateway.asks("GET", "/steps/1").body.decode()):
        assert member_text(text, "state") == ODD


def test_a_large_state_is_read_beside_other_calls(gateway):
    text = json.dumps({"#spec": SPEC, "big.json": "x" * (SHORT + 1)})
    reply = gateway.owner_asks("POST", "/steps", f'{{"state":{text}}}'.encode())
    assert reply.status == 200
    assert gateway.owner_asks("GET", "/steps/1/state").body == text.encode()


def test_another_number_than_the_next_is_told_which_it_is(gateway):
    for rev in (2, 7, 10**30):
        reply = gateway.owner_asks("POST", "/steps", {"state": {"#spec": SPEC}, "rev": rev})
        assert reply.status == 409
        assert "the next one is 1" in reply.json["error"]


def test_of_two_that_post_one_number_at_once_one_wins(gateway):
    for rev in range(1, 6):
        start, replies = threading.Barrier(4), []

        def post(rev=rev, start=start, replies=replies):
            start.wait(30)
            body = {"state": {"#spec": SPEC}, "rev": rev}
            replies.append(gateway.owner_asks("POST", "/steps", body))

        threads = [threading.Thread(target=post) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(reply.status for reply in replies) == [200, 409, 409, 409]
        told = {reply.json["error"] for reply in replies if reply.status == 409}
        assert all(f"the next one is {rev + 1}" in text for text in told)


def test_posts_without_a_number_that_come_at_once_all_get_their_own(gateway):
    start, revs = threading.Barrier(6), []

    def post():
        start.wait(30)
        revs.append(gateway.post())

    threads = [threading.Thread(target=post) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(revs) == [1, 2, 3, 4, 5, 6]


def test_objects_that_are_missing_are_named(gateway, uploaded):
    sha = uploaded()
    files = {"#spec": SPEC, "a": sha, "b": "0" * 64, "c": "1" * 64}
    reply = gateway.owner_asks("POST", "/steps", {"state": files})
    assert reply.status == 422
    assert "0" * 64 in reply.json["error"]
    assert "1" * 64 in reply.json["error"]
    assert sha not in reply.json["error"]


def test_of_many_missing_ones_some_are_named_and_the_rest_counted(gateway):
    files = {str(number): f"{number:064x}" for number in range(MOST_NAMED + 5)}
    reply = gateway.owner_asks("POST", "/steps", {"state": {"#spec": SPEC, **files}})
    assert reply.status == 422
    assert reply.json["error"].endswith(" and 5 more")


def test_the_objects_of_a_step_are_listed_once_each(gateway, uploaded):
    one, two = sorted([uploaded(), uploaded()])
    files = {"#spec": SPEC, "a": two, "b": one, "c": two}
    reply = gateway.owner_asks("POST", "/steps", {"state": files})
    assert reply.json["used_objects"] == [one, two]


def test_nothing_can_be_posted_before_the_first_sync(world, ada):
    id, _ = world.device(ada)
    reply = world.call("POST", f"/trails/{id}/steps", {"state": {"#spec": SPEC}}, token=ada)
    assert reply.status == 409
    assert "first sync" in reply.json["error"]


def test_a_device_posts_to_its_own_trail(gateway, synced):
    """The simulator does (hub-wire 8)."""
    body = {"rev": 1, "state": {"#spec": SPEC}, "meta": {}, "used_objects": []}
    assert gateway.asks("POST", "/steps", body).status == 200
    sister = synced()
    reply = gateway.world.call("POST", f"{sister.trail}/steps", body, token=gateway.token)
    assert reply.status == 403


def test_strangers_post_nothing(gateway, eve, anonymous):
    for token, status in ((eve, 403), (anonymous, 403), ("", 401)):
        reply = gateway.world.call("POST", f"{gateway.trail}/steps", {"state": {}}, token=token)
        assert reply.status == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff", 400),
        (b"[]", 400),
        (b'{"state":[]}', 400),
        (b'{"state":{"#spec":"pantavisor-service-system@1"},"rev":"locals/abc"}', 400),
        (b'{"state":{"#spec":"pantavisor-service-system@1"},"meta":7}', 400),
        (b'{"state":{}}', 422),
        (b'{"state":{"#spec":"x"}}', 422),
        (b'{"state":' + b"[" * 100_000, 400),
        (
            b'{"state":{"#spec":"pantavisor-service-system@1"},"commit-msg":"'
            + b"x" * (LONGEST_MESSAGE + 1)
            + b'"}',
            422,
        ),
    ],
)
def test_a_bad_step_is_refused_and_nothing_is_stored(gateway, body, status):
    assert gateway.owner_asks("POST", "/steps", body).status == status
    assert gateway.owner_asks("GET", "/steps/1").status == 404


def test_a_post_is_noted(gateway):
    gateway.post()
    row = gateway.world.run(
        gateway.world.database.one(
            "SELECT actor FROM audit WHERE action = 'step posted' AND subject = ?",
            f"{gateway.trail}/steps/1",
        )
    )
    assert row["actor"].startswith("prn:::accounts:/")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/steps", b'{"state":{},"x":"' + b"x" * LARGEST_POST + b'"}', 413),
        ("PUT", "/steps/1/state", b" " * (LARGEST_POST + 1), 413),
        # Short, but long to read: nobody else is answered meanwhile.
        ("POST", "/steps", b'{"state":{},"x":[' + b"0," * LIMITS.max_values + b"0]}", 400),
    ],
)
def test_what_could_become_no_step_is_not_even_read(gateway, method, path, body, status):
    gateway.post()
    assert gateway.owner_asks(method, path, body).status == status


def test_a_step_that_no_device_could_be_sent_is_refused(gateway):
    """hub-wire 0.8, 4.2: bodies over 2 MiB are refused, and the step would be offered for ever."""
    text = json.dumps({"#spec": SPEC, "big.json": "x" * MOST_OFFERED})
    reply = gateway.owner_asks("POST", "/steps", f'{{"state":{text}}}'.encode())
    assert reply.status == 422
    assert f"devices take {MOST_OFFERED}" in reply.json["error"]
    rev = gateway.post()
    assert gateway.owner_asks("PUT", f"/steps/{rev}/state", text.encode()).status == 422
    almost = json.dumps({"#spec": SPEC, "big.json": "x" * (MOST_OFFERED - 2000)})
    assert gateway.owner_asks("PUT", f"/steps/{rev}/state", almost.encode()).status == 200
    notes = {"why": "x" * 2000}
    assert gateway.owner_asks("PUT", f"/steps/{rev}/meta", notes).status == 422
    assert len(gateway.asks("GET", "/steps").body) < 2 * 1024 * 1024


# ---- replacing -----------------------------------------------------------------------------------


def test_a_state_is_replaced_while_it_is_new(gateway, uploaded):
    """`pvr put` (recorded/pvr-info)."""
    sha, rev = uploaded(), gateway.post()
    text = f'{{ "#spec":"{SPEC}", "a" : "{sha}" }}'.encode()
    reply = gateway.owner_asks("PUT", f"/steps/{rev}/state", text)
    assert (reply.status, reply.body) == (200, text)
    step = gateway.owner_asks("GET", f"/steps/{rev}").json
    assert step["state"]["a"] == sha
    assert step["used_objects"] == [sha]
    assert step["state-sha"] == check_state(text.decode()).sha


def test_a_step_that_was_taken_up_keeps_its_state(gateway):
    rev = gateway.post()
    gateway.report(rev, "QUEUED")
    reply = gateway.owner_asks("PUT", f"/steps/{rev}/state", FACTORY)
    assert reply.status == 409
    assert "QUEUED, not NEW" in reply.json["error"]


def test_a_state_is_replaced_by_its_owner_with_a_good_one_only(gateway, eve):
    rev = gateway.post()
    target = f"/steps/{rev}/state"
    assert gateway.world.call("PUT", gateway.trail + target, FACTORY, token=eve).status == 403
    assert gateway.asks("PUT", target, FACTORY).status == 403
    assert gateway.owner_asks("PUT", target, b"{").status == 400
    assert gateway.owner_asks("PUT", target, state(a=SHA).encode()).status == 422
    assert gateway.owner_asks("PUT", "/steps/9/state", FACTORY).status == 404


def test_notes_are_replaced_and_given_back_as_they_are(gateway):
    rev = gateway.post(meta={"old": 1})
    text = b'{ "why" : 1.50, "rev":"x" }'
    assert gateway.owner_asks("PUT", f"/steps/{rev}/meta", text).body == text
    assert gateway.owner_asks("GET", f"/steps/{rev}/meta").body == text
    assert gateway.owner_asks("PUT", "/steps/9/meta", text).status == 404
    for bad in (b"", b"[]", b"\xff", b'{"a":NaN}', b'{"a":' * 5000):
        assert gateway.owner_asks("PUT", f"/steps/{rev}/meta", bad).status == 400
