"""The device's logs, line by line to the Hub. The log tree on the disk is the spool: bounded by
PV_LOG_DIR_MAXSIZE, there after a reboot, and what has gone from it before it was sent is lost.

Where each log was read up to is kept in a file, now and then: after a power cut some lines are sent
twice, none is left out. Sources: hub-wire.md 9, config.md PV_LOG_PUSH.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from surefoot.client.hub.refusals import HubRefused, is_forbidden
from surefoot.device.log_reader import Follower
from surefoot.device.logs import AGENT
from surefoot.device.storage import Storage
from surefoot.errors import Corrupt, NoRoom, NotFound, SurefootError
from surefoot.files import durable
from surefoot.files.objects import contents
from surefoot.revision import LOCALS

log = logging.getLogger(__name__)
Entry = dict[str, Any]
MOST_ENTRIES, READ_BYTES = 200, 64 * 1024  # hub-wire 9: 256 KiB, what JSON adds included
MOST_READS = 16
LOOK_EVERY_S = 2.0
NOTE_EVERY_S = 30.0
MOST_PAUSE_S = 60.0


class CloudLogs:
    """`push(entries)` sends one batch; `may_push()`: the link stands."""

    def __init__(
        self,
        storage: Storage,
        push: Callable[[list[Entry]], Awaitable[None]],
        may_push: Callable[[], bool],
    ) -> None:
        self._push = push
        self._may_push = may_push
        self._spool = Spool(storage)

    async def run(self) -> None:
        """Until it is cancelled."""
        failures, noted = 0, time.monotonic()
        while True:
            await asyncio.sleep(min(LOOK_EVERY_S * float(1 << min(failures, 6)), MOST_PAUSE_S))
            if not self._may_push():
                continue
            failures = 0 if await self._send_all() else failures + 1
            if time.monotonic() - noted > NOTE_EVERY_S:
                noted = time.monotonic()
                await asyncio.to_thread(self._spool.note)

    async def _send_all(self) -> bool:
        """False when the Hub would not have them now: they stay where they are."""
        for name in await asyncio.to_thread(self._spool.names):
            if not await self._send_log(name):
                return False
        return True

    async def _send_log(self, name: str) -> bool:
        """As much of it as leaves the others their turn."""
        for _ in range(MOST_READS):
            entries = await asyncio.to_thread(self._spool.take, name)
            for start in range(0, len(entries), MOST_ENTRIES):
                if not await self._send(entries[start : start + MOST_ENTRIES]):
                    self._spool.put_back(name)
                    return False
            if not entries:
                break
        return True

    async def _send(self, batch: list[Entry]) -> bool:
        """A batch that is refused for good is halved until the bad line is alone, and dropped."""
        if not self._may_push():
            return False
        try:
            await self._push(batch)
        except (HubRefused, NotFound) as error:
            if is_forbidden(error):
                return False  # of this device for now, not of these lines
            if len(batch) == 1:
                return True
            middle = len(batch) // 2
            return await self._send(batch[:middle]) and await self._send(batch[middle:])
        except SurefootError:
            return False
        return True


class Spool:
    """The logs of the tree by name (`<revision>/<container>/console.log`), each with its place."""

    def __init__(self, storage: Storage) -> None:
        self._root = storage.logs
        self._path = storage.own / "pushed.json"
        self._places = self._read()
        self._followers: dict[str, Follower] = {}

    def names(self) -> list[str]:
        """Those that are there now; what has gone is forgotten. None while directories go in that
        very moment: the next look finds the others."""
        try:
            found = sorted(str(path.relative_to(self._root)) for path in self._root.rglob("*.log"))
        except OSError:
            return []
        for gone in self._followers.keys() - set(found):
            del self._followers[gone]
        self._places = {name: place for name, place in self._places.items() if name in found}
        return found

    def take(self, name: str) -> list[Entry]:
        """The next whole lines, at most 64 KiB of them; empty at the end."""
        follower = self._follower(name)
        self._places[name] = follower.position
        revision, platform, file = _parts(name)
        try:
            lines = follower.read()
        except OSError:
            return []
        return [_entry(revision, platform, file, line) for line in lines]

    def put_back(self, name: str) -> None:
        """What was taken last was not sent."""
        self._follower(name).resume(self._places[name])

    def note(self) -> None:
        """How far each log was read, on disk. A place that is lost costs lines sent twice."""
        places = {name: one.position for name, one in self._followers.items()}
        try:
            durable.write(self._path, json.dumps(places).encode())
        except NoRoom as error:
            log.info("where the logs were pushed up to is not kept: %s", error)

    def _follower(self, name: str) -> Follower:
        follower = self._followers.get(name)
        if follower is None:
            follower = Follower(self._root / name, read_max_bytes=READ_BYTES)
            follower.resume(self._places.get(name, (0, 0)))
            self._followers[name] = follower
        return follower

    def _read(self) -> dict[str, tuple[int, int]]:
        try:
            found = json.loads(contents(self._path))
            return {str(name): (int(copy), int(offset)) for name, (copy, offset) in found.items()}
        except (NotFound, Corrupt, ValueError, TypeError, AttributeError):
            return {}


def _parts(name: str) -> tuple[str, str, str]:
    """Revision (which may have a slash), platform, and the path below the platform."""
    parts = Path(name).parts
    count = 2 if name.startswith(LOCALS) else 1
    platform = parts[count] if len(parts) > count + 1 else ""
    return "/".join(parts[:count]), platform, "/" + "/".join(parts[count + 1 :])


def _entry(revision: str, platform: str, file: str, line: str) -> Entry:
    own = _own_line(line) if platform == AGENT else None
    told = own or {"tsec": int(time.time()), "tnano": 0, "lvl": "INFO", "src": file, "msg": line}
    return {**told, "plat": platform, "rev": revision}


def _own_line(line: str) -> Entry | None:
    """A line of the agent's own log has its level, room and time in it."""
    try:
        found = json.loads(line)
        return {key: found[key] for key in ("tsec", "tnano", "lvl", "src", "msg")}
    except (ValueError, KeyError, TypeError):
        return None
