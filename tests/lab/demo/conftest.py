"""A stage on which nothing runs yet."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from surefoot.lab.demo.stage import Stage
from tests.lab.demo.spectator import Spectator

# Without isolation, so that it runs on every machine.
PROCESS = {"SUREFOOT_RUNTIME": "process"}


@pytest.fixture
def audience() -> Spectator:
    return Spectator()


@pytest.fixture
def stage(tmp_path: Path, audience: Spectator) -> Iterator[Stage]:
    made = Stage(tmp_path, audience, lambda: 10.0, os.environ, PROCESS)
    with made.line:
        yield made
        made.desk.end()
