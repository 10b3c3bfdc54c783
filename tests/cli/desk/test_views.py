from datetime import UTC, datetime

import pytest

from surefoot.cli.desk.views import (
    ago,
    device_lines,
    devices_lines,
    log_line,
    revisions,
    step_lines,
)
from surefoot.cli.paint import PLAIN, Paint
from surefoot.client.desk.devices import Overview
from surefoot.revision import Change, ChangeKind

NOW = datetime(2026, 11, 24, 6, 52, 0, tzinfo=UTC)
ROW = Overview(
    id="5f0c2a9be1d3a4c6b7e8f901",
    nick="kitchen",
    running="3",
    target="4",
    status="TESTING",
    message="Awaiting to see if update is stable",
    seen="2026-11-24T06:51:25.5Z",
    address="10.0.0.7",
)


def test_a_fleet_is_a_table() -> None:
    quiet = Overview("0123456789abcdef01234567", "attic", "", "", "SYNCING", "", "", "")
    head, attic, kitchen = devices_lines([quiet, ROW], NOW, PLAIN)
    message = "Awaiting to see if update is stable"
    assert head == f"ID        NICK     REVISION  STATUS   {'MESSAGE':35}  SEEN      ADDRESS"
    assert attic == f"01234567  attic              SYNCING  {'':35}  never"
    assert kitchen == f"5f0c2a9b  kitchen  3/4       TESTING  {message}  34 s ago  10.0.0.7"


@pytest.mark.parametrize(
    ("running", "target", "shown"),
    [("3", "4", "3/4"), ("3", "3", "3"), ("", "4", "4"), ("3", "", "3"), ("", "", ""),
     ("locals/x", "4", "locals/x/4")],
)  # fmt: skip
def test_the_two_revisions_are_one_where_they_agree(running: str, target: str, shown: str) -> None:
    assert revisions(Overview("i", "n", running, target, "", "", "", "")) == shown


@pytest.mark.parametrize(
    ("seen", "shown"),
    [
        ("", "never"),
        ("2026-11-24T06:52:00Z", "now"),
        ("2026-11-24T06:53:00Z", "now"),
        ("2026-11-24T06:51:59Z", "1 s ago"),
        ("2026-11-24T04:50:00Z", "2 h 2 min ago"),
        ("2026-11-24T04:50:00", "2 h 2 min ago"),
        ("some\x07time", "some\ufffdtime"),
    ],
)
def test_when_a_device_was_seen_is_told_from_now(seen: str, shown: str) -> None:
    assert ago(seen, NOW) == shown


def test_one_device_has_its_metadata() -> None:
    members = {"public": True, "device-meta": {"b": 1, "a": {"x": [1]}}, "user-meta": {}}
    assert device_lines(ROW, members, NOW, PLAIN) == [
        "kitchen  5f0c2a9be1d3a4c6b7e8f901",
        "revision    3/4",
        "status      TESTING  Awaiting to see if update is stable",
        "seen        34 s ago",
        "address     10.0.0.7",
        "public      yes",
        "",
        "DEVICE-META  VALUE",
        'a            {"x": [1]}',
        "b            1",
    ]


STEP = {
    "rev": 4,
    "commit-msg": "new \x1b[1mkernel",
    "state-sha": "ab" * 32,
    "time-created": "2026-11-24T06:40:00.5Z",
    "progress-time": "1970-01-01T00:00:00Z",
    "progress": {
        "status": "ERROR",
        "status-msg": "Status goal not reached",
        "retries": 2,
        "downloads": {"total": {"total_size": 2000, "total_downloaded": 1000}},
        "logs": '{"src":"update","msg":"app is not ready"}',
    },
}


def test_a_step_is_shown_with_its_log_and_changes() -> None:
    changes = [Change("app/run.json", ChangeKind.MODIFIED)]
    assert step_lines("kitchen", STEP, changes, NOW, PLAIN) == [
        "revision 4 of kitchen",
        "message     new kernel",
        "status      ERROR  Status goal not reached",
        "retries     2",
        "downloaded  1.0 kB of 2.0 kB",
        "posted      06:40:00Z",
        "state-sha   " + "ab" * 32,
        "",
        "log of the device",
        "  update: app is not ready",
        "",
        "changes against the revision before",
        "  app/run.json modified",
    ]


def test_a_step_may_lack_anything() -> None:
    assert step_lines("n", {}, None, NOW, PLAIN) == ["revision None of n", "status      NEW"]
    assert step_lines("n", {"rev": 1}, [], NOW, PLAIN)[-1].startswith("the same files")


def test_of_very_many_changes_some_are_named() -> None:
    changes = [Change(f"a/{number}", ChangeKind.ADDED) for number in range(100)]
    lines = step_lines("n", {"rev": 1}, changes, NOW, PLAIN)
    assert lines[-1] == "  and 60 more"


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        (
            {
                "time-created": "2026-11-24T06:51:00.25Z",
                "lvl": "WARN",
                "plat": "app",
                "src": "/out",
                "msg": "hot\n",
            },
            "06:51:00Z WARN  app/out: hot",
        ),
        ({"plat": "pantavisor", "src": "update", "msg": "x"}, "-       pantavisor/update: x"),
        ({}, "-       : "),
    ],
)
def test_a_log_line_has_the_time_of_the_hub(entry: dict[str, str], line: str) -> None:
    assert log_line(entry, NOW, PLAIN).rstrip() == line.rstrip()


def test_levels_have_colours_on_a_terminal() -> None:
    assert "\x1b[31mERROR\x1b[0m" in log_line({"lvl": "ERROR"}, NOW, Paint(colours=True))
