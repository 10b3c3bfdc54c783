"""The Hub of the laboratory: what it holds outlives every power cut of the device. It answers at
once, and not at all while its story says that it is away."""

from math import inf

from surefoot.lab.crash.story import Story
from surefoot.link import events as link_on
from surefoot.link.effects import Ask
from surefoot.link.record import What, Why
from surefoot.update import tables
from surefoot.wire.progress import Progress, Status

FIRST = "device-1"
# R14: a step that is told of like this has not been armed yet.
BEFORE_ARMING = (tables.NEW, tables.QUEUED, tables.DOWNLOADING, tables.DOWNLOADED)


class Hub:
    """`trails`: of each device by its id, the steps that were posted to it and what is held of
    each. The first device that syncs gets the steps `story.hub`, the second `story.hub_again`."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.devices = 0
        self.looks: dict[str, int] = {}
        self.trails: dict[str, dict[str, Status]] = {}
        if not story.is_new:
            self.devices = 1
            self.looks[FIRST] = 1
            self._post_to(FIRST)

    def is_there(self, now: float) -> bool:
        since, until = self.story.hub_away
        return self.story.hub_answers and not since <= now < until

    def comes_back(self, now: float) -> bool:
        until = self.story.hub_away[1]
        return self.story.hub_answers and not self.is_there(now) and until < inf

    def is_open(self, id: str) -> bool:
        """A step of the device has not come to its end."""
        return any(status not in tables.FINAL for status in self.trails.get(id, {}).values())

    # ---- answers -------------------------------------------------------------------------------

    def answer(self, ask: Ask, id: str) -> link_on.Event:
        if ask.what is What.REGISTER:
            self.devices += 1
            name = f"device-{self.devices}"
            return link_on.Registered(name, f"prn:::devices:/{name}", "secret", "three-good-words")
        if ask.what is What.LOOK_UP:
            return self._look_up(id)
        if ask.what is What.TRAILS:
            return link_on.TrailsSeen(id in self.trails)
        if ask.what is What.SYNC:
            self._post_to(id)
        return link_on.Answered(ask.what)

    def _look_up(self, id: str) -> link_on.Event:
        """Its owner claims it once its challenge was shown."""
        if self.devices <= self.story.hub_forgets:
            return link_on.Failed(What.LOOK_UP, Why.UNKNOWN, "no such device")
        self.looks[id] = self.looks.get(id, 0) + 1
        owned = self.looks[id] > 1
        return link_on.Seen(owned, "" if owned else "three-good-words")

    def _post_to(self, id: str) -> None:
        steps = self.story.hub_again if self.trails else self.story.hub
        self.trails.setdefault(id, dict.fromkeys(steps, Status.NEW))

    def step(self, id: str, new_only: bool) -> str | None:
        """R16: the lowest one that is open."""
        steps = self.trails.get(id, {})
        open_ = [rev for rev, status in steps.items() if status not in tables.FINAL]
        fits = [rev for rev in open_ if not new_only or steps[rev] is Status.NEW]
        return min(fits, key=int, default=None)

    def report(self, id: str, revision: str, progress: Progress) -> Status:
        """What is held then (R14). A step that is none of this trail is refused, which the device
        takes for a cancel."""
        steps = self.trails.get(id, {})
        if revision not in steps:
            return Status.CANCELLED
        point = tables.point_of(progress.status, progress.message)
        if steps[revision] is Status.CANCELLED and point not in _armed():
            return Status.CANCELLED
        cancelled = self.story.hub_cancels.get(revision) is progress.status
        stays = cancelled and point in BEFORE_ARMING
        steps[revision] = Status.CANCELLED if stays else progress.status
        return steps[revision]


def _armed() -> frozenset[tables.Point]:
    """Who tells of these had armed the try: what runs is the truth (R14)."""
    return frozenset(tables.POINTS) - {*BEFORE_ARMING, *tables.WONTGO.values()}
