"""A file onto a connection, with both loops, plain and TLS: always the same bytes."""

import asyncio
import hashlib
import os
import ssl
from collections.abc import Callable

import pytest
import uvloop
from aiohttp import web

from surefoot.hub.objects import sending
from tests.support.certificates import Authority

SIZE = 5_000_000
"""More than any buffer between the two ends."""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "object"
    path.write_bytes(os.urandom(SIZE))
    descriptor = os.open(path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)
