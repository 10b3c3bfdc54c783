"""`surefoot agent`, as the help shows it; it is run without this module (`cli/__init__.py`)."""

from pathlib import Path
from typing import Annotated

import typer

from surefoot.cli.lazy import new_app

app = new_app()


@app.command()
def agent(
    storage: Annotated[
        Path, typer.Argument(metavar="STORAGE", help="The device's storage directory.")
    ],
    run: Annotated[
        Path, typer.Option("--run", metavar="DIR", help="Where the control socket and mounts are.")
    ] = Path("/run/pantavisor/pv"),
) -> int:
    """Run the agent of a device: what a boot loader starts.

    So do the boot loop and systemd. It learns the revision that it runs from pv_rev in its
    environment, and ends with 3 when the device shall power off, with 0 for a reboot.
    """
    from surefoot.device.main import main

    return main([str(storage), "--run", str(run)])
