"""One `lxc-start`, played by a shell that runs our hook and writes LXC's log."""

import asyncio
import os
import shlex
import signal

import pytest

from surefoot.device.runtimes.monitor import Monitor
from surefoot.device.runtimes.protocol import Exit
from surefoot.errors import RuntimeFailed
from tests.support.machine import seen

HEAD = "lxc-start x 20261124073752.697"
LXC = "../src/lxc"


def says(level, where, text):
    """A shell command that prints a line of LXC's log."""
    return f"echo {shlex.quote(f'{HEAD} {level} x - {LXC}/{where}:1 - {text}')}"


STARTED = says("NOTICE", "start.c:post_start", 'Started "x" with pid "1"')
ENDED = says("INFO", "error.c:lxc_error_set_and_log", "Child <1> ended on %s")
FAILED = says("ERROR", "start.c:start", "Failed to exec")
# What LXC does: init is forked, waits while the hook runs, and then is executed.
PLAY = """\
exec 4>EVENTS
sleep 3600 & LXC_PID=$!
export LXC_PID
if /bin/sh HOOK; then {released} >&4; else kill $LXC_PID; {refused} >&4; exit 1; fi
wait
{ended} >&4
"""


class Play:
    def __init__(self, directory):
        self.directory = directory
        self.monitor = Monitor("app.1", lambda: False, directory)
        self.hook = directory / "hook"
        self.hook.write_text(self.monitor.hook)

    def begin(self, released=STARTED, ended="true", refused="true", play=PLAY):
        script = play.format(released=released, ended=ended, refused=refused)
        script = script.replace("EVENTS", shlex.quote(str(self.monitor.events)))
        command = ["/bin/sh", "-c", script.replace("HOOK", shlex.quote(str(self.hook)))]
        self.monitor.launch(command, dict(os.environ), self.directory / "output")
        return self.monitor


@pytest.fixture
def place(tmp_path):
    directory = tmp_path / "it's a place"
    directory.mkdir()
    return directory


async def test_a_parked_init_is_known_and_waits(place):
    monitor = Play(place).begin()
    await monitor.parked()
    assert not monitor.has_run
    pid = await monitor.release()
    assert pid == monitor.init.pid
    monitor.init.signal(signal.SIGKILL)
    assert await monitor.ended() == Exit(0, None)
    await monitor.over()


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("error (7)", Exit(7, None)),
        ("signal SIGKILL(9)", Exit(None, 9)),
        ("signal SIGINT(2)", Exit(0, None)),
        ("signal SIGHUP(1)", Exit(None, 1)),
    ],
)
async def test_lxc_says_how_init_ended(place, how, told):
    monitor = Play(place).begin(ended=ENDED % how)
    await monitor.parked()
    await monitor.release()
    monitor.init.signal(signal.SIGKILL)
    assert await monitor.ended() == told
    await monitor.over()


async def test_an_init_that_cannot_be_executed_fails_with_lxcs_cause(place):
    monitor = Play(place).begin(released=f"{{ {FAILED}; kill $LXC_PID; }}")
    await monitor.parked()
    with pytest.raises(RuntimeFailed, match=r"^app\.1 could not be started: Failed to exec$"):
        await monitor.release()
    await monitor.over()


async def test_a_container_that_cannot_be_set_up_fails_with_lxcs_cause(place):
    monitor = Play(place).begin(play=f"exec 4>EVENTS\n{FAILED} >&4\nexit 1\n")
    with pytest.raises(RuntimeFailed, match=r"^app\.1 could not be set up: Failed to exec$"):
        await monitor.parked()
    await monitor.over()


async def test_a_parked_init_can_be_given_up(place):
    monitor = Play(place).begin(refused="true")
    await monitor.parked()
    await monitor.stop(None, 3600)
    assert monitor.is_over
    assert not monitor.has_run


async def test_a_second_run_of_the_hook_is_refused(place):
    """What LXC does when a container reboots itself."""
    gate, refused = (shlex.quote(str(place / name)) for name in ("gate", "refused"))
    again = f"while [ -p {gate} ]; do sleep 0.01; done; sh HOOK || touch {refused}; :"
    monitor = Play(place).begin(released=f"{STARTED} >&4; {again}")
    await monitor.parked()
    await monitor.release()
    await seen((place / "refused").exists)
    monitor.init.signal(signal.SIGKILL)
    await monitor.over()


async def test_a_monitor_that_is_killed_takes_its_init_along(place):
    monitor = Play(place).begin()
    await monitor.parked()
    await monitor.release()
    monitor._process.signal(signal.SIGKILL)
    assert await monitor.ended() == Exit(None, signal.SIGKILL)
    await asyncio.wait_for(monitor.init.gone(), 30)


async def test_without_lxc_start_nothing_stays_open(place):
    play = Play(place)
    with pytest.raises(RuntimeFailed, match="could not be set up"):
        play.monitor.launch(["/nowhere/lxc-start"], {}, None)
