"""`surefoot ctl`: the verbs of `pvcontrol` and ours, on a device's control socket.

Each module holds a few verbs that belong together; `link.py` has the options that all share,
`waiting.py` what the waiting ones do.
"""

from typing import ClassVar

import typer

from surefoot.cli.ctl.link import Socket
from surefoot.cli.lazy import Lazy, LazyGroup

_HERE = "surefoot.cli.ctl"


class Verbs(LazyGroup):
    TABLE: ClassVar = {
        "install": Lazy(f"{_HERE}.install", "Bring a revision onto the device, and run it."),
        "run": Lazy(f"{_HERE}.commands", "Run a stored revision."),
        "run-commit": Lazy(f"{_HERE}.commands", "Run a revision with a reboot, so it ends DONE."),
        "apply": Lazy(f"{_HERE}.commands", "Arm a stored revision for the next reboot."),
        "abort": Lazy(f"{_HERE}.commands", "End a run that has not begun its transition yet."),
        "rollback": Lazy(f"{_HERE}.commands", "Go back to the latest DONE revision."),
        "reboot": Lazy(f"{_HERE}.commands", "Reboot the device."),
        "poweroff": Lazy(f"{_HERE}.commands", "Power the device off."),
        "make-factory": Lazy(f"{_HERE}.commands", "Make a DONE revision the factory revision."),
        "go-remote": Lazy(f"{_HERE}.commands", "Talk to the Hub again."),
        "unclaim": Lazy(f"{_HERE}.commands", "Give the device back to nobody."),
        "status": Lazy(f"{_HERE}.record", "Show what runs, what is tried, and what is waited for."),
        "changes": Lazy(f"{_HERE}.record", "List the updates that the device remembers."),
        "change": Lazy(f"{_HERE}.record", "Tell the story of one update."),
        "containers": Lazy(f"{_HERE}.containers", "List, start, stop or restart containers."),
        "groups": Lazy(f"{_HERE}.facts", "List the groups of containers."),
        "signal": Lazy(f"{_HERE}.facts", "Tell, from inside a container, that it is ready."),
        "logs": Lazy(f"{_HERE}.logs", "Show the log of a container, or of the agent."),
        "events": Lazy(f"{_HERE}.logs", "Show what happens, as it happens."),
        "objects": Lazy(f"{_HERE}.objects", "List, store or fetch objects."),
        "steps": Lazy(f"{_HERE}.steps", "List, store or fetch revisions, and their progress."),
        "config": Lazy(f"{_HERE}.facts", "Show each setting and where it comes from."),
        "meta": Lazy(f"{_HERE}.meta", "List, set or delete metadata."),
        "gc": Lazy(f"{_HERE}.facts", "Free the room of what nobody needs any more."),
        "buildinfo": Lazy(f"{_HERE}.facts", "Show what was built into the agent."),
    }


app = typer.Typer(
    cls=Verbs,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\
Examples:

\b
  export SUREFOOT_SOCKET=/run/surefoot/pv-ctrl
  surefoot ctl install my-checkout --run --wait
  surefoot ctl -s /run/surefoot/1a2b3c4d/pv-ctrl status
  surefoot ctl logs app -f

The socket is the one of -s, else of SUREFOOT_SOCKET, else /run/pantavisor/pv/pv-ctrl,
/pv/pv-ctrl or /pantavisor/pv-ctrl, whichever is there first. `surefoot device run` prints the line
that sets SUREFOOT_SOCKET for its device.
""",
)


@app.callback()
def ctl(ctx: typer.Context, socket: Socket = None) -> None:
    """Talk to a running device through its control socket."""
    ctx.obj = socket
