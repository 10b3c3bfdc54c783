"""`surefoot demo`: prints what the demonstration in `lab/demo` plays."""

import os
import signal
import sys
import time
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from surefoot.cli import output
from surefoot.cli.ctl.waiting import entry_json
from surefoot.cli.lazy import new_app
from surefoot.cli.table import duration, number_of, seconds_between
from surefoot.cli.views.changes import change_lines, entry_lines
from surefoot.client.wait import Entry

app = new_app()


@app.command(
    epilog="""\
Examples:

\b
  surefoot demo
  SUREFOOT_RUNTIME=process surefoot demo
"""
)
def demo(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, one object a line, as it happens.")
    ] = False,
) -> int:
    """Show a real device taking updates, good and bad.

    A device of real containers in a temporary directory: good updates with and without reboot, bad
    ones that are rolled back, damage, and power cuts. Takes about a minute, needs no terminal and
    leaves nothing behind. The exit code is 1 when anything is not as the script says.
    """
    from surefoot.lab.demo.show import show

    _end_in_order()
    printer: Printer = JsonPrinter() if as_json else Printer()
    begun = time.monotonic()
    differences = show(printer, _settings())
    printer.end(differences, time.monotonic() - begun)
    return 1 if differences else 0


def _settings() -> Mapping[str, str]:
    """The runtime that the user asks for; `auto` where he does not."""
    return {"SUREFOOT_RUNTIME": os.environ.get("SUREFOOT_RUNTIME", "auto")}


def _end_in_order() -> None:
    """A demonstration that is told to end still takes its device down."""

    def leave(number: int, _frame: object) -> None:
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


class Printer:
    """The audience of the demonstration, on a terminal or in a pipe."""

    def __init__(self) -> None:
        self._paint = output.paint()
        self._first: dict[int, str] = {}

    def act(self, number: str, title: str, what: str) -> None:
        head = f"({number}) {title}" if number else title
        output.show(["", self._paint(head, "bold")])
        if what:
            output.show([f"    {what}"])

    def says(self, text: str) -> None:
        output.show([self._paint(f"  * {line}", "calm") for line in text.splitlines()])

    def entry(self, entry: Entry) -> None:
        first = self._first.setdefault(entry.change, entry.since)
        at_s = seconds_between(first, entry.since)
        output.show(entry_lines(entry.status, entry.message, entry.cause, at_s, self._paint))

    def differs(self, text: str) -> None:
        output.show([self._paint(f"  ! NOT AS THE SCRIPT SAYS: {text}", "bad")])

    def record(self, change: Mapping[str, Any]) -> None:
        output.show(["", *change_lines(change, output.now(), self._paint)])

    def end(self, differences: list[str], seconds: float) -> None:
        found = number_of(len(differences), "difference")
        verdict = f"{found} from the script" if differences else "all as the script says"
        style = "bad" if differences else "good"
        took = f"took {duration(seconds)}; nothing of the device is left"
        output.show(["", self._paint(verdict, style), took if not differences else ""])


class JsonPrinter(Printer):
    def act(self, number: str, title: str, what: str) -> None:
        self._line("scene", number=number, title=title, what=what)

    def says(self, text: str) -> None:
        self._line("says", text=text)

    def entry(self, entry: Entry) -> None:
        self._line("progress", **entry_json(entry))

    def differs(self, text: str) -> None:
        self._line("difference", text=text)

    def record(self, change: Mapping[str, Any]) -> None:
        self._line("record", change=change)

    def end(self, differences: list[str], seconds: float) -> None:
        self._line("result", differences=differences, seconds=round(seconds, 1))

    def _line(self, kind: str, **members: Any) -> None:
        output.show_json_line({"kind": kind, **members})
