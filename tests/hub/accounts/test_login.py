"""Names and passwords in, tokens out."""

import base64
import json
import threading
import time

import pytest

from surefoot.hub.accounts import throttle
from surefoot.hub.frame.hub import Limits
from surefoot.hub.frame.limits import Rate
from surefoot.wire.hub import prn
from tests.support.hub_world import HubWorld

PASSWORD = "correct horse battery"
pytestmark = pytest.mark.usefixtures("long_waits")


def try_login(world, username, password):
    body = {"username": username, "password": password}
    return world.call("POST", "/auth/login", body)


def sql(world, text, *values):
    return world.run(world.database.all(text, *values))


def let_waits_pass(world):
    world.run(world.database.run("UPDATE failures SET until = until - 61000000"))


def fail(world, username, times):
    return [try_login(world, username, "wrong").status for _ in range(times)]


def owner_of(world, token):
    return world.call("GET", "/auth/auth_status", token=token).json.get("owner")


# ---- who may log in ----------------------------------------------------------------------------


def test_a_user_logs_in_by_nick_address_or_prn(world):
    world.user("ada", PASSWORD)
    name = world.call("GET", "/auth/", token=world.login("ada", PASSWORD)).json["prn"]
    for username in ("ada", "ada@example.org", "Ada@Example.Org", name):
        reply = try_login(world, username, PASSWORD)
        assert reply.status == 200
        assert list(reply.json) == ["token"]


def test_the_answer_has_the_token_and_nothing_that_a_device_could_take_for_one(world):
    """hub-wire 0.1."""
    made = world.register()
    reply = try_login(world, made["prn"], made["secret"])
    assert reply.body == b'{"token":"' + reply.json["token"].encode() + b'"}'
    assert reply.headers["content-type"] == "application/json"


def test_a_device_with_a_long_nick_has_a_token_that_it_can_send(world):
    """hub-wire 0.2."""
    made = world.register()
    world.run(world.database.run("UPDATE devices SET nick = ?", "n" * 5000))
    assert len(world.login(made["prn"], made["secret"])) < 700


@pytest.mark.parametrize("password", ["", prn.ANONYMOUS, "anything"])
def test_the_anonymous_reader_needs_no_password(world, password):
    token = world.login(prn.ANONYMOUS, password)
    claims = world.call("GET", "/auth/auth_status", token=token).json
    assert claims["prn"] == prn.ANONYMOUS
    assert claims["exp"] - claims["orig_iat"] == world.limits.anonymous_s
    assert world.call("GET", "/auth/", token=token).status == 403


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("nobody", PASSWORD),
        ("ada", "wrong"),
        ("ada", ""),
        ("", ""),
        ("", PASSWORD),
        ("ada ", PASSWORD),
        ("ADA", PASSWORD),
        ("prn:::accounts:/x", PASSWORD),
        ("prn:::devices:/", ""),
        ("prn:::devices:/5f3e9c0a1b2c3d4e5f607182", "x"),
        ("ada\x00", PASSWORD),
        ("' OR 1=1 --", "x"),
        ("admin==>ada", "x"),
    ],
)
def test_wrong_names_and_wrong_passwords_are_refused_alike(world, username, password):
    world.user("ada", PASSWORD)
    reply = try_login(world, username, password)
    assert reply.status == 401
    assert reply.json["error"] == "The name or the password is wrong"
    assert "ph-aeps" in reply.headers["www-authenticate"]


def test_a_device_does_not_log_in_with_another_ones_secret(world):
    one, other = world.register(), world.register()
    assert try_login(world, one["prn"], other["secret"]).status == 401
    assert try_login(world, one["prn"], one["challenge"]).status == 401
    stored = sql(world, "SELECT secret FROM devices WHERE id = ?", one["id"])[0]["secret"]
    assert try_login(world, one["prn"], stored).status == 401


def test_neither_passwords_nor_secrets_are_in_the_database(world):
    world.user("ada", PASSWORD)
    made = world.register()
    try_login(world, "my password by mistake", "x")
    world.run(world.database.run("PRAGMA wal_checkpoint(TRUNCATE)"))
    kept = b"".join(path.read_bytes() for path in world.place.glob("hub.db*"))
    for secret in (PASSWORD, made["secret"], "my password by mistake"):
        assert secret.encode() not in kept


def test_a_login_of_a_device_tells_when_it_was_here(world):
    made = world.register()
    world.run(world.database.run("UPDATE devices SET seen = 0"))
    world.login(made["prn"], made["secret"])
    row = sql(world, "SELECT seen, address FROM devices")[0]
    assert row["seen"] > 0
    assert row["address"] == "127.0.0.1"


def test_the_owner_is_that_of_now_also_with_a_token_from_before_the_claim(world):
    """hub-wire 2.2: the reference freezes it."""
    user = world.user("ada")
    made = world.register()
    token = world.login(made["prn"], made["secret"])
    assert owner_of(world, token) == ""
    claim = f"/devices/{made['id']}?challenge={made['challenge']}"
    assert world.call("PUT", claim, token=user).status == 200
    assert owner_of(world, token) == world.call("GET", "/auth/", token=user).json["prn"]


# ---- refreshing --------------------------------------------------------------------------------


def test_a_good_token_is_changed_for_a_new_one_of_the_same_login(world):
    user = world.user("ada")
    _, device = world.device(user)
    for token in (user, device, world.login(prn.ANONYMOUS, "")):
        claims = world.hub.tokens.read(token)
        reply = world.call("GET", "/auth/login", token=token)
        assert reply.status == 200
        assert list(reply.json) == ["token"]
        fresh = world.hub.tokens.read(reply.json["token"])
        assert {**fresh, "exp": 0} == {**claims, "exp": 0}


def test_a_login_is_not_prolonged_for_ever(world):
    limits = world.limits
    claims = dict(world.hub.tokens.read(world.user("ada")))
    for age, status in ((limits.user_token_s + limits.refresh_s - 60, 200), (10**8, 401)):
        old = world.hub.tokens.sign({**claims, "orig_iat": int(time.time()) - age}, 600)
        assert world.call("GET", "/auth/login", token=old).status == status
    del claims["orig_iat"]
    undated = world.hub.tokens.sign(claims, 600)
    assert world.call("GET", "/auth/login", token=undated).status == 401


def test_without_a_token_there_is_nothing_to_refresh(world):
    assert world.call("GET", "/auth/login").status == 401


# ---- guessing ----------------------------------------------------------------------------------


def test_who_guesses_at_a_name_has_to_wait_and_then_the_right_password_works(world):
    world.user("ada", PASSWORD)
    assert fail(world, "ada", 6) == [401] * 6
    reply = try_login(world, "ada", PASSWORD)
    assert reply.status == 429
    assert 1 <= int(reply.headers["retry-after"]) <= throttle.LONGEST_S
    let_waits_pass(world)
    assert try_login(world, "ada", PASSWORD).status == 200
    assert fail(world, "ada", 2) == [401, 401]


def test_every_name_of_an_account_counts_as_one(world):
    world.user("ada", PASSWORD)
    fail(world, "ada", 3)
    fail(world, "ada@example.org", 3)
    name = world.call("GET", "/auth/", token=world.user("eve")).json["prn"]
    assert try_login(world, "ada", PASSWORD).status == 429
    assert try_login(world, name, "correct horse battery").status == 200


def test_who_guesses_elsewhere_does_not_keep_a_person_out(tmp_path):
    with HubWorld(tmp_path, Limits(proxies=frozenset({"127.0.0.1"}))) as world:
        world.user("ada", PASSWORD)
        body, there = {"username": "ada", "password": "x"}, {"X-Forwarded-For": "198.51.100.7"}
        for _ in range(7):
            reply = world.call("POST", "/auth/login", body, headers=there)
        assert reply.status == 429
        assert try_login(world, "ada", PASSWORD).status == 200


def test_names_that_nobody_has_are_held_back_like_the_others(world):
    assert fail(world, "nobody", 7) == [401] * 6 + [429]


def test_an_address_that_tries_many_names_has_to_wait(world):
    world.user("ada", PASSWORD)
    answers = [try_login(world, f"name-{n}", "x").status for n in range(32)]
    assert answers == [401] * 31 + [429]
    assert try_login(world, "ada", PASSWORD).status == 429
    let_waits_pass(world)
    assert try_login(world, "ada", PASSWORD).status == 200


def test_an_own_account_does_not_make_an_address_free_for_guessing(world):
    world.user("ada", PASSWORD)
    for n in range(31):
        try_login(world, f"name-{n}", "x")
        if n % 10 == 5:
            assert try_login(world, "ada", PASSWORD).status == 200
    assert try_login(world, "name-x", "x").status == 429


def test_guesses_at_once_are_counted_as_those_one_after_the_other(world):
    world.user("ada", PASSWORD)
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(try_login(world, "ada", "x").status))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # As many more as are checked at the same moment.
    assert answers.count(401) <= 7
    assert answers.count(429) == 20 - answers.count(401)


def test_what_was_refused_outlives_the_process(world, tmp_path):
    world.user("ada", PASSWORD)
    fail(world, "ada", 6)
    world.run(world._stop())
    world.run(world._start())
    assert try_login(world, "ada", PASSWORD).status == 429


def test_old_failures_are_forgotten_and_leave_no_rows(world):
    world.user("ada", PASSWORD)
    fail(world, "ada", 6)
    world.run(world.database.run("UPDATE failures SET until = 1"))
    assert fail(world, "nobody", 1) == [401]
    assert fail(world, "ada", 5) == [401] * 5
    assert len(sql(world, "SELECT key FROM failures")) == 5


def test_a_device_that_fails_waits_at_most_a_minute_and_gets_in_again(world):
    made = world.register()
    assert fail(world, made["prn"], 11) == [401] * 11
    for _ in range(20):
        assert try_login(world, made["prn"], made["secret"]).status == 429
        let_waits_pass(world)
        assert fail(world, made["prn"], 1) == [401]
    let_waits_pass(world)
    assert try_login(world, made["prn"], made["secret"]).status == 200
    assert fail(world, made["prn"], 3) == [401] * 3


def test_a_broken_device_keeps_no_neighbour_behind_its_address_out(world):
    """Nor does a device that was removed and still comes, nor people who mistype."""
    broken, good = world.register(), world.register()
    fail(world, broken["prn"], 12)
    fail(world, prn.device("5" * 24), 40)
    fail(world, "nobody", 6)
    assert try_login(world, broken["prn"], broken["secret"]).status == 429
    assert try_login(world, good["prn"], good["secret"]).status == 200


def test_a_device_is_not_held_back_by_failures_from_elsewhere(tmp_path):
    limits = Limits(proxies=frozenset({"127.0.0.1"}))
    with HubWorld(tmp_path, limits) as world:
        made = world.register()
        body = {"username": made["prn"], "password": "x"}
        for _ in range(12):
            elsewhere = {"X-Forwarded-For": "192.0.2.9"}
            reply = world.call("POST", "/auth/login", body, headers=elsewhere)
        assert reply.status == 429
        assert try_login(world, made["prn"], made["secret"]).status == 200


def test_unknown_devices_leave_no_rows(world):
    fail(world, prn.device("5" * 24), 5)
    assert sql(world, "SELECT key FROM failures") == []


def test_refused_logins_are_in_the_log_of_the_account_without_what_was_tried(world):
    token = world.user("ada", PASSWORD)
    try_login(world, "ada", "my other password")
    entry = world.call("GET", "/audit", token=token).json[0]
    assert (entry["action"], entry["actor"]) == ("login refused", "")
    assert entry["subject"] == world.call("GET", "/auth/", token=token).json["prn"]
    assert entry["address"] == "127.0.0.1"
    assert "other" not in json.dumps(entry)


def test_one_caller_cannot_use_up_the_room_of_another(tmp_path):
    slow = Rate(per_s=0.01, burst=5)
    with HubWorld(tmp_path, Limits(device_rate=slow, account_rate=slow)) as world:
        ada, eve = world.user("ada"), world.user("eve")
        replies = [world.call("GET", "/auth/auth_status", token=ada) for _ in range(6)]
        assert [reply.status for reply in replies] == [200] * 5 + [429]
        assert int(replies[-1].headers["retry-after"]) > 0
        assert world.call("GET", "/auth/auth_status", token=eve).status == 200


def test_claims_are_readable_for_whoever_wants_to_look(world):
    """Clients do not need to, people do."""
    body = world.user("ada").split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(body + "=="))["nick"] == "ada"
