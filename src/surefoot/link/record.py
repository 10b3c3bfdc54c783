"""What the link remembers, and what it may ask: plain frozen values."""

from dataclasses import dataclass, field
from enum import StrEnum


class Phase(StrEnum):
    """Values are shown as `pantahub.state` (hub-wire 3.4)."""

    OFF = "init"  # local mode, or no Hub is configured
    REGISTER = "register"
    CLAIM = "claim"  # registered, nobody owns it yet (or nobody knows yet whether)
    SYNC = "sync"
    IDLE = "idle"


class What(StrEnum):
    """The questions. The first five are the line; one of them at a time."""

    REGISTER = "register"
    LOOK_UP = "look up"  # who owns this device
    TRAILS = "trails"  # is there a trail already
    SYNC = "sync"  # objects and state of the running revision (R20)
    STEPS = "steps"  # the next step to do
    USER_META = "user-meta"
    DEVICE_META = "device-meta"


LINE = frozenset({What.REGISTER, What.LOOK_UP, What.TRAILS, What.SYNC, What.STEPS})


class Why(StrEnum):
    """Why an ask failed."""

    SILENT = "silent"  # no answer at all
    BUSY = "busy"  # 5xx, 429
    UNKNOWN = "unknown"  # the Hub does not know this device, or its secret
    REFUSED = "refused"  # any other answer that is final
    OWN = "own"  # a failure of ours: the disk, a file


@dataclass(frozen=True)
class Policy:
    """Settings; only mains read configuration. Times in seconds."""

    interval_s: float = 5.0
    user_meta_s: float = 5.0
    device_meta_s: float = 10.0
    threshold: int = 0  # silences in a row that TESTING bears (R18)


@dataclass(frozen=True)
class Link:
    """`id`, `challenge`: what its owner claims it by; empty while unknown, and once it is owned.
    `settled`: the Hub has told an owner once, also in an earlier life: such a device does not
    register anew by itself. `working`: an update is in work; `tried`: its revision runs on trial.
    `misses`: silences in a row; `failures`: failed asks of the line in a row; `refused`: the last
    of them because the Hub does not know this device (any more)."""

    phase: Phase = Phase.OFF
    id: str = ""
    challenge: str = ""
    known: bool = False
    settled: bool = False
    claimed: bool = False
    online: bool = False
    working: bool = False
    tried: bool = False
    misses: int = 0
    failures: int = 0
    refused: bool = False
    asked: frozenset[What] = frozenset()
    policy: Policy = field(default_factory=Policy)
