"""The plain lists: containers, groups, revisions, objects, configuration, metadata."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from surefoot.cli.paint import Paint
from surefoot.cli.table import clock, number_of, size, table

Row = Mapping[str, Any]


def containers_lines(rows: Sequence[Row], paint: Paint) -> list[str]:
    titles = ("CONTAINER", "GROUP", "STATUS", "GOAL", "POLICY", "RECOVERY", "ROLES")
    return table(titles, map(_container, rows), paint)


def _container(row: Row) -> list[object]:
    return [
        row["name"],
        row["group"],
        row["status"],
        row["status_goal"],
        row["restart_policy"],
        _recovery(row.get("auto_recovery")),
        ", ".join(row["roles"]),
    ]


def _recovery(rule: Row | None) -> str:
    """`on-failure, 2 of 5 retries`."""
    if rule is None:
        return ""
    spent = f"{rule['current_retries']} of " if "current_retries" in rule else ""
    policy = f"{rule['policy']}, " if "policy" in rule else ""
    return f"{policy}{spent}{rule['max_retries']} retries"


def groups_lines(rows: Sequence[Row], paint: Paint) -> list[str]:
    titles = ("GROUP", "STATUS", "GOAL", "POLICY", "RECOVERY")
    shown = (
        [
            row["name"],
            row["status"],
            row["status_goal"],
            row["restart_policy"],
            _recovery(row.get("auto_recovery")),
        ]
        for row in rows
    )
    return table(titles, shown, paint)


def steps_lines(rows: Sequence[Row], now: datetime, paint: Paint) -> list[str]:
    titles = ("REVISION", "STATUS", "STORED", "STATUS-MSG", "MESSAGE")
    shown = (
        [
            row["name"],
            row["progress"].get("status"),
            clock(row["date"], now),
            row["progress"].get("status-msg"),
            row["commitmsg"],
        ]
        for row in rows
    )
    return table(titles, shown, paint)


def objects_lines(rows: Sequence[Row], paint: Paint) -> list[str]:
    shown = [[row["sha256"], size(int(row["size"]))] for row in rows]
    total = sum(int(row["size"]) for row in rows)
    lines = table(("SHA256", "SIZE"), shown, paint, numbers="SIZE")
    return [*lines, "", f"{number_of(len(rows), 'object')}, {size(total)}"]


def config_lines(rows: Sequence[Row], paint: Paint) -> list[str]:
    titles = ("KEY", "VALUE", "FROM")
    return table(titles, ([row["key"], row["value"], row["modified"]] for row in rows), paint)


def meta_lines(values: Mapping[str, Any], paint: Paint) -> list[str]:
    shown = [[key, _text(value)] for key, value in _flat(values)]
    return table(("KEY", "VALUE"), shown, paint)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _flat(values: Mapping[str, Any], before: str = "") -> list[tuple[str, object]]:
    """Nested objects (`storage`) as dotted keys."""
    found: list[tuple[str, object]] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{before}{key}.")
        else:
            found.append((f"{before}{key}", value))
    return found


def progress_lines(progress: Row, paint: Paint) -> list[str]:
    lines = [f"{paint.status(progress['status'])}  {progress['status-msg']}".rstrip()]
    if progress.get("retries"):
        lines.append(f"retries {progress['retries']}")
    return [*lines, *str(progress.get("logs") or "").splitlines()]
