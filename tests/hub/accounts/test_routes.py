"""Sign-up, the own account, passwords, and what was done."""

import pytest

from surefoot.hub.frame.hub import Limits
from surefoot.hub.frame.limits import Rate
from surefoot.wire.hub import prn
from tests.support.hub_world import HubWorld

PASSWORD = "correct horse battery"
ADA = {"nick": "ada", "email": "ada@example.org", "password": PASSWORD}


def make_admin(world, nick):
    world.run(world.database.run("UPDATE accounts SET admin = 1 WHERE nick = ?", nick))


# ---- log in ------------------------------------------------------------------------------------


def test_a_login_without_a_user_agent_is_refused(world):
    """As the reference does (hub-wire 1)."""
    world.user("ada", PASSWORD)
    body = {"username": "ada", "password": PASSWORD}
    assert world.call("POST", "/auth/login", body, headers={"User-Agent": ""}).status == 403
    assert world.call("POST", "/auth/login/", body).status == 200


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"7", b"\xff", {"username": "ada"}, {"username": 1, "password": []}]
)
def test_a_login_that_cannot_be_read_is_400(world, body):
    assert world.call("POST", "/auth/login", body).status == 400


def test_keys_that_nobody_knows_are_passed_over(world):
    world.user("ada", PASSWORD)
    body = {"username": "ada", "password": PASSWORD, "scope": "devices.readonly", "x": {"y": 1}}
    assert world.call("POST", "/auth/login", body).status == 200


def test_a_stale_token_does_no_harm_where_none_is_wanted(world):
    world.user("ada", PASSWORD)
    body = {"username": "ada", "password": PASSWORD}
    assert world.call("POST", "/auth/login", body, token="stale").status == 200
    assert world.call("GET", "/healthz", token="stale").status == 200


@pytest.mark.parametrize("room", ["auth", "devices", "trails", "objects", "dash"])
def test_the_claims_are_told_in_every_room(world, room):
    """`pvr whoami` and `pvr login` read nick, prn and type."""
    token = world.user("ada")
    for path in (f"/{room}/auth_status", f"/{room}/auth_status/"):
        claims = world.call("GET", path, token=token).json
        assert (claims["nick"], claims["type"]) == ("ada", "USER")
        assert prn.is_account(claims["prn"])
    reply = world.call("GET", f"/{room}/auth_status")
    assert reply.status == 401
    wanted = f'JWT realm="pantahub services", ph-aeps="{world.base}/auth"'
    assert reply.headers["www-authenticate"] == wanted


# ---- sign up -----------------------------------------------------------------------------------


def test_an_account_is_good_at_once_and_pvr_gets_its_redirect(world):
    reply = world.call("POST", "/auth/accounts", ADA)
    assert reply.status == 200
    assert reply.json["redirect-uri"].startswith("http")
    assert (reply.json["nick"], reply.json["email"]) == ("ada", "ada@example.org")
    assert prn.is_id(prn.id_of(reply.json["prn"]))
    assert PASSWORD not in reply.body.decode()
    assert world.login("ada", PASSWORD)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"nick": "ab"}, 422),
        ({"nick": "trails"}, 422),
        ({"email": "nowhere"}, 422),
        ({"password": "short"}, 422),
        ({"nick": None}, 400),
        ({"password": 12345678}, 400),
    ],
)
def test_a_bad_account_is_refused_with_the_reason(world, change, status):
    reply = world.call("POST", "/auth/accounts", {**ADA, **change})
    assert reply.status == status
    assert reply.json["error"]


def test_a_nick_or_address_that_is_somebodys_is_a_conflict(world):
    assert world.call("POST", "/auth/accounts", ADA).status == 200
    for change in ({"nick": "ada2"}, {"email": "other@example.org"}, {}):
        assert world.call("POST", "/auth/accounts", {**ADA, **change}).status == 409
    assert world.call("POST", "/auth/accounts", {"nick": "bob", "password": PASSWORD}).status == 200


def test_nobody_signs_up_as_an_admin(world):
    world.call("POST", "/auth/accounts", {**ADA, "admin": True, "roles": "admin", "id": "1" * 24})
    token = world.login("ada", PASSWORD)
    assert world.call("GET", "/auth/auth_status", token=token).json["roles"] == "user"
    assert world.call("GET", "/auth/accounts?asadmin=1", token=token).status == 403


def test_a_closed_hub_makes_no_accounts_over_the_network(tmp_path):
    with HubWorld(tmp_path, Limits(open_signup=False)) as world:
        reply = world.call("POST", "/auth/accounts", ADA)
        # Not 403: pvr would ask for a password again and again (hub-wire 0.11).
        assert reply.status == 422
        assert "over the network" in reply.json["error"]


def test_one_network_makes_accounts_as_people_do_and_not_as_programs_do(tmp_path):
    """Each costs a hash of 35 ms, and every account its share of the Hub."""
    with HubWorld(tmp_path, Limits(signup_rate=Rate(per_s=0.001, burst=2))) as world:
        new = [{"nick": f"ada{n}", "password": PASSWORD} for n in range(3)]
        replies = [world.call("POST", "/auth/accounts", one) for one in new]
        assert [reply.status for reply in replies] == [200, 200, 429]
        assert int(replies[-1].headers["retry-after"]) > 0
        assert world.login("ada0", PASSWORD)


# ---- the own account ---------------------------------------------------------------------------


def test_everybody_sees_the_own_account_and_an_admin_all(world):
    ada, eve = world.user("ada"), world.user("eve")
    assert world.call("GET", "/auth/", token=ada).json["nick"] == "ada"
    assert [one["nick"] for one in world.call("GET", "/auth/accounts", token=eve).json] == ["eve"]
    make_admin(world, "eve")
    reply = world.call("GET", "/auth/accounts?asadmin=1", token=eve)
    assert [one["nick"] for one in reply.json] == ["ada", "eve"]
    assert "password" not in reply.body.decode()
    assert len(world.call("GET", "/auth/accounts?asadmin=0", token=eve).json) == 1


def test_a_new_password_voids_every_token_of_before(world):
    old, elsewhere = world.user("ada", PASSWORD), world.login("ada", PASSWORD)
    body = {"current": PASSWORD, "password": "another battery"}
    reply = world.call("PUT", "/auth/password", body, token=old)
    assert reply.status == 200
    for token in (old, elsewhere):
        assert world.call("GET", "/auth/", token=token).status == 401
    fresh = reply.json["token"]
    assert world.call("GET", "/auth/", token=fresh).status == 200
    refused = {"username": "ada", "password": PASSWORD}
    assert world.call("POST", "/auth/login", refused).status == 401
    assert world.login("ada", "another battery")
    actions = [one["action"] for one in world.call("GET", "/audit", token=fresh).json]
    assert "password changed" in actions


@pytest.mark.usefixtures("long_waits")
def test_a_stolen_token_does_not_change_the_password(world):
    token = world.user("ada", PASSWORD)
    body = {"current": "a guess", "password": "another battery"}
    statuses = [world.call("PUT", "/auth/password", body, token=token).status for _ in range(7)]
    # 401 would make a client throw its good token away.
    assert statuses == [422] * 6 + [429]
    assert world.call("GET", "/auth/", token=token).status == 200


def test_a_bad_new_password_changes_nothing(world):
    token = world.user("ada", PASSWORD)
    body = {"current": PASSWORD, "password": "short"}
    assert world.call("PUT", "/auth/password", body, token=token).status == 422
    assert world.login("ada", PASSWORD)


# ---- audit -------------------------------------------------------------------------------------


def test_the_log_shows_the_own_entries_only(world):
    ada, eve = world.user("ada"), world.user("eve")
    own = [one["detail"] for one in world.call("GET", "/audit", token=ada).json]
    assert own == ["ada"]
    assert world.call("GET", "/audit?asadmin=1", token=ada).status == 403
    make_admin(world, "eve")
    everything = world.call("GET", "/audit?asadmin=1", token=eve).json
    assert [one["detail"] for one in everything] == ["eve", "ada"]


def test_the_log_is_read_in_pages(world):
    token = world.user("ada", PASSWORD)
    for _ in range(5):
        world.call("POST", "/auth/login", {"username": "ada", "password": "x"})
    first = world.call("GET", "/audit?limit=4", token=token).json
    second = world.call("GET", f"/audit?limit=4&before={first[-1]['id']}", token=token).json
    ids = [entry["id"] for entry in first + second]
    assert len(ids) == 6
    assert ids == sorted(ids, reverse=True)


@pytest.mark.parametrize("query", ["limit=x", "before=-1", "before=1e9", "limit=%00", "limit=٣"])
def test_a_page_that_is_no_number_is_400(world, query):
    from urllib.parse import quote

    token = world.user("ada")
    assert world.call("GET", f"/audit?{quote(query, safe='=%')}", token=token).status == 400
