"""The program that becomes an init."""

import json
import os
import signal
import subprocess
import sys

import pytest

from surefoot.device.runtimes import launcher
from surefoot.device.runtimes.launcher import NOT_EXECUTED


@pytest.fixture
def launch(tmp_path):
    """Runs the launcher with orders, or with none; its status, its exit code and its output."""

    def run(**orders):
        status, ours = os.pipe()
        line = json.dumps({"root": "/", "cwd": "/", "environment": {}} | orders) if orders else ""
        done = subprocess.run(
            [sys.executable, "-I", "-S", launcher.__file__, str(ours)],
            input=line,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=(ours,),
            check=False,
        )
        os.close(ours)
        with os.fdopen(status, "rb") as pipe:
            return pipe.read(), done.returncode, done.stdout

    return run


def test_it_becomes_what_it_is_told(launch, tmp_path):
    command = ["/bin/sh", "-c", "pwd; echo $A; exit 5"]
    status, code, output = launch(argv=command, environment={"A": "b"}, cwd=str(tmp_path))
    assert (status, code, output) == (b"E", 5, f"{tmp_path}\nb\n")


def test_a_bare_name_is_looked_for_in_the_path(launch):
    assert launch(argv=["true"], environment={"PATH": "/bin"})[:2] == (b"E", 0)


def test_it_says_why_it_could_not(launch):
    status, code, _ = launch(argv=["/nowhere/init"])
    assert status == b'ENo such file or directory - Failed to exec "/nowhere/init"'
    assert code == NOT_EXECUTED


def test_without_a_word_it_ends(launch):
    assert launch() == (b"", NOT_EXECUTED, "")


def test_init_inherits_no_ignored_signals(launch):
    _, _, output = launch(argv=["/bin/cat", "/proc/self/status"])
    ignored = next(line for line in output.splitlines() if line.startswith("SigIgn"))
    settable = sum(1 << (number - 1) for number in signal.valid_signals())
    assert int(ignored.split()[1], 16) & settable == 0  # the C library keeps two for itself


def test_where_root_may_not_be_changed_it_runs_in_the_directory(launch, tmp_path, monkeypatch):
    def refuse(root):
        raise PermissionError

    monkeypatch.setattr(os, "chroot", refuse)
    assert launcher._enter("/some/root") == "/some/root"
