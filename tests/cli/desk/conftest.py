from collections.abc import Iterator
from pathlib import Path

import pytest

from surefoot.client.desk.sessions import Sessions
from tests.cli.conftest import Run
from tests.client.desk.fleet import BadLine, Fleet, Robot, bad_line
from tests.support.hub_world import HubWorld


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sessions:
    """Where logins are kept; no setting of the machine reaches the commands."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SUREFOOT_HUB", raising=False)
    return Sessions(tmp_path / "config" / "surefoot")


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    (tmp_path / "hub").mkdir()
    with HubWorld(tmp_path / "hub") as world:
        yield Fleet(tmp_path, world)


@pytest.fixture
def desk(surefoot: Run, fleet: Fleet, config: Sessions) -> Run:
    """`surefoot`, with ann logged in."""
    config.keep(fleet.session)
    return surefoot


@pytest.fixture
def robot(fleet: Fleet) -> Robot:
    return fleet.robot()


@pytest.fixture
def line(fleet: Fleet, config: Sessions) -> Iterator[BadLine]:
    """Between the commands and the Hub."""
    with bad_line(fleet) as made:
        config.keep(fleet.session)
        yield made
