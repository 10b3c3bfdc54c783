"""Requests, downloads and uploads over HTTP: whole answers, or why there is none.

Knows retries, redirects, ranges and time-outs, and nothing of what a Hub is. One client belongs to
one asyncio loop and keeps its connections. Sources: hub-wire.md 0 and 12, R18, R23.
"""
# It is named for what it speaks; nothing here is imported relatively. ruff: noqa: A005

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from surefoot.client.hub.address import check, may_follow, origin, sent_on
from surefoot.client.hub.judge import Judge
from surefoot.client.hub.receiving import Collected, Ended, Received, Sink
from surefoot.client.hub.source import FileSource
from surefoot.client.hub.transfer import Asked, End, Patience, Route, Security, Transfer
from surefoot.client.hub.trust import Trust, clock_now
from surefoot.errors import InvalidInput, Unreachable

__all__ = ["Answer", "Ended", "HttpClient", "Proxy", "Sink", "Trust"]

MIB = 1024 * 1024
_MAX_HOPS = 5
_REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_SYSTEM = Trust()
_WRONG_KEY = 90
"""CURLE_SSL_PINNEDPUBKEYNOTMATCH: nothing was sent yet."""
_NOT_JUDGED = -1
"""Not of libcurl: it was not asked, and the reason is a whole sentence."""


@dataclass(frozen=True)
class Proxy:
    """PH_CREDS_PROXY_*. `no_connect`: the proxy is sent the https URL in the clear and speaks TLS
    to the Hub itself (hub-wire.md 12)."""

    host: str
    port: int = 3218
    no_connect: bool = False


@dataclass(frozen=True)
class Answer:
    """Header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpClient:
    def __init__(
        self,
        base_url: str,
        *,
        trust: Trust = _SYSTEM,
        proxy: Proxy | None = None,
        user_agent: str,
        timeout_s: float = 60,
        retries: int = 1,
        max_body: int = 2 * MIB,
        pause_s: float = 0.5,
    ) -> None:
        """Made on a running loop. `timeout_s`: without headway; an answer that trickles gets ten
        times that. `retries`: further tries when nobody answers, `pause_s` apart. `max_body`:
        bytes of an answer that `request` takes (hub-wire.md 0.8)."""
        # Late: libcurl costs 6 MiB, and a device in local mode never needs it.
        from surefoot.client.hub.curl import Lines  # noqa: PLC0415

        self.base_url = base_url.rstrip("/")
        self._timeout_s = timeout_s
        self._retries = retries
        self._max_body = max_body
        self._pause_s = pause_s
        self._is_bare = proxy is not None and proxy.no_connect
        self._judge = Judge(trust, (proxy.host, proxy.port) if proxy else None)
        through = f"http://{proxy.host}:{proxy.port}" if proxy else ""
        self._lines = Lines(user_agent, Route(through, self._is_bare))

    async def request(
        self,
        method: str,
        target: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] = {},
        token: str | None = None,
        repeatable: bool | None = None,
    ) -> Answer:
        """`target`: below the base URL, or an absolute URL; sent as it is. Any status is an
        Answer. `repeatable`: whether it does no harm twice. Unless told, a POST or PATCH is not
        tried again once it may have reached somebody.

        Raises Unreachable when nobody answers, InvalidInput when the answer is too large, or the
        address none.
        """
        asked = self._asked(method, target, headers, token, body)
        is_safe = method in _REPEATABLE if repeatable is None else repeatable
        patience = Patience(self._timeout_s, 10 * self._timeout_s)
        left = self._retries
        while True:
            collected = Collected(self._max_body)
            transfer, end = await self._follow(asked, collected, patience)
            if collected.is_over:
                raise InvalidInput(
                    f"The answer to {method} {asked.url} is larger than {self._max_body} bytes"
                )
            if end.is_whole:
                return Answer(transfer.status, transfer.headers, bytes(collected.body))
            if not left or (end.was_sent and not is_safe):
                raise Unreachable(_why(asked.url, transfer, end))
            left -= 1
            await asyncio.sleep(self._pause_s)

    async def download(
        self,
        url: str,
        sink: Sink,
        *,
        stall_s: float,
        offset: int = 0,
        etag: str = "",
        token: str | None = None,
        on_restart: Callable[[], None] | None = None,
    ) -> Ended:
        """Gives `sink` the bytes of a 206 from `offset` on, or those of a 200 from the first one
        on, after `on_restart`. No byte for `stall_s` ends it. What the sink raises ends it too and
        comes out here. Does not raise Unreachable: `Ended` says it all."""
        fields = {"Range": f"bytes={offset}-"} if offset else {}
        if offset and etag:
            fields["If-Range"] = etag
        asked = self._asked("GET", url, fields, token)
        received = Received(sink, offset, on_restart)
        try:
            transfer, end = await self._follow(asked, received, Patience(stall_s))
        except Unreachable as error:
            return Ended(0, 0, False, str(error))
        return received.ended(transfer, end.is_whole, _why(asked.url, transfer, end))

    async def upload(
        self,
        url: str,
        path: Path,
        size: int,
        *,
        stall_s: float,
        on_sent: Callable[[int], None] | None = None,
    ) -> Answer:
        """PUTs the first `size` bytes of a file; `on_sent` hears how many have gone. Raises
        NotFound without such a file, InvalidInput when it is shorter, Unreachable."""
        fields = {"Content-Type": "application/octet-stream"}
        with FileSource(path, size, on_sent) as source:
            asked = replace(
                self._asked("PUT", url, fields, None),
                source=source.read,
                rewind=source.rewind,
                size=size,
            )
            collected = Collected(self._max_body)
            transfer, end = await self._follow(asked, collected, Patience(stall_s))
        if not end.is_whole:
            raise Unreachable(_why(asked.url, transfer, end))
        return Answer(transfer.status, transfer.headers, bytes(collected.body))

    async def close(self) -> None:
        """Transfers under way are cancelled."""
        await self._lines.close()

    def _asked(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        token: str | None,
        body: bytes | None = None,
    ) -> Asked:
        url = self.base_url + target if target.startswith("/") else target
        fields = {} if body is None else {"Content-Type": "application/json"}
        fields.update(headers)
        if token:
            fields["Authorization"] = f"Bearer {token}"
        check(url, fields)
        return Asked(method, url, fields, body)

    async def _follow(
        self, asked: Asked, taker: Collected | Received, patience: Patience
    ) -> tuple[Transfer, End]:
        """One transfer, and those to where it is sent on; libcurl does not follow by itself, so
        that each host is judged on its own. Raises Unreachable, and what the sink raises."""
        for _ in range(_MAX_HOPS):
            taker.begin()
            transfer = Transfer(taker.take)
            end = await self._run(asked, transfer, patience)
            if asked.method != "GET" or not may_follow(asked.url, end.redirect):
                return transfer, end
            asked = sent_on(asked, end.redirect)
        raise Unreachable(f"{origin(asked.url)} sends on and on, at last to {asked.url}")

    async def _run(self, asked: Asked, transfer: Transfer, patience: Patience) -> End:
        if self._is_bare or not asked.url.startswith("https:"):
            return await self._lines.run(asked, transfer, Security(), patience)
        end = await self._run_judged(asked, transfer, patience)
        if end.fault == _WRONG_KEY and self._judge.forget(asked.url):
            # Once more, and no oftener: somebody may stand in the way after each look.
            end = await self._run_judged(asked, transfer, patience)
        return end

    async def _run_judged(self, asked: Asked, transfer: Transfer, patience: Patience) -> End:
        try:
            security = await self._judge.security(asked.url, patience.idle_s)
        except Unreachable as error:
            return End(_NOT_JUDGED, str(error), False, "")
        return await self._lines.run(asked, transfer, security, patience)


def _why(url: str, transfer: Transfer, end: End) -> str:
    if end.fault == _NOT_JUDGED:
        return end.reason
    verb = "broke off its answer" if transfer.status else "does not answer"
    words = f"{origin(url)} {verb}: {end.reason}"
    if "expired" in end.reason or "not yet valid" in end.reason:
        words += f"; the clock of this machine says {clock_now()}: set it if that is wrong"
    return words
