"""The agent as a child of the boot loop: it never outlives the loop (R8)."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from surefoot.boot.libc import die_with_parent


def agent_argv(storage: Path, run_dir: Path) -> list[str]:
    """What starts the real agent; the storage in it tells devices apart in a process list."""
    return [sys.executable, "-m", "surefoot", "agent", str(storage), "--run", str(run_dir)]


def start(
    argv: Sequence[str], environ: Mapping[str, str], mask: Iterable[int]
) -> subprocess.Popen[bytes]:
    """Starts it in the loop's process group, with `mask` for its signals. Raises OSError.

    It gets SIGKILL when the calling thread ends, for whatever reason, kill -9 included. That has to
    be asked for by the child before it is the agent, hence `preexec_fn`; safe because the loop has
    one thread.
    """
    ready = partial(_before_exec, os.getpid(), frozenset(mask))
    return subprocess.Popen(argv, env=environ, stdin=subprocess.DEVNULL, preexec_fn=ready)  # noqa: PLW1509


def bury_orphans(agent: int | None = None) -> None:
    """Takes the exit codes of adopted processes (LXC monitors, say), which else stay zombies.

    The code of `agent` is left for who waits for it.
    """
    while (dead := _dead_child()) not in (None, agent):
        os.waitpid(dead, 0)


def _dead_child() -> int | None:
    try:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return None if found is None else found.si_pid


def _before_exec(parent: int, mask: frozenset[int]) -> None:
    die_with_parent()
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    if os.getppid() != parent:
        # The loop died before it could be asked to take this process along.
        os._exit(1)
