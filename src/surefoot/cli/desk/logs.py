"""`logs`: what a device has sent to the Hub."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Annotated

import typer

from surefoot.cli import output
from surefoot.cli.desk.link import DeviceName, HubName, at_device, reference
from surefoot.cli.desk.views import log_line
from surefoot.cli.lazy import new_app
from surefoot.client.desk.devices import Device
from surefoot.client.desk.hub import DeskHub
from surefoot.client.desk.logs import Entry, Filters, Logs
from surefoot.client.desk.text import moment

app = new_app()

_SPAN = re.compile(r"(\d{1,6})([smhd])\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@app.command(
    epilog="""\
Examples:

\b
  surefoot logs kitchen -f
  surefoot logs kitchen --since 2h --level ERROR,WARN
  surefoot logs kitchen --rev 7 --platform app --since 2026-11-24T06:00:00Z
"""
)
def logs(  # noqa: PLR0913, PLR0917 (each is an option of the command)
    device: DeviceName,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on with what comes.")] = False,
    lines: Annotated[
        int, typer.Option("-n", "--lines", min=0, help="How many, at first, without --since.")
    ] = 100,
    rev: Annotated[
        str, typer.Option("--rev", metavar="R", help="Of which revisions: 7 or 7,8.")
    ] = "",
    source: Annotated[
        str, typer.Option("--source", metavar="S", help="Of which sources: files of a platform.")
    ] = "",
    level: Annotated[
        str, typer.Option("--level", metavar="L", help="Of which levels: ERROR or ERROR,WARN.")
    ] = "",
    platform: Annotated[
        str,
        typer.Option("--platform", metavar="P", help="Of which containers; pantavisor: the agent."),
    ] = "",
    since: Annotated[
        str,
        typer.Option("--since", metavar="T", help="All after this: 30s, 10m, 2h, 1d, or a time."),
    ] = "",
    hub: HubName = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Show the log of a device, as the Hub got it: oldest first.

    A device may send its log anew after a start; such lines are there twice.
    """
    named = reference(device)
    begin = _moment(since, output.now()) if since else None
    filters = Filters(rev, source, level.upper(), platform, begin)

    async def work(found: DeskHub, meant: Device) -> None:
        log = Logs(found, meant, filters)
        if begin is None:
            for entry in await log.last(lines):
                _show(entry, as_json)
        else:
            await _show_all(log.since(), as_json)
        if follow:
            await _show_all(log.follow(), as_json)

    at_device(hub, named, work)


async def _show_all(entries: AsyncIterator[Entry], as_json: bool) -> None:
    async for entry in entries:
        _show(entry, as_json)
        await asyncio.sleep(0)  # an interrupt gets its turn in a long page


def _show(entry: Entry, as_json: bool) -> None:
    if as_json:
        output.show_json_line(entry)
    else:
        output.show([log_line(entry, output.now(), output.paint())])


def _moment(text: str, now: datetime) -> datetime:
    span = _SPAN.match(text)
    if span:
        return now - timedelta(seconds=int(span[1]) * _SECONDS[span[2]])
    found = moment(text)
    if found is None:
        raise typer.BadParameter(
            f"{text!r} is neither a span (30s, 10m, 2h, 1d) nor a time (2026-11-24T06:00:00Z)",
            param_hint="--since",
        )
    return found
