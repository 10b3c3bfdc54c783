"""Tests that walk the table, so that a new row is covered by itself; then the conversation that was
recorded with the reference (tests/data/socket), held again with ours."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from surefoot.device.server import RecoveryView
from surefoot.device.server.connection import METHODS, NOT_MGMT, WRONG_METHOD
from surefoot.device.server.routes import ROUTES, Route, Who, find
from tests.device.server.memory_desk import (
    APP,
    GROUP,
    MGMT,
    PLAIN,
    SYSTEM,
    Heard,
    MemoryDesk,
    ask,
)

PLACES = {"{name}": "x", "{sha}": "0" * 64, "{key}": "k", "{number}": "1", "{source}": "app"}
PATTERNS = sorted({route.pattern for route in ROUTES})


def filled(pattern: str) -> str:
    return "/".join(PLACES.get(segment, segment) for segment in pattern.split("/"))


def row(route: Route) -> str:
    return f"{route.method} {route.pattern}"


@pytest.mark.parametrize("route", ROUTES, ids=row)
def test_every_row_is_found_by_its_own_path(route: Route) -> None:
    found = find(filled(route.pattern))
    assert found
    assert found.routes[route.method] is route
    assert set(found.values) == {s[1:-1] for s in route.pattern.split("/") if s.startswith("{")}


@pytest.mark.parametrize("route", ROUTES, ids=row)
def test_a_container_without_a_role_may_only_signal(
    route: Route, path: Path, desk: MemoryDesk
) -> None:
    """R26."""
    desk.caller = PLAIN
    heard = ask(path, route.method, filled(route.pattern), b"{}")
    if route.who is Who.ANY:
        assert (route.method, route.pattern) == ("POST", "/signal")
        assert heard.status == 400
    else:
        assert (heard.status, heard.error) == (403, NOT_MGMT)
    assert desk.asked == []


# The stream of events does not end: test_streams.py listens to it.
@pytest.mark.parametrize("route", [r for r in ROUTES if r.pattern != "/events"], ids=row)
def test_a_container_with_the_role_is_as_good_as_the_host(
    route: Route, path: Path, desk: MemoryDesk
) -> None:
    desk.caller = MGMT
    assert ask(path, route.method, filled(route.pattern), b"{}").status not in (403, 501)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_other_method_is_refused_on_a_known_path(pattern: str, path: Path) -> None:
    known = {route.method for route in ROUTES if route.pattern == pattern}
    for method in set(METHODS) - known - {"HEAD"}:
        heard = ask(path, method, filled(pattern))
        assert (method, heard.status, heard.error) == (method, 400, WRONG_METHOD)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_head_is_refused_everywhere_without_a_body(pattern: str, path: Path) -> None:
    heard = ask(path, "HEAD", filled(pattern))
    assert (heard.status, heard.body, heard.headers["content-length"]) == (400, b"", "0")


@pytest.mark.parametrize(
    "wrong",
    ["/", "/nope", "/storage", "/containers/", "//containers/x/y", "/steps/locals/a/b", "/steps/",
     "/steps/locals//progress", "/objects/a/b", "/user-meta/a/b", "/Containers", "/containers;x"],
)  # fmt: skip
def test_an_unknown_path_is_named_in_the_refusal(wrong: str, path: Path) -> None:
    heard = ask(path, "GET", wrong)
    shown = "/" + wrong.lstrip("/")
    assert (heard.status, heard.error) == (400, f"unknown endpoint: {shown}")


def test_an_unknown_path_is_quoted_as_json_and_with_its_query(path: Path) -> None:
    heard = ask(path, "GET", '/no"pe?a="b"')
    assert heard.error == 'unknown endpoint: /no"pe?a="b"'


def test_a_query_does_not_change_which_path_it_is(path: Path) -> None:
    assert ask(path, "GET", "/containers?x=1").status == 200


def test_locals_is_read_as_a_literal_before_it_is_a_place() -> None:
    found = find("/steps/locals/progress")
    assert found
    assert found.values == {"name": "progress"}
    assert found.routes["PUT"].pattern == "/steps/locals/{name}"


def test_no_pattern_stands_twice_with_the_same_method() -> None:
    rows = [(route.method, route.pattern) for route in ROUTES]
    assert len(rows) == len(set(rows))


# --- the recorded conversation ------------------------------------------------------------------

DATA = Path(__file__).parents[2] / "data" / "socket"
# Where ours differs on purpose: no xconnect here is an empty graph (samples/README).
OURS = {"GET /xconnect-graph": (200, b"[]")}
# Whole objects of the desk, whose content the rooms that make them are tested for.
OF_THE_DESK = ("/device-meta", "/config", "/wakelocks", "/steps/current", "/steps/0", "/buildinfo")


def recorded(file: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads((DATA / file).read_text())
    return loaded


def shape(value: object) -> object:
    """Names, nesting and types; of a list the shapes that occur in it."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(shape(each), sort_keys=True) for each in value})
    return type(value).__name__


def hold(path: Path, exchange: dict[str, Any]) -> Heard:
    method, target = exchange["request"].split(" ")
    return ask(path, method, target, exchange.get("body", "").encode())


@pytest.fixture
def like_the_reference(desk: MemoryDesk) -> MemoryDesk:
    desk.objects.root.mkdir()
    desk.objects.path("0" * 64).write_bytes(b"x")
    return desk


@pytest.mark.parametrize("exchange", recorded("socket.json"), ids=lambda e: e["request"])
def test_each_recorded_request_gets_the_status_type_and_shape_of_its_recorded_answer(
    exchange: dict[str, Any], path: Path, like_the_reference: MemoryDesk
) -> None:
    like_the_reference.meta["user"] = {"k.x": "v w"} if "k.x" in str(exchange) else {}
    heard = hold(path, exchange)
    status, body = OURS.get(exchange["request"], (int(exchange["status"][:3]), None))
    assert heard.status == status
    if body is not None:
        assert heard.body == body
        return
    fields = {line.split(": ")[0].lower(): line.split(": ")[1] for line in exchange["headers"]}
    assert heard.headers["content-type"] == fields["content-type"]
    if not exchange["request"].endswith(OF_THE_DESK):
        assert_alike(heard.body, exchange["answer"].encode())


def assert_alike(ours: bytes, theirs: bytes) -> None:
    if b"Error" in theirs:
        assert json.loads(ours)["Error"] == json.loads(theirs)["Error"]
    elif theirs:
        assert shape(json.loads(ours)) == shape(json.loads(theirs))
    else:
        assert ours == b""


def test_containers_and_groups_with_recovery_have_the_recorded_shape(
    path: Path, desk: MemoryDesk
) -> None:
    recovery = RecoveryView(5, 30, "reboot", "on-failure", 0, False)
    desk.views = [replace(APP, auto_recovery=recovery), SYSTEM]
    desk.group_views += [replace(GROUP, auto_recovery=RecoveryView(5, 30, "reboot"))]
    for exchange in recorded("socket-default-groups.json"):
        heard = hold(path, exchange)
        assert shape(json.loads(heard.body)) == shape(json.loads(exchange["answer"]))
