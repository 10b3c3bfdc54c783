from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client.desk.fleet import BadLine, Fleet, bad_line
from tests.support.hub_world import HubWorld


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    (tmp_path / "hub").mkdir()
    with HubWorld(tmp_path / "hub") as world:
        yield Fleet(tmp_path, world)


@pytest.fixture
def line(fleet: Fleet) -> Iterator[BadLine]:
    with bad_line(fleet) as made:
        yield made
