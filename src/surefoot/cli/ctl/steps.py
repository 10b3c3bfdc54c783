"""`ctl steps`: revisions on the device, their states, progress and messages."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from surefoot.cli import output
from surefoot.cli.complaints import about
from surefoot.cli.ctl.link import SEE_STEPS, AsJson, Revision, Socket, device, revision_name
from surefoot.cli.lazy import new_app
from surefoot.cli.views.lists import progress_lines, steps_lines
from surefoot.client.install import local_name
from surefoot.client.socket import SocketClient

app = new_app(
    invoke_without_command=True,
    epilog="Examples:\n\n\b\n  surefoot ctl steps\n  surefoot ctl steps get current > state.json\n",
)

CURRENT = "current"


@app.callback()
def steps(ctx: typer.Context, socket: Socket = None, as_json: AsJson = False) -> None:
    """List, store or fetch revisions, and their progress."""
    ctx.obj = socket or ctx.obj
    if ctx.invoked_subcommand is None:
        _list(device(ctx, None), as_json)


@app.command("ls", epilog="Example:\n\n\b\n  surefoot ctl steps ls --json\n")
def list_all(ctx: typer.Context, socket: Socket = None, as_json: AsJson = False) -> None:
    """List all revisions that are stored on the device."""
    _list(device(ctx, socket), as_json)


def _list(client: SocketClient, as_json: bool) -> None:
    found = client.get("/steps")
    if as_json:
        output.show_json(found)
    else:
        output.show(steps_lines(found, output.now(), output.paint()))


@app.command(epilog="Example:\n\n\b\n  surefoot ctl steps get current\n")
def get(
    ctx: typer.Context, revision: Revision, socket: Socket = None, as_json: AsJson = False
) -> None:
    """Print the state JSON of a revision, byte for byte; `current` is the running one."""
    del as_json  # it is JSON in any case
    client, name = device(ctx, socket), _named(revision)
    with about(f"revision {name}", SEE_STEPS):
        text = client.get_bytes(f"/steps/{name}")
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()


@app.command(epilog="Example:\n\n\b\n  surefoot ctl steps put state.json locals/one\n")
def put(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A state JSON.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="With or without locals/.")],
    message: Annotated[
        str, typer.Option("-m", "--message", metavar="TEXT", help="A commit message.")
    ] = "",
    socket: Socket = None,
    as_json: AsJson = False,
) -> None:
    """Store a state JSON as a local revision.

    Its objects must be there before it is run; `install` brings both.
    """
    client, revision = device(ctx, socket), local_name(name)
    client.upload(f"/steps/{revision}", path)
    if message:
        client.put(f"/steps/{revision}/commitmsg", message.encode())
    if as_json:
        output.show_json({"revision": revision})
    else:
        output.show([f"stored {revision}"])


@app.command(epilog="Example:\n\n\b\n  surefoot ctl steps progress locals/one\n")
def progress(
    ctx: typer.Context,
    revision: Revision = CURRENT,
    socket: Socket = None,
    as_json: AsJson = False,
) -> None:
    """Show how far a revision has come."""
    client, name = device(ctx, socket), _named(revision)
    with about(f"progress of revision {name}", SEE_STEPS):
        found = client.get(f"/steps/{name}/progress")
    if as_json:
        output.show_json(found)
    else:
        output.show(progress_lines(found, output.paint()))


def _named(revision: str) -> str:
    return revision if revision == CURRENT else revision_name(revision)
