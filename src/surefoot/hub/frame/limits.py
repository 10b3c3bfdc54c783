"""How often somebody may ask, and how much may be worked on at once.

Kept in memory: a cache, and no truth. A second process allows the same again, a restart forgets;
what must hold over both (refused logins) is in the database.
"""

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

REMEMBERED = 50_000


@dataclass(frozen=True)
class Rate:
    """`per_s` calls a second in the long run, `burst` at once after a pause."""

    per_s: float
    burst: int


class Buckets:
    """A token bucket a key, each kept as one number: the time at which it will be full again."""

    def __init__(self) -> None:
        self._full_at: dict[Hashable, float] = {}

    def wait_s(self, key: Hashable, rate: Rate, at: float) -> float:
        """Takes one call out of the bucket: 0. Empty: takes nothing, the seconds until there is
        one. `at`: any clock that only goes forward, in seconds."""
        full_at = max(self._full_at.get(key, at), at) + 1 / rate.per_s
        too_long = full_at - at - rate.burst / rate.per_s
        if too_long > 1e-9:
            return too_long
        if len(self._full_at) >= REMEMBERED:
            self._forget(at)
        self._full_at[key] = full_at
        return 0.0

    def _forget(self, at: float) -> None:
        """Full buckets are as good as none; if all are in use, everybody starts anew."""
        in_use = {key: full_at for key, full_at in self._full_at.items() if full_at > at}
        self._full_at = in_use if len(in_use) < REMEMBERED // 2 else {}


class Gate:
    """Lets `width` of those who come work at the same time; `waiting`: how many do not yet."""

    def __init__(self, width: int) -> None:
        self.waiting = 0
        self._free = asyncio.Semaphore(width)

    async def __aenter__(self) -> None:
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1

    async def __aexit__(self, *_: object) -> None:
        self._free.release()


class Underway:
    """What comes in for each key at this moment: how many things, and of how many bytes."""

    def __init__(self) -> None:
        self._things: Counter[Hashable] = Counter()
        self._bytes: Counter[Hashable] = Counter()

    def count(self, key: Hashable) -> int:
        return self._things[key]

    @contextmanager
    def one(self, key: Hashable, size: int) -> Iterator[int]:
        """One more, until the end of the block; gives the bytes of all of this key."""
        self._things[key] += 1
        self._bytes[key] += size
        try:
            yield self._bytes[key]
        finally:
            self._things[key] -= 1
            self._bytes[key] -= size
            if not self._things[key]:
                del self._things[key], self._bytes[key]


def network(address: str) -> str:
    """By what a caller without a name is counted. An IPv6 caller has a whole /64 to himself."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 6 and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found.ipv4_mapped or found) if found.version == 6 else str(found)
