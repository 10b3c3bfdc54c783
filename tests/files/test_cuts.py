from pathlib import Path

import pytest

from surefoot.files import durable
from surefoot.files.cuts import PowerCut, cut_after, every_cut
from tests.files.disks import places


def test_work_ends_where_the_power_goes(tmp_path: Path) -> None:
    done = []
    with cut_after(3) as power:
        durable.write(tmp_path / "a", b"1")
        done.append("a")
    assert power.off
    assert not done
    assert len(power.seen) == 3
    assert not (tmp_path / "a").exists()


def test_the_power_stays_off_for_whoever_cleans_up(tmp_path: Path) -> None:
    with cut_after(2):
        try:
            durable.write(tmp_path / "a", b"1")
        finally:
            with pytest.raises(PowerCut):
                durable.remove(tmp_path / "b")
    assert len(list(tmp_path.iterdir())) == 1


def test_nothing_that_handles_errors_survives_a_cut() -> None:
    assert not issubclass(PowerCut, Exception)


def test_every_step_is_cut_once_and_the_last_run_is_whole(tmp_path: Path) -> None:
    runs = list(
        every_cut(
            places(tmp_path),
            lambda root: root.chmod(0o755),
            lambda root: durable.write(root / "a", b"123"),
            part=1,
        )
    )
    assert [ended for _, ended in runs] == [False] * 7 + [True]
    assert [(place / "a").exists() for place, _ in runs] == [False] * 6 + [True] * 2


def test_too_few_places_are_noticed(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="ran out"):
        list(
            every_cut(
                places(tmp_path, 2),
                lambda root: root.chmod(0o755),
                lambda root: durable.write(root / "a", b"123"),
            )
        )
