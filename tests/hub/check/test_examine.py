from pathlib import Path

import pytest

from surefoot.errors import Busy
from surefoot.hub.check.findings import Kind
from surefoot.hub.holding import held
from tests.hub.check.world import World


def test_it_looks_beside_a_hub_that_runs_and_mends_only_without(tmp_path: Path) -> None:
    world = World(tmp_path)
    with held(world.layout):
        assert world.examine().left == []
        with pytest.raises(Busy, match="A Hub serves"):
            world.examine(mends=True)
    assert world.examine(mends=True).left == []


@pytest.mark.parametrize("mends", [False, True])
def test_a_file_that_is_no_database_is_a_finding_and_stays(tmp_path: Path, mends: bool) -> None:
    world = World(tmp_path)
    world.layout.database.write_bytes(b"something else altogether" * 1000)
    visit = world.examine(mends=mends)
    assert [finding.kind for finding in visit.left] == [Kind.DATABASE]
    assert "not a database" in visit.left[0].text
    assert visit.mended == []
    assert world.layout.database.read_bytes() == b"something else altogether" * 1000
