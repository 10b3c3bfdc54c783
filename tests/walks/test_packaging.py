"""The service unit, judged by what the boot loop's exit codes mean (packaging/surefoot.service)."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from surefoot.cli import device as device_commands
from surefoot.errors import OUTCOMES, Busy, Conflict, Forbidden, NoRoom, NotFound, SurefootError

UNIT = Path(__file__).parents[2] / "packaging/surefoot.service"


def setting(name: str) -> str:
    (value,) = re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.MULTILINE) or [""]
    return value


def starts_again(code: int) -> bool:
    """systemd.service(5), for `Restart=on-failure`."""
    assert setting("Restart") == "on-failure"
    assert setting("RestartForceExitStatus") == ""
    clean = {"0", *setting("SuccessExitStatus").split()}
    return str(code) not in clean | set(setting("RestartPreventExitStatus").split())


def test_a_device_that_was_powered_off_or_stopped_stays_off_and_is_no_failure() -> None:
    """R8; the loop's exit code is 0 for both."""
    assert not starts_again(0)


@pytest.mark.parametrize("kind", [NotFound, Conflict, Forbidden])
def test_a_refusal_is_a_failure_that_stays_in_sight(kind: type[SurefootError]) -> None:
    code = OUTCOMES[kind].exit_code
    assert not starts_again(code)
    assert str(code) not in setting("SuccessExitStatus").split()


@pytest.mark.parametrize("kind", [SurefootError, NoRoom, Busy])
def test_what_may_pass_is_tried_again_for_ever(kind: type[SurefootError]) -> None:
    assert starts_again(OUTCOMES[kind].exit_code)
    assert setting("StartLimitIntervalSec") == "0"


def test_the_unit_runs_the_command_of_the_help() -> None:
    storage_and_run = "surefoot device run /var/lib/surefoot --run /run/surefoot"
    assert setting("ExecStart") == f"/usr/bin/{storage_and_run}"
    commands = device_commands.app.registered_commands
    (command,) = [one for one in commands if one.callback is device_commands.run]
    assert storage_and_run in (command.epilog or "")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    """But for the program, which is not installed here."""
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/usr/bin/surefoot", "/bin/true"))
    ran = subprocess.run(
        ["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False
    )
    assert "surefoot.service" not in ran.stderr, ran.stderr
