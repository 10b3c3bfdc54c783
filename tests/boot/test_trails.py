from pathlib import Path

import pytest

from surefoot.boot.trails import has_state, has_trail, newest_done
from tests.boot.conftest import MakeStorage, add_trail, mark_done


def test_a_revision_is_there_when_its_trail_is(make_storage: MakeStorage) -> None:
    storage = make_storage("0", "7", "locals/app")
    for rev in ("0", "7", "locals/app"):
        assert has_trail(storage, rev)
        assert has_state(storage, rev)
    assert not has_trail(storage, "8")


def test_a_trail_without_a_state_cannot_be_tried(make_storage: MakeStorage) -> None:
    storage = make_storage("0")
    (storage / "trails" / "7").mkdir()
    assert has_trail(storage, "7")
    assert not has_state(storage, "7")


@pytest.mark.parametrize(
    "rev",
    ["", ".", "..", "locals", "locals/", "locals/..", "/", "/etc", "a/b", "locals/a/b", "../x"],
)
def test_a_name_that_leads_elsewhere_is_no_revision(make_storage: MakeStorage, rev: str) -> None:
    storage = make_storage("0", "locals/app")
    (storage / "x").mkdir()
    assert not has_trail(storage, rev)
    assert not has_state(storage, rev)


def test_the_newest_done_revision_is_the_one_marked_last(make_storage: MakeStorage) -> None:
    assert newest_done(make_storage("0", "10", "9", done=("0", "10", "9"))) == "9"
    assert (
        newest_done(make_storage("0", "9", "locals/a", done=("0", "9", "locals/a"))) == "locals/a"
    )
    assert newest_done(make_storage("0", done=())) is None
    assert newest_done(Path("/nonexistent")) is None


def test_where_time_stamps_do_not_tell_the_higher_number_wins(make_storage: MakeStorage) -> None:
    storage = make_storage("0", "9", "10", "locals/z")
    for rev in ("0", "9", "10", "locals/z"):
        mark_done(storage, rev, 0)
    assert newest_done(storage) == "10"


def test_leftovers_are_no_revisions(make_storage: MakeStorage) -> None:
    storage = make_storage("0")
    add_trail(storage, "7.abcd.surefoot-tmp")
    mark_done(storage, "7.abcd.surefoot-tmp", 2_000_000_000)
    assert newest_done(storage) == "0"


def test_a_trail_in_the_middle_of_its_replacement_is_there(make_storage: MakeStorage) -> None:
    """A MAKE_FACTORY cut between its renames (R25): the agent completes it once it runs."""
    storage = make_storage("1")
    add_trail(storage, "0.surefoot-next")
    assert has_trail(storage, "0")
    assert has_state(storage, "0")
