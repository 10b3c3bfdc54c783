"""One life of an init, with a plain child process in the place of what a runtime parks."""

import asyncio
import os
import signal
import subprocess

import pytest

from surefoot.device.runtimes import life as life_module
from surefoot.device.runtimes.life import Life, Stage, is_sealed
from surefoot.device.runtimes.protocol import Exit
from surefoot.device.runtimes.watch import Process
from surefoot.errors import RuntimeFailed

STAYS = "trap '' TERM; echo up; while :; do sleep 3600 & wait $!; done"
HEEDS = "trap 'exit 0' TERM; echo up; while :; do sleep 3600 & wait $!; done"


class Shell(Life):
    """Its init runs from the beginning; `left` counts how often others are found to kill."""

    def __init__(self, script="", left=0):
        super().__init__("app.1", self._find)
        self.left = left
        self.found = 0
        self.gave_up = False
        if script:
            self._begin(script)

    def _begin(self, script):
        self.child = subprocess.Popen(["/bin/sh", "-c", script], stdout=subprocess.PIPE)
        if "echo" in script:
            self.child.stdout.readline()
        self.init = Process(self.child.pid)
        self.has_run = True
        self._reach(Stage.RUNNING)
        self.watching = asyncio.create_task(self._watch())

    async def _watch(self):
        await self.init.gone()
        self._exit = Exit(self.child.wait(), None)
        self.child.stdout.close()
        self._reach(Stage.OVER)

    def _find(self):
        if self.init is not None:
            self.init.signal(signal.SIGKILL)
        self.found += 1
        return self.found <= self.left

    def _go(self):
        pass

    def _give_up(self):
        self.gave_up = True
        self._reach(Stage.OVER)


async def test_a_stage_that_is_reached_has_passed_those_before():
    life = Shell()
    life._reach(Stage.ENDED)
    await life.parked()
    assert life.is_ended
    assert not life.is_over


async def test_a_life_that_is_over_before_it_ran_has_failed_for_the_first_causes():
    life = Shell()
    for cause in ("first", "second", "third", "fourth"):
        life._complain(cause)
    life._complain("something failed", is_vague=True)
    life._reach(Stage.OVER)
    with pytest.raises(RuntimeFailed, match=r"^app\.1 could not be set up: first; second; third$"):
        await life.parked()
    with pytest.raises(RuntimeFailed, match=r"^app\.1 could not be started: first"):
        await life.release()


@pytest.mark.parametrize(
    ("vague", "told"), [("something failed", "something failed"), ("", "no cause was given")]
)
async def test_a_vague_cause_is_told_when_there_is_no_better_one(vague, told):
    life = Shell()
    if vague:
        life._complain(vague, is_vague=True)
    life._reach(Stage.OVER)
    with pytest.raises(RuntimeFailed, match=told):
        await life.parked()


async def test_what_never_gets_parked_is_given_up(monkeypatch):
    monkeypatch.setattr(life_module, "PARK_TIMEOUT_S", 0.01)
    life = Shell()
    with pytest.raises(RuntimeFailed, match="did not get to PARKED within 0 s"):
        await life.parked()
    assert life.gave_up


async def test_what_has_not_run_is_given_up_by_stop():
    life = Shell()
    await life.stop(None, 0)
    assert life.gave_up


async def test_an_init_that_heeds_its_signal_is_not_killed():
    life = Shell(HEEDS)
    await life.stop(None, 3600)
    assert await life.ended() == Exit(0, None)


async def test_an_init_that_ignores_its_signals_is_killed_at_once():
    life = Shell(STAYS)
    await life.stop(None, 3600)
    assert await life.ended() == Exit(-signal.SIGKILL, None)


async def test_all_processes_are_killed_until_there_is_none():
    life = Shell("exit 0", left=3)
    await life.ended()
    assert life.found == 4


async def test_the_end_of_a_sealed_init_is_the_end_of_all():
    life = Shell("exit 0", left=3)
    life.is_sealed = True
    await life.ended()
    assert life.found == 0


async def test_processes_that_do_not_die_are_told(monkeypatch):
    monkeypatch.setattr(life_module, "KILL_TIMEOUT_S", 0.05)
    life = Shell("exit 0", left=10**6)
    await life.init.gone()
    with pytest.raises(RuntimeFailed, match="do not die"):
        await life.ended()


def test_only_a_pid_namespace_of_its_own_seals_a_process():
    assert not is_sealed(os.getpid())
    assert not is_sealed(2**22 + 1)


class Escaped(Shell):
    """Its init is in no group any more: looking for its processes finds none."""

    def _find(self):
        return False


async def test_stop_kills_an_init_that_no_group_holds(monkeypatch):
    monkeypatch.setattr(life_module, "KILL_TIMEOUT_S", 5)
    life = Escaped(STAYS)
    await life.stop(None, 0)
    assert await life.ended() == Exit(-signal.SIGKILL, None)


async def test_stop_comes_to_an_end_even_when_nothing_dies(monkeypatch):
    monkeypatch.setattr(life_module, "KILL_TIMEOUT_S", 0.05)
    life = Escaped(STAYS)
    with monkeypatch.context() as unkillable:
        unkillable.setattr(life.init, "signal", lambda number: None)
        with pytest.raises(RuntimeFailed, match=r"app\.1 do not die"):
            await life.stop(None, 0)
    await life.stop(None, 0)


async def test_what_does_not_get_over_is_given_up_and_waited_for(monkeypatch):
    monkeypatch.setattr(life_module, "KILL_TIMEOUT_S", 0.05)
    life = Shell()
    await life.over()
    assert life.gave_up
