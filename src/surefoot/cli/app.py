"""The root of the command line: the groups, and what every error becomes."""

import sys
from collections.abc import Sequence
from typing import Annotated, ClassVar

import typer
from typer.main import get_command

from surefoot import __version__
from surefoot.cli.complaints import refused_by_system
from surefoot.cli.lazy import Lazy, LazyGroup
from surefoot.errors import SurefootError, outcome

EXAMPLES = """\
Examples:

\b
  surefoot demo
  surefoot device create /var/lib/surefoot --from my-checkout
  surefoot device run /var/lib/surefoot --run /run/surefoot

\b
  export SUREFOOT_SOCKET=/run/surefoot/pv-ctrl     # in another shell
  surefoot ctl install my-checkout --run --wait
  surefoot ctl status

\b
  surefoot hub run                                 # a fleet server, and its desk
  surefoot login http://127.0.0.1:12365
  surefoot post my-checkout my-device --wait

Exit codes: 0 done, 1 a failure of ours, 2 wrong usage, 3 refused or WONTGO, 4 ERROR,
5 nobody answers, 6 the wait ran out, 75 busy: try again.
"""


class Root(LazyGroup):
    TABLE: ClassVar = {
        "demo": Lazy(
            "surefoot.cli.demo", "Show a real device taking updates through a Hub, good and bad."
        ),
        "device": Lazy("surefoot.cli.device", "Make a device, and run it on this machine."),
        "ctl": Lazy("surefoot.cli.ctl", "Talk to a running device through its control socket."),
        "hub": Lazy("surefoot.cli.hub", "Run a fleet server, and look after it."),
        "login": Lazy("surefoot.cli.desk.login", "Log in at a Hub."),
        "logout": Lazy("surefoot.cli.desk.login", "Forget the login at a Hub."),
        "whoami": Lazy(
            "surefoot.cli.desk.login", "Show who is logged in at the Hub, and until when."
        ),
        "claim": Lazy("surefoot.cli.desk.devices", "Make a new device yours."),
        "devices": Lazy(
            "surefoot.cli.desk.devices", "List your devices, what they run and how far they are."
        ),
        "post": Lazy("surefoot.cli.desk.post", "Post a revision to a device, through its Hub."),
        "step": Lazy(
            "surefoot.cli.desk.steps",
            "Show how far a revision of a device has come, and what it changes.",
        ),
        "cancel": Lazy(
            "surefoot.cli.desk.steps", "Cancel a revision that its device has not begun to install."
        ),
        "logs": Lazy(
            "surefoot.cli.desk.logs", "Show the log of a device, as the Hub got it: oldest first."
        ),
        "join-tokens": Lazy(
            "surefoot.cli.desk.join_tokens",
            "Make, list or disable tokens for devices that join by themselves.",
        ),
        "agent": Lazy(
            "surefoot.cli.agent", "Run the agent of a device: what a boot loader starts."
        ),
    }


app = typer.Typer(
    cls=Root,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EXAMPLES,
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        print(f"surefoot {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_tell_version, help="Show the version."),
    ] = False,
) -> None:
    """Transactional updates for embedded Linux devices: whole, tried, rolled back."""


def main(argv: Sequence[str]) -> int:
    """The exit code. An error is one sentence on stderr."""
    try:
        code = get_command(app).main(list(argv), prog_name="surefoot", standalone_mode=False)
    except SurefootError as error:
        return fail(str(error), outcome(error).exit_code)
    except OSError as error:
        return fail(refused_by_system(error))
    except typer.TyperException as error:
        error.show() if hasattr(error, "show") else fail(str(error))
        return error.exit_code
    except typer.Abort:
        return 130
    return code if isinstance(code, int) else 0


def fail(text: str, code: int = 1) -> int:
    sys.stderr.write(f"surefoot: {text}\n")
    return code
