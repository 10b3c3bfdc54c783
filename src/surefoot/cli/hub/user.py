"""`surefoot hub user`: accounts, by the operator's hand."""

import getpass
import os
import sys
from typing import Annotated

import typer

from surefoot.cli import output
from surefoot.cli.hub.place import AsJson, Data, data_dir, existing, libraries, on_database
from surefoot.cli.lazy import new_app
from surefoot.cli.table import number_of, table
from surefoot.errors import InvalidInput

app = new_app(
    no_args_is_help=True,
    epilog="Example:\n\n\b\n  surefoot hub user add ada --password-stdin < password.txt\n",
)
Nick = Annotated[str, typer.Argument(metavar="NICK", help="The account's name.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from stdin, its first line.")
]


@app.callback()
def user() -> None:
    """Add, list or remove accounts, also while the Hub runs."""


@app.command(epilog="Example:\n\n\b\n  surefoot hub user add ada --password-stdin < password.txt\n")
def add(
    nick: Nick,
    from_stdin: FromStdin = False,
    email: Annotated[str, typer.Option(metavar="ADDRESS", help="To log in by as well.")] = "",
    admin: Annotated[
        bool, typer.Option("--admin", help="May see all accounts, audit and metrics.")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Add an account.

    Without --password-stdin the password is asked for.
    """
    with libraries():
        from surefoot.hub import users
    secret = password(from_stdin)
    place = data_dir(data, os.environ)
    made = on_database(place, lambda database: users.add(database, nick, secret, email, admin))
    if as_json:
        output.show_json({"id": made.id, "nick": made.nick})
    else:
        output.show([f"{made.nick} may log in now"])


@app.command(epilog="Example:\n\n\b\n  surefoot hub user passwd ada\n")
def passwd(
    nick: Nick,
    from_stdin: FromStdin = False,
    with_join_tokens: Annotated[
        bool, typer.Option("--all", help="Its join tokens are good no more, either.")
    ] = False,
    data: Data = None,
) -> None:
    """Give an account another password; all its logins of before end.

    Its devices stay, and so do its join tokens (without --all) and, until they expire within a day,
    the addresses at which bytes of its objects are fetched and sent.
    """
    with libraries():
        from surefoot.hub import users
    place, secret = existing(data), password(from_stdin)
    on_database(
        place, lambda database: users.set_password(database, nick, secret, with_join_tokens)
    )


@app.command(epilog="Example:\n\n\b\n  surefoot hub user rm ada\n")
def rm(
    nick: Nick,
    with_devices: Annotated[
        bool, typer.Option("--with-devices", help="Also when devices go with it.")
    ] = False,
    data: Data = None,
) -> None:
    """Remove an account, with all that it owns."""
    with libraries():
        from surefoot.hub import users
    place = existing(data)
    count = on_database(place, lambda database: users.remove(database, nick, with_devices))
    if count:
        output.note(f"{number_of(count, 'device')} went with it")


@app.command(epilog="Example:\n\n\b\n  surefoot hub user ls --json\n")
def ls(data: Data = None, as_json: AsJson = False) -> None:
    """List the accounts."""
    with libraries():
        from surefoot.hub import users
    found = on_database(existing(data), users.listing)
    rows = [{"id": a.id, "nick": a.nick, "email": a.email, "admin": a.admin} for a in found]
    if as_json:
        output.show_json(rows)
        return
    cells = [
        [row["nick"], row["email"], "admin" if row["admin"] else "", row["id"]] for row in rows
    ]
    output.show(table(["NICK", "EMAIL", "ROLE", "ID"], cells, output.paint()))


def password(from_stdin: bool) -> str:
    """Raises InvalidInput when there is nobody to ask."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise InvalidInput("There is no terminal to ask for the password; use --password-stdin")
    secret = getpass.getpass("Password: ")
    if secret != getpass.getpass("Once more: "):
        raise InvalidInput("That was not the same password twice")
    return secret
