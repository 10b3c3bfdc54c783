"""The record of changes: numbered, ordered, bounded, and never in the way of an update."""

import itertools

import pytest

from surefoot.device import changes as module
from surefoot.device.changes import Changes
from surefoot.errors import NoRoom, NotFound
from surefoot.update import tables
from surefoot.update.tables import Cause, Point
from surefoot.wire.progress import PERCENT, Progress


def progress(point: Point) -> Progress:
    return Progress(point.status, point.message, PERCENT[point.status])


@pytest.fixture
def record(tmp_path):
    ticks = itertools.count(1_795_500_000)
    return Changes(tmp_path, lambda: float(next(ticks)))


def test_an_update_is_one_change_with_a_timeline(record):
    for point in (tables.INSTALLED, tables.TRANSITIONING, tables.STARTING):
        record.note("locals/x", progress(point), "why")
    (change,) = record.all()
    assert [entry["message"] for entry in change["timeline"]] == [
        "Update installed",
        "Transitioning to new revision without rebooting",
        "Starting updated version",
    ]
    assert change["timeline"][0]["until"] == change["timeline"][1]["since"]
    assert change["timeline"][-1]["until"] is None
    assert change["ended"] is None
    assert change["timeline"][0]["cause"] == "why"


def test_a_change_survives_in_a_new_life(record, tmp_path):
    record.note("locals/x", progress(tables.INSTALLED), "")
    again = Changes(tmp_path)
    again.note("locals/x", progress(tables.REBOOTING), "")
    assert [entry["message"] for entry in again.get(1)["timeline"]] == [
        "Update installed",
        "Rebooting",
    ]


def test_the_next_boot_of_an_updated_revision_goes_on_in_its_change(record):
    """R4."""
    record.note("locals/x", progress(tables.UPDATED), "")
    record.note("locals/x", progress(tables.STARTING), "")
    record.note("locals/x", progress(tables.DONE), "")
    (change,) = record.all()
    assert change["status"] == "DONE"


def test_a_finished_revision_that_is_run_again_is_a_new_change(record):
    """R25."""
    record.note("locals/x", progress(tables.ERROR[Cause.START]), "app: no init")
    record.note("locals/x", progress(tables.READY_TO_RUN), "")
    assert [change["number"] for change in record.all()] == [1, 2]


def test_the_same_point_twice_is_told_once(record):
    record.note("locals/x", progress(tables.STARTING), "")
    record.note("locals/x", progress(tables.STARTING), "")
    assert len(record.get(1)["timeline"]) == 1


def test_only_the_newest_changes_are_kept(record, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "MAX_CHANGES", 3)
    for number in range(5):
        record.note(f"locals/x{number}", progress(tables.DONE), "")
    assert [change["number"] for change in record.all()] == [3, 4, 5]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["3.json", "4.json", "5.json"]


def test_a_timeline_is_bounded_and_keeps_its_beginning(record, monkeypatch):
    monkeypatch.setattr(module, "MAX_ENTRIES", 4)
    points = itertools.cycle([tables.STARTING, tables.TESTING_COMMIT])
    record.note("1", progress(tables.QUEUED), "")
    for point in itertools.islice(points, 20):
        record.note("1", progress(point), "")
    timeline = record.get(1)["timeline"]
    assert len(timeline) == 4
    assert timeline[0]["status"] == "QUEUED"


def test_a_damaged_file_is_left_out(record, tmp_path):
    record.note("locals/x", progress(tables.DONE), "")
    (tmp_path / "7.json").write_text("{torn")
    assert [change["number"] for change in Changes(tmp_path).all()] == [1]


def test_a_full_disk_does_not_stop_the_update(record, monkeypatch):
    """peers 3: balena-supervisor#674."""

    def full(path, data):
        raise NoRoom("full")

    monkeypatch.setattr(module.durable, "write", full)
    assert record.note("locals/x", progress(tables.DONE), "")["status"] == "DONE"


def test_a_change_that_is_not_there_is_said(record):
    with pytest.raises(NotFound, match="no change 9"):
        record.get(9)
