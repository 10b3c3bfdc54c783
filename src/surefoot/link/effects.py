"""What shall be done for the link. Each says what is true once it has returned."""

from dataclasses import dataclass
from enum import StrEnum

from surefoot.link import events
from surefoot.link.record import What


@dataclass(frozen=True)
class Ask:
    """The question was sent; its answer comes as one of `ANSWERS[what]` or as `Failed`.

    `new_only`: STEPS asks for steps in NEW only (R16)."""

    what: What
    new_only: bool = False


@dataclass(frozen=True)
class Keep:
    """The credentials are in `config/pantahub.config`, durably. Twice: the same bytes."""

    id: str
    prn: str
    secret: str


@dataclass(frozen=True)
class Forget:
    """No credentials are stored. Twice: harmless."""


@dataclass(frozen=True)
class Settle:
    """It is stored that an owner was seen. Twice: harmless."""


@dataclass(frozen=True)
class Show:
    """`device-id` and `challenge` in the run directory say this; no challenge: the file is gone."""

    challenge: str = ""


@dataclass(frozen=True)
class SetTimer:
    """`TimerFired(timer)` comes after `seconds`, give or take a part of it so that a fleet does not
    ask in step. Twice: starts again."""

    timer: str
    seconds: float


@dataclass(frozen=True)
class DropTimer:
    """The timer does not fire any more. Twice: harmless."""

    timer: str


class Fact(StrEnum):
    SILENT = "more requests in a row without an answer than allowed"
    LINKED = "claimed and synced: reports may be sent"


@dataclass(frozen=True)
class Tell:
    """For the composition."""

    fact: Fact


@dataclass(frozen=True)
class Say:
    """One line of the agent's log. `level`: ERROR, WARN or INFO."""

    level: str
    text: str


Effect = Ask | Keep | Forget | Settle | Show | SetTimer | DropTimer | Tell | Say

ANSWERS: dict[What, tuple[type, ...]] = {
    What.REGISTER: (events.Registered, events.Failed),
    What.LOOK_UP: (events.Seen, events.Failed),
    What.TRAILS: (events.TrailsSeen, events.Failed),
    What.SYNC: (events.Answered, events.Failed),
    What.STEPS: (events.Answered, events.Failed),
    What.USER_META: (events.Answered, events.Failed),
    What.DEVICE_META: (events.Answered, events.Failed),
}
