"""What all commands of the desk share: their options, the Hub and the device that are meant."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from surefoot.client.desk.devices import Device, find
from surefoot.client.desk.hub import DeskHub, connected
from surefoot.client.desk.references import Reference, hub_url, read_reference
from surefoot.client.desk.sessions import Session, Sessions
from surefoot.errors import InvalidInput

T = TypeVar("T")
Work = Callable[[DeskHub], Coroutine[Any, Any, T]]
DeviceWork = Callable[[DeskHub, Device], Coroutine[Any, Any, T]]

VARIABLE = "SUREFOOT_HUB"
HubName = Annotated[
    str,
    typer.Option(
        "--hub",
        metavar="URL",
        help=f"Which Hub; that of {VARIABLE} by default, else that of the last login.",
    ),
]
DeviceName = Annotated[
    str,
    typer.Argument(metavar="DEVICE", help="A nick, an id, owner/nick, or a URL."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
AsJsonLines = Annotated[
    bool, typer.Option("--json", help="Print JSON, one object a line, as it happens.")
]


def sessions() -> Sessions:
    return Sessions(config_dir(os.environ))


def config_dir(environ: Mapping[str, str]) -> Path:
    """`surefoot` in XDG_CONFIG_HOME, which counts only when it is absolute, else in ~/.config."""
    named = Path(environ.get("XDG_CONFIG_HOME", ""))
    home = Path(environ.get("HOME", "") or Path.home())
    return (named if named.is_absolute() else home / ".config") / "surefoot"


def session(named: str) -> Session:
    """Of `--hub`, else of the environment, else the default one."""
    wanted = named or os.environ.get(VARIABLE, "")
    return sessions().choose(url(wanted, VARIABLE) if "://" in wanted else wanted)


def url(text: str, hint: str = "URL") -> str:
    """In its one form. What is none is wrong usage."""
    try:
        return hub_url(text)
    except InvalidInput as error:
        raise typer.BadParameter(str(error), param_hint=hint) from error


def reference(text: str) -> Reference:
    try:
        return read_reference(text)
    except InvalidInput as error:
        raise typer.BadParameter(str(error), param_hint="DEVICE") from error


def at_hub(named: str, work: Work[T]) -> T:
    """The result of `work`, done with the login of that Hub."""
    kept, chosen = sessions(), session(named)

    async def run() -> T:
        async with connected(chosen, kept.ca_file(chosen), kept.renew) as hub:
            return await work(hub)

    return asyncio.run(run())


def at_device(named: str, device: Reference, work: DeviceWork[T]) -> T:
    """As `at_hub`; a Hub that the reference itself names is the one."""

    async def run(hub: DeskHub) -> T:
        return await work(hub, await find(hub, device))

    return at_hub(device.hub or named, run)
