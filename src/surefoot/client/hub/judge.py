"""How TLS is to know each server: fresh roots, and the clock's floor where it is needed."""

import asyncio
import time
from urllib.parse import urlsplit

from surefoot.client.hub import trust as rules
from surefoot.client.hub.transfer import Security
from surefoot.client.hub.trust import Trust
from surefoot.errors import Unreachable

_KEEP_S = 600.0


class Judge:
    """Looks at the roots anew for each request: a CA that is put into the directory counts from
    then on. Keys found by `floor.py` are kept for ten minutes."""

    def __init__(self, trust: Trust, proxy: tuple[str, int] | None) -> None:
        self._trust = trust
        self._proxy = proxy
        self._seen: object = None
        self._pem = b""
        self._keys: dict[tuple[str, bytes], tuple[str, float]] = {}

    async def security(self, url: str, timeout_s: float) -> Security:
        """For an https URL. Raises Unreachable when nobody can be trusted."""
        pem = self._roots()
        file = "" if pem else rules.system_roots()
        if not rules.is_behind(self._trust):
            self._keys.clear()
            return Security(pem, file)
        return Security(pinned=await self._key(url, pem, file, timeout_s))

    def forget(self, url: str) -> bool:
        """The server may have a new key. Whether one was known."""
        known = [one for one in self._keys if one[0] == _origin(url)]
        for one in known:
            del self._keys[one]
        return bool(known)

    def _roots(self) -> bytes:
        seen = rules.look(self._trust)
        if seen != self._seen or not seen:
            self._pem = rules.roots(self._trust)
            self._seen = seen
        return self._pem

    async def _key(self, url: str, pem: bytes, file: str, timeout_s: float) -> str:
        from surefoot.client.hub import floor  # noqa: PLC0415 - ssl, only with a wrong clock

        place = _origin(url), pem
        key, found_at = self._keys.get(place, ("", 0.0))
        if not key or time.monotonic() - found_at > _KEEP_S:
            assert self._trust.floor is not None
            try:
                async with asyncio.timeout(timeout_s):
                    key = await floor.key_of(url, pem, file, self._trust.floor(), self._proxy)
            except TimeoutError as error:
                raise Unreachable(f"{_origin(url)} does not answer in {timeout_s:g} s") from error
            self._keys[place] = key, time.monotonic()
        return key


def _origin(url: str) -> str:
    return urlsplit(url).netloc
