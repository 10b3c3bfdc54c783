"""What a Hub shows, as lines for people. Pure: values in, lines out, the time is given.

Every text of the Hub goes through `printable`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from surefoot.cli.paint import Paint
from surefoot.cli.table import clock, duration, size, table
from surefoot.client.desk.devices import Overview
from surefoot.client.desk.logs import moment_of
from surefoot.client.desk.steps import View, view_of
from surefoot.client.desk.text import moment, printable
from surefoot.revision import Change

_DEVICES = ("ID", "NICK", "REVISION", "STATUS", "MESSAGE", "SEEN", "ADDRESS")
_WIDTH = 12
_MAX_CHANGES = 40
_LEVELS = {"FATAL": "bad", "ERROR": "bad", "WARN": "busy", "DEBUG": "dim", "ALL": "dim"}


def devices_lines(rows: Sequence[Overview], now: datetime, paint: Paint) -> list[str]:
    if not rows:
        return ["No device is yours yet; claim one: surefoot claim ID CHALLENGE"]
    shown = (
        [
            printable(one.id[:8]),
            printable(one.nick),
            revisions(one),
            printable(one.status),
            printable(one.message),
            ago(one.seen, now),
            printable(one.address),
        ]
        for one in rows
    )
    return table(_DEVICES, shown, paint)


def device_line(one: Overview, now: datetime, paint: Paint) -> str:
    """One that has changed, as it happens."""
    at = f"{now:%H:%M:%S}Z"
    status = paint.status(printable(one.status))
    return f"{at}  {printable(one.nick)}  {revisions(one)}  {status}  {printable(one.message)}"


def revisions(one: Overview) -> str:
    """`running/target`, and one of them where they are the same or only one is known."""
    running, target = printable(one.running), printable(one.target)
    return running or target if not target or running in ("", target) else f"{running}/{target}"


def ago(text: str, now: datetime) -> str:
    """`35 s ago`, `never`."""
    if not text:
        return "never"
    then = moment(text)
    if then is None:
        return printable(text)
    seconds = max(0.0, (now - then).total_seconds())
    if seconds < 10:  # when a Hub notes a visit is not known to a tenth
        return f"{seconds:.0f} s ago" if seconds >= 1 else "now"
    return f"{duration(seconds)} ago"


def device_lines(
    one: Overview, members: Mapping[str, Any], now: datetime, paint: Paint
) -> list[str]:
    """One device whole: its row, and its metadata."""
    rows = (
        ("revision", revisions(one)),
        ("status", f"{paint.status(printable(one.status))}  {printable(one.message)}".rstrip()),
        ("seen", ago(one.seen, now)),
        ("address", printable(one.address)),
        ("public", "yes" if members.get("public") else "no"),
    )
    lines = [f"{paint(printable(one.nick), 'bold')}  {printable(one.id)}"]
    lines += [_row(name, text, paint) for name, text in rows if text]
    for name in ("device-meta", "user-meta"):
        values = members.get(name)
        if isinstance(values, dict) and values:
            cells = [[printable(key), _shown(value)] for key, value in sorted(values.items())]
            lines += ["", *table((name.upper(), "VALUE"), cells, paint)]
    return lines


def _shown(value: Any) -> str:
    """Text as it is, anything else as JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return printable(text)


def step_lines(
    nick: str,
    step: Mapping[str, Any],
    changes: Sequence[Change] | None,
    now: datetime,
    paint: Paint,
) -> list[str]:
    """`changes`: against the step before; None where there is none."""
    progress = view_of(step.get("progress"))
    revision = printable(step.get("rev"))
    status = f"{paint.status(printable(progress.status))}  {printable(progress.message)}"
    rows = (
        ("message", printable(step.get("commit-msg") or "")),
        ("status", status.rstrip()),
        ("retries", str(progress.retries or "")),
        ("downloaded", _downloaded(progress)),
        ("posted", _clock(step.get("time-created") or step.get("step-time"), now)),
        ("reported", _clock(step.get("progress-time"), now)),
        ("state-sha", printable(step.get("state-sha") or "")),
    )
    return [
        paint(f"revision {revision} of {printable(nick)}", "bold"),
        *(_row(name, text, paint) for name, text in rows if text),
        *_log(progress, paint),
        *_changes(changes, paint),
    ]


def _downloaded(progress: View) -> str:
    if not progress.downloads:
        return ""
    total, done = progress.downloads
    return f"{size(done)} of {size(total)}"


def _row(name: str, text: str, paint: Paint) -> str:
    return paint(name, "bold") + " " * (_WIDTH - len(name)) + text


def _clock(text: object, now: datetime) -> str:
    """Empty for the protocol's zero times (hub-wire.md 1, 4.1)."""
    then = moment(text)
    return clock(then.isoformat(), now) if then and then.year > 1970 else ""


def _log(progress: View, paint: Paint) -> Iterator[str]:
    if progress.causes:
        yield ""
        yield paint("log of the device", "bold")
        yield from (f"  {printable(cause)}" for cause in progress.causes)


def _changes(changes: Sequence[Change] | None, paint: Paint) -> Iterator[str]:
    if changes is None:
        return
    yield ""
    if not changes:
        yield "the same files as in the revision before"
        return
    yield paint("changes against the revision before", "bold")
    for change in changes[:_MAX_CHANGES]:
        yield f"  {printable(change.path)} {change.kind.value}"
    if len(changes) > _MAX_CHANGES:
        yield f"  and {len(changes) - _MAX_CHANGES} more"


def log_line(entry: Mapping[str, Any], now: datetime, paint: Paint) -> str:
    """The Hub's time, for a device may send none."""
    then = moment_of(entry)
    at = clock(then.isoformat(), now) if then else "-"
    level = printable(entry.get("lvl") or "")
    place = f"{printable(entry.get('plat') or '')}{_source(entry)}"
    painted = paint(level.ljust(5), _LEVELS.get(level, ""))
    return f"{at} {painted} {place}: {printable(entry.get('msg') or '').rstrip()}"


def _source(entry: Mapping[str, Any]) -> str:
    """`src` is a path below the platform (hub-wire.md 9)."""
    source = printable(entry.get("src") or "")
    return source if source.startswith("/") or not source else f"/{source}"
