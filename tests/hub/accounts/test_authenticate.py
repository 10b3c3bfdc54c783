"""Tokens that are not good, or not any more: who comes with one is told to log in."""

import base64
import json
import time

import jwt
import pytest

from surefoot.hub.frame.tokens import Tokens
from surefoot.wire.hub import auth, prn
from tests.support.hub_world import HubWorld

ID = "5f3e9c0a1b2c3d4e5f607182"
SOON = 600


def status(world, token):
    reply = world.call("GET", "/auth/auth_status", token=token)
    if reply.status == 401:
        assert reply.headers["www-authenticate"].startswith('JWT realm="pantahub services"')
    return reply.status


def claims_of(token):
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def signed(world, claims, lifetime_s=SOON):
    return world.hub.tokens.sign(claims, lifetime_s)


def unsigned(claims):
    return jwt.encode({**claims, "exp": int(time.time()) + SOON}, None, "none")


def test_each_kind_of_holder_is_known(world):
    user = world.user("ada")
    _, device = world.device(user)
    anonymous = world.login(prn.ANONYMOUS, "")
    kinds = [
        world.call("GET", "/auth/auth_status", token=token).json["type"]
        for token in (user, device, anonymous)
    ]
    assert kinds == ["USER", "DEVICE", "USER"]


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", "..", "%", "\u00ff" * 9, "x" * 8000, "e30.e30."]
)
def test_what_is_no_token_is_refused(world, token):
    reply = world.call("GET", "/auth/auth_status", headers={"Authorization": f"Bearer {token}"})
    assert reply.status == 401


def test_another_scheme_is_refused(world):
    for given in ("Basic YWRhOng=", "Bearer", "bearer", ""):
        reply = world.call("GET", "/auth/auth_status", headers={"Authorization": given})
        assert reply.status == 401


def test_a_token_without_a_signature_is_refused(world):
    claims = claims_of(world.user("ada"))
    assert status(world, signed(world, claims)) == 200
    assert status(world, unsigned(claims)) == 401
    head, body, _ = signed(world, claims).split(".")
    assert status(world, f"{head}.{body}.") == 401
    none = base64.urlsafe_b64encode(b'{"alg":"NONE"}').decode().rstrip("=")
    assert status(world, f"{none}.{body}.") == 401


def test_a_changed_claim_is_refused(world):
    token = world.user("ada")
    head, _, signature = token.split(".")
    claims = json.dumps({**claims_of(token), "roles": "admin"}).encode()
    body = base64.urlsafe_b64encode(claims).decode().rstrip("=")
    assert status(world, f"{head}.{body}.{signature}") == 401


def test_a_token_of_another_algorithm_is_refused(world):
    claims = {**claims_of(world.user("ada")), "exp": int(time.time()) + SOON}
    assert status(world, jwt.encode(claims, world.hub.tokens._key, "HS512")) == 401


def test_a_token_of_another_hub_is_refused(world, tmp_path):
    (tmp_path / "other").mkdir()
    with HubWorld(tmp_path / "other") as other:
        token = other.user("ada")
        world.user("ada")
        assert status(other, token) == 200
        assert status(world, token) == 401
    assert status(world, Tokens("a guess" * 9).sign(claims_of(token), SOON)) == 401


def test_an_expired_token_is_refused_also_one_that_was_good_a_moment_ago(world):
    claims = claims_of(world.user("ada"))
    assert status(world, signed(world, claims, -1)) == 401
    token = signed(world, claims, SOON)
    assert status(world, token) == 200
    world.hub.tokens._clock = lambda: time.time() + SOON + 1
    assert status(world, token) == 401


def test_a_token_that_never_expires_is_refused(world):
    claims = claims_of(world.user("ada"))
    del claims["exp"]
    assert status(world, jwt.encode(claims, world.hub.tokens._key, "HS256")) == 401


def test_a_token_of_an_older_generation_is_void(world):
    user = world.user("ada")
    id, device = world.device(user)
    world.run(world.database.run("UPDATE devices SET generation = generation + 1 WHERE id = ?", id))
    assert status(world, device) == 401
    assert status(world, user) == 200
    world.run(world.database.run("UPDATE accounts SET generation = generation + 1"))
    assert status(world, user) == 401


def test_a_removed_holder_is_nobody(world):
    user = world.user("ada")
    _, device = world.device(user)
    world.run(world.database.run("DELETE FROM devices"))
    assert status(world, device) == 401
    world.run(world.database.run("DELETE FROM accounts"))
    assert status(world, user) == 401


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"prn": prn.account(ID), "type": "USER", "gen": 0},
        {"prn": prn.device(ID), "type": "DEVICE", "gen": 0},
        {"prn": prn.ANONYMOUS, "type": "DEVICE"},
        {"prn": prn.ANONYMOUS},
        {"prn": 7, "type": "USER"},
        {"prn": "prn:::accounts:/", "type": "USER"},
        {"url": "/local-s3/x", "method": "GET"},
    ],
    ids=str,
)
def test_what_this_hub_signed_for_something_else_is_no_login(world, claims):
    assert status(world, signed(world, claims)) == 401


def test_a_device_is_no_user_and_a_user_no_device(world):
    """Whatever the claims say: the kind and the name must agree."""
    user = claims_of(world.user("ada"))
    assert status(world, signed(world, {**user, "type": "DEVICE"})) == 401
    device = auth.device_claims(ID, "x", "", 0)
    assert status(world, signed(world, {**device, "type": "USER"})) == 401


def test_rights_are_those_of_now_and_not_those_of_the_token(world):
    token = world.user("ada")
    assert world.call("GET", "/metrics", token=token).status == 403
    world.run(world.database.run("UPDATE accounts SET admin = 1"))
    assert world.call("GET", "/metrics", token=token).status == 200
    forged = signed(world, {**claims_of(token), "roles": "admin"})
    world.run(world.database.run("UPDATE accounts SET admin = 0"))
    assert world.call("GET", "/metrics", token=forged).status == 403
