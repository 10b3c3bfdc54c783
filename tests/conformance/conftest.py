"""What the suites of protocols share."""

import pytest

from tests.support.images import Images
from tests.support.machine import Machine, run_if_coroutine


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    return run_if_coroutine(pyfuncitem)


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    return Images(tmp_path_factory.mktemp("images"))


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)
