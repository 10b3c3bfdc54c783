"""Power cuts, for tests and the lab: the same work again and again, cut before each of its steps.

What is on disk at a cut is what the steps so far have left. On a file system that keeps the order
in which names change (ext4, xfs, btrfs, f2fs) that is the whole truth: losing steps that were not
synced yet leads back to where an earlier cut stands.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from surefoot.files.steps import PART, Step, observe


class PowerCut(BaseException):
    """The power is off. Not an Exception: nothing that handles errors may go on after it."""


@dataclass
class Power:
    """An observer: lets `steps` steps happen; then the power goes off, and stays off."""

    steps: int
    seen: list[Step] = field(default_factory=list)
    off: bool = False

    def __call__(self, step: Step) -> None:
        if len(self.seen) >= self.steps:
            self.off = True
            raise PowerCut(step)
        self.seen.append(step)


@contextmanager
def cut_after(steps: int, part: int = PART) -> Iterator[Power]:
    """The power goes after `steps` steps: the work within just ends there, as a device would."""
    power = Power(steps)
    with observe(power, part):
        try:
            yield power
        except PowerCut:
            pass


def every_cut(
    places: Iterable[Path],
    prepare: Callable[[Path], object],
    work: Callable[[Path], object],
    part: int = PART,
) -> Iterator[tuple[Path, bool]]:
    """For n = 0, 1, 2, …: takes a fresh place, prepares it, and does `work` there with the power
    off after n steps. Gives the place as the device finds it again, and whether the power held to
    the end of the work: that one is the last."""
    for steps, place in enumerate(places):
        prepare(place)
        with cut_after(steps, part) as power:
            work(place)
        yield place, not power.off
        if not power.off:
            return
    raise AssertionError("the places ran out before the work had come to its end")
