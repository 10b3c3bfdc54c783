"""Commands of the desk are real ones: called, heard, waited for, and ended."""

import signal
from pathlib import Path

import pytest

from surefoot.errors import TimedOut
from surefoot.lab.demo.stage import Stage
from tests.lab.demo.spectator import Spectator


def test_a_command_is_told_as_it_is_typed_with_what_it_prints(
    stage: Stage, audience: Spectator
) -> None:
    running = stage.desk.begin("devices")
    assert running.wait() == 3
    assert str(running) == "surefoot devices"
    assert audience.commands == ["devices"]
    assert audience.printed == running.lines
    assert running.tells("log in first: surefoot login")


def test_what_goes_into_a_file_is_told_to_nobody(
    stage: Stage, audience: Spectator, tmp_path: Path
) -> None:
    running = stage.desk.begin("hub", "ca", "--data", "hub", into="ca.pem")
    assert running.wait() == 0
    assert audience.commands == ["hub ca --data hub > ca.pem"]
    assert (running.lines, audience.printed) == ([], [])
    assert "BEGIN CERTIFICATE" in (tmp_path / "ca.pem").read_text()


def test_what_is_said_to_a_command_ends_its_input(stage: Stage) -> None:
    add = ("hub", "user", "add", "ada", "--data", "hub", "--password-stdin")
    assert stage.desk.begin(*add, said="correct horse battery").wait() == 0
    assert stage.desk.begin("hub", "user", "ls", "--data", "hub").wait() == 0


def begun(stage: Stage):
    """One that runs until it is ended."""
    running = stage.desk.begin(
        "hub", "run", "--data", "hub", "--listen", "none", "--tls-listen", "127.0.0.1:0"
    )
    stage.until(lambda: running.tells("https://"), "its address")
    return running


def test_a_command_that_does_not_end_is_ended(stage: Stage) -> None:
    running = begun(stage)
    with pytest.raises(TimedOut, match=r"`surefoot hub run .*` has not ended within 0 s"):
        running.wait(0)
    assert running.process.returncode == -signal.SIGKILL


def test_ctrl_c_ends_one_command_and_the_end_all(stage: Stage) -> None:
    assert begun(stage).end(signal.SIGINT) == 0
    running = begun(stage)
    stage.desk.end()
    assert running.process.returncode == -signal.SIGKILL
