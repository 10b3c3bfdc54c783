"""`login`, `logout`, `whoami`: who one is at which Hub."""

import asyncio
import ipaddress
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from surefoot.cli import output
from surefoot.cli.desk.link import AsJson, HubName, at_hub, session, sessions, url
from surefoot.cli.lazy import new_app
from surefoot.client.desk.hub import DeskHub, ends_at
from surefoot.client.desk.login import Account, account
from surefoot.client.desk.login import login as log_in
from surefoot.client.desk.text import printable

app = new_app()


@app.command(
    epilog="""\
Examples:

\b
  surefoot login https://hub.example.org
  surefoot login https://10.0.0.5:12366 --user ann --ca hub-ca.pem
  surefoot login http://127.0.0.1:12365 --user ann --password-stdin < password.txt
"""
)
def login(
    hub: Annotated[str, typer.Argument(metavar="URL", help="Of the Hub: https://HOST[:PORT].")],
    user: Annotated[
        str, typer.Option("--user", metavar="NICK", help="Nick or e-mail; asked for by default.")
    ] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    ca: Annotated[
        Path | None,
        typer.Option(
            "--ca",
            metavar="FILE",
            help="CA certificate of the Hub (`surefoot hub ca`); the system's by default.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Log in at a Hub.

    The other commands use the Hub of the last login, if none is named. The password is not kept,
    but a token is, in surefoot/hubs.json below XDG_CONFIG_HOME or ~/.config, readable for you
    alone; and a copy of the CA certificate beside it.
    """
    place = url(hub)
    _warn_of_plain(place)
    name = user or _asked("User")
    password = _from_stdin() if password_stdin else _asked("Password", hide=True)
    made = asyncio.run(log_in(sessions(), place, name, password, ca))
    if as_json:
        output.show_json({"url": made.url, "nick": made.nick})
    else:
        output.show([f"logged in at {made.url} as {printable(made.nick)}"])


def _asked(what: str, *, hide: bool = False) -> str:
    if not sys.stdin.isatty():
        hint = "--password-stdin" if hide else "--user"
        raise typer.BadParameter(f"{what} can only be asked for on a terminal", param_hint=hint)
    answer: str = typer.prompt(what, hide_input=hide, err=True)
    return answer


def _from_stdin() -> str:
    text = sys.stdin.buffer.read(4096).decode("utf-8", "replace").removesuffix("\n")
    if not text:
        raise typer.BadParameter(
            "there is no password on standard input", param_hint="--password-stdin"
        )
    return text.removesuffix("\r")


def _warn_of_plain(place: str) -> None:
    parts = urlsplit(place)
    if parts.scheme == "http" and not _is_here(parts.hostname or ""):
        output.note(f"{place} is not encrypted: who is on the way reads the password")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@app.command(epilog="Example:\n\n\b\n  surefoot logout\n")
def logout(
    hub: Annotated[
        str, typer.Argument(metavar="URL", help="Of the Hub; that of the last login by default.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Forget the login at a Hub."""
    gone = session(hub)
    sessions().remove(gone.url)
    if as_json:
        output.show_json({"url": gone.url, "nick": gone.nick})
    else:
        output.show([f"logged out of {gone.url}"])


@app.command(epilog="Example:\n\n\b\n  surefoot whoami --json\n")
def whoami(hub: HubName = "", as_json: AsJson = False) -> None:
    """Show who is logged in at the Hub, and until when."""

    async def ask(found: DeskHub) -> tuple[Account, float | None]:
        who = await account(found)
        return who, ends_at(found.session.token)

    place = session(hub).url
    who, end = at_hub(place, ask)
    until = datetime.fromtimestamp(end, UTC).isoformat(timespec="seconds") if end else None
    if as_json:
        members = {"nick": who.nick, "prn": who.prn, "type": who.kind, "until": until}
        output.show_json({"url": place, **members})
        return
    output.show([f"{printable(who.nick)} at {place}"])
    if until:
        output.show([f"until {until}"])
    _tell_others(place)


def _tell_others(place: str) -> None:
    kept = sessions().read()
    for name in sorted(kept.sessions):
        if name != place:
            mark = ", the default" if name == kept.default else ""
            output.show([f"also logged in at {name}{mark}"])
