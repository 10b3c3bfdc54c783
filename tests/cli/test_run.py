import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from surefoot.boot.ids import device_id
from surefoot.boot.pauses import Pauses
from surefoot.cli import run as run_module
from surefoot.cli.run import SOCKET_VARIABLE, default_run_dir, policy
from surefoot.client import unix
from surefoot.client.checkout import open_source
from surefoot.device.create import create
from tests.cli.conftest import Run
from tests.client.checkouts import checkout


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    create(tmp_path / "s", open_source(checkout(tmp_path / "tree")))
    return tmp_path / "s"


def test_by_default_root_runs_a_device_below_run_by_its_id(storage: Path) -> None:
    """Several devices run side by side on one machine (R8)."""
    assert default_run_dir(storage, {}, 0) == Path("/run/surefoot") / device_id(storage)


def test_other_users_run_it_in_their_own_directory_or_in_the_storage(storage: Path) -> None:
    own = {"XDG_RUNTIME_DIR": "/run/user/7"}
    assert default_run_dir(storage, own, 7) == Path("/run/user/7/surefoot") / device_id(storage)
    assert default_run_dir(storage, {}, 7) == storage / ".surefoot" / "run"


def test_what_is_no_device_gets_no_id(tmp_path: Path) -> None:
    default_run_dir(tmp_path, {}, 0)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_device_is_refused_in_one_sentence(surefoot: Run, tmp_path: Path) -> None:
    ran = surefoot("device", "run", tmp_path, "--run", tmp_path / "run")
    assert ran.code == 3
    assert ran.err.startswith(f"surefoot: {tmp_path} is no device storage; make one with")
    assert list(tmp_path.iterdir()) == []


def test_wrong_usage_ends_with_2(tmp_path: Path) -> None:
    for arguments in ([], [str(tmp_path), "--rnu", "x"], [str(tmp_path), "more"]):
        run = [sys.executable, "-m", "surefoot", "device", "run", *arguments]
        assert subprocess.run(run, capture_output=True, check=False).returncode == 2


def test_a_device_runs_until_it_is_told_to_stop(storage: Path, tmp_path: Path) -> None:
    """A device without containers needs no runtime: loop, agent and socket for real."""
    run = [sys.executable, "-m", "surefoot", "device", "run", storage, "--run", tmp_path / "run"]
    loop = subprocess.Popen(
        run,
        env={**os.environ, "SUREFOOT_RUNTIME": "process"},
        stderr=subprocess.PIPE,
        text=True,
    )
    ctl = [sys.executable, "-m", "surefoot", "ctl", "-s", tmp_path / "run" / "pv-ctrl"]
    with loop:
        try:
            waited = subprocess.run([*ctl, "status", "--wait"], capture_output=True, check=False)
        finally:
            loop.send_signal(signal.SIGTERM)
        _, told = loop.communicate()
    assert waited.returncode == 0, (waited.stderr, told)
    assert b"rollback point  0" in waited.stdout
    assert loop.returncode == 0
    assert f"the control socket is {tmp_path / 'run' / 'pv-ctrl'}" in told
    assert f"export SUREFOOT_SOCKET={tmp_path / 'run' / 'pv-ctrl'}" in told.splitlines()


def test_the_line_to_paste_is_whole_for_a_shell_and_finds_the_device(
    storage: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(run_module, "run_device", lambda *_, **__: 0)
    place = tmp_path / "with blank's"
    assert run_module.run(storage, place) == 0
    (line,) = [each for each in capfd.readouterr().err.splitlines() if each.startswith("export ")]
    shell = ["sh", "-c", f'{line}; printf %s "$SUREFOOT_SOCKET"']
    assert subprocess.check_output(shell, text=True) == str(place / "pv-ctrl")
    assert SOCKET_VARIABLE == unix.SOCKET_VARIABLE


def test_the_delay_of_the_environment_is_the_loop_s(
    storage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """config.md: SUREFOOT_LOOP_DELAY."""
    given: dict[str, Any] = {}
    monkeypatch.setattr(run_module, "run_device", lambda *_, **kept: given.update(kept) or 0)
    monkeypatch.setenv("SUREFOOT_LOOP_DELAY", "7")
    assert run_module.run(storage, tmp_path / "run") == 0
    assert given["policy"].pauses == Pauses(base_s=7)
    assert policy({}).pauses == Pauses()


def test_a_delay_that_is_no_number_is_told_and_left_out(capfd: pytest.CaptureFixture[str]) -> None:
    assert policy({"SUREFOOT_LOOP_DELAY": "soon"}).pauses == Pauses()
    assert 'SUREFOOT_LOOP_DELAY must be seconds, not "soon"' in capfd.readouterr().err


def test_an_error_of_the_system_is_one_sentence(
    storage: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fails(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied", "/sys/fs/cgroup/x")

    monkeypatch.setattr(run_module, "run_device", fails)
    assert run_module.run(storage, tmp_path / "run") == 1
    told = capfd.readouterr().err.splitlines()[-1]
    assert told.startswith("surefoot: /sys/fs/cgroup/x cannot be used: Permission denied;")
