"""Container statuses and the moves between them (device.md 10)."""

from enum import StrEnum


class ContainerStatus(StrEnum):
    """In the order of R22: the lowest status among the unreached is what the device shows."""

    INSTALLED = "INSTALLED"
    MOUNTED = "MOUNTED"
    BLOCKED = "BLOCKED"
    STARTING = "STARTING"
    STARTED = "STARTED"
    READY = "READY"
    RECOVERING = "RECOVERING"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"


_S = ContainerStatus
MOVES: dict[ContainerStatus, frozenset[ContainerStatus]] = {
    _S.INSTALLED: frozenset({_S.MOUNTED, _S.STOPPED}),
    _S.MOUNTED: frozenset({_S.BLOCKED, _S.STARTING, _S.STOPPED}),
    _S.BLOCKED: frozenset({_S.STARTING, _S.STOPPED}),
    _S.STARTING: frozenset({_S.STARTED, _S.READY, _S.RECOVERING, _S.STOPPING, _S.STOPPED}),
    _S.STARTED: frozenset({_S.READY, _S.RECOVERING, _S.STOPPING, _S.STOPPED}),
    _S.READY: frozenset({_S.RECOVERING, _S.STOPPING, _S.STOPPED}),
    _S.RECOVERING: frozenset({_S.STARTING, _S.STOPPED}),
    _S.STOPPING: frozenset({_S.STOPPED, _S.STARTING, _S.MOUNTED}),
    _S.STOPPED: frozenset({_S.STARTING, _S.MOUNTED}),
}
WITH_PROCESS = frozenset({_S.STARTING, _S.STARTED, _S.READY, _S.STOPPING})
RUNNING = frozenset({_S.STARTED, _S.READY})
# Lenient stop, then forced (device.md 10); seconds.
STOP_GRACE_S = 10.0
# A container whose end is never told must not keep the device from leaving; the boot loop sweeps
# what is left (R8).
HALT_LIMIT_S = 3 * STOP_GRACE_S
