"""Typed calls on a Hub: what a device asks of it, and all that `desk.py` builds on.

Holds the token: logs in when there is none, and once again after a 401. Each call raises, besides
what it names: Unreachable (nobody answers), Busy (5xx, 429: the same may succeed later), Forbidden
(the Hub does not know these credentials), NotFound, HubRefused (it will say the same next time),
InvalidInput (an answer that makes no sense). Source: hub-wire.md 2 to 5, 8.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from surefoot.client.hub.http import Answer, HttpClient
from surefoot.client.hub.refusals import refusal
from surefoot.errors import Forbidden, InvalidInput, Unreachable
from surefoot.wire.hub import answers
from surefoot.wire.hub.answers import ObjectPlace, Offered, Registered, Seen
from surefoot.wire.progress import Status, decode

_AUTO_TOKEN = "Pantahub-Devices-Auto-Token-V1"  # noqa: S105 - the name of a header

Json = Mapping[str, object]


@dataclass(frozen=True)
class Credentials:
    """A device's PRN and secret, or a user's nick and password."""

    username: str
    password: str


def _nothing(_authenticated: bool = False) -> None:
    pass


def _nothing_sent(_bytes: int) -> None:
    pass


class Hub:
    """`on_contact(authenticated)` hears of every answer, whatever its status: `authenticated` when
    it also shows that the Hub knows this caller. `on_silence` hears of each request that got none
    (R18)."""

    def __init__(
        self,
        http: HttpClient,
        credentials: Credentials | None = None,
        *,
        token: str = "",
        on_contact: Callable[[bool], None] = _nothing,
        on_silence: Callable[[], None] = _nothing,
    ) -> None:
        self.http = http
        self.credentials = credentials
        self.token = token
        self._on_contact = on_contact
        self._on_silence = on_silence
        self._login = asyncio.Lock()

    async def login(self) -> str:
        """A fresh token, also in place of one that still holds: a device needs that once it was
        claimed (hub-wire.md 2.2). Raises Forbidden when the Hub does not take the credentials."""
        async with self._login:
            return await self._fresh_token()

    async def register(self, auto_token: str = "") -> Registered:
        """A new device, without credentials. Never tried again by itself once it may have reached
        the Hub: each time makes one more device."""
        headers = {_AUTO_TOKEN: auto_token} if auto_token else {}
        answer = await self._exchange("POST", "/devices/", headers=headers)
        return answers.registered(_wanted(answer, "to register a device").body)

    async def device(self, id: str) -> Seen:
        answer = await self.ask("GET", f"/devices/{_part(id)}")
        return answers.seen(_wanted(answer, f"to show device {id}").body)

    async def trails(self) -> list[str]:
        """Ids; a device that gets none has to send its first state."""
        answer = await self.ask("GET", "/trails/")
        return answers.trails(_wanted(answer, "the list of trails").body)

    async def create_trail(self, state: bytes) -> None:
        """The device's first state, as it is."""
        answer = await self.ask("POST", "/trails/", state, repeatable=True)
        _wanted(answer, "the first state of this device")

    async def pending(self, trail: str, statuses: Sequence[Status]) -> Offered | None:
        """The lowest step of these statuses."""
        answer = await self.ask("GET", f"/trails/{_part(trail)}/steps?{_status_query(statuses)}")
        return answers.offered(_wanted(answer, "the list of steps").body)

    async def put_progress(self, trail: str, rev: str, body: bytes) -> Status:
        """What the Hub now holds: a CANCELLED is to be obeyed (R14). A Hub that does not say is
        taken at its word that all is well."""
        answer = await self.ask("PUT", f"/trails/{_part(trail)}/steps/{_part(rev)}/progress", body)
        _wanted(answer, f"the progress of revision {rev}")
        return answers.held(answer.body) or decode(body).status

    async def user_meta(self, id: str) -> dict[str, object]:
        answer = await self.ask("GET", f"/devices/{_part(id)}/user-meta")
        return answers.meta(_wanted(answer, "the user metadata").body)

    async def put_device_meta(self, id: str, values: Json) -> None:
        """Replaces all of it."""
        answer = await self.ask("PUT", f"/devices/{_part(id)}/device-meta", compact(values))
        _wanted(answer, "the device metadata")

    async def push_logs(self, entries: Sequence[Json]) -> None:
        """At most 200 entries and 256 KiB a call (hub-wire.md 9). Tried again as the other calls
        are, since a silence counts (R18): lines sent twice do less harm than a rollback."""
        body = compact(list(entries))
        _wanted(await self.ask("POST", "/logs/", body, repeatable=True), "log entries")

    async def object(self, sha: str) -> ObjectPlace:
        """Where its bytes are to be got."""
        answer = await self.ask("GET", f"/objects/{_part(sha)}")
        _wanted(answer, f"object {sha}")
        return _same(answers.place(answer.body, present=True), sha)

    async def announce(self, endpoint: str, name: str, sha: str, size: int) -> ObjectPlace:
        """`endpoint`: `/objects/`, or that of a step (`.pvrremote`). What is `present` need not be
        sent; else it goes to `put_url`."""
        body = compact({"objectname": name, "size": str(size), "sha256sum": sha})
        answer = await self.ask("POST", endpoint, body, repeatable=True)
        if answer.status != 409:
            _wanted(answer, f"object {name}")
        return _same(answers.place(answer.body, present=answer.status == 409), sha)

    async def upload(
        self,
        place: ObjectPlace,
        path: Path,
        *,
        stall_s: float,
        on_sent: Callable[[int], None] = _nothing_sent,
    ) -> None:
        """Sends the bytes of an object that is not `present`. Raises NotFound without the file.

        A Hub behind another name than it thinks gives a URL that nobody can reach; the C device
        always asks the Hub that it knows (hub-wire.md 0.4), here that is the second try.
        """
        _, own, below = place.put_url.partition("/local-s3")
        try:
            answer = await self._send(place.put_url, place, path, stall_s, on_sent)
        except Unreachable:
            if not own or place.put_url.startswith(self.http.base_url + "/"):
                raise
            url = f"{self.http.base_url}{own}{below}"
            answer = await self._send(url, place, path, stall_s, on_sent)
        _wanted(answer, f"the bytes of object {place.sha}")

    async def ask(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        *,
        headers: Mapping[str, str] = {},
        repeatable: bool | None = None,
    ) -> Answer:
        """Any call with a token; the answer may be any status but 401. Raises Forbidden when a
        fresh login does not help."""
        token = self.token or await self._renew("")
        answer = await self._exchange(method, target, body, headers, token, repeatable)
        if answer.status == 401:
            token = await self._renew(token)
            answer = await self._exchange(method, target, body, headers, token, repeatable)
        if answer.status == 401:
            raise refusal(answer, f"{method} {target}")
        return answer

    async def _send(
        self,
        url: str,
        place: ObjectPlace,
        path: Path,
        stall_s: float,
        on_sent: Callable[[int], None],
    ) -> Answer:
        return await self.http.upload(url, path, place.size, stall_s=stall_s, on_sent=on_sent)

    async def _renew(self, stale: str) -> str:
        """Of several calls that found the same token stale, one logs in."""
        async with self._login:
            return await self._fresh_token() if self.token in ("", stale) else self.token

    async def _fresh_token(self) -> str:
        if self.credentials is None:
            raise Forbidden("The Hub wants to know who asks; log in first")
        self.token = ""
        body = {"username": self.credentials.username, "password": self.credentials.password}
        answer = await self._exchange("POST", "/auth/login", compact(body), repeatable=True)
        self.token = answers.token(_wanted(answer, "to log in").body)
        return self.token

    async def _exchange(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] = {},
        token: str = "",
        repeatable: bool | None = None,
    ) -> Answer:
        try:
            answer = await self.http.request(
                method, target, body=body, headers=headers, token=token, repeatable=repeatable
            )
        except Unreachable:
            self._on_silence()
            raise
        except InvalidInput:
            self._on_contact(False)  # an answer, though of no use
            raise
        self._on_contact(bool(token) and answer.status < 500 and answer.status not in (401, 403))
        return answer


def compact(value: object) -> bytes:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "replace")


def _wanted(answer: Answer, what: str) -> Answer:
    if answer.status // 100 != 2:
        raise refusal(answer, what)
    return answer


def _same(place: ObjectPlace, sha: str) -> ObjectPlace:
    if place.sha != sha:
        raise InvalidInput(f"The Hub answered for object {place.sha[:80]} instead of {sha}")
    return place


def _part(name: str) -> str:
    """As one part of a path."""
    return quote(name, safe="")


def _status_query(statuses: Sequence[Status]) -> str:
    """Byte for byte as the C device asks (hub-wire.md 4.2): some servers know no other."""
    if len(statuses) == 1:
        return f"progress.status={statuses[0]}"
    names = ",".join(f"%22{status}%22" for status in statuses)
    return f"progress.status=%7B%22$in%22:%5B{names}%5D%7D"
