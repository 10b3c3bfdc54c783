"""Tests that walk the table, so that a new row is covered by itself."""

from pathlib import Path

import pytest

from surefoot.device.server.connection import METHODS, NOT_MGMT, WRONG_METHOD
from surefoot.device.server.routes import ROUTES, Route, Who, find
from tests.device.server.memory_desk import MGMT, PLAIN, MemoryDesk, ask

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
