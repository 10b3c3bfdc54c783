"""What the step from one state to another does to a device, and why.

Source: seed "Reboot transition", "Non-reboot transition"; device.md 3.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from surefoot.revision.containers import Container
from surefoot.revision.diff import Change, ChangeKind, diff
from surefoot.revision.document import State
from surefoot.revision.groups import RestartPolicy
from surefoot.revision.names import BSP, owner

_VERBS = {ChangeKind.ADDED: "added", ChangeKind.MODIFIED: "changed", ChangeKind.REMOVED: "removed"}


@dataclass(frozen=True)
class Reason:
    """What one changed path asks for by itself.

    `container`: whose file it is, None for nobody's. `why`: one phrase for people that names path,
    change and consequence.
    """

    path: str
    kind: ChangeKind
    container: str | None
    reboot: bool
    why: str


@dataclass(frozen=True)
class Transition:
    """`stop`: containers of the old state, in the order to stop them (last started first).
    `start`: containers of the new state, in start order; a changed one is in both.
    `stay`: containers that keep their processes. With `reboot` none stays.
    """

    reboot: bool
    reasons: tuple[Reason, ...]
    stop: tuple[str, ...]
    start: tuple[str, ...]
    stay: tuple[str, ...]


def decide(old: State, new: State) -> Transition:
    """The transition from the running state `old` to `new`."""
    before, after = _by_name(old), _by_name(new)
    reasons = tuple(_reason(change, before, after) for change in diff(old, new))
    reboot = any(reason.reboot for reason in reasons)
    stay = [] if reboot else [name for name in after if _same(before.get(name), after[name])]
    kept = frozenset(stay)
    return Transition(
        reboot=reboot,
        reasons=reasons,
        stop=tuple(name for name in reversed(before) if name not in kept),
        start=tuple(name for name in after if name not in kept),
        stay=tuple(stay),
    )


def _by_name(state: State) -> dict[str, Container]:
    return {container.name: container for container in state.containers}


def _same(old: Container | None, new: Container) -> bool:
    return old is not None and old.fingerprint == new.fingerprint


def _reason(
    change: Change, before: Mapping[str, Container], after: Mapping[str, Container]
) -> Reason:
    name = owner(change.path) or ""
    # A file counts on each side on which it exists: there it has an owner, or it has none.
    owners = [
        containers.get(name)
        for containers, absent in ((before, ChangeKind.ADDED), (after, ChangeKind.REMOVED))
        if change.kind is not absent
    ]
    holder = next((container.name for container in owners if container), None)
    reboot, because = _consequence(change.path, name, owners, before, after)
    why = f"{change.path} {_VERBS[change.kind]}: {because}"
    return Reason(change.path, change.kind, holder, reboot, why)


def _consequence(
    path: str,
    name: str,
    owners: list[Container | None],
    before: Mapping[str, Container],
    after: Mapping[str, Container],
) -> tuple[bool, str]:
    if "/" not in path:
        return True, "files in the root need a reboot"
    if name == BSP:
        return True, "BSP files need a reboot"
    if None in owners:
        return True, "files of no container need a reboot"
    policies = [each[name].restart_policy for each in (before, after) if name in each]
    if RestartPolicy.SYSTEM in policies:
        return True, f"container {name} has restart policy system and needs a reboot"
    return False, f"container {name} {_without_reboot(name, before, after)} without a reboot"


def _without_reboot(
    name: str, before: Mapping[str, Container], after: Mapping[str, Container]
) -> str:
    if name not in before:
        return "starts"
    return "restarts" if name in after else "stops"
