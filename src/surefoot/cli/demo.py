"""`surefoot demo`: prints what the demonstration in `lab/demo` plays."""

import os
import re
import shlex
import shutil
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from surefoot.cli import output
from surefoot.cli.columns import MIN_COLUMNS, Columns, Layout, Prefixed, Text
from surefoot.cli.ctl.waiting import entry_json
from surefoot.cli.hub.place import libraries
from surefoot.cli.lazy import new_app
from surefoot.cli.paint import status_style
from surefoot.cli.table import duration, number_of, seconds_between, table
from surefoot.cli.views.changes import causes
from surefoot.client.wait import Entry

if TYPE_CHECKING:
    from surefoot.lab.demo.audience import Record, Side

app = new_app()
_SIDES = ("device", "hub")
_HEADS = ("the device records", "the Hub and its owner's desk")
_TITLES = ("REVISION", "DEVICE", "HUB", "TOOK", "MESSAGE")
_WORD = re.compile(r"[A-Z]{3,}\b")
# A line that tells of an update: when, how it stands, and behind that a message.
_ROW = re.compile(r" *[\d.]+ (s|min \d+ s)  [A-Z]")
_MESSAGE_AT = 22


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
    """Show a real device taking updates through a Hub, good and bad.

    A Hub and a device of real containers in a temporary directory, and the commands of the device's
    owner: good updates with and without reboot, bad ones that are rolled back, a bad line, a Hub
    that goes away, power cuts, and damage. A terminal of 100 columns shows device and Hub side by
    side. Takes about a minute, needs no terminal and leaves nothing behind. The exit code is 1 when
    anything is not as the script says.
    """
    with libraries():
        import surefoot.hub.main
    from surefoot.lab.demo.show import show

    del surefoot
    _end_in_order()
    printer: Printer | JsonPrinter = JsonPrinter() if as_json else Printer(_layout())
    begun = time.monotonic()
    try:
        differences = show(printer, os.environ, _settings())
        printer.end(differences, time.monotonic() - begun)
    finally:
        printer.close()
    return 1 if differences else 0


def _settings() -> Mapping[str, str]:
    """The runtime that the user asks for; `auto` where he does not."""
    return {"SUREFOOT_RUNTIME": os.environ.get("SUREFOOT_RUNTIME", "auto")}


def _layout() -> Layout:
    """Two columns where they have room."""
    columns = shutil.get_terminal_size().columns
    if output.is_terminal() and columns >= MIN_COLUMNS:
        return Columns(_HEADS, columns, output.paint(), output.show)
    return Prefixed(_SIDES, output.paint(), output.show)


def _end_in_order() -> None:
    """A demonstration that is told to end still takes its device down."""

    def leave(number: int, _frame: object) -> None:
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


class Printer:
    """The audience of the demonstration, on a terminal or in a pipe."""

    def __init__(self, layout: Layout) -> None:
        self._paint = output.paint()
        self._layout = layout
        self._first: dict[int, str] = {}
        self._revision = ""

    def act(self, number: str, title: str, what: str) -> None:
        head = f"({number}) {title}" if number else title
        about = [f"    {what}"] if what else []
        self._layout.across(["", self._paint(head, "bold"), *about])

    def says(self, side: "Side", text: str) -> None:
        self._put(side, [Text(f"* {line}", "calm") for line in text.splitlines()])

    def entry(self, entry: Entry) -> None:
        head = [Text(f"revision {entry.revision}", "bold")]
        texts = head if entry.revision != self._revision else []
        self._revision = entry.revision
        first = self._first.setdefault(entry.change, entry.since)
        at = duration(seconds_between(first, entry.since)).rjust(8)
        line = f"{at}  {entry.status:11} {entry.message}"
        texts = [*texts, Text(line.rstrip(), word=entry.status, hang=_MESSAGE_AT)]
        for cause in causes(entry.cause):
            texts.append(Text(f"{'':{_MESSAGE_AT}}{cause}", "dim", hang=_MESSAGE_AT))
        self._put("device", texts)

    def command(self, words: Sequence[str]) -> None:
        self._put("hub", [Text(f"$ {typed(words)}", "bold")])

    def prints(self, text: str) -> None:
        word = _WORD.search(text)
        status = word[0] if word and status_style(word[0]) else ""
        indent = len(text) - len(text.lstrip())
        hang = _MESSAGE_AT if _ROW.match(text) else max(indent, 2)
        self._put("hub", [Text(text, word=status, hang=hang)])

    def differs(self, text: str) -> None:
        self._layout.across([self._paint(f"  ! NOT AS THE SCRIPT SAYS: {text}", "bad")])

    def records(self, records: "Sequence[Record]") -> None:
        rows = [_cells(one) for one in records]
        self._layout.across(table(_TITLES, rows, self._paint, numbers="TOOK"))

    def end(self, differences: list[str], seconds: float) -> None:
        found = number_of(len(differences), "difference")
        verdict = f"{found} from the script" if differences else "all as the script says"
        style = "bad" if differences else "good"
        took = f"took {duration(seconds)}; nothing of device and Hub is left"
        self._layout.across(["", self._paint(verdict, style), *([] if differences else [took])])

    def close(self) -> None:
        self._layout.close()

    def _put(self, side: str, texts: Sequence[Text]) -> None:
        self._layout.put(_SIDES.index(side), texts)


def typed(words: Sequence[str]) -> str:
    """A command as one types it."""
    shown = (word if word == ">" else shlex.quote(word) for word in words)
    return " ".join(("surefoot", *shown))


def _cells(one: "Record") -> Sequence[object]:
    took = "" if one.seconds is None else duration(one.seconds)
    return (one.revision, one.on_device, one.at_hub, took, one.message)


class JsonPrinter:
    """The same for programs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def act(self, number: str, title: str, what: str) -> None:
        self._line("scene", number=number, title=title, what=what)

    def says(self, side: "Side", text: str) -> None:
        self._line("says", side=side, text=text)

    def entry(self, entry: Entry) -> None:
        self._line("progress", side="device", **entry_json(entry))

    def command(self, words: Sequence[str]) -> None:
        self._line("called", side="hub", words=["surefoot", *words])

    def prints(self, text: str) -> None:
        self._line("printed", side="hub", text=text)

    def differs(self, text: str) -> None:
        self._line("difference", text=text)

    def records(self, records: "Sequence[Record]") -> None:
        for one in records:
            self._line("record", **asdict(one))

    def end(self, differences: list[str], seconds: float) -> None:
        self._line("result", differences=differences, seconds=round(seconds, 1))

    def close(self) -> None:
        pass

    def _line(self, kind: str, **members: Any) -> None:
        with self._lock:
            output.show_json_line({"kind": kind, **members})
