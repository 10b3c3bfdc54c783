"""Bodies and claims of logins (hub-wire 2)."""

import json

from surefoot.wire.hub import auth, prn

ID = "5f3e9c0a1b2c3d4e5f607182"
OWNER = "5f3e9c0a1b2c3d4e5f607183"


def test_a_login_is_answered_with_the_token_and_nothing_else():
    assert auth.token_answer("a.b-c_d.e") == b'{"token":"a.b-c_d.e"}'


def test_claims_of_a_user_name_the_account_and_its_generation():
    assert auth.user_claims(ID, "ada", False, 3) == {
        "id": "ada",
        "nick": "ada",
        "prn": f"prn:::accounts:/{ID}",
        "roles": "user",
        "type": "USER",
        "scopes": "prn:pantahub.com:apis:/base/all",
        "gen": 3,
    }
    assert auth.user_claims(ID, "ada", True, 0)["roles"] == "admin"


def test_claims_of_a_device_say_whose_it_is():
    claims = auth.device_claims(ID, "gw", OWNER, 1)
    assert claims["id"] == claims["prn"] == f"prn:::devices:/{ID}"
    assert (claims["type"], claims["roles"], claims["gen"]) == ("DEVICE", "device", 1)
    assert claims["owner"] == f"prn:::accounts:/{OWNER}"
    assert auth.device_claims(ID, "gw", "", 1)["owner"] == ""


def test_the_anonymous_reader_only_reads():
    claims = auth.anonymous_claims()
    assert claims["prn"] == prn.ANONYMOUS
    assert all(scope.endswith(".readonly") for scope in claims["scopes"].split())


def test_a_long_nick_does_not_make_a_long_token():
    assert len(json.dumps(auth.device_claims(ID, "x" * 10_000, OWNER, 10**9))) < 500


def test_an_account_has_the_keys_of_the_reference_in_its_order():
    body = auth.account_body("ada", "a@b", prn.account(ID), "t1", "t2")
    assert list(body) == ["type", "email", "nick", "prn", "time-created", "time-modified"]
