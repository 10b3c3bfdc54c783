"""R9, R12: what is found at start-up, on a real storage."""

import pytest

from surefoot.device import facts, journal
from surefoot.device.effects import Command
from surefoot.device.remote.told import note_told
from surefoot.update import tables
from surefoot.update.tables import Cause, Point
from surefoot.wire.progress import PERCENT, Progress
from tests.support.bench_device import BenchDevice, state_text


def progress(point: Point, retries: int = 0) -> Progress:
    return Progress(point.status, point.message, PERCENT[point.status], retries)


@pytest.fixture
def device(tmp_path):
    return BenchDevice(tmp_path)


def store(device, revision, **images):
    text = state_text(device.storage, **images)
    device.storage.write_state(revision, text)
    return text


def gather(device, running="0"):
    return facts.gather(device.storage, device.loader, running, True, False)


def test_a_factory_device_has_nothing_to_go_on_with(device):
    boot = gather(device)
    assert (boot.found.running, boot.found.done, boot.found.trying) == ("0", "0", None)
    assert boot.state is not None
    assert not boot.sick


def test_a_sick_done_revision_names_its_containers(device):
    """R12; peers 3: greenboot#26."""
    path = device.storage.trail("0") / "app" / "root.squashfs"
    path.write_bytes(b"damaged")
    boot = gather(device)
    assert list(boot.sick) == ["app"]
    assert boot.found.cause is None


def test_a_sick_try_has_a_cause(device):
    """R12, last column."""
    store(device, "locals/x", base="b0", app="a1")
    device.storage.install("locals/x", facts.read_state(device.storage, "locals/x")[0])
    device.loader.arm("locals/x")
    (device.storage.trail("locals/x") / "app" / "root.squashfs").write_bytes(b"damaged")
    boot = gather(device, "locals/x")
    assert boot.found.cause is Cause.BAD_OBJECT
    assert "app" in boot.found.detail


def test_a_try_without_a_readable_state_has_a_cause(device):
    """R12: in a try this is `Object validation went wrong`."""
    store(device, "locals/x", app="a1")
    device.loader.arm("locals/x")
    (device.storage.trail("locals/x") / ".pvr" / "json").write_text("{torn")
    boot = gather(device, "locals/x")
    assert boot.state is None
    assert boot.found.cause is Cause.BAD_OBJECT


def test_an_unreadable_done_state_is_no_reason_to_fall_back(device):
    """R12: only the socket is served."""
    (device.storage.trail("0") / ".pvr" / "json").write_text("{torn")
    boot = gather(device)
    assert boot.state is None
    assert boot.found.cause is None


def test_a_corrupted_progress_counts_as_unreadable(device):
    """R9: `anything else, or unreadable`."""
    store(device, "locals/x", app="a1")
    device.loader.arm("locals/x")
    (device.storage.trail("locals/x") / ".pv" / "progress").write_bytes(b"\x00garbage")
    assert gather(device, "locals/x").found.stored is None


def test_a_local_record_in_progress_that_is_not_tried_is_an_orphan(device):
    """R3."""
    store(device, "locals/x", app="a1")
    device.storage.write_progress("locals/x", progress(tables.APPLIED))
    assert gather(device).found.orphans == (("locals/x", progress(tables.APPLIED)),)


def test_an_unfinished_remote_record_waits_with_its_starts(device):
    """R9: its cut start stays counted."""
    store(device, "3", app="a1")
    device.storage.write_progress("3", progress(tables.DOWNLOADED, retries=2))
    assert gather(device).waiting == (("3", 2),)


def test_what_the_hub_was_never_told_of_a_remote_revision_is_to_be_told(device):
    """R18: a final record, unless it is the very one that was told. Local ones are never told, and
    revision 0 was with the first sync."""
    for revision in ("0", "3", "4", "5", "locals/x"):
        if revision != "0":
            store(device, revision, app="a1")
        device.storage.write_progress(revision, progress(tables.ERROR[Cause.GOAL]))
    device.storage.write_progress("5", progress(tables.TESTING_COMMIT))
    assert gather(device).untold == ("3", "4")
    note_told(device.storage, "3", progress(tables.ERROR[Cause.GOAL]))
    note_told(device.storage, "4", progress(tables.UPDATED))
    assert gather(device).untold == ("4",)


def test_a_record_that_cannot_be_read_is_told_to_nobody(device):
    store(device, "3", app="a1")
    (device.storage.trail("3") / ".pv" / "progress").write_bytes(b"\x00garbage")
    assert gather(device).untold == ()


def test_the_mode_is_the_one_that_was_chosen_last(device):
    """R20: durable; a device that was never told is in the mode that it may be in."""
    assert not gather(device).remote
    assert facts.gather(device.storage, device.loader, "0", True, True).remote
    journal.write_mode(device.storage, remote=False)
    assert not facts.gather(device.storage, device.loader, "0", True, True).remote


def test_the_journal_comes_with_the_record_of_its_revision(device):
    """R9, R13."""
    store(device, "locals/x", app="a1")
    device.storage.write_progress("locals/x", progress(tables.ERROR[Cause.START]))
    journal.write(device.storage, Command("LOCAL_RUN", "locals/x"))
    boot = gather(device)
    assert boot.journal == Command("LOCAL_RUN", "locals/x")
    assert boot.journal_progress == progress(tables.ERROR[Cause.START])
