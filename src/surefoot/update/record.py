"""What the update machine remembers: plain frozen values."""

from dataclasses import dataclass, field
from enum import StrEnum

from surefoot.update.tables import YIELDING, Point, Stage


class How(StrEnum):
    """How a revision is to be run: LOCAL_RUN, LOCAL_RUN_COMMIT and LOCAL_APPLY of the door (R3)."""

    RUN = "run"
    COMMIT = "commit"
    APPLY = "apply"


@dataclass(frozen=True)
class Policy:
    """Settings of the machine; only mains read configuration. Times in seconds."""

    commit_delay_s: float = 25.0
    goals_timeout_s: float = 120.0
    network_timeout_s: float = 120.0
    max_retries: int = 10

    @property
    def retries(self) -> int:
        """Y of `Retry X of Y`; less than 2 counts as 2 (R15)."""
        return max(2, self.max_retries)


@dataclass(frozen=True)
class Plan:
    """Whether the way to a revision, and the way back from it to `done`, need a reboot, and why."""

    reboot: bool
    back_reboot: bool
    reasons: tuple[str, ...] = ()
    back_reasons: tuple[str, ...] = ()
    stable_s: float = 0.0  # the longest `stable_timeout` of the new revision's containers


@dataclass(frozen=True)
class Update:
    """One update in work. `point` is what was stored last; `revision` is a trail's name."""

    revision: str
    stage: Stage
    point: Point
    remote: bool = False
    how: How = How.RUN
    retries: int = 0
    plan: Plan | None = None
    rebooted: bool = False  # this process was started by the update's own boot
    goals: bool = False
    stable: bool = False
    delay_over: bool = False
    contact: bool = False  # the Hub has answered since the new revision started
    aborting: bool = False


@dataclass(frozen=True)
class Record:
    """The three pointers, the update in work, and a revision that waits for the next reboot."""

    running: str
    done: str
    trying: str | None = None
    staged: str | None = None  # R3: `Update applied`
    unproven: bool = False  # revision 0 runs and has not become DONE yet
    factory_fault: str = ""  # why that revision 0 must reboot once nothing else is in work (R5)
    update: Update | None = None
    policy: Policy = field(default_factory=Policy)

    @property
    def restored(self) -> str | None:
        """What `pv_try` goes back to when a staged revision is dropped: a running UPDATED one."""
        return self.running if self.running != self.done else None

    @property
    def busy(self) -> bool:
        """An update runs. One whose outcome is stored only ends: a command is accepted and waits
        for it, so that a script may go on as soon as it sees a final status (R13)."""
        return self.in_work and self.update is not None and not self.update.point.final

    @property
    def in_work(self) -> bool:
        """An update that others must wait for. Neither a factory revision on its way to DONE nor
        a step that waits for the Hub's answer is one: a silent Hub must not keep commands out."""
        return self.update is not None and self.update.stage not in YIELDING
