"""A program: waits for a word, then becomes a container's init. No part of the agent's process.

    python -I -S launcher.py STATUS

Standard input gives one line of JSON (`Orders`): become init now. Its end without a line means that
the agent is gone or has given up. Descriptor STATUS tells how it went: closed without a word by the
execution itself after an "E", else the reason why init could not be executed.

Imports nothing of Surefoot: it must start quickly, and from wherever it lies.
"""

import json
import os
import signal
import sys
from typing import Final, TypedDict

NOT_EXECUTED: Final = 127


class Orders(TypedDict):
    """`root`: what shall be `/`. `cwd`: a directory below it."""

    root: str
    cwd: str
    argv: list[str]
    environment: dict[str, str]


def main(status: int, line: str) -> int:
    """Returns only when there is nothing to execute, or when that failed."""
    os.set_inheritable(status, False)
    if not line:
        return NOT_EXECUTED
    orders: Orders = json.loads(line)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        # An init would inherit what Python, nohup or a shell before us ignored.
        signal.signal(number, signal.SIG_DFL)
    os.write(status, b"E")
    try:
        _become(orders)
    except OSError as error:
        reason = f'{error.strerror} - Failed to exec "{orders["argv"][0]}"'
        os.write(status, reason.encode())
    return NOT_EXECUTED


def _become(orders: Orders) -> None:
    root = _enter(orders["root"])
    os.chdir(root + orders["cwd"])
    program, environment = orders["argv"][0], orders["environment"]
    if program.startswith("/"):
        program = root + program
    os.execvpe(program, orders["argv"], environment)  # noqa: S606 - no shell is wanted


def _enter(root: str) -> str:
    """What stands before a path of the container: nothing, where a root can be changed."""
    try:
        os.chroot(root)
    except PermissionError:
        return root
    return ""


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.stdin.readline()))
