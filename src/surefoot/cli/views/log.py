"""Lines of logs and of events."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from surefoot.cli.paint import Paint

_STYLES = {"FATAL": "bad", "ERROR": "bad", "WARN": "busy", "DEBUG": "dim", "ALL": "dim"}


def log_line(line: str, paint: Paint) -> str:
    """The agent writes objects (device.md 1); a container's console is shown as it is."""
    try:
        entry = json.loads(line) if line.startswith("{") else None
    except ValueError:
        entry = None
    if not isinstance(entry, dict) or not {"tsec", "lvl", "src", "msg"} <= entry.keys():
        return line
    at_s = f"{entry['tsec']}.{entry.get('tnano', 0) // 1_000_000:03}"
    level = str(entry["lvl"])
    return f"{at_s} {paint(level.ljust(5), _STYLES.get(level, ''))} {entry['src']}: {entry['msg']}"


def event_line(number: int, kind: str, data: Any, paint: Paint) -> str:
    text = _TEXTS.get(kind, _other)(data, paint)
    return f"{number:>7}  {paint(kind.ljust(9), 'bold')}  {text}"


def _progress(data: Mapping[str, Any], paint: Paint) -> str:
    cause = f" ({data['cause']})" if data.get("cause") else ""
    return f"{data['revision']} {paint.status(data['status'])} {data['status-msg']}{cause}"


def _container(data: Mapping[str, Any], paint: Paint) -> str:
    return f"{data['name']} {paint.status(data['status'])} (goal {data['goal']})"


def _status(data: Mapping[str, Any], paint: Paint) -> str:
    return f"{data['revision']} {paint.status(data['status'])}"


def _log(data: Mapping[str, Any], paint: Paint) -> str:
    return f"{data['source']}: {data['line']}"


def _lost(data: Mapping[str, Any], paint: Paint) -> str:
    return f"events {data['first']} to {data['last']} may have been missed"


def _other(data: Any, paint: Paint) -> str:
    return json.dumps(data, ensure_ascii=False)


_TEXTS: dict[str, Callable[[Any, Paint], str]] = {
    "progress": _progress,
    "container": _container,
    "status": _status,
    "log": _log,
    "lost": _lost,
}
