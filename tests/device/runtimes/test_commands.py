"""Programs that a runtime waits for."""

import shlex
import signal

import pytest

from surefoot.device.runtimes import commands, mounts
from surefoot.errors import RuntimeFailed
from tests.support.machine import is_alive, waited_for


def test_output_and_exit_code_are_told():
    done = commands.run(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n", "err\n")


def test_a_command_that_does_not_end_is_killed_with_its_helpers_and_named(tmp_path):
    script = f"sleep 3600 & echo $! >{shlex.quote(str(tmp_path / 'pid'))}; wait"
    with pytest.raises(RuntimeFailed, match=r"`sh -c sleep 3600 .* did not end within 0\.5 s"):
        commands.run(["sh", "-c", script], 0.5)
    helper = int((tmp_path / "pid").read_text())
    assert waited_for(lambda: not is_alive(helper))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_one_that_hangs_in_the_kernel_is_not_waited_for(monkeypatch):
    """It cannot be killed, as a mount of a disk that answers no more."""
    started = []
    monkeypatch.setattr(commands, "_DEATH_TIMEOUT_S", 0.01)
    monkeypatch.setattr(commands.os, "killpg", lambda pid, number: started.append(pid))
    kill = commands.os.kill
    try:
        with pytest.raises(RuntimeFailed, match="did not end"):
            commands.run(["sleep", "3600"], 0.01)
    finally:
        for pid in started:
            kill(pid, signal.SIGKILL)
            commands.os.waitpid(pid, 0)


def test_a_mount_that_hangs_is_a_failure_with_its_name(tmp_path, monkeypatch):
    (tmp_path / "mount").write_text("#!/bin/sh\nexec /bin/sleep 3600\n")
    (tmp_path / "mount").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(commands.run, "__defaults__", (0.2,))
    with pytest.raises(RuntimeFailed, match=r"`mount -t squashfs .*image .* did not end"):
        mounts.mount_image(tmp_path / "image", tmp_path)
