import base64
import json
import time

import pytest

from surefoot.client.desk.hub import decoded, ends_at, is_ageing, part
from surefoot.client.desk.sessions import Session
from surefoot.errors import Forbidden, InvalidInput, NotFound, Unreachable
from tests.client.desk.fleet import BadLine, Fleet


def token(**claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"head.{payload}.sign"


def test_a_token_ages_in_the_second_half_of_its_life() -> None:
    made = token(orig_iat=100, exp=200)
    assert [is_ageing(made, now) for now in (149, 151, 199, 201)] == [False, True, True, False]
    assert is_ageing(token(iat=100, exp=200), 160)
    assert ends_at(made) == 200


@pytest.mark.parametrize("odd", ["", "x", "a.b.c", "a.!.c", token(), token(exp="x"), token(iat=1)])
def test_a_token_that_shows_no_times_never_ages(odd: str) -> None:
    assert not is_ageing(odd, time.time())
    assert ends_at(odd) is None


def test_parts_of_a_path_stay_one_part() -> None:
    assert part("a/b ?#%") == "a%2Fb%20%3F%23%25"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_an_answer_that_is_no_json_is_told(body: bytes) -> None:
    with pytest.raises(InvalidInput, match="no JSON"):
        decoded(body, "a thing")


def test_a_void_token_asks_for_a_new_login_by_name(fleet: Fleet) -> None:
    fleet.token = "void"
    with pytest.raises(Forbidden, match=f"log in again: surefoot login {fleet.base}"):
        fleet.at_desk(lambda hub: hub.get("/trails/summary", "x"))


def test_an_ageing_token_is_renewed_and_the_fresh_one_kept(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    from surefoot.client.desk import hub as module

    kept: list[tuple[Session, str]] = []
    monkeypatch.setattr(module, "is_ageing", lambda *_: True)

    async def work(hub: module.DeskHub) -> None:
        hub._keep = lambda session, fresh: kept.append((session, fresh))
        for _ in range(3):
            await hub.get("/trails/summary", "x")

    fleet.at_desk(work)
    ((session, fresh),) = kept
    assert session == fleet.session
    assert fleet.world.call("GET", "/trails/summary", token=fresh).status == 200


def test_what_the_hub_says_is_made_printable(fleet: Fleet) -> None:
    with pytest.raises(NotFound) as caught:
        fleet.at_desk(lambda hub: hub.get("/devices/%1B%5B31m%07", "the thing"))
    assert "the thing" in str(caught.value)
    assert str(caught.value).isprintable()


def test_nobody_there_is_unreachable(fleet: Fleet, line: BadLine) -> None:
    line.down()
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1"):
        fleet.at_desk(lambda hub: hub.get("/trails/summary", "x"))
    line.up()
    assert fleet.at_desk(lambda hub: hub.get("/trails/summary", "x")) == []
