import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pytest

from surefoot.cli import output
from surefoot.device.events import Kind
from surefoot.device.logs import LogLine
from tests.cli.conftest import Run
from tests.client.story import Machine


class Enough(Exception):
    """The listener has heard what it wanted; a real one presses Ctrl-C."""


@contextmanager
def ends_after(monkeypatch: pytest.MonkeyPatch, lines: int) -> Iterator[list[str]]:
    heard: list[str] = []

    def show(given: Any) -> None:
        heard.extend(islice(given, lines - len(heard)))
        if len(heard) >= lines:
            raise KeyboardInterrupt

    monkeypatch.setattr(output, "show", show)
    yield heard


def test_the_last_lines_of_a_container_are_shown(ctl: Run, machine: Machine) -> None:
    assert ctl("logs", "app").out == "one\ntwo\nthree\n"
    assert ctl("logs", "app", "-n", "1", "--revision", "one").out == "three\n"
    assert machine.desk.asked[-1] == ("locals/one", "app", 1, False)


def test_json_wraps_what_a_container_writes_and_takes_the_agent_s_lines(
    ctl: Run, machine: Machine
) -> None:
    line = LogLine(1, 2, "pantavisor", "INFO", "state", "hello").encode()
    machine.desk.log_lines = [b"plain\n", line.encode() + b"\n"]
    lines = [json.loads(text) for text in ctl("logs", "app", "--json").out.splitlines()]
    assert lines[0] == {"platform": "app", "msg": "plain"}
    assert lines[1]["src"] == "state"


def test_a_log_that_is_not_there_is_said_so(ctl: Run) -> None:
    ran = ctl("logs", "absent")
    assert ran.code == 3
    assert "absent has no log" in ran.err


def test_a_followed_log_goes_on_until_ctrl_c(
    ctl: Run, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.desk.pause.set()
    with ends_after(monkeypatch, 4) as heard:
        assert ctl("logs", "app", "-f").code == 130
    assert heard == ["one", "two", "three", "four"]


def test_events_are_told_as_they_happen(
    ctl: Run, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = machine.desk.log_of_events
    start = log.newest
    log.publish(Kind.LOG, {"source": "app", "line": "hello"})
    log.publish(Kind.STATUS, {"status": "READY", "revision": "0"})
    with ends_after(monkeypatch, 1) as heard:
        assert ctl("events", "--from", str(start), "--kind", "status").code == 130
    assert heard == [f"{start + 2:>7}  status     0 READY"]


def test_events_as_json_have_their_ids(
    ctl: Run, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = machine.desk.log_of_events
    start = log.newest
    log.publish(Kind.STATUS, {"status": "READY", "revision": "0"})
    with ends_after(monkeypatch, 1) as heard:
        ctl("events", "--from", str(start), "--json")
    assert json.loads(heard[0]) == {
        "id": start + 1,
        "event": "status",
        "data": {"status": "READY", "revision": "0"},
    }


def test_without_a_place_only_what_is_to_come_is_told(
    ctl: Run, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = machine.desk.log_of_events
    log.publish(Kind.STATUS, {"status": "STARTED", "revision": "0"})
    follow = machine.desk.events

    def events(from_id: int) -> Any:
        log.publish(Kind.STATUS, {"status": "READY", "revision": "0"})
        return follow(from_id)

    monkeypatch.setattr(machine.desk, "events", events)
    with ends_after(monkeypatch, 1) as heard:
        ctl("events")
    assert "READY" in heard[0]
