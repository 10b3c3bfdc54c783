"""What may happen to containers. The docstring says who sends it."""

from dataclasses import dataclass

from surefoot.revision import Container, Group


@dataclass(frozen=True)
class Adopt:
    """The composition: run these containers from now on; equal ones that live are kept.

    `trial`: somebody judges the outcome (an update); exhausted recoveries are told, not healed.
    """

    revision: str
    groups: tuple[Group, ...]
    containers: tuple[Container, ...]
    trial: bool = False


@dataclass(frozen=True)
class TrialOver:
    """The composition: the update has ended; failures are healed here again."""


@dataclass(frozen=True)
class Halt:
    """The composition: stop everything; this process is about to end."""


@dataclass(frozen=True)
class Prepared:
    """Answer to `Prepare`."""

    id: str


@dataclass(frozen=True)
class PrepareFailed:
    """Answer to `Prepare`."""

    id: str
    detail: str


@dataclass(frozen=True)
class Started:
    """Answer to `Start`: init runs."""

    id: str
    pid: int


@dataclass(frozen=True)
class StartFailed:
    """Answer to `Start`: init does not run."""

    id: str
    detail: str


@dataclass(frozen=True)
class Exited:
    """The hands, also as the answer to `Stop`: init and all its processes are gone."""

    id: str
    code: int | None = None
    signal: int | None = None


@dataclass(frozen=True)
class Signalled:
    """The door: the instance says `ready`."""

    id: str


@dataclass(frozen=True)
class ActionAsked:
    """The door: `stop`, `start` or `restart` of a container with policy `container`."""

    name: str
    action: str


@dataclass(frozen=True)
class TimerFired:
    """Answer to `SetTimer`."""

    timer: str


Event = (
    Adopt
    | TrialOver
    | Halt
    | Prepared
    | PrepareFailed
    | Started
    | StartFailed
    | Exited
    | Signalled
    | ActionAsked
    | TimerFired
)
