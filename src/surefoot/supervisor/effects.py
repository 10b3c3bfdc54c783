"""What shall be done for containers, and the facts told about them.

Effects of different containers may be performed side by side; those of one container (by name) are
performed in the order given.
"""

from dataclasses import dataclass
from enum import StrEnum

from surefoot.revision import Container
from surefoot.supervisor import events


@dataclass(frozen=True)
class Prepare:
    """All that can be done before the predecessor stops is done. Twice: harmless."""

    id: str
    container: Container
    revision: str


@dataclass(frozen=True)
class Start:
    """Init of a prepared instance runs. May follow its own exit without a new `Prepare`."""

    id: str
    name: str


@dataclass(frozen=True)
class Stop:
    """No process of the instance is left: asked first, forced after `grace_s`. Twice: harmless."""

    id: str
    name: str
    grace_s: float


@dataclass(frozen=True)
class Release:
    """Nothing of the instance is left on the machine. Twice: harmless. No answer."""

    id: str
    name: str


@dataclass(frozen=True)
class SetTimer:
    """`TimerFired(timer)` comes after `seconds` of the monotonic clock. Twice: starts again."""

    timer: str
    seconds: float


@dataclass(frozen=True)
class DropTimer:
    """The timer does not fire any more. Twice: harmless."""

    timer: str


class Fact(StrEnum):
    """What the composition is told. `Tell.container` and `.detail` say of what."""

    STARTING = "starting"  # all is prepared; the first stop or start comes next
    GOALS_REACHED = "goals-reached"
    STABLE = "stable"
    UNSTABLE = "unstable"  # it was told before, and is true no more
    GOAL_TIMED_OUT = "goal-timed-out"
    CONTAINER_FAILED = "container-failed"
    REBOOT_WANTED = "reboot-wanted"  # `backoff_policy` reboot, outside a trial
    HALTED = "halted"


@dataclass(frozen=True)
class Tell:
    fact: Fact
    container: str = ""
    detail: str = ""


Effect = Prepare | Start | Stop | Release | SetTimer | DropTimer | Tell

ANSWERS: dict[type, tuple[type, ...]] = {
    Prepare: (events.Prepared, events.PrepareFailed),
    Start: (events.Started, events.StartFailed),
    Stop: (events.Exited,),
    SetTimer: (events.TimerFired,),
}
