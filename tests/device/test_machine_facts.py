"""Facts from /proc: real ones, and those of a machine that gives less."""

import pytest

from surefoot.device.machine_facts import Machine


@pytest.fixture
def proc(tmp_path):
    proc = tmp_path / "proc"
    proc.mkdir()
    (proc / "uptime").write_text("3191.37 6000.00\n")
    (proc / "loadavg").write_text("0.05 0.06 0.09 1/86 4711\n")
    (proc / "meminfo").write_text("MemTotal: 24 kB\nMemFree: 12 kB\nHugePages_Total: 0\n")
    (proc / "cpuinfo").write_text("processor : 0\nmodel name\t: First\n\nmodel name : Second\n")
    return proc


def test_sysinfo_counts_as_the_system_call_does(tmp_path, proc):
    info = Machine(tmp_path, 5, proc).sysinfo()
    assert (info["uptime"], info["procs"]) == (3191, 86)
    assert info["loads.0"] == int(0.05 * 65536)
    assert (info["totalram"], info["freeram"], info["sharedram"]) == (24 * 1024, 12 * 1024, 0)


def test_the_first_processors_name_is_the_model(tmp_path, proc):
    assert Machine(tmp_path, 5, proc).cpumodel == "First"


def test_the_architecture_is_machine_bits_and_endianness(tmp_path):
    machine, bits, endianness = Machine(tmp_path, 5).arch.split("/")
    assert machine
    assert bits in ("32", "64")
    assert endianness in ("EL", "EB")


def test_a_machine_that_tells_nothing_gives_zeros(tmp_path):
    machine = Machine(tmp_path, 5, tmp_path / "no-proc")
    assert set(machine.sysinfo().values()) == {0, 1}
    assert machine.cpumodel == machine.uname["machine"]


def test_room_is_what_is_free_less_the_reserve(tmp_path):
    storage = Machine(tmp_path, 10).storage()
    assert storage["reserved"] == storage["total"] // 10
    assert storage["real_free"] == max(0, storage["free"] - storage["reserved"])
    assert Machine(tmp_path, 100).storage()["real_free"] == 0


def test_the_time_is_the_clocks(tmp_path):
    time = Machine(tmp_path, 5).time()
    assert time["timeval"]["tv_sec"] > 1_700_000_000
    assert 0 <= time["timeval"]["tv_usec"] < 1_000_000
