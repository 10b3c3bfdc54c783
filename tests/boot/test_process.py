"""The agent as a child, started from a small program: its end is what matters here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from surefoot.boot.process import agent_argv
from tests.boot.machine import importable, wait_until_gone

STARTER = """
import os, signal, sys
from surefoot.boot.process import start
blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
child = start(["/bin/sh", "-c", sys.argv[1]], {"PATH": os.environ["PATH"], "WORD": "told"}, blocked)
child.wait()
"""


BURIAL = """
import os
from surefoot.boot.process import bury_orphans
bury_orphans()
children = [os.fork() or os._exit(7) for _ in range(3)]
for child in children:
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
bury_orphans(children[1])
assert os.waitpid(children[1], 0)[0] == children[1]
bury_orphans()
try:
    os.waitpid(-1, 0)
except ChildProcessError:
    print("none left")
"""


def _starter(script: str) -> subprocess.Popen[str]:
    environ = {**os.environ, **importable()}
    argv = [sys.executable, "-c", STARTER, script]
    return subprocess.Popen(argv, env=environ, stdout=subprocess.PIPE, text=True)


def test_the_agents_command_line_names_the_storage() -> None:
    """R8."""
    argv = [sys.executable, "-m", "surefoot", "agent", "/data/x", "--run", "/run/x"]
    assert agent_argv(Path("/data/x"), Path("/run/x")) == argv


@pytest.mark.parametrize("ignored", ["", "trap '' TERM HUP INT;"])
def test_the_child_dies_with_who_started_it(ignored: str) -> None:
    """R8: also by kill -9, and whatever the child ignores."""
    with _starter(f"{ignored} echo $$; exec sleep 1000") as starter:
        assert starter.stdout is not None
        child = int(starter.stdout.readline())
        starter.kill()
        wait_until_gone(child)


def test_the_child_has_its_own_signals_and_environment_and_no_input() -> None:
    with _starter('echo "$WORD"; cat; kill -TERM $$; echo "still here"') as starter:
        out, _ = starter.communicate()
    assert out == "told\n"


def test_orphans_are_buried_and_the_agent_is_left() -> None:
    argv = [sys.executable, "-c", BURIAL]
    environ = {**os.environ, **importable()}
    out = subprocess.run(argv, env=environ, check=True, capture_output=True, text=True)
    assert out.stdout == "none left\n"
