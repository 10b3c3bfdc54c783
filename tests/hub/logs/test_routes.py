"""Logs over the wire (hub-wire 9)."""

import json

import pytest

from surefoot.hub.frame.hub import Limits
from tests.hub.logs.tellers import Reader, Teller, line
from tests.support.hub_world import HubWorld


def test_lines_are_answered_with_ok_and_kept_with_their_device_and_owner(world, ada, gateway):
    gateway.tell("first", "second")
    page = ada.page(sort="time-created")
    assert (page["start"], page["page"], page["count"]) == (0, 50, 2)
    assert "next-cursor" not in page
    one, two = page["entries"]
    assert one["dev"] == f"prn:::devices:/{gateway.id}"
    assert one["own"] == world.call("GET", "/auth/", token=ada.token).json["prn"]
    assert (one["msg"], one["rev"], one["plat"]) == ("first", "0", "pantavisor")
    assert one["time-created"] == two["time-created"]
    assert one["id"] < two["id"]


def test_one_line_without_a_list_is_taken(world, ada, gateway):
    reply = world.call("POST", "/logs", line("alone"), token=gateway.token)
    assert (reply.status, reply.body) == (200, b'{"status":"ok"}')
    assert ada.read() == ["alone"]


def test_nothing_at_all_is_taken_too(world, gateway):
    assert world.call("POST", "/logs/", [], token=gateway.token).status == 200


def test_the_same_lines_again_are_kept_again(ada, gateway):
    """The C device sends its whole log again after each start (recorded/README)."""
    for _ in range(2):
        gateway.tell("boot", "run")
    assert ada.read(sort="time-created") == ["boot", "run"] * 2


def test_ten_thousand_lines_at_once(ada, gateway):
    gateway.tell(*[f"{number}" for number in range(10_000)])
    assert ada.read(sort="time-created", page=10_000) == [str(number) for number in range(10_000)]


def test_too_much_at_once_is_refused(world, gateway):
    """413, after which a device drops it: nothing else would end (hub-wire 9)."""
    many = [{"msg": "x"}] * 10_001
    assert world.call("POST", "/logs/", many, token=gateway.token).status == 413
    large = json.dumps([line("x" * 5_000_000)]).encode()
    assert world.call("POST", "/logs/", large, token=gateway.token).status == 413


def test_the_newest_lines_of_a_device_are_kept(tmp_path):
    with HubWorld(tmp_path, Limits(log_lines=20)) as world:
        ada = Reader(world, world.user("ada"))
        gateway = Teller(world, *world.device(ada.token))
        for number in range(100):
            gateway.tell(str(number))
        kept = ada.read(page=1000)
        assert kept == [str(number) for number in range(99, 99 - len(kept), -1)]
        assert 20 <= len(kept) <= 22


# ---- who ---------------------------------------------------------------------------------------


def test_devices_tell_and_people_read(world, ada, gateway):
    anonymous = world.login("prn:pantahub.com:auth:/anon", "prn:pantahub.com:auth:/anon")
    for token, wanted in ((ada.token, 403), (anonymous, 403), ("", 401)):
        assert world.call("POST", "/logs/", [line("x")], token=token).status == wanted
    for token, wanted in ((gateway.token, 403), (anonymous, 403), ("", 401)):
        assert world.call("GET", "/logs/", token=token).status == wanted
        assert world.call("POST", "/logs/cursor", {}, token=token).status == wanted


def test_nobody_reads_the_logs_of_others_public_or_not(world, ada, gateway):
    gateway.tell("private")
    assert world.call("PUT", f"/devices/{gateway.id}/public", token=ada.token).status == 200
    eve = Reader(world, world.user("eve"))
    assert eve.read() == []
    assert eve.ask(dev=gateway.id).status == 403
    assert eve.on(ada.page(cursor="true")["next-cursor"])["entries"] == []
    forged = ada.page(cursor="true", dev=gateway.id)["next-cursor"]
    assert eve.on(forged)["entries"] == []


def test_an_unclaimed_device_may_tell_and_its_later_owner_reads(world, ada):
    made = world.register()
    teller = Teller(world, made["id"], world.login(made["prn"], made["secret"]))
    teller.tell("before anybody")
    claim = f"/devices/{made['id']}?challenge={made['challenge']}"
    assert world.call("PUT", claim, token=ada.token).status == 200
    assert ada.read() == ["before anybody"]


def test_with_a_device_its_logs_go(world, ada, gateway):
    gateway.tell("gone")
    assert world.call("DELETE", f"/devices/{gateway.id}", token=ada.token).status == 200
    assert ada.read() == []
    reply = world.call("POST", "/logs/", [line("x")], token=gateway.token)
    assert reply.status == 401


# ---- filters -----------------------------------------------------------------------------------


def test_devices_are_named_by_id_nick_or_prn(world, ada, gateway):
    other = Teller(world, *world.device(ada.token))
    gateway.tell("one")
    other.tell("two")
    nick = world.call("GET", f"/devices/{gateway.id}", token=ada.token).json["nick"]
    for ref in (gateway.id, nick, f"prn:::devices:/{gateway.id}"):
        assert ada.read(dev=ref) == ["one"]
    assert ada.read(dev=f"{nick},{other.id}", sort="time-created") == ["one", "two"]
    assert ada.ask(dev="nosuchnick").status == 404


def test_filters_hold_together(ada, gateway):
    gateway.tell(line("a", lvl="INFO", rev="1"), line("b", lvl="ERROR", rev="1"),
                 line("c", lvl="ERROR", rev="2", plat="app", src="/app.log"))  # fmt: skip
    assert ada.read(lvl="ERROR", rev="1") == ["b"]
    assert ada.read(plat="app", src="app.log") == ["c"]
    assert ada.read(lvl="ERROR,INFO", rev="1,2", sort="-rev,lvl") == ["c", "b", "a"]


def test_times_bound_what_is_shown(ada, gateway):
    gateway.tell("one")
    gateway.tell("two")
    newest, oldest = ada.page()["entries"]
    assert ada.read(after=oldest["time-created"]) == ["two"]
    assert ada.read(before=newest["time-created"]) == ["one"]
    assert ada.read(after=newest["time-created"]) == []


@pytest.mark.parametrize(
    "query", [{"sort": "msg"}, {"after": "now"}, {"before": "x"}, {"page": "-1"}, {"start": "x"}]
)
def test_a_bad_query_is_a_400(ada, query):
    assert ada.ask(**query).status == 400


# ---- cursors -----------------------------------------------------------------------------------


def test_a_cursor_is_there_even_with_nothing_to_read(ada, gateway):
    """hub-wire 9: pvr insists."""
    page = ada.page(cursor="true", page=3000, sort="time-created", after="2020-01-01T00:00:00Z")
    assert (page["entries"], page["count"]) == ([], 0)
    for _ in range(3):
        assert page["next-cursor"]
        page = ada.on(page["next-cursor"])
        assert page["entries"] == []


def test_a_cursor_goes_on_and_waits_for_new_lines(ada, gateway):
    gateway.tell(*"abcde")
    page = ada.page(cursor="true", page=2, sort="time-created")
    read = []
    for _ in range(4):
        read.append("".join(entry["msg"] for entry in page["entries"]))
        page = ada.on(page["next-cursor"])
    assert read == ["ab", "cd", "e", ""]
    gateway.tell("f")
    assert [entry["msg"] for entry in ada.on(page["next-cursor"])["entries"]] == ["f"]


def test_a_cursor_may_be_in_the_query_too(world, ada, gateway):
    gateway.tell(*"ab")
    cursor = ada.page(cursor="true", page=1, sort="time-created")["next-cursor"]
    for path in ("/logs/cursor", "/logs/cursor/"):
        reply = world.call("GET", f"{path}?next-cursor={cursor}", token=ada.token)
        assert [entry["msg"] for entry in reply.json["entries"]] == ["b"]


@pytest.mark.parametrize("cursor", ["", "x", "eyJ4IjoxfQ", "%00", "é" * 100])
def test_a_bad_cursor_is_a_400_and_never_a_403(world, ada, cursor):
    """pvr would ask for a password (hub-wire 0.11)."""
    body = {"next-cursor": cursor}
    assert world.call("POST", "/logs/cursor", body, token=ada.token).status == 400
    assert world.call("GET", "/logs/cursor", token=ada.token).status == 400
    for wrong in ({}, [], {"next-cursor": 1}):
        assert world.call("POST", "/logs/cursor", wrong, token=ada.token).status == 400
