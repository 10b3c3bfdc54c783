"""`ctl objects`: list, store or fetch objects."""

import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, BinaryIO, cast

import typer

from surefoot.cli import output
from surefoot.cli.complaints import about
from surefoot.cli.ctl.link import AsJson, Socket, device
from surefoot.cli.lazy import new_app
from surefoot.cli.table import size
from surefoot.cli.views.lists import objects_lines
from surefoot.client.socket import SocketClient
from surefoot.errors import Corrupt, NotFound
from surefoot.files import durable
from surefoot.files.objects import digest

app = new_app(
    invoke_without_command=True,
    epilog="Examples:\n\n\b\n  surefoot ctl objects\n  surefoot ctl objects put root.squashfs\n",
)

Sha = Annotated[str, typer.Argument(metavar="SHA256", help="64 hexadecimal digits.")]


@app.callback()
def objects(ctx: typer.Context, socket: Socket = None, as_json: AsJson = False) -> None:
    """List, store or fetch objects."""
    ctx.obj = socket or ctx.obj
    if ctx.invoked_subcommand is None:
        _list(device(ctx, None), as_json)


@app.command("ls", epilog="Example:\n\n\b\n  surefoot ctl objects ls --json\n")
def list_all(ctx: typer.Context, socket: Socket = None, as_json: AsJson = False) -> None:
    """List the objects of the device with their sizes."""
    _list(device(ctx, socket), as_json)


def _list(client: SocketClient, as_json: bool) -> None:
    found = client.get("/objects")
    if as_json:
        output.show_json(found)
    else:
        output.show(objects_lines(found, output.paint()))


@app.command(epilog="Example:\n\n\b\n  surefoot ctl objects put app/root.squashfs\n")
def put(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A file.")],
    sha: Annotated[
        str, typer.Argument(metavar="SHA256", help="What it must be; computed by default.")
    ] = "",
    socket: Socket = None,
    as_json: AsJson = False,
) -> None:
    """Store a file as an object.

    Nothing is kept when the bytes do not match the sum. Putting one that is there already checks,
    and heals, the stored one.
    """
    client = device(ctx, socket)
    name = sha or digest(path.resolve())
    with about(f"object {name} from {path}", "the name must be the sha256 of the file's bytes"):
        client.upload(f"/objects/{name}", path)
    stored = path.stat().st_size
    if as_json:
        output.show_json({"sha256": name, "size": stored})
    else:
        output.show([f"{name}  {size(stored)}"])


@app.command(epilog="Example:\n\n\b\n  surefoot ctl objects get SHA256 root.squashfs\n")
def get(
    ctx: typer.Context,
    sha: Sha,
    path: Annotated[
        Path | None, typer.Argument(metavar="PATH", help="Where to; stdout by default.")
    ] = None,
    socket: Socket = None,
    as_json: AsJson = False,
) -> None:
    """Fetch the bytes of an object, and check them."""
    client = device(ctx, socket)
    if path is None:
        _fetch(client, sha, sys.stdout.buffer.write)
        return
    try:
        with durable.Draft(path) as draft:
            _fetch(client, sha, draft.write)
            draft.finish(path)
    except OSError as error:
        raise NotFound(f"{path} cannot be written: {error.strerror}") from error
    if as_json:
        output.show_json({"sha256": sha, "size": path.stat().st_size, "path": str(path)})


@dataclass
class _Sink:
    """Sums what it passes on."""

    take: Callable[[bytes], object]
    running: Any = field(default_factory=hashlib.sha256)

    def write(self, chunk: bytes) -> None:
        self.running.update(chunk)
        self.take(chunk)


def _fetch(client: SocketClient, sha: str, take: Callable[[bytes], object]) -> None:
    sink = _Sink(take)
    with about(f"object {sha}", "see `surefoot ctl objects` for those on the device"):
        client.download(f"/objects/{sha}", cast("BinaryIO", sink))
    if sink.running.hexdigest() != sha:
        raise Corrupt(f"object {sha} on the device has other bytes than its name says: put it anew")
