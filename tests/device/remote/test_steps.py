"""A step that the Hub offers, on the disk before anybody is told."""

import pytest

from surefoot.device.remote.steps import MESSAGE_MAX_BYTES, store
from surefoot.device.storage import Storage
from surefoot.errors import InvalidInput
from surefoot.wire.hub.answers import Offered
from surefoot.wire.progress import Progress, Status
from tests.support.bench_device import state_text

NEW = Progress(Status.NEW, "", 0)
ENDED = Progress(Status.ERROR, "Unexpected rollback", 100, 1)
QUEUED = Progress(Status.QUEUED, "Retried 1 of 3", 5, 1)


def nobody() -> frozenset[str]:
    return frozenset()


def offer(state: str | bytes, revision: str = "7", message: str = "", progress=None) -> Offered:
    text = state.encode() if isinstance(state, str) else state
    return Offered(revision, text, message, progress)


@pytest.fixture
def text(storage: Storage) -> str:
    return state_text(storage, base="b0", app="a1")


def test_its_state_is_stored_byte_for_byte(storage: Storage, text: str) -> None:
    """pvr.md 4.3: signatures cover the text."""
    spaced = text.replace(":", " : ").encode()
    assert store(storage, offer(spaced, message="second"), nobody) == NEW
    assert storage.read_state_text("7") == spaced
    assert storage.read_message("7") == "second"
    assert storage.read_progress("7") == NEW


def test_a_state_that_cannot_be_used_is_stored_all_the_same(storage: Storage) -> None:
    """R12: it is refused when it is its turn, with a status that the Hub hears of."""
    for state in (b"", b"[]", b"{torn", b"\xff"):
        assert store(storage, offer(state), nobody) is not None
        assert storage.read_state_text("7") == state


def test_starts_that_the_hub_knows_of_count(storage: Storage, text: str) -> None:
    """device.md 1: without a record of its own the device goes on with what the Hub holds."""
    found = store(storage, offer(text, progress=Progress(Status.DOWNLOADING, "", 25, 2)), nobody)
    assert found == Progress(Status.NEW, "", 0, 2)


def test_the_devices_own_record_counts_more(storage: Storage, text: str) -> None:
    store(storage, offer(text), nobody)
    storage.write_progress("7", QUEUED)
    again = offer(text, progress=Progress(Status.DOWNLOADING, "", 25, 9))
    assert store(storage, again, nobody) == QUEUED
    assert storage.read_progress("7") == QUEUED


@pytest.mark.parametrize(
    ("record", "used"), [(ENDED, False), (QUEUED, True)], ids=["ended", "in use"]
)
def test_another_state_for_a_step_that_has_ended_or_is_in_use_changes_nothing(
    storage: Storage, text: str, record: Progress, used: bool
) -> None:
    """R17, R25."""
    store(storage, offer(text), nobody)
    storage.write_progress("7", record)
    in_use = frozenset({"7"}) if used else frozenset()
    assert store(storage, offer(b"{}"), lambda: in_use) == record
    assert storage.read_state_text("7") == text.encode()


def test_the_trail_of_a_running_revision_is_never_replaced_whatever_its_record(
    storage: Storage, text: str
) -> None:
    store(storage, offer(text), nobody)
    (storage.trail("7") / ".pv/progress").write_text("{torn")
    assert store(storage, offer(b"{}"), lambda: frozenset({"7"})) is None
    assert storage.read_state_text("7") == text.encode()


def test_a_step_that_waits_no_more_gets_its_new_state_and_keeps_its_count(
    storage: Storage, text: str
) -> None:
    store(storage, offer(text), nobody)
    storage.write_progress("7", QUEUED)
    assert store(storage, offer(b"{}"), nobody) == Progress(Status.NEW, "", 0, 1)
    assert storage.read_state_text("7") == b"{}"


def test_a_message_is_cut_to_what_the_storage_keeps(storage: Storage, text: str) -> None:
    store(storage, offer(text, message="ü" * 1000), nobody)
    assert storage.read_message("7") == "ü" * (MESSAGE_MAX_BYTES // 2)
    store(storage, offer(text, "8", "a\udc80b"), nobody)
    assert storage.read_message("8") == "a?b"


def test_the_factory_revision_is_nobodys_step(storage: Storage) -> None:
    with pytest.raises(InvalidInput):
        store(storage, offer(b"{}", "0"), nobody)
    assert storage.read_state_text("0") != b"{}"
