"""The script: each scene, what it does to the device, and exactly what must then be seen.

The lines are those of the seed page's progress table; that they are spelled as there is tested.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from surefoot.lab.images import Image
from surefoot.wire.progress import Status

Line = tuple[Status, str]

NEW: Line = (Status.NEW, "Update ready to be run")
INSTALLED: Line = (Status.INPROGRESS, "Update installed")
REBOOTING: Line = (Status.INPROGRESS, "Rebooting")
TRANSITIONING: Line = (Status.INPROGRESS, "Transitioning to new revision without rebooting")
STARTING: Line = (Status.INPROGRESS, "Starting updated version")
TESTING_STABLE: Line = (Status.TESTING, "Awaiting to see if update is stable")
TESTING_COMMIT: Line = (Status.TESTING, "Awaiting to set rollback point if update is stable")
UPDATED: Line = (Status.UPDATED, "Update finished, revision not set as rollback point")
DONE: Line = (Status.DONE, "Update finished, revision set as rollback point")
NO_GOAL: Line = (Status.ERROR, "Status goal not reached")
NO_START: Line = (Status.ERROR, "A container could not be started")
UNEXPECTED: Line = (Status.ERROR, "Unexpected rollback")
BAD_STATE: Line = (Status.WONTGO, "State JSON has bad format")
FACTORY: Line = (Status.DONE, "Factory revision")

BY_SWITCH = (NEW, INSTALLED, TRANSITIONING, STARTING)
BY_REBOOT = (NEW, INSTALLED, REBOOTING, STARTING)


@dataclass(frozen=True)
class Contents:
    """What a revision of the demo's device holds: two containers and a kernel."""

    base: Image
    app: Image
    kernel: str = "1"

    def versions(self) -> dict[str, str]:
        return {"base": self.base.name, "app": self.app.name}


class Act(Enum):
    """What happens to the revision of a scene."""

    RUN = auto()
    DAMAGE = auto()  # its state is damaged on the disk, then it is run
    CUT = auto()  # the power goes while it is in TESTING


@dataclass(frozen=True)
class Scene:
    """`lines`: all that its change must record. `runs`, `point`: the running revision and the
    rollback point once the device is at rest. `keeps`: containers whose init stays the same."""

    number: str
    title: str
    what: str
    revision: str
    contents: Contents
    lines: tuple[Line, ...]
    runs: str
    point: str
    act: Act = Act.RUN
    keeps: tuple[str, ...] = ()


def _base(version: str) -> Image:
    return Image("healthy", f"base-{version}")


def _app(version: str, kind: str = "ready") -> Image:
    return Image(kind, f"app-{version}")


FIRST = Contents(_base("1"), _app("1"))
_TWO = Contents(_base("1"), _app("2"))
_THREE = Contents(_base("2"), _app("2"))
_SIX = Contents(_base("2"), _app("3"))

SCENES: tuple[Scene, ...] = (
    Scene(
        "1",
        "A good update without reboot",
        "app changes, and its restart policy is `container`: base is not even touched",
        "locals/app-2",
        _TWO,
        (*BY_SWITCH, TESTING_STABLE, UPDATED),
        runs="locals/app-2",
        point="0",
        keeps=("base",),
    ),
    Scene(
        "2",
        "A good update with reboot",
        "base changes, and its restart policy is `system`",
        "locals/base-2",
        _THREE,
        (*BY_REBOOT, TESTING_COMMIT, DONE),
        runs="locals/base-2",
        point="locals/base-2",
    ),
    Scene(
        "3",
        "A container that never gets READY",
        "app starts and never signals: rolled back without reboot, base is not touched",
        "locals/never-ready",
        Contents(_base("2"), _app("x", "never-ready")),
        (*BY_SWITCH, NO_GOAL),
        runs="locals/base-2",
        point="locals/base-2",
        keeps=("base",),
    ),
    Scene(
        "4",
        "A container whose init does not exist",
        "app has no /sbin/init, and a new kernel demands a reboot: rolled back by reboot",
        "locals/no-init",
        Contents(_base("2"), _app("x", "no-init"), kernel="2"),
        (*BY_REBOOT, NO_START),
        runs="locals/base-2",
        point="locals/base-2",
    ),
    Scene(
        "5",
        "A step that is damaged on disk before it is run",
        "half of its state JSON is cut off behind the agent's back",
        "locals/damaged",
        Contents(_base("1"), _app("1"), kernel="3"),
        (NEW, BAD_STATE),
        runs="locals/base-2",
        point="locals/base-2",
        act=Act.DAMAGE,
        keeps=("base", "app"),
    ),
    Scene(
        "6a",
        "A power cut in the middle of an update without reboot",
        "kill -9 of everything while it is tested: the next boot tries it, and keeps it",
        "locals/app-3",
        _SIX,
        (*BY_SWITCH, TESTING_STABLE, STARTING, TESTING_COMMIT, DONE),
        runs="locals/app-3",
        point="locals/app-3",
        act=Act.CUT,
    ),
    Scene(
        "6b",
        "A power cut in the middle of an update with reboot",
        "kill -9 of everything while it is tested: its one try is spent, so the boot falls back",
        "locals/kernel-2",
        Contents(_base("2"), _app("3"), kernel="2"),
        (*BY_REBOOT, TESTING_COMMIT, UNEXPECTED),
        runs="locals/app-3",
        point="locals/app-3",
        act=Act.CUT,
    ),
)


@dataclass(frozen=True)
class Garbage:
    """Something that the control socket must refuse, keeping nothing of it."""

    what: str
    target: str
    body: bytes
    status: int = 422


GARBAGE: tuple[Garbage, ...] = (
    Garbage("a state that is no state", "/steps/locals/garbage", b'{"hello": "world"}'),
    Garbage("a state cut off in the middle", "/steps/locals/garbage", b'{"#spec": "pantavi'),
    Garbage("an object with other bytes than its name says", f"/objects/{'0' * 64}", b"junk"),
)

# Short waits, so that the whole story fits into a minute; a real device waits longer.
SETTINGS: dict[str, str] = {
    "PV_UPDATER_COMMIT_DELAY": "3",
    "PV_UPDATER_GOALS_TIMEOUT": "60",
    "PV_LOG_LEVEL": "3",
}
GROUPS: dict[str, Any] = {
    "groups": [
        {"name": "root", "status_goal": "STARTED", "restart_policy": "system", "timeout": 30},
        {"name": "app", "status_goal": "READY", "restart_policy": "container", "timeout": 10},
    ]
}


def by_revision() -> dict[str, Contents]:
    """What each revision of the story holds."""
    return {"0": FIRST, **{scene.revision: scene.contents for scene in SCENES}}
