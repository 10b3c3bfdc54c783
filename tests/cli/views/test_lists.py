import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from surefoot.cli.paint import PLAIN
from surefoot.cli.views import lists

NOW = datetime(2026, 11, 24, 6, 52, 0, tzinfo=UTC)
SAMPLES = Path(__file__).parents[2] / "data" / "socket"


def words(lines: list[str]) -> list[list[str]]:
    return [line.split() for line in lines]


CONTAINER: dict[str, Any] = {
    "name": "app",
    "group": "app",
    "status": "STARTED",
    "status_goal": "READY",
    "restart_policy": "container",
    "roles": ["mgmt", "nobody"],
    "auto_recovery": {
        "policy": "on-failure",
        "max_retries": 5,
        "current_retries": 2,
        "stable_timeout": 30,
        "is_stable": "false",
        "backoff_policy": "reboot",
    },
    "user_stopped": "false",
}


def test_containers_show_how_often_they_were_started_again() -> None:
    lines = lists.containers_lines([CONTAINER], PLAIN)
    assert "on-failure, 2 of 5 retries" in lines[1]
    assert "mgmt, nobody" in lines[1]


def test_containers_without_recovery_or_roles_need_no_columns_for_them() -> None:
    plain = CONTAINER | {"roles": [], "auto_recovery": None}
    assert words(lists.containers_lines([plain], PLAIN))[0][-1] == "POLICY"


def test_groups_show_their_rule_of_recovery() -> None:
    group = {
        "name": "app",
        "status": "READY",
        "status_goal": "STARTED",
        "restart_policy": "container",
        "auto_recovery": {"max_retries": 5, "stable_timeout": 30, "backoff_policy": "reboot"},
    }
    assert "5 retries" in lists.groups_lines([group], PLAIN)[1]


def test_steps_show_status_and_messages_also_without_a_progress() -> None:
    rows: list[dict[str, Any]] = [
        {
            "name": "0",
            "date": "2026-11-24T06:51:34Z",
            "commitmsg": "first",
            "progress": {"status": "DONE", "status-msg": "Factory revision"},
        },
        {"name": "7", "date": "2026-11-24T06:51:34Z", "commitmsg": "", "progress": {}},
    ]
    lines = lists.steps_lines(rows, NOW, PLAIN)
    assert lines[1].split() == ["0", "DONE", "06:51:34Z", "Factory", "revision", "first"]
    assert lines[2].split() == ["7", "06:51:34Z"]


def test_objects_end_with_their_sum() -> None:
    rows = [{"sha256": "a" * 64, "size": "1500"}, {"sha256": "b" * 64, "size": "500"}]
    assert lists.objects_lines(rows, PLAIN)[-1] == "2 objects, 2.0 kB"
    assert lists.objects_lines([], PLAIN)[-1] == "0 objects, 0 B"


def test_config_shows_value_and_origin() -> None:
    row = {"key": "PV_LOG_LEVEL", "value": "4", "modified": "env"}
    assert lists.config_lines([row], PLAIN)[1].split() == ["PV_LOG_LEVEL", "4", "env"]


def test_nested_metadata_is_shown_by_dotted_keys() -> None:
    values = {"pantavisor.status": "READY", "storage": {"total": 2, "names": ["a"]}}
    assert words(lists.meta_lines(values, PLAIN))[1:] == [
        ["pantavisor.status", "READY"],
        ["storage.total", "2"],
        ["storage.names", '["a"]'],
    ]


def test_a_progress_shows_its_retries_and_its_log() -> None:
    log = json.dumps({"lvl": "ERROR", "msg": "x"})
    progress = {"status": "ERROR", "status-msg": "Internal error", "retries": 2, "logs": log + "\n"}
    assert lists.progress_lines(progress, PLAIN) == ["ERROR  Internal error", "retries 2", log]
