"""What clients see of the composed device: statuses and lists in the reference's shapes. Pure.

Sources: samples/socket.json and socket-default-groups.json (names, order, types), ruling R22.
"""

from surefoot.device.server.views import ContainerView, GroupView, RecoveryView
from surefoot.device.turn import Device
from surefoot.link.record import Phase
from surefoot.revision import AutoRecovery, Group
from surefoot.supervisor.record import Instance
from surefoot.supervisor.tables import ContainerStatus
from surefoot.update.tables import Stage

READY = "READY"


def device_status(device: Device) -> str:
    """R22: the lowest status among the containers that have not reached their goal, else READY."""
    if device.leaving is not None:
        return ContainerStatus.STOPPING.value
    record = device.supervisor
    waiting = [record.shown_status(one) for one in record.current if not one.reached]
    if record.retiring:
        waiting.append(ContainerStatus.STOPPING)
    if _sick(device) or not record.revision:
        waiting.append(ContainerStatus.INSTALLED)
    return _lowest(waiting)


def link_state(device: Device) -> str:
    """`pantahub.state` in the reference's words (hub-wire 3.4)."""
    work = device.update.update
    if device.link.phase is Phase.IDLE and work is not None:
        return {Stage.REPORT: "report", Stage.FETCH: "download"}.get(work.stage, "idle")
    return device.link.phase.value


def _sick(device: Device) -> bool:
    return bool(device.sick_in(device.update.running))


def containers(device: Device) -> list[ContainerView]:
    """`GET /containers`, by name; those kept down by bad files among them (R12)."""
    record = device.supervisor
    shown = [_container(one, record.shown_status(one)) for one in record.current]
    return sorted([*shown, *_down(device)], key=lambda entry: entry.name)


def _down(device: Device) -> list[ContainerView]:
    state, sick = device.state(device.update.running), device.sick_in(device.update.running)
    down = [one for one in state.containers if one.name in sick] if state else []
    return [_container(Instance("", one, ""), ContainerStatus.STOPPED) for one in down]


def _container(one: Instance, status: ContainerStatus) -> ContainerView:
    container = one.container
    return ContainerView(
        name=one.name,
        group=container.group,
        status=status.value,
        status_goal=container.goal.value,
        restart_policy=container.restart_policy.value,
        roles=sorted(container.roles),
        auto_recovery=_recovery(container.auto_recovery, one),
        user_stopped=one.user_stopped,
    )


def _recovery(rule: AutoRecovery | None, one: Instance | None = None) -> RecoveryView | None:
    """A group shows no counters, a container always does."""
    if rule is None:
        return None
    shared = (rule.max_retries, int(rule.stable_timeout_s), str(rule.backoff_policy))
    if one is None:
        return RecoveryView(*shared)
    return RecoveryView(*shared, rule.policy.value, one.retries, one.steady)


def groups(device: Device) -> list[GroupView]:
    """`GET /groups`, in start order."""
    return [_group(device, group) for group in device.supervisor.groups]


def _group(device: Device, group: Group) -> GroupView:
    return GroupView(
        name=group.name,
        status_goal=group.goal.value,
        restart_policy=group.restart_policy.value,
        status=_group_status(device, group.name),
        auto_recovery=_recovery(group.auto_recovery),
    )


def _group_status(device: Device, group: str) -> str:
    record = device.supervisor
    waiting = [record.shown_status(one) for one in record.members(group) if not one.reached]
    return _lowest(waiting)


def _lowest(waiting: list[ContainerStatus]) -> str:
    order = list(ContainerStatus)
    return min(waiting, key=order.index).value if waiting else READY
