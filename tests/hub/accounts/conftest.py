"""A Hub of its own for each test: refused logins are counted over all of them."""

import asyncio

import pytest

from surefoot.hub.accounts import throttle
from surefoot.hub.db.sqlite import SqliteDatabase
from tests.support.hub_world import HubWorld


@pytest.fixture
def world(tmp_path):
    with HubWorld(tmp_path) as world:
        yield world


@pytest.fixture
def database(tmp_path):
    """Without a Hub around it; used by one `asyncio.run` a call."""
    database = SqliteDatabase(tmp_path / "hub.db")
    asyncio.run(database.migrate())
    yield database
    asyncio.run(database.close())


@pytest.fixture
def long_waits(monkeypatch):
    """No wait passes by itself while a test looks, however slow the machine is."""
    monkeypatch.setattr(throttle, "FIRST_S", throttle.LONGEST_S)
