"""Whether a sender is quick enough to be waited for. Pure.

One that brings a byte now and then would hold its place and its file for ever. The slowest link
that is served (15 kbit/s, R15) brings nearly twice what is asked here.
"""

LEAST_PER_S = 1024
WINDOW_S = 300.0


class Pace:
    """`at`: any clock that only goes forward, in seconds."""

    def __init__(self, at: float) -> None:
        self._since = at
        self._size = 0

    def is_enough(self, size: int, at: float) -> bool:
        """`size`: of what came just now, in bytes. Judged by one window after the other: a quick
        beginning is no excuse for what follows."""
        self._size += size
        lasted = at - self._since
        if lasted < WINDOW_S:
            return True
        is_enough = self._size >= LEAST_PER_S * lasted
        self._since, self._size = at, 0
        return is_enough
