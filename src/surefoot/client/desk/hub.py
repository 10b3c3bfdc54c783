"""One login at one Hub: requests with its token, and errors for people.

The token is renewed while the Hub does that (hub-wire.md 2.5); after that a person has to log in
again, for no password is kept. Texts of the Hub come out printable.
"""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from surefoot import __version__
from surefoot.client.desk.sessions import Session
from surefoot.client.desk.text import printable
from surefoot.client.hub.http import Answer, HttpClient
from surefoot.client.hub.refusals import refusal
from surefoot.client.hub.trust import Trust
from surefoot.errors import Forbidden, InvalidInput, SurefootError, Unreachable
from surefoot.wire.hub import answers

USER_AGENT = f"surefoot/{__version__}"
MAX_BODY = 64 << 20
"""Bytes of an answer: a state of the largest size, or a list of a large fleet."""

_ANSWER_S = 30.0
_RENEW_PAUSE_S = 300.0

Keep = Callable[[Session, str], None]


class DeskHub:
    """`keep(session, token)` is told of a fresh token. It belongs to the running loop."""

    def __init__(
        self, http: HttpClient, session: Session, keep: Keep = lambda _session, _token: None
    ) -> None:
        self.http = http
        self.session = session
        self._keep = keep
        self._renewing = asyncio.Lock()
        self._renewed_at = float("-inf")

    async def get(self, target: str, what: str) -> Any:
        """The JSON value. Raises as `ask` does."""
        return decoded((await self.ask("GET", target, what)).body, what)

    async def ask(self, method: str, target: str, what: str, body: bytes | None = None) -> Answer:
        """An answer with 200. `what` is asked for, in words. Raises NotFound, Conflict (and its
        HubRefused), Forbidden when a new login is needed, Busy (5xx, 429), Unreachable."""
        answer = await self.look(method, target, body)
        if answer.status != 200:
            raise refused(answer, what)
        return answer

    async def look(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        *,
        repeatable: bool | None = None,
    ) -> Answer:
        """An answer of any status but 401."""
        await self._renew_in_time()
        token = self.session.token
        answer = await self._request(method, target, body, repeatable)
        if answer.status == 401 and await self._renew(token):
            answer = await self._request(method, target, body, repeatable)
        if answer.status == 401:
            raise Forbidden(
                f"The login of {printable(self.session.nick)} at {self.session.url} has ended;"
                f" log in again: surefoot login {self.session.url}"
            )
        return answer

    async def _request(
        self, method: str, target: str, body: bytes | None, repeatable: bool | None = None
    ) -> Answer:
        token = self.session.token
        return await self.http.request(
            method, target, body=body, token=token, repeatable=repeatable
        )

    async def _renew_in_time(self) -> None:
        """A Hub renews only what is still good, so that has to be done before its end."""
        if is_ageing(self.session.token, time.time()):
            try:
                await self._renew(self.session.token)
            except Unreachable:
                pass  # the request itself will say so, if it lasts

    async def _renew(self, stale: str) -> bool:
        """Whether there is another token now. Of several calls with the same stale one, one asks;
        a Hub that refuses is left alone for a while."""
        async with self._renewing:
            if self.session.token != stale:
                return True
            if time.monotonic() - self._renewed_at < _RENEW_PAUSE_S:
                return False
            self._renewed_at = time.monotonic()
            answer = await self._request("GET", "/auth/login", None)
            if answer.status != 200:
                return False
            token = answers.token(answer.body)
            self._keep(self.session, token)
            self.session = replace(self.session, token=token)
            return True


@asynccontextmanager
async def connected(
    session: Session,
    ca: Path | None = None,
    keep: Keep = lambda _session, _token: None,
    timeout_s: float = _ANSWER_S,
) -> AsyncIterator[DeskHub]:
    http = client_of(session.url, ca, timeout_s)
    try:
        yield DeskHub(http, session, keep)
    finally:
        await http.close()


def client_of(url: str, ca: Path | None, timeout_s: float = _ANSWER_S) -> HttpClient:
    return HttpClient(
        url,
        trust=Trust(ca_file=ca),
        user_agent=USER_AGENT,
        timeout_s=timeout_s,
        max_body=MAX_BODY,
    )


def refused(answer: Answer, what: str) -> SurefootError:
    """The error for an answer that is not the wanted one."""
    error = refusal(answer, what)
    error.args = (printable(error),)
    return error


def decoded(body: bytes, what: str) -> Any:
    """Any JSON value. Raises InvalidInput."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"The Hub's answer is no JSON ({what}: {error})") from error


def compact(value: object) -> bytes:
    """JSON as the Hub gets it."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "replace")


def part(name: object) -> str:
    """As one part of a path, or a value of a query."""
    return quote(str(name), safe="")


def is_ageing(token: str, now: float) -> bool:
    """Half of its life is over. Tokens are opaque (hub-wire.md 2.2): one that shows no times is
    never ageing."""
    claims = _claims(token)
    begin, end = claims.get("orig_iat", claims.get("iat")), claims.get("exp")
    if not isinstance(begin, int | float) or not isinstance(end, int | float):
        return False
    return begin + (end - begin) / 2 < now < end


def ends_at(token: str) -> float | None:
    """Seconds since 1970; None for a token that does not show it."""
    end = _claims(token).get("exp")
    return float(end) if isinstance(end, int | float) else None


def _claims(token: str) -> dict[str, Any]:
    payload = f"{token}..".split(".")[1]
    try:
        found = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
