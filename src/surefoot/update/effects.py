"""What shall be done for an update. Each says what is true once it has returned, what happens when
it is done twice, and which event answers it (`ANSWERS`).

Effects are performed strictly in order, each durable before the next begins. Those without an
answer either come true or end the process, and start-up goes on from what is on disk (R9).
"""

from dataclasses import dataclass

from surefoot.update import events
from surefoot.update.tables import Point


@dataclass(frozen=True)
class LoadState:
    """The stored state JSON was read and parsed. Twice: read again."""

    revision: str


@dataclass(frozen=True)
class Fetch:
    """Every missing object of the revision was downloaded and checked. Twice: only what lacks."""

    revision: str


@dataclass(frozen=True)
class StopFetch:
    """Nothing is downloaded for the revision any more, and what came for it alone is gone (R14).
    Twice: harmless."""

    revision: str


@dataclass(frozen=True)
class Install:
    """The trail holds links to all objects, each hashed, and the inline JSONs. Twice: harmless."""

    revision: str


@dataclass(frozen=True)
class Arm:
    """The boot loader's next boot tries the revision, durably. Twice: harmless."""

    revision: str


@dataclass(frozen=True)
class Disarm:
    """`pv_try` is `restore`, or empty, durably. Twice: harmless."""

    restore: str | None = None


@dataclass(frozen=True)
class Commit:
    """`pv_rev` is the revision and `pv_try` is empty: one atomic write, the point of no return."""

    revision: str


@dataclass(frozen=True)
class Save:
    """The revision's progress is stored and shown. Twice: the same bytes.

    `x`, `y` fill the message; ERROR takes the collected error log with it (R7). `cause` is a
    sentence for the record of changes. `quiet`: stored, but neither shown nor reported as news.
    """

    revision: str
    point: Point
    retries: int = 0
    x: int = 0
    y: int = 0
    cause: str = ""
    quiet: bool = False


@dataclass(frozen=True)
class MarkDone:
    """`.pv/done` of the revision exists. Twice: harmless."""

    revision: str


@dataclass(frozen=True)
class Report:
    """The stored progress of a remote revision was sent; the Hub's view comes back."""

    revision: str


@dataclass(frozen=True)
class Switch:
    """The supervisor was told to run this revision's containers, keeping those that are equal."""

    revision: str


@dataclass(frozen=True)
class Reboot:
    """All containers are stopped, then this process ends; the boot loader takes over."""

    why: str


@dataclass(frozen=True)
class SetTimer:
    """`TimerFired(timer)` comes after `seconds` of the monotonic clock. Twice: starts again."""

    timer: str
    seconds: float


@dataclass(frozen=True)
class DropTimer:
    """The timer does not fire any more. Twice: harmless."""

    timer: str


Effect = (
    LoadState
    | Fetch
    | StopFetch
    | Install
    | Arm
    | Disarm
    | Commit
    | Save
    | MarkDone
    | Report
    | Switch
    | Reboot
    | SetTimer
    | DropTimer
)

ANSWERS: dict[type, tuple[type, ...]] = {
    LoadState: (events.Checked,),
    Fetch: (events.Fetched, events.FetchFailed),
    Install: (events.Installed, events.InstallFailed),
    Report: (events.Reported,),
    Switch: (
        events.Starting,
        events.GoalsReached,
        events.Stabilised,
        events.Destabilised,
        events.GoalTimedOut,
        events.ContainerFailed,
    ),
    SetTimer: (events.TimerFired,),
}
