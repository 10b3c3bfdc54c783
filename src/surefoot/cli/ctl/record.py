"""What a device knows of itself: its status now, and the record of its updates."""

from typing import Annotated

import typer

from surefoot.cli import output
from surefoot.cli.complaints import about
from surefoot.cli.ctl.link import DEFAULT_TIMEOUT, AsJson, Socket, Timeout, device
from surefoot.cli.lazy import new_app
from surefoot.cli.views.changes import change_lines, changes_lines
from surefoot.cli.views.status import status_lines

app = new_app()


@app.command(epilog="Examples:\n\n\b\n  surefoot ctl status\n  surefoot ctl status --wait --json\n")
def status(
    ctx: typer.Context,
    wait: Annotated[
        bool,
        typer.Option("--wait", help="First wait until nothing is in work and all goals are met."),
    ] = False,
    timeout: Timeout = DEFAULT_TIMEOUT,
    socket: Socket = None,
    as_json: AsJson = False,
) -> None:
    """Show what runs, what is tried, and what is waited for.

    Three revisions matter: the running one, the one that the next boot tries, and the rollback
    point. Each wait says since when, for what and until when.
    """
    from surefoot.client.wait import Waiter, until_idle

    client = device(ctx, socket)
    if wait:
        Waiter(client, timeout_s=timeout, patience_s=timeout, patient=True).wait(until_idle)
    found = client.get("/status")
    if as_json:
        output.show_json(found)
    else:
        output.show(status_lines(found, output.now(), output.paint()))


@app.command(epilog="Example:\n\n\b\n  surefoot ctl changes\n")
def changes(ctx: typer.Context, socket: Socket = None, as_json: AsJson = False) -> None:
    """List the updates that the device remembers.

    They are kept over reboots and rollbacks, also when the revisions themselves are gone.
    """
    found = device(ctx, socket).get("/changes")
    if as_json:
        output.show_json(found)
    else:
        output.show(changes_lines(found, output.now(), output.paint()))


@app.command(epilog="Example:\n\n\b\n  surefoot ctl change 3\n")
def change(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", min=1, help="As `changes` lists it.")],
    socket: Socket = None,
    as_json: AsJson = False,
) -> None:
    """Tell the story of one update.

    When each status began, how long it lasted, and why.
    """
    client = device(ctx, socket)
    with about(f"change {number}", "see `surefoot ctl changes` for those that are remembered"):
        found = client.get(f"/changes/{number}")
    if as_json:
        output.show_json(found)
    else:
        output.show(change_lines(found, output.now(), output.paint()))
