"""The command `surefoot`: turns words and options into calls, and answers into text and exit codes.

The room translates and decides nothing: what an update is, when it is over, how it is installed is
known by the rooms below. Each group of commands is a module that is imported when it is asked for;
`agent` and `device run`, which stay in a device's memory, start without the command line's
libraries.

Words: a *view* makes the text that a person reads, from what the device answered; with `--json` the
answer itself is printed. *Paint* is colour, on a terminal only. A *verb* is a command of `ctl`.

Read `main` below, then `app.py`, `ctl/__init__.py`, `output.py` and one of the views.
"""

import sys
from collections.abc import Sequence

HELP_OPTIONS = frozenset({"-h", "--help"})


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code (R24)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    wants_help = not HELP_OPTIONS.isdisjoint(arguments)
    if arguments[:1] == ["agent"] and not wants_help:
        from surefoot.device.main import main as run_agent

        return run_agent(arguments[1:])
    if arguments[:2] == ["device", "run"] and not wants_help:
        from surefoot.cli.run import main as run_device

        return run_device(arguments[2:])
    from surefoot.cli.app import main as run_door

    return run_door(arguments)
