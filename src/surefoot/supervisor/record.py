"""What the supervisor remembers: plain frozen values."""

from dataclasses import dataclass

from surefoot.revision import Container, Goal, Group
from surefoot.supervisor.tables import RUNNING, WITH_PROCESS, ContainerStatus


@dataclass(frozen=True)
class Instance:
    """One container brought up from `revision`. `pid` is its init's, as the host sees it."""

    id: str
    container: Container
    revision: str
    status: ContainerStatus = ContainerStatus.INSTALLED
    pid: int | None = None
    retries: int = 0
    stable: bool = False
    signalled: bool = False
    succeeded: bool = False  # exited with 0 under `on-failure` (R11)
    failed: bool = False  # down, and nothing will start it again by itself
    unprepared: bool = False  # its preparation failed
    user_stopped: bool = False
    restarting: bool = False
    retiring: bool = False
    cause: str = ""  # why it is down, for people

    @property
    def name(self) -> str:
        return self.container.name

    @property
    def mounts_only(self) -> bool:
        """A container with goal MOUNTED has no process (R11)."""
        return self.container.goal is Goal.MOUNTED

    @property
    def prepared(self) -> bool:
        return self.status is not ContainerStatus.INSTALLED

    @property
    def preparing(self) -> bool:
        return self.status is ContainerStatus.INSTALLED and not self.unprepared

    @property
    def has_process(self) -> bool:
        return self.status in WITH_PROCESS

    @property
    def reached(self) -> bool:
        """Its status goal is reached now."""
        if self.mounts_only:
            return self.prepared
        if self.succeeded:
            return True
        if self.container.goal is Goal.READY:
            return self.status is ContainerStatus.READY
        return self.status in RUNNING

    @property
    def steady(self) -> bool:
        """Nothing more to wait for before it counts as stable."""
        return self.mounts_only or self.succeeded or self.stable

    @property
    def alive(self) -> bool:
        """Worth keeping as it is when its container is the same in the next revision."""
        if self.mounts_only:
            return self.prepared
        return self.status in RUNNING or self.status is ContainerStatus.STARTING


@dataclass(frozen=True)
class Record:
    """The instances of the revision that runs, and those still on their way out."""

    revision: str = ""
    groups: tuple[Group, ...] = ()
    instances: tuple[Instance, ...] = ()
    serial: int = 0
    released: frozenset[str] = frozenset()
    overdue: frozenset[str] = frozenset()
    passed: frozenset[str] = frozenset()  # groups that hold nobody up any more
    clocks: frozenset[str] = frozenset()  # groups whose time-out runs
    trial: bool = False
    halting: bool = False
    told_starting: bool = True
    told_goals: bool = True
    told_stable: bool = True
    told_halted: bool = False

    def get(self, instance_id: str) -> Instance | None:
        return next((one for one in self.instances if one.id == instance_id), None)

    def named(self, name: str) -> Instance | None:
        """The instance of this container in the revision that runs, not one that retires."""
        return next((one for one in self.current if one.name == name), None)

    @property
    def current(self) -> tuple[Instance, ...]:
        return tuple(one for one in self.instances if not one.retiring)

    @property
    def retiring(self) -> tuple[Instance, ...]:
        return tuple(one for one in self.instances if one.retiring)

    def members(self, group: str) -> tuple[Instance, ...]:
        return tuple(one for one in self.current if one.container.group == group)

    def shown_status(self, instance: Instance) -> ContainerStatus:
        """BLOCKED is a prepared container whose group is not released yet."""
        waits = instance.status is ContainerStatus.MOUNTED and not instance.mounts_only
        if waits and instance.container.group not in self.released:
            return ContainerStatus.BLOCKED
        return instance.status
