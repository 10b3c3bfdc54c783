"""Where answers go: lines for people, JSON for programs, both on stdout."""

import json
import os
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from surefoot.cli.paint import Paint, paint_for


def paint() -> Paint:
    return paint_for(sys.stdout, os.environ)


def now() -> datetime:
    return datetime.now(UTC)


def show(lines: Iterable[str]) -> None:
    """Each line at once, also into a pipe: what a command tells must be seen as it happens."""
    for line in lines:
        print(line, flush=True)


def show_json(value: Any) -> None:
    """One answer, indented, ended by a newline."""
    show([json.dumps(value, indent=2, ensure_ascii=False)])


def show_json_line(value: Mapping[str, Any]) -> None:
    """One of many, on a line of its own."""
    show([json.dumps(value, ensure_ascii=False, separators=(",", ":"))])


def is_terminal() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def note(text: str) -> None:
    """Something beside the answer, on stderr."""
    sys.stderr.write(f"surefoot: {text}\n")
