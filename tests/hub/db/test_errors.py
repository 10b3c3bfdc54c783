import pytest

from surefoot.hub.db.errors import Orphan, Taken
from surefoot.hub.frame.problems import status_of


@pytest.mark.parametrize("kind", [Taken, Orphan])
def test_what_a_room_does_not_translate_is_a_conflict_and_no_fault(kind: type[Taken]) -> None:
    assert status_of(kind("told")) == 409
