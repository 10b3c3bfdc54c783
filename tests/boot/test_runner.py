"""The boot loop with agents that are shell scripts: it knows nothing else of an agent either."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from surefoot.boot.family import _parent, marked
from surefoot.boot.ids import device_id
from surefoot.boot.loop import LoopBoot
from surefoot.boot.protocol import BootVars
from tests.boot.conftest import MakeStorage
from tests.boot.machine import importable, wait_until_gone
from tests.boot.variables import put

PROGRAM = Path(__file__).with_name("loop_program.py")

# Ends with the next code of CODES (the last one again and again) after LIFE seconds by the script.
SCRIPTED = """
    echo "boot $pv_rev"
    echo "${LIFE:-0}" >>"$DIR/lives"
    read -r code rest <"$DIR/codes"
    test -n "$rest" && echo "$rest" >"$DIR/codes"
    test "$code" = kill && kill -9 $$
    exit "$code"
"""
STAYS = 'echo "up $$"; exec sleep 1000'
STOPS = """
    trap 'echo stopping; exit 0' TERM
    echo "up $$"
    sleep 1000 & wait
"""
IGNORES = """trap '' TERM; echo "up $$"; while :; do sleep 1000; done"""
WILL_NOT = """trap 'echo asked' TERM; echo "up $$"; while :; do sleep 1000 & wait; done"""
LEAVES_A_CONTAINER = """
    setsid sleep 1000 >/dev/null 2>&1 &
    echo "boot $!"
    exit "$CODE"
"""


class Loop(subprocess.Popen[str]):
    """The program, its words read line by line."""

    def line(self) -> str:
        assert self.stdout is not None
        return self.stdout.readline().rstrip("\n")

    def number(self, word: str) -> int:
        first, second = self.line().split()
        assert first == word
        return int(second)

    def ended(self) -> tuple[int, list[str], str]:
        out, err = self.communicate()
        return self.returncode, out.splitlines(), err


StartLoop = Callable[..., Loop]


@pytest.fixture
def storage(make_storage: MakeStorage) -> Path:
    storage = make_storage("0", "1", "2", done=("0", "1"))
    put(storage, BootVars("1"))
    return storage


@pytest.fixture
def start_loop(storage: Path, ram_path: Path) -> Iterator[StartLoop]:
    """Starts loops on `storage`; none of them, nor anything of the device, outlives the test."""
    loops: list[Loop] = []

    def start(
        script: str,
        *,
        codes: str = "3",
        scripted: bool = False,
        run_dir: str = "run",
        on: Path = storage,
        env: dict[str, str] | None = None,
        **settings: Any,
    ) -> Loop:
        (ram_path / "codes").write_text(codes + "\n")
        (ram_path / "lives").write_text("0\n")
        if scripted:
            settings["lives"] = str(ram_path / "lives")
        settings["argv"] = ["/bin/sh", "-c", script]
        loop = Loop(
            [sys.executable, str(PROGRAM), str(on), str(ram_path / run_dir), json.dumps(settings)],
            env={**os.environ, **importable(), "DIR": str(ram_path), **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        loops.append(loop)
        return loop

    yield start
    for loop in loops:
        with loop:
            loop.kill()
    for pid in marked(device_id(storage)):
        os.kill(pid, signal.SIGKILL)
        wait_until_gone(pid)


def test_every_end_but_power_off_boots_again(start_loop: StartLoop) -> None:
    """R8: exit, crash and kill are all a reboot; exit code 3 is power-off."""
    code, out, err = start_loop(SCRIPTED, codes="0 1 kill 3", scripted=True).ended()
    assert code == 0
    assert [line for line in out if line.startswith("boot")] == ["boot 1"] * 4
    for word in ("asks for a reboot", "exit code 1", "signal 9", "power-off"):
        assert word in err


def test_the_agent_is_told_its_revision_and_what_its_storage_is(
    start_loop: StartLoop, storage: Path
) -> None:
    script = 'echo "$pv_rev $SUREFOOT_DEVICE $EXTRA"; exit 3'
    _, out, _ = start_loop(script, env={"EXTRA": "passes"}).ended()
    assert out == [f"1 {device_id(storage)} passes"]


def test_a_try_gets_one_boot_and_falls_back(start_loop: StartLoop, storage: Path) -> None:
    """device.md 4; the agent of the boot after it finds the try spent (R9)."""
    LoopBoot(storage).arm("2")
    script = f'cat "{storage}/boot/pv_trying" | tr "\\0" " "; {SCRIPTED}'
    _, out, _ = start_loop(script, codes="kill 0 3").ended()
    assert [line.split("boot ")[-1] for line in out if "boot" in line] == ["2", "1", "1"]
    assert out[0].startswith("pv_trying=2")
    assert LoopBoot(storage).read() == BootVars("1", "2", "2")


def test_a_committed_try_stays(start_loop: StartLoop, storage: Path) -> None:
    boot = LoopBoot(storage)
    boot.arm("2")
    loop = start_loop('echo "boot $pv_rev"; echo "up $$"; exec sleep 1000')
    assert loop.number("boot") == 2
    boot.commit("2")
    os.kill(loop.number("up"), signal.SIGKILL)
    assert loop.number("boot") == 2
    assert boot.read() == BootVars("2")


def test_an_agent_that_keeps_failing_at_once_is_paused_for_longer(start_loop: StartLoop) -> None:
    _, out, _ = start_loop(SCRIPTED, codes="1 kill 1 1 1 3", scripted=True).ended()
    assert _waits(out) == [1, 2, 4, 8]


def test_the_pauses_start_anew_after_a_while(start_loop: StartLoop) -> None:
    _, out, _ = start_loop(SCRIPTED, codes="1 1 3", scripted=True, env={"LIFE": "600"}).ended()
    assert _waits(out) == []


def test_the_base_delay_is_kept_before_each_start_but_the_first(start_loop: StartLoop) -> None:
    """config.md: SUREFOOT_LOOP_DELAY."""
    loop = start_loop(SCRIPTED, codes="0 1 1 3", scripted=True, pauses={"base_s": 0.5})
    assert _waits(loop.ended()[1]) == [0.5, 1.5, 2.5]


def test_a_hundred_boots_cut_at_once_spend_no_try(start_loop: StartLoop, storage: Path) -> None:
    """peers 3: rauc#490, #683, PR#346: power cycling must not use up anything."""
    codes = "kill " * 100 + "3"
    _, out, _ = start_loop(SCRIPTED, codes=codes, pauses={"settled_s": 0}).ended()
    assert out == ["boot 1"] * 101
    assert LoopBoot(storage).read() == BootVars("1")


def test_an_agent_that_cannot_be_started_is_tried_again(
    start_loop: StartLoop, storage: Path
) -> None:
    loop = start_loop("exit 3")
    loop.ended()
    missing = _run_missing(storage)
    assert missing.stderr is not None
    try:
        for line in missing.stderr:
            if "starting again in 2 s" in line:
                break
    finally:
        missing.terminate()
    assert missing.wait() == 0
    missing.stderr.close()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_signal_stops_the_agent_and_then_the_loop(
    start_loop: StartLoop, storage: Path, sent: signal.Signals
) -> None:
    loop = start_loop(STOPS)
    agent = loop.number("up")
    loop.send_signal(sent)
    code, out, _ = loop.ended()
    assert (code, out) == (0, ["stopping"])
    assert not Path(f"/proc/{agent}").exists()
    assert marked(device_id(storage)) == set()


def test_an_agent_that_does_not_stop_is_killed(start_loop: StartLoop, storage: Path) -> None:
    loop = start_loop(IGNORES, scripted=True, stop_grace_s=30)
    loop.number("up")
    loop.terminate()
    code, out, _ = loop.ended()
    assert (code, _waits(out)) == (0, [30])
    assert marked(device_id(storage)) == set()


def test_a_second_ctrl_c_does_not_wait(start_loop: StartLoop, storage: Path) -> None:
    loop = start_loop(WILL_NOT, stop_grace_s=1_000_000)
    loop.number("up")
    loop.send_signal(signal.SIGINT)
    assert loop.line() == "asked"
    loop.send_signal(signal.SIGINT)
    assert loop.ended()[0] == 0
    assert marked(device_id(storage)) == set()


def test_a_stop_signal_ends_a_pause(start_loop: StartLoop) -> None:
    loop = start_loop(SCRIPTED, codes="0", pauses={"base_s": 1_000_000})
    assert loop.line() == "boot 1"
    loop.terminate()
    assert loop.ended()[0] == 0


def test_kill_9_of_the_loop_takes_the_agent_with_it(start_loop: StartLoop, storage: Path) -> None:
    """R8: no agent without its loop, and no lock left by a dead one (balena-supervisor#1758)."""
    loop = start_loop(STAYS)
    agent = loop.number("up")
    loop.kill()
    wait_until_gone(agent)
    assert start_loop(SCRIPTED, codes="3").ended()[0] == 0


def test_the_agent_is_in_the_loops_process_group(start_loop: StartLoop) -> None:
    loop = start_loop(STAYS)
    assert os.getpgid(loop.number("up")) == os.getpgid(loop.pid)


def test_what_survived_a_kill_of_everything_is_swept_before_the_first_boot(
    start_loop: StartLoop, storage: Path
) -> None:
    """R8: kill -9 of everything is a power cut."""
    loop = start_loop('setsid sleep 1000 >/dev/null 2>&1 & echo "up $!"; exec sleep 1000')
    container = loop.number("up")
    loop.kill()
    loop.wait()
    assert container in marked(device_id(storage))
    script = f'test -e /proc/{container}/exe && echo alive; echo "boot $pv_rev"; exit 3'
    _, out, err = start_loop(script).ended()
    assert out == ["boot 1"]
    assert "swept" in err
    wait_until_gone(container)


@pytest.mark.parametrize("code", ["3", "0"])
def test_nothing_of_an_agent_outlives_it(start_loop: StartLoop, storage: Path, code: str) -> None:
    loop = start_loop(LEAVES_A_CONTAINER, env={"CODE": code}, pauses={"base_s": 1_000_000})
    container = loop.number("boot")
    wait_until_gone(container)
    loop.terminate()
    assert loop.ended()[0] == 0


def test_what_the_agent_orphans_does_not_stay_a_zombie(start_loop: StartLoop) -> None:
    """As process 1 of a container the loop would collect one with each container that starts."""
    loop = start_loop("sh -c 'sleep 1000 & echo \"orphan $!\"'; exec sleep 1000")
    orphan = loop.number("orphan")
    while _parent(orphan) != loop.pid:
        pass
    os.kill(orphan, signal.SIGKILL)
    while Path(f"/proc/{orphan}").exists():
        pass
    assert loop.poll() is None


def test_a_second_loop_is_busy_and_names_the_first(start_loop: StartLoop) -> None:
    first = start_loop(STAYS)
    agent = first.number("up")
    code, out, _ = start_loop(SCRIPTED, run_dir="other").ended()
    assert code == 1
    assert out[0].startswith("Busy")
    assert str(first.pid) in out[0]
    assert Path(f"/proc/{agent}").exists()


def test_two_devices_cannot_share_a_run_directory(
    start_loop: StartLoop, make_storage: MakeStorage
) -> None:
    """The second one's sweep would unmount the first one's containers."""
    first = start_loop(STAYS)
    first.number("up")
    code, out, _ = start_loop(SCRIPTED, on=make_storage("0")).ended()
    assert code == 1
    assert out[0].startswith("Busy")


def test_two_devices_run_side_by_side(start_loop: StartLoop, make_storage: MakeStorage) -> None:
    first = start_loop(STAYS)
    agent = first.number("up")
    assert start_loop(SCRIPTED, on=make_storage("0"), run_dir="other").ended()[0] == 0
    assert Path(f"/proc/{agent}").exists()


def test_a_copied_storage_runs_beside_its_original(
    start_loop: StartLoop, storage: Path, ram_path: Path
) -> None:
    first = start_loop(STAYS)
    agent = first.number("up")
    copytree(storage, ram_path / "copy")
    assert start_loop(SCRIPTED, on=ram_path / "copy", run_dir="other").ended()[0] == 0
    assert Path(f"/proc/{agent}").exists()


def test_a_run_directory_that_cannot_be_made_is_refused(
    start_loop: StartLoop, ram_path: Path
) -> None:
    (ram_path / "file").touch()
    code, out, _ = start_loop(SCRIPTED, run_dir="file/run").ended()
    assert code == 1
    assert out[0].startswith("Forbidden")


def test_what_is_no_storage_is_refused(start_loop: StartLoop, ram_path: Path) -> None:
    (ram_path / "empty").mkdir()
    code, out, _ = start_loop(SCRIPTED, on=ram_path / "empty").ended()
    assert code == 1
    assert out[0].startswith("NotFound")
    assert "surefoot device create" in out[0]
    assert list((ram_path / "empty").iterdir()) == []


def _waits(out: list[str]) -> list[float]:
    return [float(line.removeprefix("wait ")) for line in out if line.startswith("wait")]


def _run_missing(storage: Path) -> subprocess.Popen[str]:
    settings = json.dumps({"argv": ["/nonexistent/agent"], "pauses": {"first_s": 2}})
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), str(storage), str(storage.parent / "run"), settings],
        env={**os.environ, **importable()},
        stderr=subprocess.PIPE,
        text=True,
    )
