"""The script: each scene, what is done to the device and its Hub, and exactly what must be seen."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from surefoot.lab.demo.rows import (
    AS_TRY,
    BAD_STATE,
    BY_REBOOT,
    BY_SWITCH,
    CANCELLED,
    DONE,
    DOWNLOADED,
    INSTALLED,
    NO_GOAL,
    NO_HUB,
    NO_START,
    READY_TO_RUN,
    STARTING,
    TESTING_COMMIT,
    TESTING_STABLE,
    TRANSITIONING,
    UNEXPECTED,
    UPDATED,
    Row,
    started,
)
from surefoot.lab.images import Image


@dataclass(frozen=True)
class Contents:
    """What a revision of the demo's device holds: two containers and a kernel."""

    base: Image
    app: Image
    kernel: str = "1"

    def versions(self) -> dict[str, str]:
        return {"base": self.base.name, "app": self.app.name}


class Act(Enum):
    """What happens around the update of a scene."""

    POST = auto()
    BAD_LINE = auto()  # the line cuts every connection again and again while it is downloaded
    AWAY = auto()  # the device is off while all is posted, and what is to be cancelled is
    NO_HUB = auto()  # the Hub is killed while the revision is tested, and comes back later
    CUT_TWICE = auto()  # the power goes while it is downloaded, and again while it is tested
    CUT = auto()  # the power goes while it is tested
    DAMAGE = auto()  # a local step, damaged on the disk before it is run


@dataclass(frozen=True)
class Step:
    """One revision of a scene. `rows`: all that the device's record of it must hold, none for one
    that it must never run. `log`: stands in the log lines that the Hub shows of it. `starts`: as
    the Hub shows them."""

    revision: str
    name: str
    contents: Contents
    rows: tuple[Row, ...]
    log: str = ""
    starts: int = 1

    @property
    def is_run(self) -> bool:
        return bool(self.rows)

    @property
    def is_local(self) -> bool:
        return self.revision.startswith("locals/")

    @property
    def final(self) -> Row:
        """What the Hub must hold in the end."""
        return self.rows[-1] if self.rows else CANCELLED


@dataclass(frozen=True)
class Scene:
    """`runs`, `point`: the running revision and the rollback point once the device is at rest.
    `keeps`: containers whose init stays the same."""

    number: str
    title: str
    what: str
    steps: tuple[Step, ...]
    runs: str
    point: str
    act: Act = Act.POST
    keeps: tuple[str, ...] = ()


def _base(version: str) -> Image:
    return Image("healthy", f"base-{version}")


def _app(version: str, kind: str = "ready") -> Image:
    return Image(kind, f"app-{version}")


FIRST = Contents(_base("1"), _app("1"))
_KEPT = Contents(_base("3"), _app("3"))
_GOOD = (*BY_SWITCH, TESTING_STABLE, UPDATED)
_UNTOUCHED = "base is not touched"

SCENES: tuple[Scene, ...] = (
    Scene(
        "1",
        "A good update without reboot",
        f"app changes, and its restart policy is `container`: {_UNTOUCHED}",
        (Step("1", "app-2", Contents(_base("1"), _app("2")), _GOOD),),
        runs="1",
        point="0",
        keeps=("base",),
    ),
    Scene(
        "2",
        "A good update with reboot",
        "base changes, and its restart policy is `system`",
        (
            Step(
                "2",
                "base-2",
                Contents(_base("2"), _app("2")),
                (*BY_REBOOT, TESTING_COMMIT, DONE),
            ),
        ),
        runs="2",
        point="2",
    ),
    Scene(
        "3",
        "A container that never gets READY",
        f"app starts and never signals: rolled back without reboot, {_UNTOUCHED}",
        (
            Step(
                "3",
                "never-ready",
                Contents(_base("2"), _app("x", "never-ready")),
                (*BY_SWITCH, NO_GOAL),
                log="platform 'app' status goal timed out",
            ),
        ),
        runs="2",
        point="2",
        keeps=("base",),
    ),
    Scene(
        "4",
        "A container whose init does not exist",
        "app has no /sbin/init, and a new kernel demands a reboot: rolled back by reboot",
        (
            Step(
                "4",
                "no-init",
                Contents(_base("2"), _app("x", "no-init"), kernel="2"),
                (*BY_REBOOT, NO_START),
                log="platform 'app' is not running",
            ),
        ),
        runs="2",
        point="2",
    ),
    Scene(
        "5",
        "A bad line",
        "every connection is cut again and again: the download goes on from the byte reached",
        (Step("5", "both-3", _KEPT, (*BY_REBOOT, TESTING_COMMIT, DONE)),),
        runs="5",
        point="5",
        act=Act.BAD_LINE,
    ),
    Scene(
        "6",
        "Four revisions at once for a device that is off, and one of them cancelled",
        "the cancelled one is never run; the others come to their end one by one, in order",
        (
            Step("6", "app-4", Contents(_base("3"), _app("4")), _GOOD),
            Step("7", "app-5", Contents(_base("3"), _app("5")), (), starts=0),
            Step("8", "app-6", Contents(_base("3"), _app("6")), _GOOD),
            Step("9", "app-7", Contents(_base("3"), _app("7")), _GOOD),
        ),
        runs="9",
        point="5",
        act=Act.AWAY,
    ),
    Scene(
        "7",
        "The Hub goes away while a revision is tested",
        "it could not be mended from afar: rolled back, and the Hub is told once it is back",
        (
            Step(
                "10",
                "app-8",
                Contents(_base("3"), _app("8")),
                (*BY_SWITCH, TESTING_STABLE, NO_HUB),
            ),
        ),
        runs="5",
        point="5",
        act=Act.NO_HUB,
        keeps=("base",),
    ),
    Scene(
        "8",
        "Power cuts in the download, and in the middle of an update without reboot",
        "kill -9 of everything: the download goes on, and the next boot tries the revision",
        (
            Step(
                "11",
                "app-9",
                Contents(_base("3"), _app("9")),
                (
                    *started(1),
                    *started(2),
                    *(DOWNLOADED, INSTALLED, TRANSITIONING, STARTING, TESTING_STABLE),
                    *AS_TRY,
                ),
                starts=2,
            ),
        ),
        runs="11",
        point="11",
        act=Act.CUT_TWICE,
    ),
    Scene(
        "9",
        "A power cut in the middle of an update with reboot",
        "kill -9 of everything while it is tested: its one try is spent, so the boot falls back",
        (
            Step(
                "12",
                "kernel-3",
                Contents(_base("3"), _app("9"), kernel="3"),
                (*BY_REBOOT, TESTING_COMMIT, UNEXPECTED),
            ),
        ),
        runs="11",
        point="11",
        act=Act.CUT,
    ),
    Scene(
        "10",
        "A step that is damaged on disk before it is run, and garbage for device and Hub",
        "half of a local step's JSON is cut off behind the agent's back",
        (
            Step(
                "locals/damaged",
                "damaged",
                Contents(_base("1"), _app("1"), kernel="4"),
                (READY_TO_RUN, BAD_STATE),
            ),
        ),
        runs="11",
        point="11",
        act=Act.DAMAGE,
        keeps=("base", "app"),
    ),
)


# Short waits, so that the whole story fits into a minute; a real device waits longer.
SETTINGS: dict[str, str] = {
    "PV_UPDATER_COMMIT_DELAY": "3",
    "PV_UPDATER_GOALS_TIMEOUT": "60",
    "PV_LOG_LEVEL": "3",
    "PH_UPDATER_INTERVAL": "1",
}
GROUPS: dict[str, Any] = {
    "groups": [
        {"name": "root", "status_goal": "STARTED", "restart_policy": "system", "timeout": 30},
        {"name": "app", "status_goal": "READY", "restart_policy": "container", "timeout": 5},
    ]
}

CUT_AFTER = 1_000_000
"""Bytes of a connection over the bad line."""
LEAST_CUTS = 3
SLOW_RATE = 1_500_000
"""Bytes a second, so that there is time for a power cut in a download."""
MOST_MOVED = 1.1
"""Bytes over the line against the size of what was missing, however often it was cut."""


def steps() -> list[Step]:
    return [step for scene in SCENES for step in scene.steps]


def by_revision() -> dict[str, Contents]:
    """What each revision of the story holds."""
    return {"0": FIRST, **{step.revision: step.contents for step in steps()}}
