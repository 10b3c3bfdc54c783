"""Auto-join tokens over the wire (hub-wire 3.3)."""

import base64

import pytest

PATH = "/devices/tokens"


def test_a_token_is_shown_when_it_is_made_and_never_again(world, ada):
    body = {"nick": "line", "default-user-meta": {"site": "lab-1"}}
    made = world.call("POST", PATH, body, token=ada).json
    assert list(made) == [
        "id", "prn", "nick", "owner", "token", "default-user-meta", "disabled", "time-created",
        "time-modified",
    ]  # fmt: skip
    assert len(base64.b64decode(made["token"], validate=True)) == 24
    assert made["prn"] == f"prn:::devices-tokens:/{made['id']}"
    listed = next(
        token for token in world.call("GET", PATH, token=ada).json if token["id"] == made["id"]
    )
    assert {**listed, "token": made["token"]} == made


def test_nothing_need_be_said_of_a_token(world, ada):
    for body in (None, {}):
        made = world.call("POST", f"{PATH}/", body, token=ada).json
        assert made["nick"]
        assert made["default-user-meta"] == {}


def test_the_text_of_a_token_is_not_in_the_database(world, ada):
    made = world.call("POST", PATH, token=ada).json
    rows = world.run(world.database.all("SELECT * FROM join_tokens"))
    assert made["token"] not in str([dict(row) for row in rows])


def test_a_token_is_disabled_by_its_maker(world, ada, eve):
    made = world.call("POST", PATH, token=ada).json
    assert world.call("DELETE", f"{PATH}/{made['id']}", token=eve).status == 404
    reply = world.call("DELETE", f"{PATH}/{made['id']}", token=ada)
    assert (reply.status, reply.json) == (200, {"status": "OK"})
    assert world.call("DELETE", f"{PATH}/{made['id']}", token=ada).status == 200
    listed = {token["id"]: token for token in world.call("GET", PATH, token=ada).json}
    assert listed[made["id"]]["disabled"] is True


def test_tokens_of_others_are_not_listed(world, ada, eve):
    world.call("POST", PATH, token=ada)
    assert world.call("GET", PATH, token=eve).json == []


@pytest.mark.parametrize(
    ("body", "status"),
    [({"nick": "a b"}, 422), ({"nick": 1}, 400), ({"default-user-meta": "x"}, 400), (b"{", 400),
     ({"default-user-meta": {"a": "x" * 66_000}}, 413), (b"\xff", 400), (b"[]", 400)],
)  # fmt: skip
def test_what_is_no_token_is_refused(world, ada, body, status):
    assert world.call("POST", PATH, body, token=ada).status == status


def test_tokens_are_for_users(world, ada, anonymous):
    _, device = world.device(ada)
    for token, status in (("", 401), (anonymous, 403), (device, 403)):
        assert world.call("POST", PATH, token=token).status == status
        assert world.call("GET", PATH, token=token).status == status
        assert world.call("DELETE", f"{PATH}/{'0' * 24}", token=token).status == status


def test_tokens_are_in_the_audit_log(world, ada):
    made = world.call("POST", PATH, token=ada).json
    world.call("DELETE", f"{PATH}/{made['id']}", token=ada)
    sql = "SELECT action FROM audit WHERE subject = ? ORDER BY id"
    rows = world.run(world.database.all(sql, made["prn"]))
    assert [row["action"] for row in rows] == ["join-token made", "join-token disabled"]
