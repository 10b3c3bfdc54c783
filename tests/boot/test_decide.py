"""The boot loader's turn on real files: always a revision that is there, never a try too many."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count, product
from pathlib import Path
from shutil import copytree, rmtree

import pytest

from surefoot.boot.choose import choose
from surefoot.boot.decide import decide
from surefoot.boot.loop import LoopBoot
from surefoot.boot.protocol import BootVars
from surefoot.boot.trails import has_state
from surefoot.boot.uboot import decode
from surefoot.errors import Corrupt
from surefoot.files import durable
from surefoot.files.cuts import cut_after, every_cut
from tests.boot.conftest import MakeStorage
from tests.boot.variables import CHANGES, GARBAGE, STATES, meaning, put

REVS = ("0", "1", "2", "3")


class Said(list[str]):
    def __call__(self, text: str) -> None:
        self.append(text)


@pytest.fixture
def said() -> Said:
    return Said()


def test_a_try_is_noted_durably_and_had_once(make_storage: MakeStorage, said: Said) -> None:
    """R8, device.md 4."""
    boot = put(storage := make_storage(*REVS), BootVars("1", "2"))
    assert decide(storage, said) == "2"
    assert boot.read().spent
    assert [decide(storage, said) for _ in range(3)] == ["1", "1", "1"]
    assert said == []


def test_the_note_goes_when_nothing_is_armed_any_more(
    make_storage: MakeStorage, said: Said
) -> None:
    """R8: so that the same revision can be tried again later."""
    boot = put(storage := make_storage(*REVS), BootVars("1", "2", "2"))
    boot.disarm()
    assert decide(storage, said) == "1"
    assert boot.read() == BootVars("1")


def test_a_hundred_interrupted_normal_boots_spend_no_try(
    make_storage: MakeStorage, said: Said
) -> None:
    """peers 3: rauc#490, #683, PR#346. Each boot is cut at once, at one step or another."""
    boot = put(storage := make_storage(*REVS), BootVars("1"))
    for boots in range(100):
        with cut_after(boots % 3) as power:
            assert decide(storage, said) == "1"
        assert power.seen == []
        assert boot.read() == BootVars("1")
    boot.arm("2")
    assert decide(storage, said) == "2"
    assert said == []


def test_a_try_whose_trail_is_gone_is_spent_and_said(make_storage: MakeStorage, said: Said) -> None:
    boot = put(storage := make_storage("0", "1"), BootVars("1", "7"))
    assert decide(storage, said) == "1"
    assert boot.read().spent
    assert "revision 7" in said[0]


def test_an_unreadable_boot_file_is_taken_from_its_copy(
    make_storage: MakeStorage, said: Said
) -> None:
    """R8: and says so; what was decided is on disk again, for the agent to read the same."""
    boot = put(storage := make_storage(*REVS), BootVars("1", "2"))
    boot.file.write_bytes(b"pv_rev=")
    assert decide(storage, said) == "2"
    assert boot.read() == boot.read_copy() == BootVars("1", "2", "2")
    assert any("its copy" in text for text in said)


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_without_a_copy_the_newest_done_revision_boots(
    make_storage: MakeStorage, said: Said, garbage: bytes
) -> None:
    """R8; peers 3: snapd#5145."""
    boot = put(storage := make_storage(*REVS, done=("0", "3", "2")), BootVars("1", "2"))
    boot.file.write_bytes(garbage)
    boot.copy.write_bytes(garbage)
    assert decide(storage, said) == "2"
    assert boot.read() == boot.read_copy() == BootVars("2")
    assert any("newest DONE" in text for text in said)


def test_without_anything_the_factory_revision_boots(make_storage: MakeStorage, said: Said) -> None:
    storage = make_storage("0", "1", done=())
    assert decide(storage, said) == "0"
    assert LoopBoot(storage).read() == BootVars("0")
    assert any("factory" in text for text in said)


@pytest.mark.parametrize("lost", ["9", "../x", "locals", ".", "locals/../0"])
def test_a_rollback_point_without_a_trail_counts_as_unreadable(
    make_storage: MakeStorage, said: Said, lost: str
) -> None:
    storage = make_storage(*REVS, done=("0", "1"))
    put(storage, BootVars(lost))
    assert decide(storage, said) == "1"


def test_a_copy_that_is_ahead_is_put_right(make_storage: MakeStorage, said: Said) -> None:
    """A commit cut before its point of no return must not come true by a later damage."""
    boot = put(storage := make_storage(*REVS), BootVars("1", "2", "2"))
    before = boot.file.read_bytes()
    boot.commit("2")
    boot.file.write_bytes(before)
    assert decide(storage, said) == "1"
    assert boot.read_copy() == BootVars("1", "2", "2")
    assert said == []


def test_leftovers_of_a_cut_are_removed(make_storage: MakeStorage, said: Said) -> None:
    boot = put(storage := make_storage(*REVS), BootVars("1"))
    with cut_after(2):
        boot.arm("2")
    assert len(list((storage / "boot").iterdir())) == 3
    decide(storage, said)
    assert sorted(path.name for path in (storage / "boot").iterdir()) == [
        "uboot.txt",
        "uboot.txt.copy",
    ]


def test_a_try_that_cannot_be_noted_is_not_run(make_storage: MakeStorage, said: Said) -> None:
    boot = put(storage := make_storage(*REVS), BootVars("1", "2"))
    with durable.observe(_full_disk):
        assert decide(storage, said) == "1"
    assert boot.read() == BootVars("1", "2")
    assert "cannot note" in said[0]


def test_a_boot_file_that_cannot_be_put_right_still_boots(
    make_storage: MakeStorage, said: Said
) -> None:
    boot = put(storage := make_storage(*REVS), BootVars("1"))
    boot.file.write_bytes(b"")
    with durable.observe(_full_disk):
        assert decide(storage, said) == "1"
    assert any("cannot put the boot file right" in text for text in said)


def test_whatever_is_on_disk_an_existing_revision_boots(
    make_storage: MakeStorage, said: Said
) -> None:
    """Every prefix and every flipped bit of the boot file, with a whole, a torn and no copy."""
    boot = put(storage := make_storage(*REVS, done=("0", "1")), BootVars("1", "2"))
    whole = boot.file.read_bytes()
    for damaged, copy in product(_damages(whole), (whole, whole[:9], b"")):
        boot.file.write_bytes(damaged)
        boot.copy.write_bytes(copy)
        boot.trying_file.unlink(missing_ok=True)
        rev = decide(storage, said)
        assert has_state(storage, rev)
        assert rev == ("2" if copy == whole or _readable(damaged) else "1")


@pytest.mark.parametrize("note", [*GARBAGE.values(), b"pv_trying=2\0\0", b"pv_trying=\0\0"])
def test_whatever_the_note_says_no_revision_is_tried_for_ever(
    make_storage: MakeStorage, said: Said, note: bytes
) -> None:
    boot = put(storage := make_storage(*REVS), BootVars("1", "2"))
    boot.trying_file.write_bytes(note)
    assert [decide(storage, said) for _ in range(3)][1:] == ["1", "1"]


@pytest.mark.parametrize(("before", "change"), list(product(STATES, CHANGES)))
def test_two_cuts_in_a_row_mean_before_or_after(
    make_storage: MakeStorage, said: Said, before: BootVars, change: str
) -> None:
    """A cut in a change by the agent, then one in the boot that follows, at every pair of steps."""
    whole = make_storage(*REVS, done=("0", "1"))
    allowed = {meaning(before), meaning(_after(whole, before, change))}
    # A try that the second cut ended before it began is spent: as on any board.
    allowed |= {(rev, rev) for rev, _ in allowed}
    put(whole, before)
    for first in _cuts(whole, lambda place: CHANGES[change](LoopBoot(place))):
        for second in _cuts(first, _quiet):
            assert _boots_after(second, said) in allowed


def _cuts(storage: Path, work: Callable[[Path], None]) -> Iterator[Path]:
    """Copies of `storage`, each with `work` cut in it at another step."""
    copies = (storage.with_name(f"{storage.name}-{number}") for number in count())
    for place, _ in every_cut(copies, partial(_copy, storage), work):
        yield place
        rmtree(place)


def _copy(storage: Path, place: Path) -> None:
    copytree(storage / "boot", place / "boot")
    (place / "trails").symlink_to(storage / "trails")


def _quiet(storage: Path) -> None:
    decide(storage, lambda _: None)


def _boots_after(storage: Path, said: Said) -> tuple[str, str]:
    """The rollback point, and which revision boots."""
    boot_vars = LoopBoot(storage).read()
    expected = choose(boot_vars).rev
    assert decide(storage, said) == expected
    return boot_vars.rev, expected


def _after(storage: Path, before: BootVars, change: str) -> BootVars:
    boot = put(storage, before)
    CHANGES[change](boot)
    return boot.read()


def _damages(data: bytes) -> Iterator[bytes]:
    yield from GARBAGE.values()
    for place in range(len(data)):
        yield data[:place]
        for bit in range(8):
            yield data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


def _readable(data: bytes) -> bool:
    try:
        return bool(decode(data))
    except Corrupt:
        return False


def _full_disk(step: durable.Step) -> None:
    if step.kind is durable.Kind.WRITE:
        raise OSError(28, "No space left on device")
