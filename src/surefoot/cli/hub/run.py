"""`surefoot hub run`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from surefoot.cli import output
from surefoot.cli.hub.place import Data, data_dir, libraries
from surefoot.cli.lazy import new_app
from surefoot.errors import InvalidInput

app = new_app()
NONE = "none"

Certificate = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="A certificate with its chain, PEM; read again when it changes."
    ),
]
MaxBytes = Annotated[
    str,
    typer.Option(
        metavar="SIZE", help="What an account's objects may take, like 500M; 0 for no bound."
    ),
]
MaxDevices = Annotated[
    int, typer.Option(metavar="N", min=0, help="Devices that an account may own; 0 for no bound.")
]


@app.command(
    epilog="""\
Examples:

\b
  surefoot hub run
  surefoot hub run --data hub --listen 0.0.0.0:12365 --tls-listen 0.0.0.0:443
  surefoot hub run --public-url https://hub.example.org --behind-proxy --tls-listen none
"""
)
def run(  # noqa: PLR0913, PLR0917 - each option is one thing that an operator may have to say
    data: Data = None,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="For plain HTTP; port 0 takes any, or none.")
    ] = "127.0.0.1:12365",
    tls_listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="For TLS; port 0 takes any, or none.")
    ] = "127.0.0.1:12366",
    public_url: Annotated[
        str,
        typer.Option(
            metavar="URL", help="What clients call this Hub, when that is not where it listens."
        ),
    ] = "",
    tls_cert: Certificate = None,
    tls_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The key of --tls-cert, PEM.")
    ] = None,
    closed: Annotated[
        bool, typer.Option("--closed", help="Nobody signs up: only `hub user add` makes accounts.")
    ] = False,
    behind_proxy: Annotated[
        bool,
        typer.Option(
            "--behind-proxy", help="A proxy on this machine says who calls, in X-Forwarded-For."
        ),
    ] = False,
    proxy: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="A proxy elsewhere that does so; may be repeated."),
    ] = None,
    max_account_bytes: MaxBytes = "64G",
    max_account_devices: MaxDevices = 10_000,
    access_log: Annotated[
        bool, typer.Option("--access-log", help="Log each request, on stderr.")
    ] = False,
) -> int:
    """Run the fleet server on this machine.

    Plain HTTP and TLS at once. The first line that it prints is its address, the second that for
    TLS; then it is quiet, but for errors on stderr. All that it knows is in its data directory. It
    ends with Ctrl-C or SIGTERM.
    """
    if (tls_cert is None) != (tls_key is None):
        raise InvalidInput("--tls-cert and --tls-key are wanted both, or none of them")
    if listen == tls_listen == NONE:
        raise InvalidInput("--listen and --tls-listen are both none; give one of them an address")
    with libraries():
        from surefoot.hub import main, settings
        from surefoot.hub.frame.hub import Limits
    from surefoot.hub.lines import log_to

    log_to(sys.stderr, requests=access_log)
    chosen = settings.Settings(
        data=data_dir(data, os.environ),
        listen=None if listen == NONE else settings.address(listen),
        tls_listen=None if tls_listen == NONE else settings.address(tls_listen),
        public_url=settings.public_url(public_url) if public_url else "",
        certificate=tls_cert,
        key=tls_key,
        closed=closed,
        proxies=frozenset(proxy or ()) | (settings.LOOPBACK if behind_proxy else frozenset()),
        access_log=access_log,
        limits=Limits(
            account_bytes=settings.size(max_account_bytes), account_devices=max_account_devices
        ),
    )
    return main.run(chosen, lambda urls: output.show([urls.plain, urls.tls]))
