import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from surefoot.errors import Busy, NotFound
from surefoot.files.lock import Lock

HOLDER = """
import sys
from pathlib import Path
from surefoot.files.lock import Lock
with Lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_holder_is_told_who_the_first_one_is(tmp_path: Path) -> None:
    with Lock(tmp_path / "lock"), pytest.raises(Busy, match=f"process {os.getpid()};"):
        Lock(tmp_path / "lock").acquire()


def test_after_the_release_the_next_one_may_hold_it(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "lock")
    for _ in range(2):
        with lock:
            pass
    lock.release()
    with Lock(tmp_path / "lock"):
        pass
    assert (tmp_path / "lock").exists()


def test_a_holder_that_was_killed_leaves_no_lock(tmp_path: Path) -> None:
    """peers 3: balena-supervisor#1758."""
    path = tmp_path / "lock"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Busy, match=f"process {holder.pid};"):
            Lock(path).acquire()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert path.read_text() == f"{holder.pid}\n"
    with Lock(path):
        assert path.read_text() == f"{os.getpid()}\n"


def test_the_text_of_the_file_holds_nobody_back(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("1\n")
    with Lock(tmp_path / "lock"):
        pass


def test_a_program_that_is_started_meanwhile_does_not_inherit_it(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "lock")
    lock.acquire()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, close_fds=False):
        lock.release()
        with Lock(tmp_path / "lock"):
            pass


def test_a_full_disk_keeps_nobody_from_holding_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(fd: int, data: bytes, offset: int) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with Lock(tmp_path / "lock"), pytest.raises(Busy, match="unknown"):
        Lock(tmp_path / "lock").acquire()


def test_a_place_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="gone"):
        Lock(tmp_path / "gone" / "lock").acquire()
