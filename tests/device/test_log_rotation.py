"""Logs stay within PV_LOG_DIR_MAXSIZE, whatever the containers write."""

import errno
import fcntl
import os

import pytest

from surefoot.device import log_rotation
from surefoot.device.config import Config, Places
from surefoot.device.log_rotation import Limits, copies, limits, live_logs, rotate, tidy, turn

MIB = 1 << 20


@pytest.fixture
def root(tmp_path):
    return tmp_path / "logs"


def config(tmp_path, **settings):
    return Config.read(Places(tmp_path, tmp_path), settings)


def fill(path, size, age=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * (size - 1) + b"\n" if size else b"")
    os.utime(path, (1_000_000 - age, 1_000_000 - age))
    return path


def test_the_arithmetic_is_the_references(tmp_path):
    assert limits(config(tmp_path), 10**12) == Limits(
        16 * MIB // 4 // 5, 16 * MIB * 95 // 100, 12 * MIB
    )


@pytest.mark.parametrize(
    ("maximum", "on_tmpfs", "high"), [("10%", False, 95), ("0", False, 95), ("0", True, 950)]
)
def test_percent_and_auto_are_taken_of_the_disk(tmp_path, maximum, on_tmpfs, high):
    found = limits(config(tmp_path, PV_LOG_DIR_MAXSIZE=maximum), 1000, on_tmpfs)
    assert found.high_bytes == high


def test_a_rotated_log_starts_anew_and_its_writer_goes_on(root):
    """A runtime keeps its console log open and appends."""
    path = fill(root / "0/app/console.log", 10)
    path.chmod(0o600)
    with path.open("ab", buffering=0) as writer:
        rotate(path, 5)
        writer.write(b"after\n")
    assert copies(path)[1].stat().st_mode & 0o777 == 0o600
    assert path.read_bytes() == b"after\n"
    assert copies(path)[1].read_bytes() == b"xxxxxxxxx\n"


def test_copies_are_numbered_upwards(root):
    path = fill(root / "0/app/console.log", 10)
    for _ in range(12):
        rotate(path, 5)
    assert list(copies(path)) == list(range(1, 13))


def test_tidy_rotates_only_what_is_large(tmp_path, root):
    large, small = fill(root / "0/a/console.log", 5000), fill(root / "0/b/console.log", 4000)
    tidy(root, config(tmp_path, PV_LOG_DIR_MAXSIZE="64K"), running="0")
    assert (len(copies(large)), len(copies(small))) == (1, 0)


def test_the_oldest_copies_go_first_down_to_the_low_mark(tmp_path, root):
    """64 KiB: cleaned from 62,259 bytes down to 49,152."""
    made = [fill(root / f"0/app/console.log.{n}", 8000, age=100 - n) for n in range(1, 9)]
    left = tidy(root, config(tmp_path, PV_LOG_DIR_MAXSIZE="64K"), running="0")
    assert left == 6 * 8000
    assert [path.exists() for path in made] == [False, False] + [True] * 6


def test_nothing_goes_between_the_marks(tmp_path, root):
    made = [fill(root / f"0/app/console.log.{n}", 10_000) for n in range(1, 7)]
    assert tidy(root, config(tmp_path, PV_LOG_DIR_MAXSIZE="64K"), running="0") == 60_000
    assert all(path.exists() for path in made)


def test_logs_of_other_revisions_go_before_those_in_use(tmp_path, root):
    old = [fill(root / f"{n}/app/console.log", 4000) for n in range(20)]
    running = fill(root / "locals/x/app/console.log", 4000, age=9999)
    tidy(root, config(tmp_path, PV_LOG_DIR_MAXSIZE="64K"), running="locals/x")
    assert running.stat().st_size == 4000
    assert 0 < sum(path.exists() for path in old) < 20


def test_many_logs_in_use_lose_their_contents_but_stay_for_their_writers(tmp_path, root):
    live = [fill(root / f"0/c{n}/console.log", 4000, age=n) for n in range(20)]
    left = tidy(root, config(tmp_path, PV_LOG_DIR_MAXSIZE="64K"), running="0")
    assert left <= 64 * 1024
    assert all(path.exists() for path in live)
    assert live[19].stat().st_size == 0


def test_a_device_without_logs_has_nothing_to_tidy(tmp_path, root):
    assert tidy(root, config(tmp_path), running="0") == 0


def test_what_somebody_reads_is_rotated_later(root):
    path = fill(root / "0/app/console.log", 10)
    with turn(path.parent, fcntl.LOCK_SH):
        rotate(path, 5)
        assert not copies(path)
    rotate(path, 5)
    assert copies(path)


@pytest.mark.parametrize(("size", "left"), [(150, 150), (250, 0)])
def test_on_a_full_disk_a_log_is_dropped_only_when_it_is_twice_its_size(
    root, monkeypatch, size, left
):
    """peers 3: balena-supervisor#674: a full disk must be able to become less full."""

    def no_room(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = fill(root / "0/app/console.log", size)
    monkeypatch.setattr(log_rotation, "_write_all", no_room)
    rotate(path, 100)
    assert path.stat().st_size == left
    assert not copies(path)


def test_links_are_nobodys_log(root, tmp_path):
    fill(tmp_path / "elsewhere/secret.log", 9000)
    root.mkdir()
    (root / "0").symlink_to(tmp_path / "elsewhere")
    (root / "evil.log").symlink_to(tmp_path / "elsewhere/secret.log")
    assert live_logs(root) == []
