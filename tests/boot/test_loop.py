"""The files of the loop backend: torn, flipped, cut, and read by somebody else."""

from collections.abc import Iterator
from itertools import count, product
from pathlib import Path
from shutil import copytree, rmtree

import pytest

from surefoot.boot.loop import LoopBoot
from surefoot.boot.protocol import BootVars
from surefoot.boot.uboot import encode
from surefoot.errors import Corrupt, SurefootError
from surefoot.files import durable
from surefoot.files.cuts import every_cut
from tests.boot.variables import CHANGES, GARBAGE, STATES, meaning, put

EVERY = list(product(STATES, CHANGES))


def test_u_boot_reads_what_is_armed_and_committed(ram_path: Path) -> None:
    boot = put(ram_path, BootVars("0"))
    assert _u_boot(ram_path) == {"pv_rev": "0"}
    boot.arm("locals/app")
    assert _u_boot(ram_path) == {"pv_rev": "0", "pv_try": "locals/app"}
    boot.commit("locals/app")
    assert _u_boot(ram_path) == {"pv_rev": "locals/app"}


def test_variables_of_a_boards_own_boot_script_stay(ram_path: Path) -> None:
    boot = put(ram_path, BootVars("1", "2"))
    boot.file.write_bytes(b"fdt=board.dtb\0pv_rev=1\0pv_try=2\0\0")
    boot.commit("2")
    boot.arm("3")
    assert _u_boot(ram_path) == {"pv_rev": "2", "pv_try": "3", "fdt": "board.dtb"}


def test_the_references_file_is_taken_over(ram_path: Path) -> None:
    boot = put(ram_path, BootVars("1"))
    boot.file.write_bytes(b"pv_rev=4\0pv_try=5\0\0".ljust(1 << 16, b"\0"))
    assert boot.read() == BootVars("4", "5")
    boot.disarm()
    assert boot.read() == boot.read_copy() == BootVars("4")


@pytest.mark.parametrize(("before", "change"), EVERY)
def test_at_any_cut_the_files_mean_before_or_after(
    ram_path: Path, before: BootVars, change: str
) -> None:
    """Each step of each change; also when the disk tears the boot file all the same, since its copy
    was whole before (peers 3: snapd#5145). And the change can be made again."""
    after = meaning(_after(ram_path / "whole", before, change))
    for place in _cuts(ram_path, before, change):
        boot = LoopBoot(place)
        assert meaning(boot.read()) in {meaning(before), after}
        if boot.read() != boot.read_copy():  # the moment in which the boot file is written
            boot.file.write_bytes(boot.copy.read_bytes()[:-20])
            assert meaning(boot.read_copy()) in {meaning(before), after}
            put(place, before)
        CHANGES[change](boot)
        assert meaning(boot.read()) == meaning(boot.read_copy()) == after


def test_no_cut_byte_is_ever_seen(ram_path: Path) -> None:
    """peers 3: mcuboot#1966, a multi-byte write explored at each prefix."""
    for place in _cuts(ram_path, BootVars("1", "2", "2"), "arm another", part=1):
        assert meaning(LoopBoot(place).read()) in {("1", "1"), ("1", "3")}


def test_each_damage_is_noticed_or_harmless(ram_path: Path) -> None:
    """Every prefix, every flipped bit, every zeroed byte; peers 3: nerves_runtime#375."""
    boot = put(ram_path, BootVars("locals/a", "5"))
    data = boot.file.read_bytes()
    for damaged in (*_damages(data), *GARBAGE.values()):
        boot.file.write_bytes(damaged)
        try:
            assert boot.read() == BootVars("locals/a", "5")
        except Corrupt:
            assert boot.read_copy() == BootVars("locals/a", "5")


def test_a_file_that_is_no_file_is_corrupt(ram_path: Path) -> None:
    boot = put(ram_path, BootVars("1"))
    boot.file.unlink()
    with pytest.raises(Corrupt, match=r"uboot\.txt"):
        boot.read()
    boot.file.mkdir()
    with pytest.raises(Corrupt):
        boot.read()


@pytest.mark.parametrize("empty", [b"pv_try=2\0\0", b"pv_rev=\0pv_try=2\0\0"])
def test_a_file_without_a_rollback_point_is_corrupt(ram_path: Path, empty: bytes) -> None:
    boot = put(ram_path, BootVars("1"))
    boot.file.write_bytes(empty)
    with pytest.raises(Corrupt, match="pv_rev"):
        boot.read()


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_an_unreadable_note_of_the_try_counts_as_spent(ram_path: Path, garbage: bytes) -> None:
    boot = put(ram_path, BootVars("1", "2", "2"))
    boot.trying_file.write_bytes(garbage)
    assert boot.read().spent
    boot.arm("2")
    assert boot.read() == BootVars("1", "2")


def test_the_try_is_noted_once(ram_path: Path) -> None:
    boot = put(ram_path, BootVars("1", "2"))
    boot.note_trying("2")
    assert boot.read().spent
    seen: list[durable.Step] = []
    with durable.observe(seen.append):
        boot.note_trying("2")
        boot.heal(boot.read())
    assert seen == []


def test_what_does_not_read_back_is_an_error(
    ram_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """peers 3: nerves_runtime#375, read back after each write."""
    boot = put(ram_path, BootVars("1"))
    monkeypatch.setattr(durable, "write", lambda path, data: path.write_bytes(data[:-1]))
    with pytest.raises(Corrupt, match="check the disk"):
        boot.arm("2")
    assert meaning(boot.read()) == ("1", "1")


def test_a_full_disk_changes_nothing(ram_path: Path) -> None:
    boot = put(ram_path, BootVars("1", "2", "2"))
    before = meaning(boot.read())
    for change in CHANGES.values():
        with durable.observe(_refuse_to_write), pytest.raises(SurefootError):
            change(boot)
        assert meaning(boot.read()) == before


def _refuse_to_write(step: durable.Step) -> None:
    if step.kind is durable.Kind.WRITE:
        raise OSError(28, "No space left on device")


def _after(place: Path, before: BootVars, change: str) -> BootVars:
    boot = put(place, before)
    CHANGES[change](boot)
    return boot.read()


def _cuts(ram_path: Path, before: BootVars, change: str, part: int = 1024) -> Iterator[Path]:
    put(start := ram_path / "start", before)
    cuts = every_cut(
        (ram_path / f"cut{number}" for number in count()),
        lambda place: copytree(start, place),
        lambda place: CHANGES[change](LoopBoot(place)),
        part,
    )
    for place, _ in cuts:
        yield place
        rmtree(place)


def _damages(data: bytes) -> Iterator[bytes]:
    for place in range(len(data)):
        yield data[:place]
        for flip in (1, 2, 4, 8, 16, 32, 64, 128, data[place]):
            yield data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :]
    yield encode({"pv_rev": ""})


def _u_boot(storage: Path) -> dict[str, str]:
    """U-Boot's `env import -b`: up to 1024 bytes, `key=value` until an empty string; an empty value
    unsets its variable."""
    environment: dict[str, str] = {}
    for entry in (storage / "boot" / "uboot.txt").read_bytes()[:1024].split(b"\0"):
        if not entry:
            break
        key, _, value = entry.decode().partition("=")
        environment.pop(key, None)
        if value:
            environment[key] = value
    return environment
