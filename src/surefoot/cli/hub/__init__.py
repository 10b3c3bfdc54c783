"""`surefoot hub`: run the fleet server, and look after it.

The Hub's own libraries come with `surefoot[hub]`; without them every command says so.
"""

from typing import ClassVar

import typer

from surefoot.cli.lazy import Lazy, LazyGroup

_HERE = "surefoot.cli.hub"


class HubCommands(LazyGroup):
    TABLE: ClassVar = {
        "run": Lazy(f"{_HERE}.run", "Run the fleet server on this machine."),
        "user": Lazy(f"{_HERE}.user", "Add, list or remove accounts, also while the Hub runs."),
        "ca": Lazy(f"{_HERE}.care", "Print the certificate of the Hub's own authority."),
        "check": Lazy(f"{_HERE}.care", "Look for damage in the database and the stored objects."),
    }


app = typer.Typer(
    cls=HubCommands,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\
Examples:

\b
  surefoot hub user add ada --password-stdin < password.txt
  surefoot hub run
  surefoot hub ca > hub-ca.pem
""",
)


@app.callback()
def hub() -> None:
    """Run a fleet server, and look after it."""
