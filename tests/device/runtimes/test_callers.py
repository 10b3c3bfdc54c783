"""Whose process is this?"""

import os
import subprocess

import pytest

from surefoot.device.runtimes import callers


def test_a_process_descends_from_an_init(tmp_path):
    with subprocess.Popen(["sleep", "3600"]) as child:
        assert callers.by_ancestor({os.getpid(): "app.1"}, child.pid) == "app.1"
        assert callers.by_ancestor({child.pid: "app.1"}, child.pid) == "app.1"
        assert callers.by_ancestor({child.pid: "app.1"}, os.getpid()) is None
        child.kill()


@pytest.mark.parametrize("pid", [0, 1, 2**22 + 1])
def test_processes_of_nobody_have_no_owner(pid):
    assert callers.by_ancestor({4242424: "app.1"}, pid) is None
    assert callers.by_cgroup("surefoot-12345678", pid) is None
