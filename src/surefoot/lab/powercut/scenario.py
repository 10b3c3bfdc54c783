"""What may be going on when the power fails, chosen by a seeded chance."""

import random
from dataclasses import dataclass

# (what the user asks for, which image of the app, whether base changes too)
KINDS = ("good", "reboot", "never-ready", "no-init", "exits", "commit", "apply", "idle", "rollback")
MAX_DELAY_S = 4.0


@dataclass(frozen=True)
class Cut:
    """`delay_s`: from the command to the kill."""

    number: int
    kind: str
    delay_s: float

    @property
    def op(self) -> str | None:
        """The door's command; None for a device that is left alone."""
        special = {"commit": "LOCAL_RUN_COMMIT", "apply": "LOCAL_APPLY", "idle": None}
        return special.get(self.kind, "ROLLBACK" if self.kind == "rollback" else "LOCAL_RUN")


def cuts(count: int, seed: int) -> list[Cut]:
    """The same seed gives the same cuts."""
    chance = random.Random(seed)
    return [
        Cut(number, chance.choice(KINDS), round(chance.uniform(0, MAX_DELAY_S) ** 1.3 / 1.6, 3))
        for number in range(1, count + 1)
    ]
