"""`ctl logs` and `ctl events`: what the device tells."""

import json
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from surefoot.cli import output
from surefoot.cli.complaints import about
from surefoot.cli.ctl.link import Socket, device, revision_name
from surefoot.cli.lazy import new_app
from surefoot.cli.views.log import event_line, log_line
from surefoot.client.tail import Follower, target

app = new_app()

AGENT = "pantavisor"
CURRENT = "current"
SEE_NAMES = "see `surefoot ctl containers` and `surefoot ctl steps` for names"
_PATIENCE_S = 120.0


@app.command(
    epilog="""\
Examples:

\b
  surefoot ctl logs
  surefoot ctl logs app -f
  surefoot ctl logs app -n 20 --revision locals/one
"""
)
def logs(
    ctx: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A container; the agent by default.")
    ] = AGENT,
    follow: Annotated[
        bool, typer.Option("-f", "--follow", help="Go on, also over reboots.")
    ] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many, at first.")] = 100,
    revision: Annotated[
        str, typer.Option("--revision", metavar="R", help="Of which revision; the running one.")
    ] = CURRENT,
    socket: Socket = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Show the log of a container, or of the agent."""
    client = device(ctx, socket)
    name = CURRENT if revision == CURRENT else revision_name(revision)
    with about(f"log of {source} in revision {name}", SEE_NAMES):
        if follow:
            found: Iterable[bytes] = Follower(client, name, source, lines)
        else:
            found = client.get_bytes(target(name, source, lines)).splitlines()
    for line in found:
        _show(line.decode("utf-8", "replace"), source, as_json)


def _show(line: str, source: str, as_json: bool) -> None:
    if as_json:
        output.show_json_line(_as_json(line, source))
    else:
        output.show([log_line(line, output.paint())])


def _as_json(line: str, source: str) -> dict[str, Any]:
    """The agent's lines are objects already; a container's console is text."""
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"platform": source, "msg": line}


@app.command(
    epilog="""\
Examples:

\b
  surefoot ctl events
  surefoot ctl events --kind progress --json
"""
)
def events(
    ctx: typer.Context,
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="Only progress, container, status, change or log; may be repeated.",
        ),
    ] = None,
    begin: Annotated[
        int | None, typer.Option("--from", metavar="ID", min=0, help="All after this event.")
    ] = None,
    socket: Socket = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Show what happens, as it happens.

    Goes on over reboots of the device. What a slow listener has missed is told by an event `lost`.
    """
    with device(ctx, socket).events(begin) as first:
        start = first.last_id
    with device(ctx, socket).events(start, patience_s=_PATIENCE_S) as stream:
        for event in stream:
            if kinds and event.kind not in (*kinds, "lost"):
                continue
            if as_json:
                output.show_json_line({"id": event.id, "event": event.kind, "data": event.data})
            else:
                output.show([event_line(event.id, event.kind, event.data, output.paint())])
