"""Small verbs: groups, signal, config, gc, buildinfo."""

from typing import Annotated

import typer

from surefoot.cli import output
from surefoot.cli.complaints import about
from surefoot.cli.ctl.link import AsJson, Socket, device
from surefoot.cli.lazy import new_app
from surefoot.cli.table import size
from surefoot.cli.views.lists import config_lines, groups_lines

app = new_app()


@app.command(epilog="Example:\n\n\b\n  surefoot ctl groups\n")
def groups(ctx: typer.Context, socket: Socket = None, as_json: AsJson = False) -> None:
    """List the groups of containers.

    In the order in which they start.
    """
    found = device(ctx, socket).get("/groups")
    if as_json:
        output.show_json(found)
    else:
        output.show(groups_lines(found, output.paint()))


@app.command(epilog="Example:\n\n\b\n  surefoot ctl -s /pantavisor/pv-ctrl signal ready\n")
def signal(
    ctx: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="ready")] = "ready",
    socket: Socket = None,
    as_json: AsJson = False,
) -> None:
    """Tell, from inside a container, that it is ready.

    The device knows the container by the process that asks.
    """
    client = device(ctx, socket)
    with about(f"signal {kind}", "send it from inside a container that the device waits for"):
        client.post("/signal", {"type": kind, "payload": ""})
    if as_json:
        output.show_json({"signal": kind})


@app.command(
    epilog="Examples:\n\n\b\n  surefoot ctl config\n  surefoot ctl config updater --json\n"
)
def config(
    ctx: typer.Context,
    word: Annotated[
        str, typer.Argument(metavar="WORD", help="Only keys with this in their names.")
    ] = "",
    socket: Socket = None,
    as_json: AsJson = False,
) -> None:
    """Show each setting and where it comes from."""
    rows = device(ctx, socket).get("/config2")
    found = [row for row in rows if word.upper() in row["key"]]
    if as_json:
        output.show_json(found)
    else:
        output.show(config_lines(found, output.paint()))


@app.command(epilog="Example:\n\n\b\n  surefoot ctl gc\n")
def gc(ctx: typer.Context, socket: Socket = None, as_json: AsJson = False) -> None:
    """Free the room of what nobody needs any more.

    What runs, what is tried and the rollback point are never touched.
    """
    found = device(ctx, socket).post("/storage/gc")
    if as_json:
        output.show_json(found)
    else:
        output.show([f"freed {size(found['reclaimed'])}"])


@app.command(epilog="Example:\n\n\b\n  surefoot ctl buildinfo\n")
def buildinfo(ctx: typer.Context, socket: Socket = None, as_json: AsJson = False) -> None:
    """Show what was built into the agent."""
    text = device(ctx, socket).get_bytes("/buildinfo").decode("utf-8", "replace")
    if as_json:
        output.show_json({"buildinfo": text})
    else:
        output.show([text.rstrip("\n")])
