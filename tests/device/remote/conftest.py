"""A device's storage with a factory revision; tests may be coroutines."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from surefoot.device.storage import Storage
from tests.device.remote.world import Life
from tests.support.bench_device import BenchDevice
from tests.support.machine import run_if_coroutine
from tests.support.server_certificate import Certificate, issue
from tests.support.stand_in import StandIn


def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    return run_if_coroutine(pyfuncitem)


@pytest.fixture
def bench(tmp_path: Path) -> BenchDevice:
    return BenchDevice(tmp_path)


@pytest.fixture
def storage(bench: BenchDevice) -> Storage:
    return bench.storage


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return issue(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def hub(certificate: Certificate) -> Iterator[StandIn]:
    with StandIn(certificate) as hub:
        yield hub


@pytest.fixture
def life(bench: BenchDevice, hub: StandIn, certificate: Certificate, tmp_path: Path) -> Life:
    certs = tmp_path / "certs"
    certs.mkdir()
    (certs / "hub.crt").write_bytes(certificate.ca.read_bytes())
    return Life(bench, hub, certs)


@pytest.fixture(autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    """Threads of executors end with their loop."""
    before = threading.active_count()
    yield
    assert threading.active_count() <= before + 1
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
