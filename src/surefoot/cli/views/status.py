"""`ctl status`: the three pointers, each container, and for each wait since when, for what, until
when."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from surefoot.cli.paint import Paint
from surefoot.cli.table import clock, duration, moment, table

Status = Mapping[str, Any]

_WIDTH = 16
_CONTAINERS = ("CONTAINER", "GROUP", "STATUS", "GOAL", "POLICY", "PID", "CAUSE")


def status_lines(status: Status, now: datetime, paint: Paint) -> list[str]:
    return [*_head(status, paint), *_containers(status, paint), *_waits(status, now, paint)]


def _head(status: Status, paint: Paint) -> Iterator[str]:
    word = status["status"]
    yield _row("running", f"{status['running']}  {paint.status(word)}", paint)
    yield _row("trying", _trying(status), paint)
    yield _row("rollback point", status["rollback_point"], paint)
    yield _row("mode", f"{status['mode']}, containers by {status['runtime']}", paint)
    if status.get("hub"):
        yield _row("hub", _hub(status["hub"]), paint)
        yield from _claim(status["hub"], paint)
    if status.get("update"):
        work = status["update"]
        yield _row("update", f"{work['revision']}, stage {work['stage']}", paint)
    if status.get("command"):
        command = status["command"]
        yield _row("command", f"{command['op']} {command['payload']}".rstrip(), paint)
    if status.get("queue"):
        yield _row("queue", ", ".join(status["queue"]), paint)


def _hub(hub: Mapping[str, Any]) -> str:
    answers = "answers" if hub["online"] else "does not answer"
    owned = "claimed" if hub["claimed"] else "not claimed"
    return f"{answers}, {owned}, {hub['state']}"


def _claim(hub: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    """What its owner types to make it his."""
    if hub["challenge"]:
        yield _row("to claim it", f"surefoot claim {hub['id']} {hub['challenge']}", paint)


def _row(name: str, text: str, paint: Paint) -> str:
    return paint(name, "bold") + " " * (_WIDTH - len(name)) + text


def _trying(status: Status) -> str:
    """What `pv_try` names, and what that means just now (R3, R4)."""
    trying = status["trying"]
    if trying is None:
        return "nothing"
    return f"{trying}  {_meaning(trying, status)}"


def _meaning(trying: str, status: Status) -> str:
    if trying == status.get("staged"):
        return "applied: the next reboot tries it"
    if trying != status["running"]:
        return "armed: the next boot tries it"
    if status.get("update"):
        return "it runs, and is being tried"
    return "it runs, and the next boot decides whether it becomes the rollback point"


def _containers(status: Status, paint: Paint) -> list[str]:
    rows = [
        [
            one["name"],
            one["group"],
            one["status"],
            one["goal"],
            one["restart_policy"],
            one.get("pid"),
            one.get("cause"),
        ]
        for one in status["containers"]
    ]
    return ["", *table(_CONTAINERS, rows, paint, numbers="PID")] if rows else []


def _waits(status: Status, now: datetime, paint: Paint) -> Iterator[str]:
    if status["waits"]:
        yield ""
    for wait in status["waits"]:
        yield f"{paint(wait['what'], 'bold')} waits for {wait['for']}"
        yield f"  {_times(wait, now)}"


def _times(wait: Mapping[str, Any], now: datetime) -> str:
    since = wait["since"]
    lasted = duration((now - moment(since)).total_seconds())
    begun = f"since {clock(since, now)} ({lasted})"
    until = wait["until"]
    if until is None:
        return f"{begun}, without a limit of its own"
    left = (moment(until) - now).total_seconds()
    ends = f"{duration(left)} left" if left > 0 else "about to end"
    return f"{begun}, until {clock(until, now)} ({ends})"
