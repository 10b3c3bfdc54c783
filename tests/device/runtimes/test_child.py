"""One init of the process runtime, as a child of the test."""

import signal

import pytest

from surefoot.device.runtimes.child import Child
from surefoot.device.runtimes.launcher import Orders
from surefoot.device.runtimes.protocol import Exit
from surefoot.errors import RuntimeFailed


def child(*argv):
    return Child("app.1", lambda: False, Orders(root="/", cwd="/", argv=list(argv), environment={}))


async def test_a_child_becomes_its_init(tmp_path):
    life = child("/bin/sh", "-c", "echo done; exit 4")
    pid = life.launch(tmp_path / "output", {})
    await life.parked()
    assert await life.release() == pid
    assert await life.ended() == Exit(4, None)
    assert (tmp_path / "output").read_text() == "done\n"


async def test_an_init_that_cannot_be_executed_fails_with_the_cause(tmp_path):
    life = child("/nowhere/init")
    life.launch(tmp_path / "output", {})
    with pytest.raises(RuntimeFailed, match=r"could not be started: No such file.*/nowhere/init"):
        await life.release()
    await life.over()


async def test_a_child_that_was_killed_before_it_was_released_never_ran(tmp_path):
    life = child("/bin/true")
    life.launch(tmp_path / "output", {})
    life.init.signal(signal.SIGKILL)
    await life.over()
    assert not life.has_run
    with pytest.raises(RuntimeFailed, match="could not be started"):
        await life.release()


async def test_a_parked_child_can_be_given_up(tmp_path):
    life = child("/bin/true")
    life.launch(tmp_path / "output", {})
    await life.stop(None, 3600)
    assert life.is_over


async def test_the_signal_that_ended_it_is_told(tmp_path):
    life = child("/bin/sleep", "3600")
    life.launch(tmp_path / "output", {})
    await life.release()
    life.init.signal(signal.SIGUSR1)
    assert await life.ended() == Exit(None, signal.SIGUSR1)
