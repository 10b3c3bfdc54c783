"""What all verbs share: their options, and the client for the device that is meant."""

import os
from pathlib import Path
from typing import Annotated

import typer

from surefoot.client.socket import SocketClient
from surefoot.client.unix import find_socket
from surefoot.client.wait import DEFAULT_TIMEOUT_S
from surefoot.revision import LOCALS, check_revision_name

Socket = Annotated[
    Path | None,
    typer.Option("-s", "--socket", metavar="SOCKET", help="The control socket of the device."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
AsJsonLines = Annotated[
    bool, typer.Option("--json", help="Print JSON, one object a line, as it happens.")
]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for the end, and tell how it went.")]
Timeout = Annotated[
    float,
    typer.Option("--timeout", metavar="SECONDS", min=0.1, help="How long to wait at most."),
]
SEE_STEPS = "see `surefoot ctl steps` for those on the device"
DEFAULT_TIMEOUT = DEFAULT_TIMEOUT_S
Revision = Annotated[
    str, typer.Argument(metavar="REVISION", help="A number, or a name with or without locals/.")
]


def device(ctx: typer.Context, socket: Path | None) -> SocketClient:
    """-s of the verb, else of `ctl`, else what the environment and the usual places say (R24)."""
    return SocketClient(find_socket(socket or ctx.obj, os.environ))


def revision_name(text: str) -> str:
    """`7`, `locals/one`, and `one` for it. Raises InvalidInput."""
    is_whole = text.isdecimal() or text.startswith(LOCALS)
    return check_revision_name(text if is_whole else LOCALS + text)
