import json

import pytest

from surefoot.cli.desk import logs as module
from surefoot.client.desk.logs import Entry
from surefoot.errors import Unreachable
from tests.cli.conftest import NOW, Run
from tests.client.desk.fleet import Robot


def test_lines_are_shown_oldest_first(desk: Run, robot: Robot) -> None:
    robot.logs("one", "two \x1b[31mred\nand more")
    robot.logs("three", lvl="ERROR")
    ran = desk("logs", robot.id, "-n", "2")
    one, two = ran.out.splitlines()
    assert one.endswith("INFO  app/a: two red and more")
    assert two.endswith("ERROR app/a: three")
    assert "\x1b" not in ran.out


def test_json_is_an_object_a_line(desk: Run, robot: Robot) -> None:
    robot.logs("one", "two")
    found = [json.loads(line) for line in desk("logs", robot.id, "--json").out.splitlines()]
    assert [one["msg"] for one in found] == ["one", "two"]


def test_filters_and_spans_choose_lines(desk: Run, robot: Robot) -> None:
    robot.logs("one")
    robot.logs("two", lvl="ERROR", rev="2", plat="pantavisor", src="/update")
    for filters in (
        ("--level", "error"),
        ("--rev", "2"),
        ("--platform", "pantavisor"),
        ("--source", "/update"),
    ):
        (line,) = desk("logs", robot.id, *filters).out.splitlines()
        assert line.endswith("two")
    assert len(desk("logs", robot.id, "--since", "2020-01-01").out.splitlines()) == 2
    assert desk("logs", robot.id, "--since", "2999-01-01T00:00:00Z").out == ""


@pytest.mark.parametrize("since", ["yesterday", "10", "-1h", "1w", "2026-13-01"])
def test_a_time_that_is_none_is_wrong_usage(desk: Run, robot: Robot, since: str) -> None:
    ran = desk("logs", robot.id, "--since", since)
    assert ran.code == 2
    assert "--since" in ran.err


def test_a_span_counts_back_from_now() -> None:
    assert [(NOW - module._moment(text, NOW)).total_seconds() for text in ("30s", "10m", "1d")] == [
        30,
        600,
        86400,
    ]


def test_following_goes_on_with_what_comes(
    desk: Run, robot: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    robot.logs("one")
    shown: list[str] = []

    def show(entry: Entry, as_json: bool) -> None:
        shown.append(entry["msg"])
        if len(shown) == 3:
            raise Unreachable("enough")
        robot.logs(f"after {entry['msg']}")

    monkeypatch.setattr(module, "_show", show)
    assert desk("logs", robot.id, "-f").code == 5
    assert shown == ["one", "after one", "after after one"]


def test_a_device_that_is_not_there_has_no_log(desk: Run) -> None:
    assert desk("logs", "nobody").code == 3
