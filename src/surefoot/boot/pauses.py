"""How long the boot loop waits before it starts the agent again. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pauses:
    """`base_s` before every start but the first (SUREFOOT_LOOP_DELAY, config.md), 0 by default.

    On top of it a pause that grows with the row of reboots: `first_s`, doubled up to `longest_s`
    (R5, R8). A reboot of the same revision continues the row until an agent has run `settled_s`;
    that is longer than any trial of a revision takes, so that one which fails its goals again and
    again is slowed down too. In a row the first end is free when it is a crash, the first
    `planned_free` when the last one is a planned reboot: people reboot now and then.
    """

    base_s: float = 0.0
    first_s: float = 1.0
    longest_s: float = 60.0
    settled_s: float = 600.0
    planned_free: int = 5

    def row(self, row: int, ran_s: float) -> int:
        """How many reboots in a row, counting the one after `ran_s` seconds; 0 after a long run."""
        return row + 1 if ran_s < self.settled_s else 0

    def pause_s(self, row: int, planned: bool) -> float:
        """Seconds to wait after the last end of a row."""
        excess = row - (self.planned_free if planned else 1)
        if excess <= 0:
            return self.base_s
        # Bounded before it is a power: a row of weeks must not overflow.
        doublings = min(excess - 1, 30)
        return self.base_s + min(self.first_s * 2.0**doublings, self.longest_s)


def base_delay_s(setting: str | None) -> float | None:
    """The value of SUREFOOT_LOOP_DELAY in seconds, 0 when unset; None when it is no such value."""
    try:
        seconds = float(setting or 0)
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
