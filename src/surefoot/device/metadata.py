"""What the device tells of itself (device-meta), and what its owner tells it (user-meta).

Facts are gathered when somebody asks, under the reference's names (samples of the socket); of
machine facts see `machine_facts`. Status, revision and mode come from the agent's own record with
each request (R22): they are never stored, so that none can be served from before a reboot. What
was *set*, by the owner, a container or the Hub, is stored as the reference does: a file a key, in
it the value's bytes.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surefoot.device.machine_facts import Machine
from surefoot.errors import Conflict, InvalidInput, NoRoom, NotFound
from surefoot.files import durable

KEY_MAX_BYTES = 160  # with its temporary name it must fit into a file name
VALUE_MAX_BYTES = 64 * 1024
KEYS_MAX = 1000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AgentFacts:
    """What only the agent knows. `status` and `revision` change together (R22)."""

    status: str
    revision: str
    is_remote: bool = False
    is_claimed: bool = False
    is_online: bool = False
    link: str = ""  # hub-wire 3.4 `pantahub.state`
    version: str = ""


class MetaStore:
    """Keys and values that outlive a reboot. `what` is their name for people: `User meta`.

    Kept in memory as well; threads may use it side by side.
    """

    def __init__(self, directory: Path, what: str) -> None:
        self._directory = directory
        self._what = what
        self._lock = threading.Lock()
        self._left_out: frozenset[str] = frozenset()
        try:
            durable.make_dirs(directory)
            durable.sweep(directory)
        except NoRoom as error:  # no reason not to start: only the next `put` will fail
            log.warning("%s cannot be stored: %s", what, error)
        self._values = self._read()

    def all(self) -> dict[str, str]:
        with self._lock:
            return dict(self._values)

    def put(self, key: str, value: str) -> None:
        """Stored durably when this returns. Raises InvalidInput, NoRoom."""
        check(key, value)
        with self._lock:
            self._put(key, value)

    def delete(self, key: str) -> None:
        """Raises NotFound for a key that is not set."""
        with self._lock:
            if key not in self._values:
                raise NotFound(f"{self._what} does not exist")
            durable.remove(self._directory / key)
            del self._values[key]

    def replace(self, values: Mapping[str, str]) -> bool:
        """These values and no others, as the Hub has them; whether that changed anything. What
        cannot be kept is left out, and said in the log once: one bad key does not hold up the
        others. Raises NoRoom."""
        with self._lock:
            fine = self._fitting(values)
            if fine == self._values:
                return False
            for key in self._values.keys() - fine.keys():
                durable.remove(self._directory / key)
                del self._values[key]
            for key, value in fine.items():
                if self._values.get(key) != value:
                    self._put(key, value)
            return True

    def _fitting(self, values: Mapping[str, str]) -> dict[str, str]:
        reasons = {key: _objection(key, value) for key, value in values.items()}
        keys = [key for key, reason in reasons.items() if not reason]
        reasons.update(dict.fromkeys(keys[KEYS_MAX:], f"{self._what} has {KEYS_MAX} keys"))
        left_out = {key: reason for key, reason in reasons.items() if reason}
        for key in left_out.keys() - self._left_out:
            log.warning("Metadata is left out: %s", left_out[key])
        self._left_out = frozenset(left_out)
        return {key: value for key, value in values.items() if key not in left_out}

    def _put(self, key: str, value: str) -> None:
        if key not in self._values and len(self._values) >= KEYS_MAX:
            raise NoRoom(f"{self._what} has {KEYS_MAX} keys already; delete one first")
        durable.write(self._directory / key, value.encode(), 0o600)
        self._values[key] = value

    def _read(self) -> dict[str, str]:
        """What is in the directory, as far as we would have let it in."""
        found = {}
        for path in sorted(self._directory.glob("*")):
            try:
                value = _value(path)
            except OSError as error:
                log.warning("%s cannot be read: %s", path, error)
                continue
            objection = "" if value is None else _objection(path.name, value)
            if objection:
                log.warning("Metadata is left out: %s", objection)
            elif value is not None:
                found[path.name] = value
        return found


class DeviceMeta:
    """GET /device-meta: the facts of the moment, then what was set."""

    def __init__(self, store: MetaStore, machine: Machine) -> None:
        self._store = store
        self._machine = machine

    def all(self, agent: AgentFacts) -> dict[str, Any]:
        """Keys in the reference's order; our own facts win over anything that was set."""
        facts = self._facts(agent)
        added = {key: value for key, value in self._store.all().items() if key not in facts}
        return {**facts, **added}

    def put(self, key: str, value: str) -> None:
        """Raises Conflict for a key that the agent itself keeps."""
        if key in OWN_KEYS:
            raise Conflict(f"Device meta {key} is kept by the agent itself")
        self._store.put(key, value)

    def delete(self, key: str) -> None:
        self._store.delete(key)

    def _facts(self, agent: AgentFacts) -> dict[str, Any]:
        machine = self._machine
        return {
            "storage": machine.storage(),
            "interfaces": machine.interfaces(),
            "pantavisor.status": agent.status,
            "sysinfo": machine.sysinfo(),
            "time": machine.time(),
            "pantavisor.uname": machine.uname,
            "pantahub.claimed": str(int(agent.is_claimed)),
            "pantahub.online": str(int(agent.is_online)),
            **({"pantahub.state": agent.link} if agent.is_remote else {}),
            "pantavisor.mode": "remote" if agent.is_remote else "local",
            "pantavisor.revision": agent.revision,
            "pantavisor.cpumodel": machine.cpumodel,
            "pantavisor.version": agent.version,
            "pantavisor.arch": machine.arch,
        }


OWN_KEYS = frozenset(
    {
        "storage",
        "interfaces",
        "sysinfo",
        "time",
        "pantahub.claimed",
        "pantahub.address",
        "pantahub.online",
        "pantahub.state",
        "pantavisor.arch",
        "pantavisor.cpumodel",
        "pantavisor.mode",
        "pantavisor.revision",
        "pantavisor.status",
        "pantavisor.uname",
        "pantavisor.version",
    }
)


def _value(path: Path) -> str | None:
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return file.read(VALUE_MAX_BYTES + 1).decode(errors="replace")


def check(key: str, value: str) -> None:
    """Raises InvalidInput for a key that cannot be a file's name, or a value that is too long."""
    size = len(key.encode(errors="replace"))
    if not 0 < size <= KEY_MAX_BYTES:
        raise InvalidInput(f"A metadata key has 1 to {KEY_MAX_BYTES} bytes, this one {size}")
    if key in (".", "..") or "/" in key or not key.isprintable():
        raise InvalidInput(f"{key!r} is no metadata key: it has a slash or unprintable characters")
    if key.endswith(durable.TEMPORARY):
        raise InvalidInput(f"A metadata key does not end with {durable.TEMPORARY}")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise InvalidInput(f"The value of {key} is not text") from None
    if size > VALUE_MAX_BYTES:
        raise InvalidInput(f"The value of {key} is longer than {VALUE_MAX_BYTES} bytes")


def _objection(key: str, value: str) -> str:
    """Why it cannot be kept; empty when it can."""
    try:
        check(key, value)
    except InvalidInput as error:
        return str(error)
    return ""
