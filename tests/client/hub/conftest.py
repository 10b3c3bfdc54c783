"""A faulty server on loopback, and a clock that only sleeping moves on."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import DAY, Signed, sign
from tests.support.faulty_server import FaultyServer
from tests.support.machine import run_if_coroutine


def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    return run_if_coroutine(pyfuncitem)


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with FaultyServer() as server:
        yield server


class Clock:
    """`slept`: each pause, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def ca() -> Signed:
    now = time.time()
    return sign("test CA", now - DAY, now + DAY, is_ca=True)


@pytest.fixture
def certs(tmp_path: Path, ca: Signed) -> Path:
    """A directory with the certificate of `ca`."""
    directory = tmp_path / "certs"
    directory.mkdir()
    (directory / "hub.crt").write_bytes(ca.pem)
    return directory
