"""`ctl install`: a source onto the device, with live progress, and run if wanted."""

from pathlib import Path
from typing import Annotated

import typer

from surefoot.cli import output
from surefoot.cli.complaints import about
from surefoot.cli.ctl.link import DEFAULT_TIMEOUT, AsJsonLines, Socket, Timeout, Wait, device
from surefoot.cli.ctl.transfers import transfers
from surefoot.cli.ctl.waiting import Teller
from surefoot.cli.lazy import new_app
from surefoot.cli.table import number_of, size
from surefoot.client.checkout import open_source
from surefoot.client.install import Installed, default_name, local_name
from surefoot.client.install import install as send
from surefoot.client.socket import SocketClient
from surefoot.client.wait import Until, Waiter, until_applied, until_ran

app = new_app()


@app.command(
    epilog="""\
Examples:

\b
  surefoot ctl install my-checkout --run --wait
  surefoot ctl install update.tgz locals/tuesday
  surefoot ctl install my-checkout --apply --wait && surefoot ctl reboot --wait
"""
)
def install(  # noqa: PLR0913, PLR0917 (each is an option of the command)
    ctx: typer.Context,
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH", help="A checkout directory, an export tarball, or a state JSON."
        ),
    ],
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="Of the revision; from its content by default."),
    ] = "",
    run: Annotated[bool, typer.Option("--run", help="Then run it.")] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Then arm it for the next reboot.")
    ] = False,
    message: Annotated[
        str,
        typer.Option("-m", "--message", metavar="TEXT", help="A commit message to keep with it."),
    ] = "",
    wait: Wait = False,
    timeout: Timeout = DEFAULT_TIMEOUT,
    socket: Socket = None,
    as_json: AsJsonLines = False,
) -> int:
    """Bring a revision onto the device, and run it.

    Sends the objects that the device lacks, then the state; what is sent again changes nothing.
    With --run and --wait each line of the update is told as it happens, over reboots too; the exit
    code is 0 for UPDATED and DONE, 3 for WONTGO, 4 for ERROR.
    """
    if run and apply:
        raise typer.BadParameter("--run and --apply exclude each other", param_hint="--apply")
    if wait and not (run or apply):
        raise typer.BadParameter("there is nothing to wait for without --run or --apply")
    client = device(ctx, socket)
    revision = local_name(name) if name else ""
    done = _send(client, path, revision, message, Teller(as_json), as_json)
    if not (run or apply):
        return 0
    op = "LOCAL_RUN" if run else "LOCAL_APPLY"
    until = until_ran(done.revision) if run else until_applied
    return _begin(client, op, done.revision, until if wait else None, timeout, as_json)


def _send(
    client: SocketClient, path: Path, name: str, message: str, teller: Teller, as_json: bool
) -> Installed:
    source = open_source(path)
    for text in source.notes:
        output.note(text)
    revision = name or default_name(source.text)
    with transfers(as_json) as watch:
        done = send(client, source, revision, watch, message)
    teller.say(_summary(done), "stored", **vars(done))
    return done


def _summary(done: Installed) -> str:
    objects, sent_size = number_of(done.sent, "object"), size(done.sent_bytes)
    sent = f"{objects} sent ({sent_size})" if done.sent else "nothing to send"
    return f"stored {done.revision}: {sent}, {done.kept} there already"


def _begin(
    client: SocketClient, op: str, revision: str, until: Until | None, timeout: float, as_json: bool
) -> int:
    waiter = Waiter(client, revision, timeout_s=timeout) if until else None
    with about(f"{op} {revision}", "see `surefoot ctl status`"):
        client.command(op, revision)
    teller = Teller(as_json)
    if waiter is None or until is None:
        teller.say(f"accepted: {op} {revision}", "command", op=op, payload=revision)
        return 0
    return teller.follow(waiter, revision, until)
