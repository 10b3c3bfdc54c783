"""What survives a power cut of the simulated device."""

from dataclasses import dataclass, field

from surefoot.boot.choose import choose
from surefoot.boot.protocol import BootVars
from surefoot.device.effects import Command
from surefoot.update.effects import Save
from surefoot.wire.progress import PERCENT, Progress


@dataclass
class Disk:
    """`states` maps a revision to its state text; `history` is every progress ever stored."""

    states: dict[str, str]
    pv_rev: str = "0"
    pv_try: str | None = None
    pv_trying: str | None = None
    progress: dict[str, Progress] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    installed: set[str] = field(default_factory=set)
    journal: Command | None = None
    remote: bool = False
    id: str = ""  # what the Hub knows the device by
    settled: bool = False
    told: dict[str, Progress] = field(default_factory=dict)
    history: list[tuple[str, Progress]] = field(default_factory=list)

    def save(self, effect: Save) -> None:
        message = effect.point.message.format(x=effect.x, y=effect.y)
        status = effect.point.status
        progress = Progress(status, message, PERCENT[status], effect.retries)
        self.progress[effect.revision] = progress
        self.history.append((effect.revision, progress))

    def choose(self) -> str:
        """What the boot loop does before it starts the agent (device.md 4)."""
        choice = choose(
            BootVars(self.pv_rev, self.pv_try, self.pv_trying), self.pv_try in self.states
        )
        self.pv_trying = choice.trying
        return choice.rev
