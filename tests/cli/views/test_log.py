import json

import pytest

from surefoot.cli.paint import PLAIN, Paint
from surefoot.cli.views.log import event_line, log_line
from surefoot.device.events import Kind
from surefoot.device.logs import LogLine


def test_a_line_of_the_agent_is_taken_apart() -> None:
    line = LogLine(12, 345_000_000, "pantavisor", "ERROR", "state", "it broke").encode()
    assert log_line(line, PLAIN) == "12.345 ERROR state: it broke"
    assert "\x1b[31mERROR" in log_line(line, Paint(colours=True))


@pytest.mark.parametrize("line", ["started", "{", '{"a": 1}', "[1]", ""])
def test_what_a_container_writes_stays_as_it_is(line: str) -> None:
    assert log_line(line, PLAIN) == line


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        (
            "progress",
            {"revision": "7", "status": "ERROR", "status-msg": "Stale revision", "cause": "old"},
            "7 ERROR Stale revision (old)",
        ),
        ("container", {"name": "app", "status": "STARTED", "goal": "READY"}, "app STARTED"),
        ("status", {"status": "READY", "revision": "0"}, "0 READY"),
        ("log", {"source": "app", "line": "hello"}, "app: hello"),
        ("lost", {"first": 1, "last": 9}, "events 1 to 9 may have been missed"),
        ("change", {"number": 3}, '{"number": 3}'),
    ],
)
def test_events_are_told_in_words(kind: str, data: dict[str, object], text: str) -> None:
    line = event_line(42, kind, data, PLAIN)
    assert line.startswith(f"     42  {kind}")
    assert text in line


def test_every_kind_of_event_has_a_line() -> None:
    data = dict.fromkeys(
        ("revision", "status", "status-msg", "cause", "name", "goal", "source", "line"), "x"
    )
    assert all(kind in event_line(1, kind, data, PLAIN) for kind in Kind)
    assert json.dumps({"a": 1}) in event_line(1, "unheard-of", {"a": 1}, PLAIN)
