"""R13, R20: what was promised outlives a cut; what cannot be read is dropped and said."""

import logging

import pytest

from surefoot.device import journal
from surefoot.device.effects import Command
from surefoot.device.storage import Storage


@pytest.fixture
def storage(tmp_path):
    made = Storage(tmp_path)
    made.recover()
    return made


def test_a_command_is_read_back_as_it_was_written(storage):
    """R13."""
    command = Command("LOCAL_RUN", "locals/x", 2)
    journal.write(storage, command)
    assert journal.read(storage) == command


def test_an_ended_command_leaves_nothing(storage):
    journal.write(storage, Command("RUN_GC"))
    journal.write(storage, None)
    journal.write(storage, None)
    assert journal.read(storage) is None


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b'{"op":"X"}', b'{"op":1,"payload":2,"starts":"x"}']
)
def test_a_damaged_journal_is_dropped_and_said(storage, text, caplog):
    storage.journal.write_bytes(text)
    with caplog.at_level(logging.ERROR):
        assert journal.read(storage) is None
    assert "dropped" in caplog.text


def test_the_mode_is_durable_and_has_a_default(storage):
    """R20."""
    assert journal.read_mode(storage, default=True)
    journal.write_mode(storage, remote=False)
    assert not journal.read_mode(storage, default=True)
    journal.write_mode(storage, remote=True)
    assert journal.read_mode(storage, default=False)


def test_event_ids_grow_from_life_to_life(storage):
    assert journal.next_event_base(storage) < journal.next_event_base(storage)


def test_a_lost_count_of_lives_goes_on_from_the_clock(storage, monkeypatch):
    monkeypatch.setattr(journal.time, "time", lambda: 1000.0)
    before = journal.next_event_base(storage)
    (storage.own / "lives").write_text("torn")
    monkeypatch.setattr(journal.time, "time", lambda: 5000.0)
    assert journal.next_event_base(storage) > before
