"""`surefoot device`: make a device, and run it on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from surefoot.cli import output
from surefoot.cli.lazy import new_app
from surefoot.cli.table import number_of, size

app = new_app(no_args_is_help=True)

Storage = Annotated[Path, typer.Argument(metavar="STORAGE", help="The device's storage directory.")]


@app.callback()
def device() -> None:
    """Make a device, and run it on this machine."""


@app.command(
    epilog="""\
Examples:

\b
  surefoot device create /var/lib/surefoot --from my-checkout
  surefoot device create /var/lib/surefoot --from my-device.tgz
"""
)
def create(
    storage: Storage,
    source: Annotated[
        Path,
        typer.Option(
            "--from",
            metavar="CHECKOUT",
            help="A checkout directory, an export tarball, or a state JSON beside its objects/.",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make a new device, whose factory revision 0 is a checkout.

    A checkout holds plain files: bsp/run.json, and for each container a directory with run.json and
    the files that it names. STORAGE must be empty, or not there yet.
    """
    from surefoot.client.checkout import open_source
    from surefoot.device.create import create as make

    found = open_source(source)
    for text in found.notes:
        output.note(text)
    identity = make(storage, found)
    if as_json:
        made = {"storage": str(storage.resolve()), "id": identity, "revision": "0"}
        output.show_json(made | {"objects": len(found.sizes)})
        return
    objects, total = number_of(len(found.sizes), "object"), size(sum(found.sizes.values()))
    output.show(
        [
            f"device {identity} is in {storage}: revision 0, {objects}, {total}",
            f"start it with: surefoot device run {storage}",
        ]
    )


@app.command(
    epilog="""\
Examples:

\b
  surefoot hub ca > hub-ca.pem
  surefoot device join /var/lib/surefoot https://hub.example.org:12366 --ca hub-ca.pem
  surefoot device join my-device https://127.0.0.1:12366 --ca hub-ca.pem --token TOKEN
"""
)
def join(
    storage: Storage,
    url: Annotated[str, typer.Argument(metavar="URL", help="https://HOST[:PORT] of the Hub.")],
    ca: Annotated[
        Path | None,
        typer.Option(
            "--ca",
            metavar="FILE",
            help="Certificates to trust, as PEM [default: those in /certs].",
        ),
    ] = None,
    token: Annotated[
        str, typer.Option("--token", metavar="TOKEN", help="An auto-join token: owned at once.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Point a device at a Hub; it registers there when it is started next.

    Until somebody claims it, `surefoot ctl status` shows what to type for that.
    """
    from surefoot.device.join import join as point
    from surefoot.device.storage import Storage as Stored

    address = point(Stored(storage.resolve()), url, ca, token)
    if as_json:
        output.show_json({"storage": str(storage.resolve()), "hub": address})
    else:
        output.show([f"{storage} joins the Hub at {address} when it is started next"])


@app.command(
    epilog="""\
Examples:

\b
  surefoot device run /var/lib/surefoot --run /run/surefoot
  surefoot device run my-device --run my-device.run
"""
)
def run(
    storage: Storage,
    run_dir: Annotated[
        Path | None,
        typer.Option(
            "--run",
            metavar="DIR",
            help="Where the control socket pv-ctrl and the mounts are "
            "[default: /run/surefoot/ID for root, else STORAGE/.surefoot/run].",
        ),
    ] = None,
) -> int:
    """Run a device on this machine: the boot loop, its agent and its containers.

    It first prints the line to paste into another shell, so that `surefoot ctl` finds the device.
    It goes on until the device powers off or Ctrl-C, and leaves no process, mount or cgroup behind.
    Containers need root and LXC; SUREFOOT_RUNTIME=process does without.
    """
    from surefoot.cli.run import run as run_device

    return run_device(storage, run_dir)
