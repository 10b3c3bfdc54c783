from pathlib import Path

import pytest

from surefoot.errors import NoRoom
from surefoot.files import durable
from surefoot.files.cuts import every_cut
from surefoot.files.reserve import Reserve
from surefoot.files.steps import Step, observe
from tests.files.discipline import check
from tests.files.disks import FullAt, places, run_on_small_disk, skip_syncs

SIZE = 64 << 10

ON_A_FULL_DISK = """
import sys
from pathlib import Path
from surefoot.errors import NoRoom
from surefoot.files import durable
from surefoot.files.objects import ObjectStore
from surefoot.files.reserve import Reserve

root = Path(sys.argv[1])
reserve = Reserve(root / "reserve", 256 << 10)
assert reserve.hold() and reserve.held()
durable.write(root / "progress", b"old")
filled = 0
try:
    with open(root / "filler", "wb", buffering=0) as filler:
        while True:
            filled += filler.write(bytes(4096))
except OSError:
    pass
try:
    for number in range(100000):
        (root / f"inode-{number}").touch()
except OSError:
    pass

store = ObjectStore(root / "objects")
def receive():
    with store.receive("0" * 64) as receiver:
        receiver.write(bytes(1 << 20))
for work in (receive, lambda: durable.write(root / "progress", bytes(100))):
    try:
        work()
    except NoRoom as error:
        print(error)
    else:
        raise AssertionError("the disk was not full")
assert (root / "progress").read_bytes() == b"old"

reserve.lend(lambda: durable.write(root / "progress", b"new"))
assert (root / "progress").read_bytes() == b"new"
assert not reserve.held()
durable.remove_tree(root / "filler")
assert reserve.hold()
assert not [path for path in root.iterdir() if path.name.endswith(".surefoot-tmp")]
"""


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    skip_syncs(monkeypatch)


@pytest.fixture
def reserve(tmp_path: Path) -> Reserve:
    return Reserve(tmp_path / "reserve", SIZE)


def test_held_space_is_really_taken(reserve: Reserve) -> None:
    assert not reserve.held()
    assert reserve.hold()
    assert reserve.held()
    assert reserve.path.stat().st_blocks * 512 >= SIZE


def test_holding_and_spending_twice_is_harmless(reserve: Reserve) -> None:
    assert reserve.hold()
    assert reserve.hold()
    reserve.spend()
    reserve.spend()
    assert not reserve.held()
    assert reserve.hold()


def test_a_reserve_that_was_cut_is_completed(tmp_path: Path) -> None:
    for place, _ in every_cut(places(tmp_path), Path.stat, lambda p: Reserve(p / "r", SIZE).hold()):
        assert Reserve(place / "r", SIZE).hold()


def test_a_hole_is_no_reserve(reserve: Reserve) -> None:
    with reserve.path.open("wb") as file:
        file.truncate(SIZE)
    assert not reserve.held()
    assert reserve.hold()
    assert reserve.held()


def test_a_disk_without_room_for_it_is_no_error(reserve: Reserve) -> None:
    with observe(FullAt(1)):
        assert not reserve.hold()
    assert not reserve.path.exists()


def test_taking_and_spending_it_is_durable(reserve: Reserve) -> None:
    seen: list[Step] = []
    with observe(seen.append):
        reserve.hold()
        reserve.spend()
    check([step for step in seen if step.kind != "write"])


def test_what_must_be_written_is_written_from_the_reserve(reserve: Reserve, tmp_path: Path) -> None:
    """peers 3: balena-supervisor#674, meta-balena#2130."""
    reserve.hold()
    with observe(FullAt(1)):
        reserve.lend(lambda: durable.write(tmp_path / "progress", b"ERROR"))
    assert (tmp_path / "progress").read_bytes() == b"ERROR"
    assert not reserve.held()


def test_it_is_not_spent_without_need(reserve: Reserve, tmp_path: Path) -> None:
    reserve.hold()
    reserve.lend(lambda: durable.write(tmp_path / "progress", b"DONE"))
    assert reserve.held()


def test_when_it_does_not_help_the_disk_is_said_to_be_full(
    reserve: Reserve, tmp_path: Path
) -> None:
    reserve.hold()

    def write() -> None:
        with observe(FullAt(0)):
            durable.write(tmp_path / "progress", b"ERROR")

    with pytest.raises(NoRoom):
        reserve.lend(write)


def test_on_a_real_disk_without_a_free_block_or_name(tmp_path: Path) -> None:
    """peers 3: balena-supervisor#674, meta-balena#2130."""
    run_on_small_disk(tmp_path, ON_A_FULL_DISK)
