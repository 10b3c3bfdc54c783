"""One Hub process a file of tests; each test has an owner and devices of its own on it."""

import itertools

import pytest

from tests.support.hub_process import HubProcess

NICKS = itertools.count()


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with HubProcess(tmp_path_factory.mktemp("hub") / "data") as hub:
        yield hub


@pytest.fixture(scope="module")
def ca(hub):
    """A file with the authority of the Hub's certificate."""
    return hub.ca()


@pytest.fixture
def owner(hub):
    return hub.sign_up(f"ada{next(NICKS)}")
