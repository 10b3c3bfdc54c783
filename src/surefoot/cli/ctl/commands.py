"""The commands of a device: run, apply, abort, roll back, reboot and the like."""

from typing import Annotated

import typer

from surefoot.cli.complaints import about
from surefoot.cli.ctl.link import (
    DEFAULT_TIMEOUT,
    SEE_STEPS,
    AsJsonLines,
    Revision,
    Socket,
    Timeout,
    Wait,
    device,
    revision_name,
)
from surefoot.cli.ctl.waiting import Teller
from surefoot.cli.lazy import new_app
from surefoot.client.socket import SocketClient
from surefoot.client.wait import Until, Waiter, until_applied, until_idle, until_ran

app = new_app()

_EXAMPLE = "Example:\n\n\b\n  surefoot ctl {}\n"
NAMING = ("LOCAL_RUN", "LOCAL_RUN_COMMIT", "LOCAL_APPLY", "MAKE_FACTORY")
Message = Annotated[str, typer.Argument(metavar="MESSAGE", help="Why, for the device's log.")]


@app.command(epilog=_EXAMPLE.format("run locals/one --wait"))
def run(
    ctx: typer.Context,
    revision: Revision,
    wait: Wait = False,
    timeout: Timeout = DEFAULT_TIMEOUT,
    socket: Socket = None,
    as_json: AsJsonLines = False,
) -> int:
    """Run a stored revision.

    The device reboots only when what changed demands it. With --wait the exit code is 0 for UPDATED
    and DONE, 3 for WONTGO, 4 for ERROR.
    """
    name = revision_name(revision)
    client = device(ctx, socket)
    return _update(client, "LOCAL_RUN", name, until_ran(name), wait, timeout, as_json)


@app.command("run-commit", epilog=_EXAMPLE.format("run-commit locals/one --wait"))
def run_commit(
    ctx: typer.Context,
    revision: Revision,
    wait: Wait = False,
    timeout: Timeout = DEFAULT_TIMEOUT,
    socket: Socket = None,
    as_json: AsJsonLines = False,
) -> int:
    """Run a revision with a reboot, so it ends DONE."""
    name = revision_name(revision)
    until = until_ran(name, committed=True)
    client = device(ctx, socket)
    return _update(client, "LOCAL_RUN_COMMIT", name, until, wait, timeout, as_json)


@app.command(epilog=_EXAMPLE.format("apply locals/one --wait && surefoot ctl reboot"))
def apply(
    ctx: typer.Context,
    revision: Revision,
    wait: Wait = False,
    timeout: Timeout = DEFAULT_TIMEOUT,
    socket: Socket = None,
    as_json: AsJsonLines = False,
) -> int:
    """Arm a stored revision for the next reboot.

    Containers are left alone until then; `abort` takes it back.
    """
    name = revision_name(revision)
    client = device(ctx, socket)
    return _update(client, "LOCAL_APPLY", name, until_applied, wait, timeout, as_json)


@app.command(epilog=_EXAMPLE.format("abort"))
def abort(ctx: typer.Context, socket: Socket = None, as_json: AsJsonLines = False) -> int:
    """End a run that has not begun its transition yet.

    Also takes back what `apply` has armed. Afterwards it finishes, or rolls back by itself.
    """
    return _command(device(ctx, socket), "ABORT", "", as_json)


@app.command(epilog=_EXAMPLE.format("rollback --wait"))
def rollback(
    ctx: typer.Context,
    wait: Wait = False,
    timeout: Timeout = DEFAULT_TIMEOUT,
    socket: Socket = None,
    as_json: AsJsonLines = False,
) -> int:
    """Go back to the latest DONE revision."""
    return _and_idle(device(ctx, socket), "ROLLBACK", "", wait, timeout, as_json)


@app.command(epilog=_EXAMPLE.format('reboot "new kernel" --wait'))
def reboot(
    ctx: typer.Context,
    message: Message = "",
    wait: Wait = False,
    timeout: Timeout = DEFAULT_TIMEOUT,
    socket: Socket = None,
    as_json: AsJsonLines = False,
) -> int:
    """Reboot the device."""
    return _and_idle(device(ctx, socket), "REBOOT_DEVICE", message, wait, timeout, as_json)


@app.command(epilog=_EXAMPLE.format("poweroff --wait"))
def poweroff(
    ctx: typer.Context,
    message: Message = "",
    wait: Wait = False,
    timeout: Timeout = DEFAULT_TIMEOUT,
    socket: Socket = None,
    as_json: AsJsonLines = False,
) -> int:
    """Power the device off."""
    client = device(ctx, socket)
    waiter = Waiter(client, timeout_s=timeout) if wait else None
    _command(client, "POWEROFF_DEVICE", message, as_json)
    if waiter:
        waiter.wait_until_gone()
    return 0


@app.command("make-factory", epilog=_EXAMPLE.format("make-factory locals/one --wait"))
def make_factory(
    ctx: typer.Context,
    revision: Annotated[
        str, typer.Argument(metavar="REVISION", help="The running one by default.")
    ] = "",
    wait: Wait = False,
    timeout: Timeout = DEFAULT_TIMEOUT,
    socket: Socket = None,
    as_json: AsJsonLines = False,
) -> int:
    """Make a DONE revision the factory revision.

    A copy of it becomes revision 0, and the device reboots into it.
    """
    name = revision_name(revision) if revision else ""
    return _and_idle(device(ctx, socket), "MAKE_FACTORY", name, wait, timeout, as_json)


@app.command("go-remote", epilog=_EXAMPLE.format("go-remote"))
def go_remote(ctx: typer.Context, socket: Socket = None, as_json: AsJsonLines = False) -> int:
    """Talk to the Hub again."""
    return _command(device(ctx, socket), "GO_REMOTE", "", as_json)


@app.command(epilog=_EXAMPLE.format("unclaim"))
def unclaim(ctx: typer.Context, socket: Socket = None, as_json: AsJsonLines = False) -> int:
    """Give the device back to nobody."""
    return _command(device(ctx, socket), "UNCLAIM", "", as_json)


def _command(client: SocketClient, op: str, payload: str, as_json: bool) -> int:
    was_needed = _give(client, op, payload)
    what = f"{op} {payload}".rstrip()
    told = f"accepted: {what}" if was_needed else f"nothing to do: {what}"
    Teller(as_json).say(told, "command", op=op, payload=payload, was_needed=was_needed)
    return 0


def _give(client: SocketClient, op: str, payload: str) -> bool:
    """True when it was needed. Raises for a refusal, with what was asked for."""
    is_named = op in NAMING and payload
    with about(f"{op} {payload}".rstrip(), SEE_STEPS if is_named else "see `surefoot ctl status`"):
        return client.command(op, payload)


def _and_idle(
    client: SocketClient, op: str, payload: str, wait: bool, timeout: float, as_json: bool
) -> int:
    """A command that is over when the device has nothing in work and all its goals reached."""
    waiter = Waiter(client, timeout_s=timeout) if wait else None
    _command(client, op, payload, as_json)
    if waiter:
        teller = Teller(as_json)
        status = waiter.wait(until_idle, teller).status
        running = status["running"]
        teller.say(
            f"runs {running}, {status['status']}", "idle", running=running, status=status["status"]
        )
    return 0


def _update(
    client: SocketClient,
    op: str,
    revision: str,
    until: Until,
    wait: bool,
    timeout: float,
    as_json: bool,
) -> int:
    waiter = Waiter(client, revision, timeout_s=timeout) if wait else None
    if waiter is None:
        return _command(client, op, revision, as_json)
    _give(client, op, revision)
    return Teller(as_json).follow(waiter, revision, until)
