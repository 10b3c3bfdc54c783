"""The time that has passed for certain (R23; peers 3: mender-docs PR#327, jetkvm/kvm#538)."""

import errno
import time

import pytest

from surefoot.device.remote import clock
from surefoot.device.storage import Storage
from surefoot.files import durable

LATER = clock.RELEASED + 400 * 86400


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch):
    """`at(seconds)` sets the wall clock of the module."""

    def set_to(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: seconds)

    return set_to


def test_no_device_lives_before_its_release(storage: Storage) -> None:
    assert clock.newest_time(storage) == clock.RELEASED


def test_what_the_hub_has_confirmed_has_passed(storage: Storage, at) -> None:
    at(LATER)
    clock.confirm(storage)
    at(0)
    assert clock.newest_time(storage) == int(LATER)
    assert clock.newest_time(Storage(storage.root)) == int(LATER), "after a reboot too"


def test_a_clock_that_stands_before_it_confirms_nothing(storage: Storage, at) -> None:
    """The answer came by the floor then, which proves nothing newer."""
    at(LATER)
    clock.confirm(storage)
    at(LATER - 86400)
    clock.confirm(storage)
    assert clock.newest_time(storage) == int(LATER)


def test_a_clock_that_ran_ahead_without_an_answer_shuts_nobody_out(storage: Storage, at) -> None:
    """issue 5: a wrong clock never blocks for ever. All that is written meanwhile counts not."""
    at(LATER + 10**9)
    storage.write_message("0", "written in the far future")
    at(LATER)
    assert clock.newest_time(storage) == clock.RELEASED


def test_it_is_written_every_few_hours_only(storage: Storage, at) -> None:
    written = []
    with durable.observe(lambda step: written.append(step.kind)):
        for hour in range(25):
            at(LATER + hour * 3600)
            clock.confirm(storage)
    assert written.count(durable.Kind.RENAME) == 5
    assert clock.newest_time(storage) == int(LATER + 24 * 3600)


@pytest.mark.parametrize("damage", [b"", b"soon", b"inf", b"\xff"])
def test_a_note_that_cannot_be_read_is_none(storage: Storage, damage: bytes) -> None:
    storage.seen.write_bytes(damage)
    assert clock.newest_time(storage) == clock.RELEASED


def test_a_full_disk_is_no_reason_to_end(storage: Storage, at) -> None:
    def full(_step: durable.Step) -> None:
        raise OSError(errno.ENOSPC, "the disk is full")

    at(LATER)
    with durable.observe(full):
        clock.confirm(storage)
    assert clock.newest_time(storage) == clock.RELEASED
