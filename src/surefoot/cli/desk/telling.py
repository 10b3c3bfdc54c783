"""How a post tells what happens: lines or JSON as it goes, bars on a terminal, an exit code."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from surefoot.cli import output
from surefoot.cli.table import number_of, size
from surefoot.cli.views.changes import entry_lines
from surefoot.client.desk.post import Plan, Posted
from surefoot.client.desk.steps import View
from surefoot.client.desk.text import printable
from surefoot.client.desk.wait import Entry, exit_code

_MAX_CAUSES = 10


class Teller:
    """For one step of one device."""

    def __init__(self, nick: str, revision: int, *, as_json: bool) -> None:
        self._nick = printable(nick)
        self._revision = revision
        self._as_json = as_json
        self._paint = output.paint()

    def posted(self, planned: Plan, done: Posted) -> None:
        if self._as_json:
            members = {"device": planned.device.id, "nick": planned.device.nick}
            self._line("posted", {**members, **_posted_json(done)})
        else:
            output.show([f"posted revision {done.revision} of {self._nick}: {_summary(done)}"])

    def __call__(self, entry: Entry) -> None:
        view = entry.view
        if self._as_json:
            self._line("progress", {**_view_json(view), "at_s": round(entry.at_s, 3)})
            return
        status, message = printable(view.status), printable(view.message)
        head, *_ = entry_lines(status, message, "", entry.at_s, self._paint)
        causes = [printable(cause) for cause in view.causes[-_MAX_CAUSES:]]
        output.show([head, *(f"{'':22}{self._paint(cause, 'dim')}" for cause in causes)])

    def ended(self, view: View) -> int:
        """The exit code (R24)."""
        code = exit_code(view.status) or 0
        if self._as_json:
            self._line("result", {**_view_json(view), "exit_code": code})
        if code:
            told = f"{printable(view.status)}: {printable(view.message)}"
            output.note(f"revision {self._revision} of {self._nick} ended {told}")
        return code

    def _line(self, kind: str, members: Mapping[str, Any]) -> None:
        output.show_json_line({"kind": kind, "revision": self._revision, **members})


def _posted_json(done: Posted) -> dict[str, Any]:
    counts = {"sent": done.sent, "kept": done.kept, "sent_bytes": done.sent_bytes}
    return {"state-sha": done.state_sha, **counts}


def _view_json(view: View) -> dict[str, Any]:
    return {
        "status": view.status,
        "status-msg": view.message,
        "retries": view.retries,
        "causes": list(view.causes),
    }


def _summary(done: Posted) -> str:
    sent = f"{number_of(done.sent, 'object')} sent ({size(done.sent_bytes)})"
    return f"{sent if done.sent else 'nothing to send'}, {done.kept} there already"


@contextmanager
def downloads(as_json: bool) -> Iterator[Callable[[View], None]]:
    """A bar for what the device downloads, on a terminal; else nothing is shown of it."""
    if as_json or not output.is_terminal():
        yield lambda _: None
        return
    with _bar() as watch:
        yield watch


@contextmanager
def _bar() -> Iterator[Callable[[View], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn())
    drawn: list[TaskID] = []
    with Progress(*columns, console=Console(), transient=True) as bars:

        def watch(view: View) -> None:
            if view.downloads is None:
                while drawn:
                    bars.remove_task(drawn.pop())
                return
            total, done = view.downloads
            if not drawn:
                drawn.append(bars.add_task("the device downloads", total=total, completed=done))
            bars.update(drawn[0], total=total, completed=done)

        yield watch
