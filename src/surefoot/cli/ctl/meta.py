"""`ctl meta`: user metadata, and with --device the device's own."""

from typing import Annotated

import typer

from surefoot.cli import output
from surefoot.cli.complaints import about
from surefoot.cli.ctl.link import AsJson, Socket, device
from surefoot.cli.lazy import new_app
from surefoot.cli.views.lists import meta_lines

app = new_app(
    invoke_without_command=True,
    epilog="Examples:\n\n\b\n  surefoot ctl meta --device\n  surefoot ctl meta set site berlin\n",
)

OfDevice = Annotated[bool, typer.Option("--device", help="The device's metadata, not the user's.")]
Key = Annotated[str, typer.Argument(metavar="KEY")]


@app.callback()
def meta(
    ctx: typer.Context, of_device: OfDevice = False, socket: Socket = None, as_json: AsJson = False
) -> None:
    """List, set or delete metadata."""
    ctx.obj = socket or ctx.obj
    if ctx.invoked_subcommand is None:
        _list(ctx, of_device, None, as_json)


@app.command("ls", epilog="Example:\n\n\b\n  surefoot ctl meta ls --device --json\n")
def list_all(
    ctx: typer.Context, of_device: OfDevice = False, socket: Socket = None, as_json: AsJson = False
) -> None:
    """List all keys with their values."""
    _list(ctx, of_device, socket, as_json)


def _list(ctx: typer.Context, of_device: bool, socket: Socket, as_json: bool) -> None:
    found = device(ctx, socket).get(_whose(of_device))
    if as_json:
        output.show_json(found)
    else:
        output.show(meta_lines(found, output.paint()))


@app.command("set", epilog="Example:\n\n\b\n  surefoot ctl meta set site berlin\n")
def set_key(
    ctx: typer.Context,
    key: Key,
    value: Annotated[str, typer.Argument(metavar="VALUE")],
    of_device: OfDevice = False,
    socket: Socket = None,
    as_json: AsJson = False,
) -> None:
    """Set one key."""
    device(ctx, socket).put(f"{_whose(of_device)}/{key}", value.encode())
    if as_json:
        output.show_json({key: value})


@app.command(epilog="Example:\n\n\b\n  surefoot ctl meta delete site\n")
def delete(
    ctx: typer.Context,
    key: Key,
    of_device: OfDevice = False,
    socket: Socket = None,
    as_json: AsJson = False,
) -> None:
    """Delete one key."""
    client = device(ctx, socket)
    with about(f"key {key}", "see `surefoot ctl meta`, with --device for the device's own"):
        client.delete(f"{_whose(of_device)}/{key}")
    if as_json:
        output.show_json({key: None})


def _whose(of_device: bool) -> str:
    return "/device-meta" if of_device else "/user-meta"
