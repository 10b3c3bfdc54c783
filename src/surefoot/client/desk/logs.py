"""Log lines of a device as the Hub has them, oldest first, each once; followed if wanted.

Time is the Hub's (`time-created`), for a device may send none (hub-wire.md 9). While following, the
last seconds are asked for again: lines that were stored at the same time may become visible one
after the other. An entry is known by its id, so none is told twice.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from surefoot.client.desk.devices import Device
from surefoot.client.desk.hub import DeskHub, compact, decoded, refused
from surefoot.client.desk.pace import PACE, Pace, Patience
from surefoot.client.desk.text import moment
from surefoot.errors import Busy, InvalidInput, Unreachable

Entry = Mapping[str, Any]

PAGE = 500
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_OVERLAP = timedelta(seconds=2)
_REMEMBERED = 50_000
_STALE_CURSOR = (400, 403, 410)
"""A cursor is good for two minutes in the reference: a pipe that was blocked may be too late."""


@dataclass(frozen=True)
class Filters:
    """Each may list several, parted by commas; empty for all. `since`: only later entries."""

    revision: str = ""
    source: str = ""
    level: str = ""
    platform: str = ""
    since: datetime | None = None


class Logs:
    def __init__(
        self, hub: DeskHub, device: Device, filters: Filters = Filters(), pace: Pace = PACE
    ) -> None:
        self._hub = hub
        self._device = device
        self._filters = filters
        self._pace = pace
        self._known: OrderedDict[str, None] = OrderedDict()
        self._latest: datetime | None = filters.since

    async def last(self, count: int) -> list[Entry]:
        """The newest `count`, oldest first."""
        page = max(1, count)
        body = await self._hub.get(
            f"/logs/?{self._query(sort='-time-created', page=str(page))}", "log entries"
        )
        found = _entries(body)[::-1]
        found.sort(key=_moment)  # for Hubs that know no order; entries of one moment stay as given
        fresh = [entry for entry in found[-page:] if self._note(entry)]
        if len(found) >= page:
            await self._pass_over_older()
        return fresh if count else []

    async def since(self) -> AsyncIterator[Entry]:
        """All from `since` on, or all that there are."""
        async for entry in self._from(self._latest):
            yield entry

    async def follow(self) -> AsyncIterator[Entry]:
        """Those that come after what was told so far, for ever. Raises Unreachable when the Hub is
        away for longer than the patience."""
        patience = Patience(self._pace)
        while True:
            try:
                async for entry in self._from(self._begin()):
                    yield entry
                patience.headway()
            except (Unreachable, Busy) as error:
                await patience.rest(error)
            await asyncio.sleep(self._pace.look_s)

    def _begin(self) -> datetime | None:
        return self._latest - _OVERLAP if self._latest else None

    async def _pass_over_older(self) -> None:
        """What lies before the newest entries, yet within the time that is asked for again."""
        latest = self._latest
        async for entry in self._pages(self._begin()):
            moment = moment_of(entry)
            if latest is None or moment is None or moment > latest:
                return
            self._note(entry)

    async def _from(self, begin: datetime | None) -> AsyncIterator[Entry]:
        async for entry in self._pages(begin):
            if self._note(entry):
                yield entry

    async def _pages(self, begin: datetime | None) -> AsyncIterator[Entry]:
        after = {"after": _text(begin)} if begin else {}
        query = self._query(sort="time-created", cursor="true", page=str(PAGE), **after)
        body = await self._hub.get(f"/logs/?{query}", "log entries")
        while found := _entries(body):
            for entry in found:
                yield entry
            body = await self._next(body)

    async def _next(self, body: Any) -> Any:
        cursor = body.get("next-cursor")
        if not isinstance(cursor, str) or not cursor:
            return {}
        answer = await self._hub.look(
            "POST", "/logs/cursor", compact({"next-cursor": cursor}), repeatable=True
        )
        if answer.status in _STALE_CURSOR:
            raise Busy("The Hub has forgotten how far the log was read; begin again", 0)
        if answer.status != 200:
            raise refused(answer, "more log entries")
        return decoded(answer.body, "log entries")

    def _query(self, **more: str) -> str:
        filters = self._filters
        named = {
            "dev": self._device.id,
            "rev": filters.revision,
            "src": filters.source,
            "lvl": filters.level,
            "plat": filters.platform,
        }
        return urlencode({key: value for key, value in {**named, **more}.items() if value})

    def _note(self, entry: Entry) -> bool:
        """Whether it is new; it is known from now on."""
        moment = moment_of(entry)
        if moment and (self._latest is None or moment > self._latest):
            self._latest = moment
        key = str(entry.get("id") or sorted((name, str(part)) for name, part in entry.items()))
        if key in self._known:
            return False
        self._known[key] = None
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return True


def moment_of(entry: Entry) -> datetime | None:
    """When the Hub got it."""
    return moment(entry.get("time-created"))


def _moment(entry: Entry) -> datetime:
    return moment_of(entry) or _NEVER


def _entries(body: Any) -> list[Entry]:
    found = body.get("entries") if isinstance(body, dict) else None
    if found is None and isinstance(body, dict):
        return []
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise InvalidInput("The Hub's list of log entries is none")
    return found


def _text(begin: datetime) -> str:
    """Never a whole second: our Hub takes such a one for pvr, which knows none smaller, and passes
    over the rest of it."""
    begin = begin if begin.microsecond else begin - timedelta(microseconds=1)
    return begin.astimezone(UTC).isoformat().replace("+00:00", "Z")
