"""Groups of commands whose modules are imported when one of them is called, not before.

Help and completion of a group know its commands from a table of names and one-line helps; a test
compares the table with the modules.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


@dataclass(frozen=True)
class Lazy:
    """`module` has an `app`: a group that is the command itself, or has it as a member."""

    module: str
    help: str


class LazyGroup(TyperGroup):
    TABLE: ClassVar[dict[str, Lazy]] = {}

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, lazy in self.TABLE.items():
            self.commands[name] = TyperCommand(name, help=lazy.help, rich_markup_mode=None)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        lazy = self.TABLE.get(name or "")
        return name, load(name or "", lazy) if lazy else command, rest


def load(name: str, lazy: Lazy) -> Any:
    """The real command."""
    app: typer.Typer = import_module(lazy.module).app
    command = get_command(app)
    members = getattr(command, "commands", {})
    return members.get(name, command)


def new_app(**settings: Any) -> typer.Typer:
    """As all our groups are: plain help, no traceback painting, `-h` as well."""
    return typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        **settings,
    )
