"""Claims (hub-wire 3.2)."""

import re
import threading
from dataclasses import replace

import pytest

from surefoot.errors import Conflict
from surefoot.hub.devices import claim
from surefoot.hub.devices.claim import WrongChallenge
from tests.hub.devices.test_views import GW1

UNCLAIMED = replace(GW1, owner="", challenge="mild-brave-otter")


def put(world, device, challenge, token):
    return world.call("PUT", f"/devices/{device['id']}?challenge={challenge}", token=token)


def test_the_challenge_makes_a_user_the_owner(world, ada):
    made = world.register()
    reply = put(world, made, made["challenge"], ada)
    assert reply.status == 200
    assert reply.json["owner-nick"] == "ada"
    assert "challenge" not in reply.json
    assert "secret" not in reply.json
    assert re.fullmatch(r"[a-z]+_[a-z]+_[a-z]+", reply.json["nick"])


def test_a_device_sees_that_it_was_claimed_with_the_token_that_it_has(world, ada):
    """hub-wire 2.2, 3.2: it polls, and a frozen `owner` in its token does not matter."""
    made = world.register()
    token = world.login(made["prn"], made["secret"])
    before = world.call("GET", f"/devices/{made['id']}", token=token).json
    put(world, made, made["challenge"], ada)
    after = world.call("GET", f"/devices/{made['id']}", token=token).json
    assert (before["owner"], before["challenge"]) == ("", made["challenge"])
    assert after["owner"].startswith("prn:::accounts:/")
    assert "challenge" not in after


def test_the_prn_names_the_device_too(world, ada):
    made = world.register()
    target = f"/devices/{made['prn'].replace('/', '%2F')}?challenge={made['challenge']}"
    assert world.call("PUT", target, token=ada).status == 200


def test_a_wrong_challenge_is_a_conflict_not_a_question_for_a_password(world, ada):
    """hub-wire 0.11: 403 makes pvr prompt for ever."""
    made = world.register()
    for wrong in ("some-three-words", "", "%ff", "%20", "x" * 2000, "%00"):
        assert put(world, made, wrong, ada).status == 409
    assert put(world, made, made["challenge"], ada).status == 200


def test_the_same_owner_may_claim_again(world, ada):
    made = world.register()
    first = put(world, made, made["challenge"], ada)
    assert put(world, made, made["challenge"], ada).json == first.json


def test_a_device_of_another_is_a_conflict(world, ada, eve):
    made = world.register()
    put(world, made, made["challenge"], ada)
    refused = put(world, made, made["challenge"], eve)
    assert (refused.status, "claimed already" in refused.json["error"]) == (409, True)


def test_of_users_who_claim_at_once_one_wins(world, ada, eve):
    tokens = [ada, eve, *(world.user(f"racer{number}") for number in range(2))]
    made = world.register()
    start = threading.Barrier(len(tokens))
    statuses = {}

    def race(token):
        start.wait()
        statuses[token] = put(world, made, made["challenge"], token).status

    threads = [threading.Thread(target=race, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses.values()) == [200, 409, 409, 409]
    winner = next(token for token, status in statuses.items() if status == 200)
    assert world.call("GET", f"/devices/{made['id']}", token=winner).status == 200


def test_a_nick_that_is_taken_is_made_anew(world, ada, monkeypatch):
    made = [world.register(), world.register()]
    nicks = iter(["one_and_only", "one_and_only", "another_one"])
    monkeypatch.setattr("surefoot.hub.devices.names.make_nick", lambda: next(nicks))
    got = [put(world, device, device["challenge"], ada).json["nick"] for device in made]
    assert got == ["one_and_only", "another_one"]


def test_a_device_that_is_not_there_is_not_found(world, ada):
    assert put(world, {"id": "0" * 24}, "a-b-c", ada).status == 404


def test_a_device_claims_nothing_nor_does_the_anonymous_reader(world, ada, anonymous):
    made = world.register()
    token = world.login(made["prn"], made["secret"])
    assert put(world, made, made["challenge"], token).status == 403
    assert put(world, made, made["challenge"], anonymous).status == 403
    assert put(world, made, made["challenge"], "").status == 401


def test_who_tries_one_challenge_after_the_other_has_to_wait(world, ada, eve):
    made = world.register()
    statuses = [put(world, made, f"a-b-{number}", eve).status for number in range(12)]
    assert statuses[:10] == [409] * 10
    assert statuses[-1] == 429
    assert put(world, made, made["challenge"], ada).status == 200


def test_a_claim_is_in_the_audit_log(world, ada):
    made = world.register()
    put(world, made, made["challenge"], ada)
    sql = "SELECT action FROM audit WHERE subject = ?"
    assert [row["action"] for row in world.run(world.database.all(sql, made["prn"]))] == [
        "device claimed"
    ]


@pytest.mark.parametrize("typed", ["mild-brave-otter", " Mild-Brave-OTTER\n"])
def test_what_people_type_is_taken_kindly(typed):
    claim.require_claimable(UNCLAIMED, typed)


@pytest.mark.parametrize("typed", ["", "mild", "mild-brave-otte", "mild-brave-ottérs", "\udcff"])
def test_anything_else_is_not(typed):
    with pytest.raises(WrongChallenge):
        claim.require_claimable(UNCLAIMED, typed)


def test_without_a_challenge_nothing_can_be_claimed():
    with pytest.raises(WrongChallenge):
        claim.require_claimable(replace(UNCLAIMED, challenge=""), "")
    with pytest.raises(Conflict):
        claim.require_claimable(GW1, "mild-brave-otter")
