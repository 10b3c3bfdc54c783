"""Which final records the Hub knows."""

from pathlib import Path

import pytest

from surefoot.device.remote.told import is_told, note_told
from surefoot.device.storage import Storage
from surefoot.wire.progress import Progress, Status
from tests.support.bench_device import state_text

UPDATED = Progress(Status.UPDATED, "Update finished, revision not set as rollback point", 100, 1)


@pytest.fixture
def seven(storage: Storage) -> Storage:
    storage.write_state("7", state_text(storage, base="b0", app="a1"))
    return storage


def test_only_the_very_record_that_was_told_counts_as_told(seven: Storage) -> None:
    assert not is_told(seven, "7", UPDATED)
    note_told(seven, "7", UPDATED)
    assert is_told(seven, "7", UPDATED)
    assert is_told(Storage(seven.root), "7", UPDATED)
    done = Progress(Status.DONE, "Update finished, revision set as rollback point", 100, 1)
    assert not is_told(seven, "7", done)


def test_a_note_for_a_trail_that_is_gone_costs_nothing(storage: Storage) -> None:
    note_told(storage, "7", UPDATED)
    assert not is_told(storage, "7", UPDATED)
    assert not storage.trail("7").exists()


def test_a_trail_that_goes_in_that_very_moment_costs_nothing(
    seven: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(revision: str, mark: bytes) -> None:
        raise FileNotFoundError(Path(revision))

    monkeypatch.setattr(seven, "write_told", gone)
    note_told(seven, "7", UPDATED)
