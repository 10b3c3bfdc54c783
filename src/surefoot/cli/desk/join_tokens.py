"""`join-tokens`: devices that are yours from their first start on."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from surefoot.cli import output
from surefoot.cli.desk.link import AsJson, HubName, at_hub
from surefoot.cli.lazy import new_app
from surefoot.cli.table import table
from surefoot.client.desk import join_tokens as tokens
from surefoot.client.desk.hub import DeskHub
from surefoot.client.desk.text import printable

app = new_app(
    no_args_is_help=True,
    epilog="""\
Examples:

\b
  surefoot join-tokens create --nick line-3 --meta site=berlin
  surefoot join-tokens ls

A device that has the token as PH_FACTORY_AUTOTOK in its configuration needs no claim.
""",
)


@app.callback()
def join_tokens() -> None:
    """Make, list or disable tokens for devices that join by themselves."""


@app.command(epilog="Example:\n\n\b\n  surefoot join-tokens create --nick line-3\n")
def create(
    nick: Annotated[str, typer.Option("--nick", metavar="NICK", help="A name for the token.")] = "",
    meta: Annotated[
        list[str] | None,
        typer.Option(
            "--meta", metavar="KEY=VALUE", help="User metadata of its devices; may be repeated."
        ),
    ] = None,
    hub: HubName = "",
    as_json: AsJson = False,
) -> None:
    """Make a token. It is shown this once."""
    values = dict(_pair(text) for text in meta or ())

    async def work(found: DeskHub) -> Mapping[str, Any]:
        return await tokens.create(found, nick, values)

    made = at_hub(hub, work)
    if as_json:
        output.show_json(made)
    else:
        output.show([printable(made.get("token") or "")])
        output.note(f"token {printable(made.get('id'))}; keep it, it is not shown again")


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise typer.BadParameter(f"{text!r} is not KEY=VALUE", param_hint="--meta")
    return key, value


@app.command("ls", epilog="Example:\n\n\b\n  surefoot join-tokens ls --json\n")
def list_all(hub: HubName = "", as_json: AsJson = False) -> None:
    """List your tokens, without their secret part."""
    found = at_hub(hub, tokens.listed)
    if as_json:
        output.show_json(found)
    else:
        output.show(_lines(found))


def _lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    if not rows:
        return ["There is no join token yet; make one: surefoot join-tokens create"]
    shown = (
        [
            printable(row.get("id") or ""),
            printable(row.get("nick") or ""),
            "disabled" if row.get("disabled") else "good",
            printable(row.get("time-created") or ""),
        ]
        for row in rows
    )
    return table(("ID", "NICK", "STATE", "MADE"), shown, output.paint())


@app.command("rm", epilog="Example:\n\n\b\n  surefoot join-tokens rm 5f0c2a9be1d3a4c6b7e8f901\n")
def disable(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As `join-tokens ls` shows it.")],
    hub: HubName = "",
    as_json: AsJson = False,
) -> None:
    """Disable a token. Devices that joined with it stay yours."""

    async def work(found: DeskHub) -> None:
        await tokens.disable(found, token_id)

    at_hub(hub, work)
    if as_json:
        output.show_json({"id": token_id, "disabled": True})
    else:
        output.show([f"disabled {token_id}"])
