"""`ctl containers`: list them, and start, stop or restart one."""

import time
from typing import Annotated, Any

import typer

from surefoot.cli import output
from surefoot.cli.complaints import about
from surefoot.cli.ctl.link import AsJson, Socket, Timeout, Wait, device
from surefoot.cli.ctl.waiting import Teller
from surefoot.cli.lazy import new_app
from surefoot.cli.views.lists import containers_lines
from surefoot.client.socket import SocketClient
from surefoot.errors import TimedOut

app = new_app(
    invoke_without_command=True,
    epilog="Examples:\n\n\b\n  surefoot ctl containers\n  surefoot ctl containers restart app\n",
)

ACTION_TIMEOUT_S = 60.0
_LOOK_S = 0.1
Name = Annotated[str, typer.Argument(metavar="NAME", help="Of a container.")]


@app.callback()
def containers(ctx: typer.Context, socket: Socket = None, as_json: AsJson = False) -> None:
    """List, start, stop or restart containers."""
    ctx.obj = socket or ctx.obj
    if ctx.invoked_subcommand is None:
        _list(device(ctx, None), as_json)


@app.command("ls", epilog="Example:\n\n\b\n  surefoot ctl containers ls --json\n")
def list_all(ctx: typer.Context, socket: Socket = None, as_json: AsJson = False) -> None:
    """List all containers."""
    _list(device(ctx, socket), as_json)


def _list(client: SocketClient, as_json: bool) -> None:
    found = client.get("/containers")
    if as_json:
        output.show_json(found)
    else:
        output.show(containers_lines(found, output.paint()))


@app.command(epilog="Example:\n\n\b\n  surefoot ctl containers start app --wait\n")
def start(
    ctx: typer.Context,
    name: Name,
    wait: Wait = False,
    timeout: Timeout = ACTION_TIMEOUT_S,
    socket: Socket = None,
    as_json: AsJson = False,
) -> None:
    """Start a container that was stopped."""
    _act(device(ctx, socket), name, "start", timeout if wait else None, as_json)


@app.command(epilog="Example:\n\n\b\n  surefoot ctl containers stop app --wait\n")
def stop(
    ctx: typer.Context,
    name: Name,
    wait: Wait = False,
    timeout: Timeout = ACTION_TIMEOUT_S,
    socket: Socket = None,
    as_json: AsJson = False,
) -> None:
    """Stop a container; it stays so until it is started, or until the next boot."""
    _act(device(ctx, socket), name, "stop", timeout if wait else None, as_json)


@app.command(epilog="Example:\n\n\b\n  surefoot ctl containers restart app --wait\n")
def restart(
    ctx: typer.Context,
    name: Name,
    wait: Wait = False,
    timeout: Timeout = ACTION_TIMEOUT_S,
    socket: Socket = None,
    as_json: AsJson = False,
) -> None:
    """Stop a container, and start it again."""
    _act(device(ctx, socket), name, "restart", timeout if wait else None, as_json)


def _act(
    client: SocketClient, name: str, action: str, timeout_s: float | None, as_json: bool
) -> None:
    before = _pid(client, name) if timeout_s else None
    with about(f"{action} {name}", "see `surefoot ctl containers` for names and restart policies"):
        client.put_json(f"/containers/{name}", {"action": action})
    status = _wait(client, name, action, before, timeout_s) if timeout_s else "accepted"
    Teller(as_json).say(f"{name}: {status}", "container", name=name, action=action, status=status)


def _wait(client: SocketClient, name: str, action: str, before: int | None, limit_s: float) -> str:
    """Its status, once the action has done its work: stopped, or again at its goal."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        one = _shown(client, name)
        is_anew = action != "restart" or one["pid"] != before
        wanted = "STOPPED" if action == "stop" else one["goal"]
        if one["status"] == wanted and is_anew:
            return str(one["status"])
        time.sleep(_LOOK_S)
    raise TimedOut(f"{name} is {_shown(client, name)['status']} after {limit_s:g} s")


def _pid(client: SocketClient, name: str) -> int | None:
    pid: int | None = _shown(client, name)["pid"]
    return pid


def _shown(client: SocketClient, name: str) -> dict[str, Any]:
    found = [one for one in client.get("/status")["containers"] if one["name"] == name]
    return found[0] if found else {"status": "", "goal": None, "pid": None}
