"""Processes by the mark in their environment."""

import os
import subprocess

from surefoot.device.runtimes.marks import kill_marked, marked, marks


def test_marked_processes_are_found_and_killed():
    environ = {**os.environ, **marks("12345678", "app.1")}
    with subprocess.Popen(["sleep", "3600"], env=environ) as child:
        assert marked("12345678", "app.1") == {child.pid}
        assert marked("12345678", "app.2") == set()
        assert marked("87654321", "app.1") == set()
        assert kill_marked("12345678", "app.1")
        assert child.wait() < 0
    assert not kill_marked("12345678", "app.1")
