"""Groups: the order in which containers start, and what they lend to their members.

Source: device.md 5 and 10.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from surefoot.revision.errors import StateError, shown
from surefoot.revision.fields import Field
from surefoot.revision.recovery import MAX_SECONDS, AutoRecovery, read_recovery
from surefoot.revision.values import Json

DEVICE = "device.json"
LEGACY_GROUPS = "groups.json"


class Goal(StrEnum):
    """What a container has to reach; later ones include earlier ones."""

    MOUNTED = "MOUNTED"
    STARTED = "STARTED"
    READY = "READY"


class RestartPolicy(StrEnum):
    """Whether a change of a container's files takes a reboot or only its own restart."""

    SYSTEM = "system"
    CONTAINER = "container"


@dataclass(frozen=True)
class Group:
    name: str
    goal: Goal = Goal.STARTED
    restart_policy: RestartPolicy = RestartPolicy.CONTAINER
    timeout_s: float = 30.0
    """How long each member may take to its goal once the group is released (R10)."""
    auto_recovery: AutoRecovery | None = None
    description: str = ""


@dataclass(frozen=True)
class Groups:
    """`explicit`: the state names its groups itself, so each container must choose one."""

    in_order: tuple[Group, ...]
    explicit: bool

    def names(self) -> list[str]:
        return [group.name for group in self.in_order]


DEFAULT_GROUPS = (
    Group("data", Goal.MOUNTED, RestartPolicy.SYSTEM, description="mounted but never started"),
    Group("root", Goal.STARTED, RestartPolicy.SYSTEM, description="brings the network up"),
    Group("platform", Goal.STARTED, RestartPolicy.SYSTEM, description="services of the device"),
    Group("app", Goal.STARTED, RestartPolicy.CONTAINER, description="applications"),
)


def read_groups(document: Mapping[str, Json]) -> Groups:
    """`groups` of device.json, else the older groups.json, else the defaults. Raises StateError.

    An empty list means the defaults: `pvr` users write `"groups": []` for "none of my own".
    """
    device = Field(DEVICE, document.get(DEVICE))
    listed = device.member("groups").items() if device.present else []
    listed = listed or Field(LEGACY_GROUPS, document.get(LEGACY_GROUPS)).items()
    if not listed:
        return Groups(DEFAULT_GROUPS, explicit=False)
    groups = tuple(_group(item) for item in listed)
    _refuse_twins(listed, groups)
    return Groups(groups, explicit=True)


def _group(field: Field) -> Group:
    goal, policy = field.member("status_goal"), field.member("restart_policy")
    timeout, description = field.member("timeout"), field.member("description")
    default = Group(field.member("name").word())
    return Group(
        name=default.name,
        goal=goal.choice(Goal) if goal.present else default.goal,
        restart_policy=policy.choice(RestartPolicy) if policy.present else default.restart_policy,
        timeout_s=timeout.number(0, MAX_SECONDS) if timeout.present else default.timeout_s,
        auto_recovery=read_recovery(field.member("auto_recovery")),
        description=description.text() if description.present else default.description,
    )


def _refuse_twins(listed: list[Field], groups: tuple[Group, ...]) -> None:
    seen: set[str] = set()
    for item, group in zip(listed, groups, strict=True):
        if group.name in seen:
            key = item.member("name").key
            raise StateError(key, "each group once", f'"{shown(group.name)}" again')
        seen.add(group.name)
