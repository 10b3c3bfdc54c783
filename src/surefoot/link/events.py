"""What may happen to the link. The docstring says who sends it."""

from dataclasses import dataclass

from surefoot.link.record import What, Why


@dataclass(frozen=True)
class Began:
    """The composition: remote mode is on, at boot or by a command."""


@dataclass(frozen=True)
class Forgotten:
    """The composition: the credentials are gone, by a command (R20). Ends the link as well."""


@dataclass(frozen=True)
class Ended:
    """The composition: local mode (R20)."""


@dataclass(frozen=True)
class Registered:
    """Answer to REGISTER."""

    id: str
    prn: str
    secret: str
    challenge: str = ""


@dataclass(frozen=True)
class Seen:
    """Answer to LOOK_UP. `challenge`: the words to claim it by, empty when it is owned."""

    owned: bool
    challenge: str = ""


@dataclass(frozen=True)
class TrailsSeen:
    """Answer to TRAILS."""

    present: bool


@dataclass(frozen=True)
class Answered:
    """Answer to every other ask."""

    what: What


@dataclass(frozen=True)
class Failed:
    """Answer to any ask. `retry_after_s`: what the Hub asked for, 0 when it did not."""

    what: What
    why: Why
    detail: str = ""
    retry_after_s: float = 0.0


@dataclass(frozen=True)
class Contact:
    """The composition: the Hub gave an HTTP answer of any kind (R18)."""


@dataclass(frozen=True)
class Silence:
    """The composition: a request got no answer, tries included (R18)."""


@dataclass(frozen=True)
class Working:
    """The composition: whether an update is in work, and whether its revision runs on trial."""

    working: bool
    tried: bool


@dataclass(frozen=True)
class TimerFired:
    """Answer to `SetTimer`."""

    timer: str


Event = (
    Began
    | Forgotten
    | Ended
    | Registered
    | Seen
    | TrailsSeen
    | Answered
    | Failed
    | Contact
    | Silence
    | Working
    | TimerFired
)
"""All of them. Those that answer an ask may come late, when the link has been ended meanwhile."""
