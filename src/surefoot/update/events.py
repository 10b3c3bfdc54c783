"""What may happen to an update. The docstring says who sends it."""

from dataclasses import dataclass

from surefoot.update.record import How, Plan
from surefoot.update.tables import Cause
from surefoot.wire.progress import Progress, Status


@dataclass(frozen=True)
class RunAsked:
    """The door: run a stored local revision."""

    revision: str
    how: How = How.RUN


@dataclass(frozen=True)
class RemoteOffered:
    """The queue: the next remote step. `retries`: starts spent so far, from the stored record."""

    revision: str
    retries: int = 0


@dataclass(frozen=True)
class StaleOffered:
    """The queue: a step older than the running remote revision, without a final record (R17)."""

    revision: str
    retries: int = 0


@dataclass(frozen=True)
class AbortAsked:
    """The door: drop the staged revision, or a local run before its transition (R3)."""


@dataclass(frozen=True)
class RollbackAsked:
    """The door: give up a running UPDATED revision (R25). `plan.back_*` lead to `done`."""

    plan: Plan


@dataclass(frozen=True)
class Checked:
    """Answer to `LoadState`. `missing`: objects are not here yet (remote only)."""

    revision: str
    cause: Cause | None = None
    detail: str = ""
    plan: Plan | None = None
    missing: bool = False


@dataclass(frozen=True)
class Fetched:
    """Answer to `Fetch`: every object is here, each checked against its name."""

    revision: str


@dataclass(frozen=True)
class FetchFailed:
    """Answer to `Fetch`. `cause` None: this start is spent, another may follow (R15)."""

    revision: str
    cause: Cause | None = None
    detail: str = ""
    required: int = 0
    available: int = 0


@dataclass(frozen=True)
class Installed:
    """Answer to `Install`."""

    revision: str


@dataclass(frozen=True)
class InstallFailed:
    """Answer to `Install`."""

    revision: str
    cause: Cause
    detail: str = ""


@dataclass(frozen=True)
class Reported:
    """Answer to `Report`: what the Hub holds now (R14)."""

    revision: str
    held: Status


@dataclass(frozen=True)
class Starting:
    """The supervisor: all is prepared, the first container is about to be stopped or started."""


@dataclass(frozen=True)
class GoalsReached:
    """The supervisor: every status goal of the revision is reached."""


@dataclass(frozen=True)
class Stabilised:
    """The supervisor: every container's `stable_timeout` has passed."""


@dataclass(frozen=True)
class Destabilised:
    """The supervisor: a container that counted as stable is down, or has just come back."""


@dataclass(frozen=True)
class GoalTimedOut:
    """The supervisor: a group's time-out ran out before its goals were reached (R10)."""

    detail: str = ""


@dataclass(frozen=True)
class ContainerFailed:
    """The supervisor: a container cannot be started, or exited and may not recover (R11)."""

    container: str
    detail: str = ""


@dataclass(frozen=True)
class HubAnswered:
    """The Hub's client: one authenticated answer (R18)."""


@dataclass(frozen=True)
class HubSilent:
    """The Hub's client: more requests in a row without any answer than allowed (R18)."""


@dataclass(frozen=True)
class TimerFired:
    """Answer to `SetTimer`."""

    timer: str


@dataclass(frozen=True)
class Booted:
    """The hands, once, first: what was found at start-up (R9).

    `stored`: progress of `trying`, or of `running` when nothing is tried; None when there is none
    or it cannot be read. `cause`: why the running revision may not be started (R12).
    `orphans`: local revisions with a record that has begun and not ended, which the boot loader
    does not try (R3).
    """

    running: str
    done: str
    trying: str | None = None
    stored: Progress | None = None
    cause: Cause | None = None
    detail: str = ""
    plan: Plan | None = None
    orphans: tuple[tuple[str, Progress], ...] = ()
    proven: bool = True  # the running revision has been DONE


Event = (
    RunAsked
    | RemoteOffered
    | StaleOffered
    | AbortAsked
    | RollbackAsked
    | Checked
    | Fetched
    | FetchFailed
    | Installed
    | InstallFailed
    | Reported
    | Starting
    | GoalsReached
    | Stabilised
    | Destabilised
    | GoalTimedOut
    | ContainerFailed
    | HubAnswered
    | HubSilent
    | TimerFired
    | Booted
)
