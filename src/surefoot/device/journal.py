"""The slot on disk, and the mode: what was promised to a client outlives a power cut (R13, R20)."""

import json
import logging
import time

from surefoot.device.effects import Command
from surefoot.device.storage import Storage
from surefoot.errors import Corrupt, NoRoom, NotFound
from surefoot.files import durable
from surefoot.files.objects import contents

log = logging.getLogger(__name__)
REMOTE, LOCAL = b"remote", b"local"
# More than a device logs in a life; with some hundred thousand lives still exact in JavaScript.
EVENTS_A_LIFE = 10**10
HOUR_S = 3600


def read(storage: Storage) -> Command | None:
    """The command that was accepted and has not ended. One that cannot be read is dropped, and
    said: nobody could carry it out."""
    try:
        body = json.loads(contents(storage.journal))
        return Command(str(body["op"]), str(body["payload"]), int(body["starts"]))
    except NotFound:
        return None
    except (Corrupt, ValueError, KeyError, TypeError) as error:
        log.error("the command journal cannot be read and is dropped: %s", error)
        return None


def write(storage: Storage, command: Command | None) -> None:
    """Durable when it returns, on a full disk too."""
    if command is None:
        durable.remove(storage.journal)
        return
    body = {"op": command.op, "payload": command.payload, "starts": command.starts}
    data = json.dumps(body).encode()
    storage.reserve.lend(lambda: durable.write(storage.journal, data))


def read_mode(storage: Storage, default: bool) -> bool:
    """True for remote mode; `default` for a device that was never told."""
    try:
        return contents(storage.mode).strip() == REMOTE
    except (NotFound, Corrupt):
        return default


def write_mode(storage: Storage, remote: bool) -> None:
    data = REMOTE if remote else LOCAL
    storage.reserve.lend(lambda: durable.write(storage.mode, data))


def read_settings(storage: Storage) -> dict[str, str]:
    """Configuration keys that were set by command; none when they cannot be read."""
    try:
        body = json.loads(contents(storage.own / "settings.json"))
        return {str(key): str(value) for key, value in body.items()}
    except NotFound:
        return {}
    except (Corrupt, ValueError, AttributeError) as error:
        log.error("settings made by command are lost: %s", error)
        return {}


def write_setting(storage: Storage, key: str, value: str) -> None:
    """Durable when it returns. Raises NoRoom."""
    data = json.dumps({**read_settings(storage), key: value}).encode()
    storage.reserve.lend(lambda: durable.write(storage.own / "settings.json", data))


def next_event_base(storage: Storage) -> int:
    """Event ids only grow, over reboots too: each life of the agent has a range of its own, which
    is counted on disk before the first event."""
    path = storage.own / "lives"
    try:
        lives = int(contents(path)) + 1
    except (NotFound, Corrupt, ValueError):
        lives = int(time.time()) // HOUR_S  # only ever a jump forward
    try:
        storage.reserve.lend(lambda: durable.write(path, str(lives).encode()))
    except NoRoom as error:
        log.warning("the count of lives stays behind: %s", error)
    return lives * EVENTS_A_LIFE
