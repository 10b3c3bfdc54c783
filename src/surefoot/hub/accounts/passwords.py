"""Passwords of people: argon2id, in a thread, a few at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

import argon2

from surefoot.errors import Busy
from surefoot.hub.frame.hub import Hub

# 19 MiB and two passes: 35 ms of one core of a small server, and the smallest that is called good.
HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Each check is 19 MiB and a busy core: what waits beyond this is told to come again.
QUEUE = 64


@asynccontextmanager
async def turn(hub: Hub) -> AsyncIterator[None]:
    """Around `matches` and `hashed`. Raises Busy when too many wait already."""
    if hub.hashing.waiting >= QUEUE:
        raise Busy("Too many log in at once; try again", retry_after_s=2)
    async with hub.hashing:
        yield


async def hashed(password: str) -> str:
    return await asyncio.to_thread(HASHER.hash, password)


async def matches(kept: str, password: str) -> bool:
    """`kept` "": nobody's; takes as long, and never matches."""
    return await asyncio.to_thread(_matches, kept, password) and bool(kept)


def _matches(kept: str, password: str) -> bool:
    try:
        return HASHER.verify(kept or _nobodys(), password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError, UnicodeError):
        return False


@cache
def _nobodys() -> str:
    """Checked when there is no such account: the time it takes tells nothing about names. Made when
    it is wanted first: commands start without it."""
    return HASHER.hash("a password that nobody has")
