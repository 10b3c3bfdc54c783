"""The configuration of the agent: every key with its value and the level that it came from.

Levels in their order, each overriding those before it (config.md): default, pantavisor.config,
pantahub.config, policy, OEM file of the running revision, kernel command line, environment, user
metadata, command. Nothing that stands in them stops a boot: what cannot be used is a `Remark` with
its file and line, and the level below goes on to count.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, TypeVar

from surefoot.device.config_keys import (
    KEYS,
    LATER,
    NOBODY,
    PATH,
    Key,
    Size,
    Value,
    find,
)
from surefoot.device.config_sources import Remark, Setting, cmdline_settings, named, read_file
from surefoot.errors import InvalidInput

T = TypeVar("T", str, int, bool, Size)

UNSET = "(null)"
HIDDEN = "(hidden)"  # secrets are used, never shown
# The roots that the reference's defaults give to what a device keeps in its run directory.
RUN_ROOTS = ("volumes", "configs", "exports", "writable", "media")


class Level(IntEnum):
    DEFAULT = 0
    PV_CONF = 1
    PH_CONF = 2
    POLICY = 3
    OEM = 4
    CMDLINE = 5
    ENV = 6
    META = 7
    COMMAND = 8


# As the reference names them in GET /config2 (`modified`), and their letters in the table.
SHOWN = {
    Level.DEFAULT: ("default", ""),
    Level.PV_CONF: ("pv conf file", "v"),
    Level.PH_CONF: ("ph conf file", "h"),
    Level.POLICY: ("policy", "p"),
    Level.OEM: ("oem config", "o"),
    Level.CMDLINE: ("pv cmdline", "e"),
    Level.ENV: ("env", "e"),
    Level.META: ("metadata", "u"),
    Level.COMMAND: ("command", "m"),
}


@dataclass(frozen=True)
class Places:
    """Where this device's files are. `trail` is the directory of the running revision."""

    storage: Path
    run: Path
    trail: Path | None = None
    etc: Path = Path("/etc/pantavisor")


class Config:
    """Values by level. A level is replaced whole, so that readers in other threads see no half."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._values: dict[Level, dict[str, Value]] = {level: {} for level in Level}
        self._remarks: dict[Level, tuple[Remark, ...]] = dict.fromkeys(Level, ())
        self._values[Level.DEFAULT] = {
            key.name: key.kind.read(key.default) for key in KEYS.values()
        }

    @classmethod
    def read(
        cls,
        places: Places,
        environment: Mapping[str, str],
        cmdline: str = "",
        user_meta: Mapping[str, str] | None = None,
    ) -> "Config":
        """Reads all levels but the command's. Never fails for what stands in them."""
        config = cls(places)
        config._read_files(
            Level.PV_CONF,
            places.etc / "pantavisor.config",
            places.storage / "config" / "pantavisor.config",
        )
        config._read_files(Level.PH_CONF, places.storage / "config" / "pantahub.config")
        config._set(Level.CMDLINE, cmdline_settings(cmdline))
        config._set(Level.ENV, named(environment, "environment"))
        # Both files are named by the levels above: PV_POLICY and PV_OEM_NAME cannot name another.
        config._read_policy()
        config._read_oem()
        config.set_user_meta(user_meta or {})
        return config

    # --- changes while the agent runs ---

    def set_user_meta(self, user_meta: Mapping[str, str]) -> tuple[Remark, ...]:
        """Takes the user metadata as it is now; a key that is gone from it no longer counts."""
        self._set(Level.META, named(user_meta, "user metadata"))
        return self._remarks[Level.META]

    def set_command(self, name: str, text: str) -> None:
        """Sets one key by command. Raises InvalidInput: here somebody waits for the answer."""
        setting = Setting(name, text, "command")
        accepted, remark = _accept(Level.COMMAND, setting)
        if accepted is None:
            raise InvalidInput(remark.text if remark else f"{name} cannot be set")
        self._values[Level.COMMAND] = {**self._values[Level.COMMAND], **dict([accepted])}

    # --- typed values ---

    def text(self, name: str) -> str:
        """The value as text; empty when unset."""
        return self._typed(name, str)

    def integer(self, name: str) -> int:
        """A number in the key's unit: seconds, bytes, percent, a level."""
        return self._typed(name, int)

    def flag(self, name: str) -> bool:
        return self._typed(name, bool)

    def size(self, name: str) -> Size:
        return self._typed(name, Size)

    def path(self, name: str) -> Path:
        """The place on this machine: what the reference keeps in `/storage`, in its run directory
        or at the root of its own file system is in this device's storage or run directory."""
        text = self.text(name)
        storage, run = self._places.storage, self._places.run
        for root, place in (("/storage", storage), ("/run/pantavisor/pv", run)):
            if text == root or text.startswith(root + "/"):
                return place / text[len(root) :].strip("/")
        if text.strip("/").split("/")[0] in RUN_ROOTS:
            return run / text.strip("/")
        return storage / text

    def level(self, name: str) -> Level:
        """The level whose value counts."""
        return max(level for level in Level if name in self._values[level])

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """All that was said of the levels as they are now, in their order."""
        return tuple(remark for level in Level for remark in self._remarks[level])

    # --- what clients see ---

    def config(self) -> dict[str, Any]:
        """GET /config: flat dotted names, numbers and flags as such, null for what is unset."""
        return {key.flat: self._flat(key) for key in self._keys()}

    def config2(self) -> list[dict[str, str]]:
        """GET /config2: key, value as text, and the level as the reference names it."""
        return [
            {"key": key.name, "value": self._shown(key) or UNSET, "modified": self.origin(key.name)}
            for key in self._keys()
        ]

    def origin(self, name: str) -> str:
        """The level as GET /config2 names it: `default`, `pv conf file`, `env`, …"""
        level = self.level(name)
        if level is Level.CMDLINE and name.startswith("PH_"):
            return "ph cmdline"
        return SHOWN[level][0]

    def _keys(self) -> list[Key]:
        """The table, then the members of families that somebody has set."""
        extra = {name for level in Level for name in self._values[level]} - KEYS.keys()
        return [*KEYS.values(), *(key for name in sorted(extra) if (key := find(name)))]

    def _value(self, name: str) -> Value:
        return self._values[self.level(name)][name]

    def _typed(self, name: str, kind: type[T]) -> T:
        value = self._value(name)
        # A key asked for as something that it is not is a slip of ours, no bad configuration.
        assert isinstance(value, kind), f"{name} is no {kind.__name__}"
        return value

    def _flat(self, key: Key) -> Any:
        if key.kind is PATH or key.is_secret:
            return self._shown(key) or None
        return key.kind.flat(self._value(key.name))

    def _shown(self, key: Key) -> str:
        value = self._value(key.name)
        if key.is_secret and value:
            return HIDDEN
        if key.kind is PATH and value:
            return str(self.path(key.name))
        if isinstance(value, bool):
            return str(int(value))
        if isinstance(value, Size):
            return f"{value.number}%" if value.is_percent else str(value.number)
        return str(value)

    # --- reading ---

    def _set(self, level: Level, settings: Iterable[Setting], *extra: Remark) -> None:
        values: dict[str, Value] = {}
        remarks = list(extra)
        for setting in settings:
            accepted, remark = _accept(level, setting)
            if accepted is not None:
                values.update([accepted])
            if remark is not None:
                remarks.append(remark)
        self._values[level] = values
        self._remarks[level] = tuple(remarks)

    def _read_files(self, level: Level, *paths: Path) -> None:
        settings: list[Setting] = []
        remarks: list[Remark] = []
        for path in paths:
            found, said = read_file(path)
            settings += found
            remarks += said
        self._set(level, settings, *remarks)

    def _read_policy(self) -> None:
        name = self.text("PV_POLICY")
        if name:
            places = (self._places.etc, self._places.storage / "config")
            paths = [place / "policies" / f"{name}.config" for place in places]
            self._read_named(Level.POLICY, "PV_POLICY", name, paths)

    def _read_oem(self) -> None:
        folder, trail = self.text("PV_OEM_NAME"), self._places.trail
        if folder and trail is not None:
            name = self.text("PV_POLICY") or "default"
            paths = [trail / folder / f"{name}.config"]
            self._read_named(Level.OEM, "PV_OEM_NAME", folder, paths)

    def _read_named(self, level: Level, key: str, name: str, paths: list[Path]) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", name):
            self._set(level, (), Remark(key, f"'{name}' is no name of a file here; it is ignored"))
        elif not any(path.exists() for path in paths):
            places = " nor ".join(str(path) for path in paths)
            self._set(level, (), Remark(key, f"'{name}' is set, but there is no {places}"))
        else:
            self._read_files(level, *paths)


def _accept(level: Level, setting: Setting) -> tuple[tuple[str, Value] | None, Remark | None]:
    """The value that counts from now on, and what there is to say about it."""

    def remark(text: str) -> Remark:
        return Remark(setting.where, text)

    key = find(setting.name)
    if key is None:
        return None, remark(f"{setting.name} is not a known key{_nearest(setting.name)}")
    if SHOWN[level][1] not in key.levels:
        return None, remark(f"{key.name} cannot be set at this level ({SHOWN[level][0]})")
    try:
        value = key.kind.read(setting.text)
    except ValueError:
        shown = HIDDEN if key.is_secret else repr(setting.text[:80])
        return None, remark(f"{key.name} is {shown}, expected {key.kind.expected}; it is ignored")
    is_idle = key.used_by in (NOBODY, LATER)
    return (key.name, value), remark(f"{key.name} is not used here") if is_idle else None


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name.upper(), KEYS, n=1, cutoff=0.8)
    return f"; did you mean {near[0]}?" if near else ""
