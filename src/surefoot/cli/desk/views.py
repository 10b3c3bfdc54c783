"""What a Hub shows, as lines for people. Pure but for nothing: values in, lines out, now is given.

Every text of the Hub goes through `printable`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from surefoot.cli.paint import Paint
from surefoot.cli.table import clock, duration, moment, size, table
from surefoot.client.desk.devices import Overview
from surefoot.client.desk.logs import moment_of
from surefoot.client.desk.steps import View, view_of
from surefoot.client.desk.text import printable
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
    try:
        then = moment(text)
    except ValueError:
        return printable(text)
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    seconds = max(0.0, (now - then).total_seconds())
    return "now" if seconds < 1 else f"{duration(round(seconds))} ago"


def device_lines(
    one: Overview, members: Mapping[str, Any], now: datetime, paint: Paint
) -> list[str]:
    """One device whole: its row, and its metadata."""
    lines = [
        f"{paint(printable(one.nick), 'bold')}  {printable(one.id)}",
        _row("revision", revisions(one), paint),
        _row("status", f"{paint.status(printable(one.status))}  {printable(one.message)}", paint),
        _row("seen", ago(one.seen, now), paint),
        _row("address", printable(one.address), paint),
        _row("public", "yes" if members.get("public") else "no", paint),
    ]
    for name in ("device-meta", "user-meta"):
        values = members.get(name)
        if isinstance(values, dict) and values:
            rows = [[printable(key), printable(value)] for key, value in sorted(values.items())]
            lines += ["", *table((name.upper(), "VALUE"), rows, paint)]
    return [line.rstrip() for line in lines]


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
    lines = [
        f"{paint(f'revision {revision} of {printable(nick)}', 'bold')}",
        _row("message", printable(step.get("commit-msg") or ""), paint),
        _row("status", f"{paint.status(printable(progress.status))}  {_message(progress)}", paint),
        *_details(progress, paint),
        _row("posted", _clock(step.get("time-created") or step.get("step-time"), now), paint),
        _row("reported", _clock(step.get("progress-time"), now), paint),
        _row("state-sha", printable(step.get("state-sha") or ""), paint),
        *_log(step.get("progress"), paint),
        *_changes(revision, changes, paint),
    ]
    return [line.rstrip() for line in lines if line.strip() != line.split(" ")[0] or not line]


def _details(progress: View, paint: Paint) -> Iterator[str]:
    if progress.retries:
        yield _row("retries", str(progress.retries), paint)
    if progress.downloads:
        total, done = progress.downloads
        yield _row("downloaded", f"{size(done)} of {size(total)}", paint)


def _message(progress: View) -> str:
    return printable(progress.message)


def _row(name: str, text: str, paint: Paint) -> str:
    return paint(name, "bold") + " " * (_WIDTH - len(name)) + text


def _clock(text: object, now: datetime) -> str:
    """Empty for the protocol's zero times (hub-wire.md 1, 4.1)."""
    try:
        then = moment(str(text))
    except ValueError:
        return ""
    return "" if then.year <= 1970 else clock(str(text), now)


def _log(progress: object, paint: Paint) -> Iterator[str]:
    causes = view_of(progress).causes
    if causes:
        yield ""
        yield paint("log of the device", "bold")
        yield from (f"  {printable(cause)}" for cause in causes)


def _changes(revision: str, changes: Sequence[Change] | None, paint: Paint) -> Iterator[str]:
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
