"""How long the boot loop waits before it starts the agent again. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pauses:
    """`base_s` before every start but the first (SUREFOOT_LOOP_DELAY, config.md), 0 by default.

    On top of it `first_s`, doubled up to `longest_s`, for an agent that keeps ending at once, that
    is within `at_once_s` of its start. In a row of such ends the first one is free; so is a planned
    reboot among the first `planned_free`: an update and its rollback have two of them in seconds.
    """

    base_s: float = 0.0
    first_s: float = 1.0
    longest_s: float = 60.0
    at_once_s: float = 10.0
    planned_free: int = 5

    def streak(self, streak: int, ran_s: float) -> int:
        """How many ends at once in a row, counting the one after `ran_s` seconds."""
        return streak + 1 if ran_s < self.at_once_s else 0

    def pause_s(self, streak: int, planned: bool) -> float:
        """Seconds to wait after the last end of a streak."""
        excess = streak - (self.planned_free if planned else 1)
        if excess <= 0:
            return self.base_s
        # Bounded before it is a power: a streak of weeks must not overflow.
        doublings = min(excess - 1, 30)
        return self.base_s + min(self.first_s * 2.0**doublings, self.longest_s)


def base_delay_s(setting: str | None) -> float | None:
    """The value of SUREFOOT_LOOP_DELAY in seconds, 0 when unset; None when it is no such value."""
    try:
        seconds = float(setting or 0)
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
