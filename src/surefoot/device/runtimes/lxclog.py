"""What LXC's own log tells about one container: pure text, read line by line.

LXC writes these sentences alike from 4.0 to 7.0: "Started" is logged after the pipe that ties
monitor and child was closed by the exec itself, so it comes when init runs and never before.
"""

import re
from dataclasses import dataclass

from surefoot.device.runtimes.protocol import Exit

PARKED = "surefoot parked"


@dataclass(frozen=True)
class Parked:
    """Our hook runs: all is set up, and init waits to be executed."""

    pid: int


@dataclass(frozen=True)
class Started:
    """Init has been executed."""


@dataclass(frozen=True)
class Ended:
    how: Exit


@dataclass(frozen=True)
class Complaint:
    """A line of level ERROR. A vague one tells little, or only repeats that something failed."""

    text: str
    is_vague: bool = False


News = Parked | Started | Ended | Complaint

_LINE = re.compile(
    r"^\S+ \S+ [\d.]+ (?P<level>[A-Z]+) +\S+ - \S+:(?P<function>\w+):\d+ - (?P<text>.*)$"
)
# LXC's functions that complain so; safe_mount does it where the mount is optional, too.
_VAGUE = frozenset(("safe_mount", "sync_wait", "lxc_spawn", "__lxc_start", "main"))
_STARTED = re.compile(r'^Started ".*" with pid "\d+"$')
_ENDED = re.compile(r"^Child <\d+> ended on (?P<how>error|signal) (?:\w+)?\((?P<number>\d+)\)$")


def read(line: str) -> News | None:
    """None for a line without news."""
    if line.startswith(PARKED):
        return Parked(int(line.removeprefix(PARKED)))
    found = _LINE.match(line)
    if found is None:
        return None
    text = found["text"]
    if found["level"] == "ERROR":
        return Complaint(text, found["function"] in _VAGUE)
    if _STARTED.match(text):
        return Started()
    ended = _ENDED.match(text)
    return Ended(_exit(ended["how"], int(ended["number"]))) if ended else None


def _exit(how: str, number: int) -> Exit:
    return Exit(number, None) if how == "error" else Exit(None, number)
